"""`nuee reputation` and `nuee feedback`: what they say, in both languages."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from app import requests
from app.printing import PRINTERS
from app.texts import LANGUAGES, catalogue
from p2p.chain import ChainError
from p2p.identity import new_host_key, peer_id
from p2p.reputation import REASONS, Word
from tests.unit.chains_fixtures import profile, rehearsing
from tests.unit.reputation_fixtures import believed, person, receipt_of

BOB = peer_id(new_host_key())


def quiet(_: object) -> None:
    pass


def printed(name: str, result: dict[str, Any], language: str = "en") -> str:
    out = io.StringIO()
    PRINTERS[name](result, language, out, "")
    return out.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_every_word_has_its_sentence(language: str) -> None:
    for one in (*REASONS, *Word.__args__):  # type: ignore[attr-defined]
        assert catalogue()[f"swarm.reputation.{one}"][language]


async def test_of_a_new_contact_nothing_is_known_and_it_says_what_counts(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await node.blocking(node.vault.vault.peers.add, BOB, "Bob")
        shown = printed("reputation", await requests.run(node, "reputation", {"name": "bob"}, quiet))

    assert shown == (
        "Bob: Nothing is known of its work: the next task may go any way.\n"
        "  No chain is in use, so only your own tasks count.\n"
        "  You have given it no task, and nobody whose word can be weighed has said anything.\n"
    )


async def test_showing_a_peer_says_what_is_known_of_its_work(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await node.blocking(node.vault.vault.peers.add, BOB, "Bob")
        await node.blocking(receipt_of, node, BOB)
        shown = printed("peer", await requests.run(node, "peer", {"name": "Bob"}, quiet))

    assert BOB in shown
    assert "  Too little is known of its work" in shown
    assert "  It did 1 task of yours." in shown


async def test_after_a_task_it_says_how_to_speak_of_it(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await node.blocking(node.vault.vault.peers.add, BOB, "Bob")
        receipt = await node.blocking(receipt_of, node, BOB)
        shown = printed("reputation", await requests.run(node, "reputation", {"name": "bob"}, quiet))
        said = await requests.run(node, "feedback-give", {"receipt": receipt, "value": 90, "tag": "quick"}, quiet)
        after = printed("reputation", await requests.run(node, "reputation", {"name": "bob"}, quiet))
        given = printed("feedback", await requests.run(node, "feedback", {}, quiet))

    assert f"nuee feedback give {receipt[:12]} 0…100" in shown
    assert printed("feedback-give", said) == given == f"{receipt[:12]}  Bob: 90/100 quick (only here)\n"
    assert "You gave 1 of them 90 of 100." in after
    assert "nuee feedback give" not in after


async def test_the_naked_average_is_shown_as_what_it_is(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        bob, puppet = await person(node, "bob"), await person(node, "puppet")
        agent = await believed(node, BOB, bob)
        for _ in range(2):
            await node.chains.thread(puppet.says, agent, 100)
        shown = printed("reputation", await requests.run(node, "reputation", {"name": "Bob"}, quiet))

    assert "Nothing is known of its work" in shown
    assert "Not counted: 2 entries of the registry that prove no paid work." in shown
    assert "The registry’s plain average is 100 of 100, from 2 entries. Anybody may have written these." in shown


async def test_without_any_feedback_the_list_says_what_to_do_next(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        shown = printed("feedback", await requests.run(node, "feedback", {}, quiet))

    assert "nuee receipt list" in shown


async def test_a_chain_that_cannot_be_asked_is_named_and_the_own_tasks_still_count(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        await believed(node, BOB, await person(node, "bob"))
        await node.blocking(receipt_of, node, BOB)

        async def fails(*_: object) -> object:
            raise ChainError("chain-unreachable", "The chain cannot be reached.")

        node.chains.ask = fails  # type: ignore[method-assign,assignment]
        shown = await requests.run(node, "reputation", {"name": "Bob"}, quiet)

    assert [reason["code"] for reason in shown["reasons"]] == ["not-read", "own-kept"]
