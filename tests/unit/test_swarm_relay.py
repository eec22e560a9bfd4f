"""A node that nobody can dial is reached through a contact who relays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from app import commands
from app.node import Node, open_node
from app.swarm import listening
from tests.unit.swarm_fixtures import CUT_OFF
from tests.unit.test_kind_model import fetched, provide, sample, store

pytestmark = CUT_OFF
PASSPHRASE = "gravel otter lantern seventeen"
LOOPBACK = ("/ip4/127.0.0.1/tcp/0",)


@asynccontextmanager
async def opened(home: Path, *, relays: bool = False) -> AsyncIterator[Node]:
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        await node.swarm.start()
        await commands.turn_swarm(node, True, LOOPBACK, relays)
        yield node


async def met(host: Node, guest: Node, name: str) -> None:
    """`guest` becomes a contact of `host`, whom it calls `name`."""
    await commands.add_peer(guest, (await commands.invite(host)).invite, name)


async def place_of(node: Node) -> str:
    with trio.fail_after(60):
        while not node.swarm.relaying.addresses:  # noqa: ASYNC110
            await trio.sleep(0.05)
    return node.swarm.relaying.addresses[0]


@asynccontextmanager
async def hidden(folder: Path) -> AsyncIterator[tuple[Node, Node]]:
    """The one who is reached through the relay, and the relay."""
    async with opened(folder / "relay", relays=True) as relay, opened(folder / "hidden") as node:
        await met(relay, node, "Relay")
        await commands.relay_through(node, "Relay", True)
        yield relay, node


async def test_an_invite_names_the_relay_first(tmp_path: Path) -> None:
    async with hidden(tmp_path) as (relay, node):
        await place_of(node)
        made = await commands.invite(node)
        assert made.addresses[0].endswith(f"/p2p/{relay.swarm.peer_id}/p2p-circuit")


async def test_people_become_contacts_through_a_relay(tmp_path: Path) -> None:
    async with hidden(tmp_path) as (relay, node), opened(tmp_path / "caller") as caller:
        await place_of(node)
        await met(relay, caller, "Relay")
        await met(node, caller, "Hidden")
        ways = caller.swarm.host.ways(node.swarm.peer_id)
        assert "relay" in [way.transport for way in ways]


async def test_a_relay_that_is_no_longer_wanted_gives_no_address(tmp_path: Path) -> None:
    async with hidden(tmp_path) as (_, node):
        await place_of(node)
        await commands.relay_through(node, "Relay", False)
        with trio.fail_after(60):
            while node.swarm.relaying.addresses:  # noqa: ASYNC110
                await trio.sleep(0.05)


async def test_a_task_runs_through_a_relay_alone(tmp_path: Path) -> None:
    async with hidden(tmp_path) as (relay, node), opened(tmp_path / "caller") as caller:
        await place_of(node)
        await met(relay, caller, "Relay")
        await node.blocking(listening.choose, node.vault.vault.settings, ())
        await node.swarm.restart()  # and listens nowhere
        await place_of(node)
        await met(node, caller, "Hidden")
        path = sample(tmp_path)
        digest = await provide(node, path, tmp_path / "theirs")
        mine = store(caller, tmp_path / "mine")
        done = await fetched(caller, digest)
        assert done.state == "done"
        assert mine.verify(digest).size == path.stat().st_size
        assert {way.transport for way in caller.swarm.host.ways(node.swarm.peer_id)} == {"relay"}
