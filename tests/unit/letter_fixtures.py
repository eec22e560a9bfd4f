"""Two people's nodes on one machine, contacts of each other: real vaults, real hosts, loopback."""

from __future__ import annotations

import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import trio

from app import commands
from app.actions.peers import add_peer, invite, turn_swarm
from app.node import Node, open_node

PASSPHRASE = "gravel otter lantern seventeen"
LISTEN = ("/ip4/127.0.0.1/tcp/0",)
PATIENCE = 60.0  # seconds: on a busy machine


@asynccontextmanager
async def alone(folder: Path, events: list[object] | None = None) -> AsyncIterator[Node]:
    """A node with an open vault and its host closed."""
    async with open_node(folder, (events if events is not None else []).append) as node:
        await commands.create(node, PASSPHRASE)
        yield node


async def listen(node: Node) -> None:
    """Run the host, on loopback alone."""
    await turn_swarm(node, True, LISTEN)
    await node.swarm.start()


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[tuple[Node, Node]]:
    """Ada and Bob, who know each other by these names, both reachable."""
    async with AsyncExitStack() as stack:
        stack.callback(_sweep)
        ada = await stack.enter_async_context(alone(folder / "ada"))
        bob = await stack.enter_async_context(alone(folder / "bob"))
        await listen(ada)
        await listen(bob)
        link = (await invite(ada, "Bob")).invite
        await add_peer(bob, link, "Ada")
        yield ada, bob


def _sweep() -> None:
    """py-libp2p leaves the socket of a dial that is cancelled in the middle to the garbage collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for `condition()` to be true."""
    with trio.fail_after(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - another process of events decides
            await trio.sleep(0.05)
