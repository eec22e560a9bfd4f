"""`nuee receipt` over a profile: what it lists, shows, saves and forgets."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app import requests
from app.actions import receipts_cli, reputation, tasks
from app.cli import parser
from app.errors import sentence
from app.node import Node
from app.printing import PRINTERS
from app.reports import quiet
from app.results import CommandFailed
from app.texts import text
from storage.database import VaultError
from tests.unit.fault_fixtures import ended, given_model, open_profile, two_nodes
from tests.unit.receipt_fixtures import receipt
from tests.unit.swarm_fixtures import CUT_OFF
from tests.unit.test_receipts_made import announced, kept, offered

pytestmark = CUT_OFF


@asynccontextmanager
async def done(folder: Path) -> AsyncIterator[tuple[Node, Node, str]]:
    """Alice and Bob after a task that Bob did; its id."""
    async with two_nodes(folder) as (alice, bob):
        given_model(bob)
        await offered(bob)
        name = await announced(alice)
        assert await ended(alice, name) == "done"
        await kept(alice)
        await kept(bob)
        yield alice, bob, name


async def ran(node: Node, *typed: str) -> dict[str, Any]:
    name, args = receipts_cli.request(parser("en").parse_args(["receipt", *typed]), "en") or ("", {})
    return await requests.run(node, name, args, quiet)


def printed(name: str, result: dict[str, Any], language: str = "en") -> str:
    out = io.StringIO()
    PRINTERS[name](result, language, out, "")
    return out.getvalue()


async def test_it_lists_with_whom_what_and_how_it_ended(tmp_path: Path) -> None:
    async with done(tmp_path) as (alice, bob, _):
        ours = printed("receipts", await ran(alice, "list"))
        theirs = printed("receipts", await ran(bob, "list"))
    assert "by Bob, for you" in ours
    assert "by you, for Alice" in theirs
    assert "inference  done  free" in ours


async def test_it_shows_one_by_the_beginning_of_its_task_with_names(tmp_path: Path) -> None:
    async with done(tmp_path) as (alice, bob, name):
        said = printed("receipt", await ran(alice, "show", name[:8]))
        assert f"asked by: you {alice.vault.peer_id}" in said
        assert f"done by: Bob {bob.vault.peer_id}" in said
        assert "prompt: Why is the sky blue?" in said
        assert "text: Good day." in said


async def test_what_is_saved_is_verified_by_anybody_and_named_by_who_knows_them(tmp_path: Path) -> None:
    async with done(tmp_path) as (alice, bob, name):
        saved = await ran(alice, "save", name[:8], str(tmp_path))
        path = saved["path"]
        typed = parser("en").parse_args(["receipt", "verify", path, "--result", "Good day."])
        assert receipts_cli.run(typed, tmp_path / "nowhere", "en") == 0
        said = printed("receipt-read", await ran(bob, "show", path))
    assert said.startswith("Verified.")
    assert "asked by: Alice" in said
    assert path.endswith(".nuee-receipt")


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    async with done(tmp_path) as (alice, _, name):
        (tmp_path / "there").write_text("mine")
        with pytest.raises(CommandFailed) as refused:
            await ran(alice, "save", name[:8], str(tmp_path / "there"))
        assert refused.value.key == "receipt-exists"
        assert (tmp_path / "there").read_text() == "mine"


async def test_a_place_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    async with done(tmp_path) as (alice, _, name):
        with pytest.raises(CommandFailed) as refused:
            await ran(alice, "save", name[:8], str(tmp_path / "nowhere" / "file"))
        assert "cannot be written" in sentence(refused.value, "en")


async def test_removing_a_task_says_that_its_receipt_stays_and_how_it_goes(tmp_path: Path) -> None:
    async with done(tmp_path) as (alice, _, name):
        told = await requests.run(alice, "task-remove", {"id": name}, quiet)
        assert f"nuee receipt remove {name}" in printed("task-remove", told)
        await ran(alice, "remove", name)
        assert "There is no receipt yet" in printed("receipts", await ran(alice, "list"))
        with pytest.raises(VaultError, match="no such receipt"):
            await ran(alice, "show", name)


async def test_a_task_that_came_to_nothing_is_removed_without_a_word_of_receipts(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        await tasks.set_offer(bob, "inference", audience="nobody", quota=1)
        name = await announced(alice)
        assert await ended(alice, name) == "refused"
        told = await requests.run(alice, "task-remove", {"id": name}, quiet)
    assert "receipt" not in printed("task-remove", told)


async def test_without_any_it_says_what_makes_one(tmp_path: Path) -> None:
    async with open_profile(tmp_path) as node:
        for language, said in (("en", "There is no receipt yet"), ("fr", "Il n’y a pas encore de reçu")):
            assert said in printed("receipts", await ran(node, "list"), language)


async def test_one_whose_words_were_forgotten_is_listed_and_cannot_be_shown(tmp_path: Path) -> None:
    async with done(tmp_path) as (alice, _, name):
        with alice.vault.vault._database.write() as connection:
            connection.execute("UPDATE receipt SET data = x''")
        assert "its words were forgotten" in printed("receipts", await ran(alice, "list"))
        with pytest.raises(CommandFailed) as refused:
            await ran(alice, "show", name)
        assert refused.value.key == "receipt-forgotten"


async def test_verifying_what_is_left_says_what_is_gone_and_what_still_holds(tmp_path: Path) -> None:
    async with done(tmp_path) as (alice, _, _name):
        (whole,) = (await ran(alice, "list"))["receipts"]
        await reputation.give_feedback(alice, whole["name"], 90)
        with alice.vault.vault._database.write() as connection:
            connection.execute("UPDATE receipt SET data = x''")
        args = {"name": whole["name"][:8], "result": None, "chain": False}
        left = json.loads(json.dumps(await requests.run(alice, "receipt-verify", args, quiet)))
    told = printed("receipt-verify", left)
    assert receipts_cli.failed_to_verify(left)
    assert told.startswith("NOT verified: the words of this receipt went with a record that you forgot.\nGone: ")
    assert f"Kept: Receipt {whole['name']}, inference, by Bob, for you, done, free, " in told
    assert "Still holds: a file of this receipt" in told
    assert "what you said of it, 90 of 100, names this receipt" in told
    assert "Tient encore" in printed("receipt-verify", left, "fr")


async def test_one_of_the_profile_is_verified_by_its_name(tmp_path: Path) -> None:
    async with done(tmp_path) as (alice, _, _name):
        (whole,) = (await ran(alice, "list"))["receipts"]
        args = {"name": whole["name"][:8], "result": "Good day.", "chain": False}
        found = await requests.run(alice, "receipt-verify", args, quiet)
    assert (found["holds"], found["matches"], found["receipt"]["name"]) == (True, True, whole["name"])
    assert printed("receipt-verify", found).startswith("Verified.")


async def test_json_is_what_the_names_say(tmp_path: Path) -> None:
    async with done(tmp_path) as (alice, _, name):
        row = json.loads(json.dumps(await ran(alice, "list")))["receipts"][0]
        view = json.loads(json.dumps(await ran(alice, "show", name)))
    assert (row["task"], row["outcome"], row["words"]) == (name, "done", True)
    assert (view["name"], view["mine"], view["result"]["text"]) == (row["name"], "initiator", "Good day.")


def test_what_it_says_of_a_chain_is_held_against_the_one_in_use_by_the_profile(tmp_path: Path) -> None:
    """Where none is in use that is said; a receipt that names no chain needs none."""
    (tmp_path / "secret").write_text("gravel otter lantern seventeen\n")
    profile = ("--home", str(tmp_path / "home"), "--passphrase-file", str(tmp_path / "secret"))
    assert nuee("init", *profile).returncode == 0
    for name, made in (("free", receipt()), ("paid", receipt(chain=5))):
        (tmp_path / name).write_bytes(made.data)
    free = nuee("receipt", "verify", str(tmp_path / "free"), "--chain", *profile)
    paid = nuee("receipt", "verify", str(tmp_path / "paid"), "--chain", *profile)
    assert (free.returncode, "It says nothing of a chain." in free.stdout) == (0, True)
    assert (paid.returncode, paid.stderr.strip()) == (1, f"nuee: {text('error.chain-none', 'en')}")


def nuee(*typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *typed], env={**os.environ, "NUEE_LANGUAGE": "en"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_each_command_says_what_it_does() -> None:
    assert tasks.remove_task.__doc__
    for language in ("en", "fr"):
        assert "receipt" in parser(language).format_help()
