"""A question outlives the program: what is asked before a kill is answered after it, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trio
import trio.testing

from storage.vault import VaultError
from tests.paths import ROOT
from tests.unit.hosting_fixtures import house
from tests.unit.test_skill_runs import READS_AND_SENDS, asked
from tests.unit.vault_fixtures import KEY, path_fixture  # noqa: F401

KILLED_WHILE_IT_WAITS = """
import os, signal, sys, trio
from pathlib import Path
from tests.unit import vault_fixtures
vault_fixtures.KEY = bytes.fromhex(sys.argv[2])
from tests.unit import hosting_fixtures as fixtures
from tests.unit.test_skill_runs import asked

async def main():
    async with fixtures.house(Path(sys.argv[1])) as one:
        run, approval, shown = await asked(one)
        print(run, approval, shown, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

trio.run(main)
"""


def killed(path: Path) -> tuple[int, int, str]:
    """A run, its question and the digest, left behind by a process that was killed as it waited."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_IT_WAITS, str(path), KEY.hex()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    run, approval, shown = done.stdout.split()
    return int(run), int(approval), shown


async def test_a_yes_after_a_kill_is_carried_out_once_and_the_run_comes_to_its_end(path: Path) -> None:
    run, approval, shown = await trio.to_thread.run_sync(killed, path)
    async with house(path) as one:
        assert (await one.host.view(run)).row.state == "waiting"
        await one.host.answer(approval, "once", shown)
        with pytest.raises(VaultError):
            await one.host.answer(approval, "once", shown)
        assert len(one.sent) == 1
        assert (await one.host.view(run)).row.state == "done"


async def test_what_was_read_before_a_restart_still_taints_what_comes_after_it(path: Path) -> None:
    twice = READS_AND_SENDS.replace(
        "    return {", '    mail_send(to=["mallory@example.org"], subject="S", text="T")\n    return {'
    )
    async with house(path) as one:
        run, approval, shown = await asked(one, twice)
    async with house(path) as one:
        await one.host.answer(approval, "once", shown)
        second = (await one.host.view(run)).row.approval
        assert second is not None
        question = one.store.approvals.get(second)
        assert (question.reason, [source.title for source in question.sources]) == ("tainted", ["Please"])
        assert [act["to"] for act in one.sent] == [["eve@example.org"]]


async def test_a_dump_that_was_changed_is_not_run(path: Path) -> None:
    async with house(path) as one:
        run, approval, shown = await asked(one)
        with one.store._database.write() as connection:
            (dump,) = connection.execute("SELECT dump FROM approval WHERE id = ?", (approval,)).fetchone()
            changed = bytes(dump)[:-1] + bytes([bytes(dump)[-1] ^ 1])
            connection.execute("UPDATE approval SET dump = ? WHERE id = ?", (changed, approval))
        await one.host.answer(approval, "no", shown)
        view = await one.host.view(run)
        assert (view.row.state, view.value) == ("failed", None)
        assert "damaged" in view.row.error


async def test_a_run_that_the_program_did_not_live_to_end_has_failed(path: Path) -> None:
    async with house(path) as one:
        run = one.store.runs.begin("helper", "1.0.0", "aa" * 32, "go", "request", {}, {"sources": [], "typed": []})
    async with house(path) as one:
        assert (await one.host.view(run)).row.error.startswith("It was cut off")


async def test_an_effect_that_was_cut_off_is_unknown_and_is_not_done_again_unasked(path: Path) -> None:
    async with house(path) as one:
        run, approval, shown = await asked(one)
        one.store.approvals.accept(approval, "once", shown)  # and the program dies here
        one.store.close()
    async with house(path) as one:
        assert one.store.approvals.get(approval).state == "unknown"
        assert (await one.host.view(run)).row.state == "failed"
        assert one.sent == []
        row = await one.host.settle(approval, "again", shown)
        assert (row.state, len(one.sent)) == ("done", 1)
        with pytest.raises(VaultError):
            await one.host.settle(approval, "again", shown)


async def test_locking_lets_an_effect_come_to_its_end(path: Path) -> None:
    async with house(path) as one:
        _, approval, shown = await asked(one)
        begun, go = trio.Event(), trio.Event()
        plain = one.host.performing.table["mail.send"]

        async def slow(node, context, arguments):  # type: ignore[no-untyped-def]
            begun.set()
            await go.wait()
            return await plain(node, context, arguments)

        one.host.performing.table = {**one.host.performing.table, "mail.send": slow}
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one.host.answer, approval, "once", shown)
            await begun.wait()
            nursery.start_soon(one.host.detach)
            await trio.testing.wait_all_tasks_blocked()
            go.set()
        assert (one.store.approvals.get(approval).state, len(one.sent)) == ("done", 1)
