"""A node with a chain of its own, and what tests ask of its agents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.chain import agents
from app.chain.registering import Wish, drafted, register
from app.functions.fetching import Reach
from app.node import Node
from storage.agents import AgentRow
from tests.unit.chains_fixtures import profile, rehearsing

USUAL = Wish()


@pytest.fixture(name="node")
async def node_fixture(tmp_path: Path) -> AsyncIterator[Node]:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        yield node


async def registered(node: Node, wish: Wish = USUAL, reach: Reach | None = None) -> AgentRow:
    row, _whole = await register(node, wish, (await drafted(node, wish)).digest, reach)
    return row


async def count(node: Node) -> int:
    at = await node.chains.connected()
    (found,) = await node.chains.ask(
        at.chain.read, at.contracts["identity"], "balanceOf(address)", ["uint256"], at.address
    )
    return int(found)


async def refused(node: Node, number: int, **named: Any) -> str:
    return (await agents.look(node, number, **named)).problem
