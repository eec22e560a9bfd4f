"""Contacts that moved while they were apart find each other at a meeting point, which learns little and can do less."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from app import requests
from app.actions import peers
from app.node import Node
from app.results import CommandFailed
from app.swarm import meeting as meetings
from p2p import meeting
from p2p.canonical import encode
from p2p.host_errors import HostFailed
from p2p.identity import new_host_key, peer_id, peer_id_of
from p2p.meeting import MEET_PROTOCOL, NOTE_BYTES, Find, Keep, request_bytes
from tests.unit.swarm_fixtures import CUT_OFF, PATIENCE, alone, befriend, until

pytestmark = CUT_OFF
POINT, ADA, BEN = "point", "ada", "ben"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at as often as a test wants to wait."""
    monkeypatch.setattr(meetings, "LOOK", 0.2)
    monkeypatch.setattr(meetings, "AGAIN", 0.1)


@asynccontextmanager
async def a_point(folder: Path, *, agrees: bool = True) -> AsyncIterator[Node]:
    async with alone(folder / POINT) as point:
        if agrees:
            await peers.turn_swarm(point, True, meets=True)
        yield point


async def three(folder: Path) -> None:
    """Ada and Ben are contacts of each other and of the point, and name it; then all go home."""
    async with a_point(folder) as point, alone(folder / ADA) as ada, alone(folder / BEN) as ben:
        await introduce(point, ada, ben)


async def introduce(point: Node, ada: Node, ben: Node) -> None:
    await befriend(ada, ben, "Ben")
    for node, name in ((ada, "Ada"), (ben, "Ben")):
        made = await peers.invite(point, name)
        await peers.add_peer(node, made.invite, "Point")
        await peers.meet_at(node, "Point", True)


async def left(node: Node, point: Node) -> None:
    """Until the node has left its notes at the point."""
    await until(lambda: point.vault.peer_id in node.swarm.meeting._left)


async def test_two_contacts_that_both_moved_find_each_other(tmp_path: Path) -> None:
    await three(tmp_path)  # every one of them is at another port afterwards
    async with a_point(tmp_path) as point:
        address = point.swarm.addresses
        async with alone(tmp_path / ADA) as ada, alone(tmp_path / BEN) as ben:
            for node in (ada, ben):
                await node.swarm.reach(point.vault.peer_id, address)
                await left(node, point)
            await until(lambda: ben.vault.peer_id in ada.swarm.host.connected)


async def test_nobody_is_found_who_named_no_point(tmp_path: Path) -> None:
    await three(tmp_path)
    async with a_point(tmp_path) as point, alone(tmp_path / ADA) as ada, alone(tmp_path / BEN) as ben:
        await peers.meet_at(ben, "Point", False)
        for node in (ada, ben):
            await node.swarm.reach(point.vault.peer_id, point.swarm.addresses)
        await left(ada, point)
        assert await ada.swarm.meeting.find(ada.swarm.host, ben.vault.peer_id) == ()


@asynccontextmanager
async def met(folder: Path) -> AsyncIterator[tuple[Node, Node, Node]]:
    """The point, Ada and Ben, with their notes left."""
    async with a_point(folder) as point, alone(folder / ADA) as ada, alone(folder / BEN) as ben:
        await introduce(point, ada, ben)
        for node in (ada, ben):
            await left(node, point)
        yield point, ada, ben


async def found(node: Node, other: Node) -> tuple[str, ...]:
    node.swarm.meeting._asked.clear()
    return await node.swarm.meeting.find(node.swarm.host, other.vault.peer_id)


async def finds(node: Node, other: Node, addresses: tuple[str, ...]) -> None:
    """In the end."""
    with trio.fail_after(PATIENCE):
        while await found(node, other) != addresses:  # noqa: ASYNC110 - it is asked for
            await trio.sleep(0.05)


async def test_a_new_address_is_left_again(tmp_path: Path) -> None:
    async with met(tmp_path) as (point, ada, ben):
        before = ben.swarm.addresses
        await ben.swarm.restart()
        await ben.swarm.reach(point.vault.peer_id, point.swarm.addresses)
        assert ben.swarm.addresses != before
        await finds(ada, ben, ben.swarm.addresses)


async def test_notes_are_left_again_at_a_point_that_was_away(tmp_path: Path) -> None:
    async with met(tmp_path) as (point, ada, ben):
        await point.swarm.restart()
        assert len(point.swarm.meeting._point) == 0
        for node in (ada, ben):
            await node.swarm.host.disconnect(point.vault.peer_id)  # as it will notice by itself
            await node.swarm.reach(point.vault.peer_id, point.swarm.addresses)
        await finds(ada, ben, ben.swarm.addresses)


async def test_a_removed_contact_finds_nothing_any_more(tmp_path: Path) -> None:
    async with met(tmp_path) as (_, ada, ben):
        row = await peers.peer(ben, ada.vault.peer_id)
        await peers.remove_peer(ben, row.row.name)
        await finds(ada, ben, ())


# What the point may know and do


async def test_the_point_keeps_no_name_and_no_address_that_it_could_read(tmp_path: Path) -> None:
    async with met(tmp_path) as (point, ada, ben):
        kept = point.swarm.meeting._point._notes
        bytes_kept = b"".join(name + one.note for name, one in kept.items())
        for node in (ada, ben):
            assert node.vault.peer_id.encode() not in bytes_kept
            for address in node.swarm.addresses:
                assert address.encode() not in bytes_kept
        assert {len(one.note) for one in kept.values()} == {NOTE_BYTES}


async def test_who_did_not_agree_keeps_nothing(tmp_path: Path) -> None:
    await three(tmp_path)
    async with alone(tmp_path / POINT) as point, alone(tmp_path / ADA) as ada:
        await peers.turn_swarm(point, True, meets=False)
        await ada.swarm.reach(point.vault.peer_id, point.swarm.addresses)
        with pytest.raises(HostFailed) as caught:
            await ada.swarm.host.request(point.vault.peer_id, MEET_PROTOCOL, request_bytes(Find((bytes(16),))))
        assert caught.value.code == "not-served"


async def test_a_relay_is_a_meeting_point_too(tmp_path: Path) -> None:
    await three(tmp_path)
    async with alone(tmp_path / POINT) as point, alone(tmp_path / ADA) as ada:
        await peers.turn_swarm(point, True, relays=True, meets=False)
        await ada.swarm.reach(point.vault.peer_id, point.swarm.addresses)
        await left(ada, point)


async def test_a_stranger_may_neither_leave_nor_look_for_notes(tmp_path: Path) -> None:
    async with a_point(tmp_path) as point, alone(tmp_path / "stranger") as stranger:
        await stranger.swarm.reach(point.vault.peer_id, point.swarm.addresses)
        for request in (Find((bytes(16),)), Keep(((bytes(16), bytes(NOTE_BYTES)),))):
            with pytest.raises(HostFailed) as caught:
                await stranger.swarm.host.request(point.vault.peer_id, MEET_PROTOCOL, request_bytes(request))
            assert caught.value.detail == "refused"
        assert len(point.swarm.meeting._point) == 0


async def test_a_request_that_is_none_costs_the_contact_its_good_name(tmp_path: Path) -> None:
    async with met(tmp_path) as (point, ada, _):
        for _ in range(20):
            with pytest.raises(HostFailed):
                await ada.swarm.host.request(point.vault.peer_id, MEET_PROTOCOL, b"\xff garbage")
            if point.swarm.host.banned_until(ada.vault.peer_id):
                break
        assert point.swarm.host.banned_until(ada.vault.peer_id)


def hostile(point: Node, says: Callable[[str, bytes], bytes]) -> None:
    """From now on the point answers like this."""

    async def answer(peer_id: str, request: bytes) -> bytes:
        return says(peer_id, request)

    point.swarm.host.serve(MEET_PROTOCOL, answer)


def _note_of(author: Node, reader: Node, now: float) -> bytes:
    """What `author` would leave for `reader` at that time."""
    shared = author.swarm.meeting._secret_with(reader.vault.peer_id)
    name = meeting.name_of(shared, author.vault.peer_id, meeting.day_of(reader.swarm.meeting._clock()))
    return meeting.seal(shared, author.vault.peer_id, name, now, ("/ip4/192.0.2.66/tcp/66",))


Answers = Callable[[Node, Node, Node], Callable[[str, bytes], bytes]]
LIES: dict[str, Answers] = {
    "garbage": lambda *_: lambda *_: b"\xff\xff",
    "nothing": lambda *_: lambda *_: b"",
    "too many": lambda *_: lambda *_: encode([1, [bytes(NOTE_BYTES)] * 40]),
    "huge": lambda *_: lambda *_: bytes(65_536),
    "made up": lambda *_: lambda *_: encode([1, [bytes(NOTE_BYTES)]]),
    "the asker's own": lambda _, ada, ben: lambda *_: encode([1, [_note_of(ada, ben, ada.swarm.meeting._clock())]]),
    "of another contact": lambda point, ada, _: (
        lambda *_: encode([1, [_note_of(point, ada, ada.swarm.meeting._clock())]])
    ),
    "stale": lambda _, ada, ben: (
        lambda *_: encode([1, [_note_of(ben, ada, ada.swarm.meeting._clock() - meeting.KEPT - meeting.SKEW - 60)]])
    ),
    "an error": lambda *_: _refuse,
}


def _refuse(*_: Any) -> bytes:
    from p2p.node import Refused

    raise Refused("i-will-not")


async def test_a_point_that_lies_is_not_believed_and_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting, "days_to_ask", lambda now: (meeting.day_of(now),))
    async with met(tmp_path) as (point, ada, ben):
        believed = {}
        for lie, answers in LIES.items():
            hostile(point, answers(point, ada, ben))
            believed[lie] = await found(ada, ben)
            ada.swarm.host.pardon(point.vault.peer_id)  # or the next lie would not be heard
        assert believed == dict.fromkeys(LIES, ())
        assert ada.swarm.running
        hostile(point, lambda *_: encode([1, [_note_of(ben, ada, ada.swarm.meeting._clock())]]))
        assert await found(ada, ben)


async def test_a_true_note_among_lies_of_another_point_is_found(tmp_path: Path) -> None:
    async with met(tmp_path) as (_, ada, ben), a_point(tmp_path / "second") as liar:
        made = await peers.invite(liar, "Ada")
        await peers.add_peer(ada, made.invite, "Liar")
        await peers.meet_at(ada, "Liar", True)
        hostile(liar, lambda *_: b"\xff\xff")
        await until(lambda: liar.vault.peer_id in ada.swarm.meeting._points)
        assert await found(ada, ben) == ben.swarm.addresses


async def test_a_contact_with_a_key_that_is_no_secret_is_left_out_and_breaks_nothing(tmp_path: Path) -> None:
    async with met(tmp_path) as (_, ada, ben):
        low = peer_id_of(bytes(32))
        await ada.blocking(ada.vault.vault.peers.add, low, "Low")
        await ada.swarm.reload()
        await until(lambda: any(low in one.contacts for one in ada.swarm.meeting._left.values()))
        assert await ada.swarm.meeting.find(ada.swarm.host, low) == ()
        assert await found(ada, ben)


# The commands


async def test_a_point_is_shown_as_one(tmp_path: Path) -> None:
    await three(tmp_path)
    async with alone(tmp_path / ADA) as ada:
        assert (await peers.peer(ada, "Point")).row.meets
        await requests.REQUESTS["peer-meet"][0](ada, {"name": "Point", "on": False}, lambda _: None)
        assert not (await peers.peer(ada, "Point")).row.meets


async def test_there_are_few_points(tmp_path: Path) -> None:
    async with alone(tmp_path / ADA) as ada:
        store = ada.vault.vault.peers
        for number in range(meetings.MOST + 1):
            await ada.blocking(store.add, peer_id(new_host_key()), f"Point {number}")
        for number in range(meetings.MOST):
            await peers.meet_at(ada, f"Point {number}", True)
        with pytest.raises(CommandFailed) as caught:
            await peers.meet_at(ada, f"Point {meetings.MOST}", True)
        assert caught.value.key == "meeting-points"
