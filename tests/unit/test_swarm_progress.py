"""Text of a result as it comes: nobody hears of another's work, and no provider fills the memory with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
import trio

from app.swarm.progress import MAX_KEPT, MAX_PIECE, PROTOCOL, Progress, follow
from p2p.canonical import encode
from p2p.host_serving import receive_message, send_message
from p2p.identity import new_host_key
from p2p.node import Host, HostFailed, Stream
from tests.unit.p2p_fixtures import PATIENCE, two_hosts

TASK = "ab" * 16


@asynccontextmanager
async def working(progress: Progress | None = None) -> AsyncIterator[tuple[Progress, Host, Host]]:
    """A provider and the initiator whose task it works on."""
    found = progress or Progress()
    async with two_hosts() as (provider, initiator):
        provider.serve_stream(PROTOCOL, found.serve)
        yield found, provider, initiator


async def heard(initiator: Host, provider: Host, conversation: str = TASK) -> list[str]:
    """All that is reported until the stream ends."""
    said: list[str] = []
    with trio.fail_after(PATIENCE):
        await follow(await initiator.open_stream(provider.peer_id, PROTOCOL), conversation, said.append)
    return said


@pytest.mark.parametrize("text", ["Good day.", "é" * 9000, "\U0001f600" * 9000])
async def test_all_that_was_said_so_far_is_heard_by_who_comes_late(text: str) -> None:
    async with working() as (progress, provider, initiator), trio.open_nursery() as nursery:
        progress.begin(initiator.peer_id, TASK)(text)
        said: list[str] = []

        def report(piece: str) -> None:
            said.append(piece)
            if len("".join(said)) == len(text):
                progress.end(initiator.peer_id, TASK)

        stream = await initiator.open_stream(provider.peer_id, PROTOCOL)
        nursery.start_soon(follow, stream, TASK, report)
    assert "".join(said) == text


async def test_the_work_of_another_is_not_heard() -> None:
    async with working() as (progress, provider, initiator), Host(new_host_key()) as eve:
        progress.begin(initiator.peer_id, TASK)("secret")
        eve.know(provider.addresses[0])
        assert await heard(eve, provider) == []


async def test_work_that_is_not_there_is_heard_nothing_of() -> None:
    async with working() as (progress, provider, initiator):
        progress.begin(initiator.peer_id, TASK)("secret")
        assert await heard(initiator, provider, "cd" * 16) == []


@pytest.mark.parametrize("request_", [b"", b"\xff" * 20, encode([1, b"short"]), encode([2, bytes(16)]), encode([[]])])
async def test_who_asks_for_nonsense_hears_nothing(request_: bytes) -> None:
    async with working() as (progress, provider, initiator):
        progress.begin(initiator.peer_id, TASK)("secret")
        stream = await initiator.open_stream(provider.peer_id, PROTOCOL)
        with suppress(HostFailed):
            await send_message(stream, request_, 64)
            assert await stream.read_some() == b""


def test_no_more_than_its_share_is_kept_of_one_piece_of_work() -> None:
    progress = Progress()
    report = progress.begin("bob", TASK)
    for _ in range(100):
        report("x" * 10_000)
    assert len(progress._works["bob", TASK].text) == MAX_KEPT


def test_nothing_is_kept_of_work_that_ended() -> None:
    progress = Progress()
    progress.begin("bob", TASK)("x")
    progress.end("bob", TASK)
    progress.end("bob", TASK)
    assert progress._works == {}


Says = Callable[[Stream], Awaitable[None]]


async def endless_text(stream: Stream) -> None:
    while True:
        await send_message(stream, encode([1, "x" * 4000]), MAX_PIECE)


async def endless_nothing(stream: Stream) -> None:
    while True:
        await send_message(stream, encode([1, ""]), MAX_PIECE)


async def oversize(stream: Stream) -> None:
    await stream.write(b"\xff\xff\x7f" + b"x" * 4000)
    await stream.read_some()


async def garbage(stream: Stream) -> None:
    await send_message(stream, b"\x9f" * 400, MAX_PIECE)
    await stream.read_some()


async def deep(stream: Stream) -> None:
    await send_message(stream, b"\x81" * 4000 + b"\x00", MAX_PIECE)
    await stream.read_some()


async def no_text(stream: Stream) -> None:
    await send_message(stream, encode([1, b"bytes"]), MAX_PIECE)
    await stream.read_some()


async def half(stream: Stream) -> None:
    await stream.write(b"\x40half")
    await stream.reset()


@pytest.mark.parametrize("says", [endless_text, endless_nothing, oversize, garbage, deep, no_text, half])
async def test_whatever_a_provider_says_the_following_ends_and_little_is_heard(says: Says) -> None:
    async def hostile(_peer: str, stream: Stream) -> None:
        await receive_message(stream, 64)
        await says(stream)

    async with two_hosts() as (provider, initiator):
        provider.serve_stream(PROTOCOL, hostile)
        assert len("".join(await heard(initiator, provider))) <= MAX_KEPT
