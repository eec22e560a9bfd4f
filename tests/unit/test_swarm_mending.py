"""A host that ended by an error begins again by itself, and the person is told meanwhile."""

from __future__ import annotations

import socket
from itertools import pairwise
from pathlib import Path

import pytest
import trio
import trio.testing

from app import commands
from app.node import Node, open_node
from app.swarm.mending import FIRST_PAUSE, LONGEST_PAUSE, WELL, Mending
from app.swarm_results import PeersChanged
from tests.unit.fault_fixtures import LOOPBACK, PASSPHRASE, open_profile, until


async def test_a_host_that_cannot_listen_says_so_and_begins_once_it_can(home: Path) -> None:
    told: list[object] = []
    async with open_node(home, told.append) as node:
        await commands.create(node, PASSPHRASE)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            await node.swarm.start()
            state = await commands.turn_swarm(node, True, (f"/ip4/127.0.0.1/tcp/{port}",))
            assert not state.running
            assert str(port) in state.problem
            assert PeersChanged() in told
        told.clear()
        await until(lambda: node.swarm.running)
        assert (await node.swarm.state("en")).problem == ""
        assert PeersChanged() in told


async def test_a_host_that_broke_begins_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_profile(home) as node:
        before = node.swarm.host
        broken = trio.Event()

        async def breaks(_peers: object) -> None:
            broken.set()
            raise OSError

        with monkeypatch.context() as patched:
            patched.setattr(node.swarm.reaching, "_due", breaks)
            node.swarm.reaching.nudge()
            await broken.wait()
            await until(lambda: not node.swarm.running)
        await until(lambda: node.swarm.running and node.swarm.host is not before)


async def test_a_host_that_is_turned_off_is_not_begun_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.swarm.mending.FIRST_PAUSE", 0.05)
    async with open_profile(home) as node:
        await falls(node, monkeypatch)
        await commands.turn_swarm(node, False)
        await trio.sleep(0.2)
        assert not node.swarm.running
        await commands.turn_swarm(node, True, (LOOPBACK,))
        assert node.swarm.running


async def falls(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(_connected: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(node.swarm.reaching, "_due", breaks)
        node.swarm.reaching.nudge()
        await until(lambda: node.swarm.problem is not None)


async def test_the_pause_grows_and_stays_bounded(autojump_clock: trio.testing.MockClock) -> None:
    tries: list[float] = []
    async with trio.open_nursery() as nursery:

        async def again() -> None:
            tries.append(trio.current_time())
            mending.fell(ran=False)

        mending = Mending(nursery, again)
        mending.fell(ran=False)
        await trio.sleep(3600)
        nursery.cancel_scope.cancel()
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[0] <= 2 * FIRST_PAUSE * 1.2
    assert max(pauses) <= LONGEST_PAUSE * 1.2
    assert pauses[-1] >= LONGEST_PAUSE * 0.8


async def test_after_a_time_that_went_well_the_pause_is_short_again(autojump_clock: trio.testing.MockClock) -> None:
    tries: list[float] = []
    async with trio.open_nursery() as nursery:

        async def again() -> None:
            tries.append(trio.current_time())

        mending = Mending(nursery, again)
        for _ in range(8):
            mending.fell(ran=False)
            await trio.sleep(LONGEST_PAUSE * 2)
        mending.began()
        await trio.sleep(WELL)
        fell = trio.current_time()
        mending.fell(ran=True)
        await trio.sleep(LONGEST_PAUSE * 2)
    assert tries[-1] - fell <= FIRST_PAUSE * 1.2
