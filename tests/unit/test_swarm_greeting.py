"""Hellos as anybody may send them, to a whole node that listens: who becomes a contact, and under what name."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.actions.peers import names
from app.node import Node
from app.results import CommandFailed
from app.swarm.greeting import Greeting
from p2p import invite as links
from p2p.acl import AclError
from p2p.hello import NAME_LIMIT, Hello
from p2p.host_errors import Refused
from p2p.invite import Invite
from p2p.keyholder import KeyHolder, PeerBinding
from tests.unit.acl_fixtures import ALICE, BOB, EVE
from tests.unit.letter_fixtures import alone

SECRET = bytes(range(16))
LATER = 4e9  # seconds
YEAR = 365 * 24 * 3600


@asynccontextmanager
async def inviting(folder: Path, meant: str = "", expires: float = LATER) -> AsyncIterator[Node]:
    """A node that has handed an invite out."""
    async with alone(folder / "ada") as node:
        node.vault.vault.peers.invite(SECRET, meant, expires)
        yield node


def hello(peer: str, secret: bytes | None = SECRET, **changes: Any) -> bytes:
    binding = KeyHolder(peer.encode()[-32:]).sign(PeerBinding(peer, 1_750_000_000))
    said = Hello(binding, int(time.time() * 1000), name="Bob", invite=secret)
    return replace(said, **changes).to_bytes()


async def comes(node: Node, peer: str, data: bytes | None = None) -> str:
    """The word of a refusal, or "" where the peer is answered."""
    try:
        await node.swarm.greeting.answer(peer, hello(peer) if data is None else data)
    except Refused as refused:
        return refused.code
    return ""


async def called(node: Node, peer: str) -> str:
    return (await names(node))(peer)


async def test_the_right_secret_makes_a_contact(tmp_path: Path) -> None:
    async with inviting(tmp_path) as node:
        assert await comes(node, BOB) == ""
        assert node.swarm.gate.contacts == {BOB}


async def test_without_it_a_stranger_stays_one_and_learns_nothing(tmp_path: Path) -> None:
    async with inviting(tmp_path) as node:
        for secret in (None, bytes(16), SECRET[:-1] + b"\xff"):
            assert await comes(node, BOB, hello(BOB, secret)) == "unknown"
        assert node.vault.vault.peers.list() == []


async def test_a_stolen_invite_that_was_used_lets_nobody_in(tmp_path: Path) -> None:
    async with inviting(tmp_path) as node:
        await comes(node, BOB)
        assert await comes(node, EVE) == "unknown"
        assert node.swarm.gate.contacts == {BOB}


async def test_whoever_comes_first_has_it_and_the_person_sees_who(tmp_path: Path) -> None:
    """A stolen invite cannot be told from a handed out one: it lets one peer in, who is listed at once."""
    async with inviting(tmp_path, "Bob") as node:
        assert await comes(node, EVE) == ""
        assert await comes(node, BOB) == "unknown"
        assert [(peer.id, peer.name) for peer in node.vault.vault.peers.list()] == [(EVE, "Bob")]


async def test_the_same_peer_may_ask_again(tmp_path: Path) -> None:
    async with inviting(tmp_path) as node:
        assert [await comes(node, BOB), await comes(node, BOB)] == ["", ""]


async def test_an_invite_that_is_too_old_lets_nobody_in(tmp_path: Path) -> None:
    async with inviting(tmp_path, expires=time.time() - 1) as node:
        assert await comes(node, BOB) == "unknown"


async def test_the_right_secret_with_somebody_elses_binding_is_refused_and_not_used_up(tmp_path: Path) -> None:
    async with inviting(tmp_path) as node:
        assert await comes(node, EVE, hello(BOB)) == "wrong-binding"
        assert await comes(node, BOB) == ""


async def test_a_clock_that_stands_wrong_is_no_reason_to_stay_out(tmp_path: Path) -> None:
    async with inviting(tmp_path) as node:
        for ahead in (-10 * YEAR, 10 * YEAR):
            assert await comes(node, BOB, hello(BOB, now=int((time.time() + ahead) * 1000))) == ""


async def test_what_is_no_hello_is_refused_with_a_word(tmp_path: Path) -> None:
    async with inviting(tmp_path) as node:
        for data in (b"", b"\x00", b"\xff" * 64, b"\x9f" * 900, b"\x82\x01\xa0", b"\xa1\x61" * 40):
            assert await comes(node, BOB, data) != ""
        assert await comes(node, BOB) == ""


async def test_a_name_is_shown_without_what_a_screen_would_obey(tmp_path: Path) -> None:
    async with inviting(tmp_path) as node:
        for name, shown in (
            ("Bob\x1b]0;pwned\x07", "Bob ]0;pwned"),
            ("\u202eboB", "boB"),
            ("a" * NAME_LIMIT, "a" * NAME_LIMIT),
            ("", f"? {BOB[-6:]}"),
        ):
            await comes(node, BOB, hello(BOB, name=name))
            assert await called(node, BOB) == shown
            node.vault.vault.peers.remove(BOB)  # and the invite with it
            node.vault.vault.peers.invite(SECRET, "", LATER)


def test_a_name_of_ten_thousand_characters_is_no_hello() -> None:
    with pytest.raises(AclError):
        hello(BOB, name="a" * 10_000)


async def test_the_name_that_the_person_gave_counts_not_the_claimed_one(tmp_path: Path) -> None:
    async with inviting(tmp_path, "Robert from work") as node:
        await comes(node, BOB, hello(BOB, name="Mum"))
        assert await called(node, BOB) == "Robert from work"


async def test_a_contact_that_calls_itself_otherwise_later_keeps_its_name(tmp_path: Path) -> None:
    async with inviting(tmp_path) as node:
        node.vault.vault.peers.add(ALICE, "Alice")
        await comes(node, BOB)
        await comes(node, BOB, hello(BOB, name="Alice"))
        await comes(node, BOB, hello(BOB, None, name="Alice"))
        assert (await called(node, BOB), await called(node, ALICE)) == ("Bob", "Alice")


async def test_a_newcomer_whose_name_looks_like_a_contacts_is_told_apart(tmp_path: Path) -> None:
    async with inviting(tmp_path) as node:
        node.vault.vault.peers.add(ALICE, "Alice")
        await comes(node, EVE, hello(EVE, name="Аliсе"))  # Cyrillic A, c and e
        assert await called(node, EVE) == "Аliсе (2)"


async def test_a_blocked_peer_is_not_let_in_by_an_invite_that_it_used(tmp_path: Path) -> None:
    async with inviting(tmp_path) as node:
        await comes(node, BOB)
        peers = node.vault.vault.peers
        peers.stand(BOB, "blocked")
        await node.swarm.reload()
        assert await comes(node, BOB) == "unknown"
        assert peers.get(BOB).standing == "blocked"


def greeting(node: Node, clock: float) -> Greeting:
    return Greeting(node.swarm, lambda: None, lambda: clock)


async def test_an_own_invite_is_not_accepted(tmp_path: Path) -> None:
    async with alone(tmp_path / "ada") as node:
        own = links.link(Invite(node.vault.peer_id, SECRET, int(LATER), "", ()))
        with pytest.raises(CommandFailed) as failed:
            await greeting(node, 0).accept(own)
        assert failed.value.key == "invite-own"


async def test_an_old_invite_is_said_to_be_old_before_anybody_is_dialled(tmp_path: Path) -> None:
    async with alone(tmp_path / "ada") as node:
        old = links.link(Invite(BOB, SECRET, 1_700_000_000, "", ("/ip4/192.0.2.1/tcp/1",)))
        with pytest.raises(CommandFailed) as failed:
            await greeting(node, 1_700_000_001).accept(old)
        assert failed.value.key == "invite-expired"


async def test_an_invite_lasts_a_minute_to_a_month(tmp_path: Path) -> None:
    async with alone(tmp_path / "ada") as node:
        for seconds in (0, -5, 59, 31 * 24 * 3600, float("nan"), float("inf")):
            with pytest.raises(CommandFailed) as failed:
                await node.swarm.greeting.invite("Bob", seconds)
            assert failed.value.key == "invite-time"
