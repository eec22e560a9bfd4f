"""Records leave only after the person saw what would leave, and the ledger says so; between two real nodes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, cast

import pytest

from app.actions.disclosures import consents, decide, disclosures
from app.actions.disclosures_cli import PRINTERS, show
from app.actions.letters import send_letter
from app.actions.tasks import announce, announce_and_wait, preview_task
from app.node import Node
from app.results import CommandFailed, as_json
from app.swarm.kinds.inference import Inference
from app.swarm.negotiating import Terms
from app.swarm_results import Announced, Preview
from storage.records import Record
from tests.fakes import ScriptedLlm
from tests.unit.letter_fixtures import PATIENCE, two

PROMPT = "Sum it up:"
NOTE = Record("note", "Holidays", "We are in Brittany in August.")


def answering(node: Node) -> None:
    """The node's model, a fake, says one thing to every prompt."""
    kinds = cast(dict[str, Any], node.swarm.kinds())
    kinds["inference"] = Inference(lambda: ScriptedLlm(["In", " Brittany"]), lambda: True)


def noted(node: Node) -> str:
    """A record in the vault; its id."""
    (name,) = node.vault.vault.library.add([NOTE]).ids
    return name


async def preview(node: Node, record: str) -> Preview:
    return await preview_task(node, "inference", {"prompt": PROMPT, "records": [record]}, ("contacts",))


async def run(node: Node, records: list[str], **terms: Any) -> Announced:
    arguments = {"prompt": PROMPT, "records": records}
    return await announce_and_wait(node, "inference", arguments, ("contacts",), Terms(seconds=PATIENCE, **terms))


async def test_the_preview_shows_the_words_the_records_and_the_recipient(tmp_path: Path) -> None:
    async with two(tmp_path) as (ada, bob):
        name = noted(ada)
        shown = await preview(ada, name)
        assert shown.peer_ids == (bob.vault.peer_id,)
        assert shown.records == ((name, "Holidays"),)
        assert shown.text.startswith(PROMPT)
        assert NOTE.body in shown.text
        assert ada.vault.vault.disclosures.list() == []


async def test_records_do_not_leave_without_a_yes_to_what_was_shown(tmp_path: Path) -> None:
    async with two(tmp_path) as (ada, _bob):
        name = noted(ada)
        for terms, key in (
            ({}, "disclosure-ask"),
            ({"consent": "once"}, "disclosure-changed"),
            ({"consent": "once", "shown": "0" * 64}, "disclosure-changed"),
        ):
            with pytest.raises(CommandFailed) as caught:
                await run(ada, [name], **terms)
            assert caught.value.key == key
        assert ada.vault.vault.disclosures.list() == []


async def test_a_yes_is_in_the_ledger_with_the_records_and_the_peer_gets_what_was_shown(tmp_path: Path) -> None:
    async with two(tmp_path) as (ada, bob):
        answering(bob)
        name = noted(ada)
        shown = await preview(ada, name)
        done = await run(ada, [name], consent="once", shown=shown.digest)
        assert done.state == "done"
        told = {one.kind: (one.why, one.records) for one in (await disclosures(ada)).disclosures}
        assert told["inference/accept-proposal"] == ("once", (name,))
        with pytest.raises(CommandFailed):  # once is once
            await run(ada, [name])


async def test_always_is_asked_once_for_a_peer_and_a_kind_until_it_is_taken_back(tmp_path: Path) -> None:
    async with two(tmp_path) as (ada, bob):
        answering(bob)
        name = noted(ada)
        await run(ada, [name], consent="always", shown=(await preview(ada, name)).digest)
        assert (await run(ada, [name])).state == "done"
        assert [(one.kind, one.decision) for one in await consents(ada)] == [("inference", "always")]
        await decide(ada, "Bob", "inference", None)
        with pytest.raises(CommandFailed) as caught:
            await run(ada, [name])
        assert caught.value.key == "disclosure-ask"


async def test_what_is_typed_is_agreed_to_by_typing_it(tmp_path: Path) -> None:
    async with two(tmp_path) as (ada, bob):
        answering(bob)
        assert (await run(ada, [])).state == "done"
        ledger = await disclosures(ada)
        assert {(one.why, one.records) for one in ledger.disclosures} == {("typed", ())}
        assert ledger.broken is None
        assert {one.why for one in (await disclosures(bob)).disclosures} == {"offer"}


async def test_never_stops_what_is_typed_too(tmp_path: Path) -> None:
    async with two(tmp_path) as (ada, _bob):
        for kind in ("inference", "letter"):
            await decide(ada, "Bob", kind, "never")
        with pytest.raises(CommandFailed) as task:
            await announce(ada, "inference", {"prompt": PROMPT}, ("contacts",))
        with pytest.raises(CommandFailed) as letter:
            await send_letter(ada, "Bob", "hello")
        assert (task.value.key, letter.value.key) == ("disclosure-never", "disclosure-never")
        assert ada.vault.vault.disclosures.list() == []


async def test_what_was_agreed_to_is_known_after_a_restart(tmp_path: Path) -> None:
    async with two(tmp_path) as (ada, bob):
        answering(bob)
        name = noted(ada)
        shown = await preview(ada, name)
        terms = Terms(seconds=PATIENCE, reply_seconds=30, award="ask", consent="once", shown=shown.digest)
        row = await announce(ada, "inference", {"prompt": PROMPT, "records": [name]}, ("contacts",), terms)
        await ada.swarm.restart()
        decisions = ada.swarm.negotiating.decisions
        decisions.remember(await ada.blocking(ada.vault.vault.tasks.get, row.id))
        kept = decisions.announcing[row.id]
        assert (kept.why, kept.records) == ("once", (name,))


async def test_an_edit_in_the_ledger_is_said_in_plain_words(tmp_path: Path) -> None:
    async with two(tmp_path) as (ada, _bob):
        await send_letter(ada, "Bob", "hello", PATIENCE)
        with ada.vault.vault.disclosures._database.write() as connection:
            connection.execute("UPDATE disclosure SET peer = 'somebody else'")
        ledger = await disclosures(ada)
        assert ledger.broken == 1
        out = io.StringIO()
        PRINTERS["disclosures"](as_json(ledger), "en", out, "")
        assert "Line 1 does not agree" in out.getvalue()


def test_a_preview_spells_out_what_a_terminal_would_obey() -> None:
    out = io.StringIO()
    show(as_json(Preview(("peer",), "inference", 3, "00", "a\x1b[2J", (("0123456789", "t\nu"),))), "en", out)
    assert "a⟦U+001B⟧[2J" in out.getvalue()
    assert "“t u”" in out.getvalue()
