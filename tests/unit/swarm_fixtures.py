"""Nodes with real vaults that are each other's contacts, over real libp2p on loopback."""

from __future__ import annotations

import gc
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import trio
from hypothesis import strategies as st

from app import commands
from app.actions import peers, tasks
from app.node import Node, open_node
from app.surroundings import Surroundings
from app.swarm import listening
from app.swarm_results import TaskRow
from storage.tasks import FINAL

PATIENCE = 60.0  # seconds, on a machine that does much else
# py-libp2p leaves the socket of a dial that is cut off to the collector
CUT_OFF = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
_TEXT = st.text(alphabet="az09{}[]:,é", max_size=8)
VALUES = st.recursive(  # what a stranger's map may hold
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXT | st.binary(max_size=33),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=6,
)
LOOPBACK = ("/ip4/127.0.0.1/tcp/0",)
PASSPHRASE = "a passphrase of the tests"


@asynccontextmanager
async def alone(
    home: Path, listener: Callable[[object], None] | None = None, surroundings: Surroundings | None = None
) -> AsyncIterator[Node]:
    """One open node that listens; made where it is not there yet, else unlocked."""
    async with open_node(home, listener, surroundings) as node:
        await (commands.unlock(node, PASSPHRASE) if node.profile.exists else commands.create(node, PASSPHRASE))
        settings = node.vault.vault.settings
        await node.blocking(listening.choose, settings, LOOPBACK)
        await node.blocking(listening.turn, settings, True)
        await node.swarm.start()
        yield node


@asynccontextmanager
async def contacts(folder: Path, count: int = 2) -> AsyncIterator[list[Node]]:
    """The first node's contacts are all the others, called "peer1", "peer2", …; it is "peer0" to them."""
    async with AsyncExitStack() as stack:
        stack.callback(_swept)
        nodes = [await stack.enter_async_context(alone(folder / f"home{number}")) for number in range(count)]
        for number, node in enumerate(nodes[1:], start=1):
            await befriend(nodes[0], node, f"peer{number}")
        yield nodes


def _swept() -> None:
    """See `CUT_OFF`: in the test that it is of, not in a later one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def befriend(one: Node, other: Node, name: str) -> None:
    """`one` invites `other` and calls it `name`."""
    made = await peers.invite(one, name)
    await peers.add_peer(other, made.invite, "peer0")
    await until(lambda: other.vault.peer_id in one.swarm.gate.contacts)


async def until(condition: Callable[[], object]) -> None:
    with trio.fail_after(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await trio.sleep(0.02)


async def reaches(node: Node, name: str, *states: str) -> TaskRow:
    """The task once it is in one of these states, or has ended."""
    with trio.fail_after(PATIENCE):
        while True:
            row = (await tasks.task(node, name)).row
            if row.state in states or row.state in FINAL:
                return row
            await trio.sleep(0.02)


async def theirs(node: Node, *states: str) -> TaskRow:
    """Somebody's task at this node, once it is in one of these states."""
    with trio.fail_after(PATIENCE):
        while True:
            for row in await tasks.tasks(node, "participant"):
                if row.state in states:
                    return row
            await trio.sleep(0.02)
