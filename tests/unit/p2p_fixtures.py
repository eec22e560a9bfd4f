"""Real hosts on loopback, and waiting for what the network does in its own time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from p2p.host_limits import Limits, Standing
from p2p.identity import new_host_key
from p2p.node import Host

LOOPBACK = "/ip4/127.0.0.1/tcp/0"
PATIENCE = 60  # seconds, on a machine that does much else


@dataclass
class Contacts:
    """A gate whose list a test may change while the host runs; who is on no list is a stranger."""

    contacts: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)

    def standing(self, peer_id: str) -> Standing:
        if peer_id in self.blocked:
            return Standing.BLOCKED
        return Standing.CONTACT if peer_id in self.contacts else Standing.STRANGER


@asynccontextmanager
async def two_hosts(limits: Limits | None = None, listen: str = LOOPBACK) -> AsyncIterator[tuple[Host, Host]]:
    """One that serves (with `limits`) and one that knows its address."""
    async with Host(new_host_key(), [listen], limits=limits) as server, Host(new_host_key(), [listen]) as client:
        client.know(server.addresses[0])
        yield server, client


async def until(condition: Callable[[], object]) -> None:
    with trio.fail_after(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await trio.sleep(0.02)
