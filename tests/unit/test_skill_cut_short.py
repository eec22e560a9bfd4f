"""What becomes of a run whose ground is taken away under it: its skill, the records it read, the run itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.functions.port import Answer, Context, HostFunction
from storage.vault import VaultError
from tests.unit.hosting_fixtures import House, house, program
from tests.unit.test_skill_runs import asked
from tests.unit.vault_fixtures import mail, path_fixture  # noqa: F401

LABELS = program("mail_get(id=record)", 'mail_label(id=record, labels=["x"])', 'return "labelled"')
SENDS_AND_LABELS = program(
    "mail_get(id=record)",
    'mail_send(to=["eve@example.org"], subject="Hello", text="Hi")',
    'mail_label(id=record, labels=["x"])',
    'return "labelled"',
)


def before(one: House, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` just before the host function of this name."""
    table = dict(one.host.performing.table)
    plain: HostFunction = table[name]

    async def first(node: Any, context: Context, arguments: Mapping[str, Any]) -> Answer:
        await work()
        return await plain(node, context, arguments)

    one.host.performing.table = table | {name: first}


@pytest.mark.parametrize("ending", ["off", "removed"])
async def test_a_skill_that_is_switched_off_while_it_runs_does_nothing_more(path: Path, ending: str) -> None:
    async with house(path) as one:
        (record,) = one.add(mail("Lunch", "At noon."))
        one.install(LABELS)

        async def end() -> None:
            if ending == "off":
                one.store.skills.set_enabled("helper", False)
            else:
                one.store.skills.remove("helper")

        before(one, "mail.get", end)
        view = await one.host.run("helper", "go", {"record": record})
        assert (view.row.state, [call.decision for call in view.calls]) == ("failed", ["allow", "deny"])
        assert one.store.activity.list() == []


async def test_a_run_that_is_stopped_as_it_is_said_yes_to_does_that_and_no_more(path: Path) -> None:
    async with house(path) as one:
        run, approval, shown = await asked(one, SENDS_AND_LABELS)
        plain = one.store.approvals.accept

        def stopped_first(*given: Any) -> Any:
            accepted = plain(*given)
            one.store.runs.end(run, "stopped", code="run-stopped")
            return accepted

        one.store.approvals.accept = stopped_first  # type: ignore[assignment, method-assign]
        row = await one.host.answer(approval, "once", shown)
        assert (row.state, len(one.sent)) == ("done", 1)
        assert (await one.host.view(run)).row.state == "stopped"
        assert [deed.function for deed in one.store.activity.list()] == ["mail.send"]


async def test_what_is_forgotten_as_it_is_said_yes_to_is_not_gone_on_with(path: Path) -> None:
    async with house(path) as one:
        run, approval, shown = await asked(one, SENDS_AND_LABELS)
        plain = one.store.approvals.accept

        def forgotten_after(*given: Any) -> Any:
            accepted = plain(*given)
            one.forgets += 1
            return accepted

        one.store.approvals.accept = forgotten_after  # type: ignore[assignment, method-assign]
        await one.host.answer(approval, "once", shown)
        assert (one.sent, (await one.host.view(run)).row.state) == ([], "failed")
        with pytest.raises(VaultError):
            await one.host.answer(approval, "once", shown)
