"""A whole node with the rehearsal chain and a wallet, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

from app.chain.port import Call
from app.node import Node, open_node
from tests.unit.chains_fixtures import PASSPHRASE, profile, rehearsing

STRANGER = "0x" + "99" * 20
APPROVE = "approve(address,uint256)"
TRANSFER = "transfer(address,uint256)"
TOKEN = 10**6  # smallest parts of the rehearsal token


def make(home: Path) -> Path:
    """A profile that uses the rehearsal chain."""

    async def begin() -> None:
        async with profile(home) as node:
            await rehearsing(node)
            await node.chains.connected()

    trio.run(begin)
    return home


@asynccontextmanager
async def copy_of(made: Path, home: Path, heard: Callable[[object], None] | None = None) -> AsyncIterator[Node]:
    if not home.exists():
        shutil.copytree(made, home)
    async with open_node(home, heard) as node:
        await node.unlock(PASSPHRASE)
        yield node


def transfer(amount: int, to: str = STRANGER) -> Call:
    return Call("token", TRANSFER, (to, amount))


def approve(kernel: str, amount: int) -> Call:
    return Call("token", APPROVE, (kernel, amount))


async def asked(node: Node, call: Call, key: str = "t/pay") -> str:
    """Have it asked for; the digest that waits."""
    from p2p.wallet_requests import ApprovalNeeded

    try:
        await node.chains.call(key, call)
    except ApprovalNeeded as needed:
        return needed.digest
    raise AssertionError("it was not asked")


within = partial(trio.fail_after, 120)
