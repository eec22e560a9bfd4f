"""Whole nodes with a chain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app import commands
from app.chain.port import Call
from app.node import Node, open_node
from app.surroundings import Surroundings

PASSPHRASE = "gravel otter lantern seventeen"
REGISTER = Call("identity", "register(string)", ("https://example.org/me.json",))


@asynccontextmanager
async def profile(home: Path, surroundings: Surroundings | None = None) -> AsyncIterator[Node]:
    """An open node; again with the same folder it is a restart."""
    async with open_node(home, None, surroundings) as node:
        await (commands.unlock(node, PASSPHRASE) if node.profile.exists else commands.create(node, PASSPHRASE))
        yield node


async def rehearsing(node: Node) -> None:
    """It uses the chain in the process from now on."""
    address = await node.chains.signing.address()
    row = await node.chains.thread(node.chains.rehearsal.begin, address)
    await node.blocking(node.vault.vault.chains.use, row.name)
    await node.chains.reopen()
