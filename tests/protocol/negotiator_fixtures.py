"""Nodes that negotiate over a wire in memory: real vaults, real signatures, scripted decisions."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from p2p import identity
from p2p.acl import Message
from p2p.content_fields import Price
from p2p.contents import Acceptance, CallForProposals, Done, Proposal, Refusal, Result
from p2p.contractnet_terms import Bid
from p2p.deciding import Bidding, Call, Change, Job
from p2p.delivery import NotReached
from p2p.negotiator import Negotiator
from storage.outbox import Write
from storage.vault import Vault

KEY = bytes(range(32))
TASK = "ab" * 16


def milliseconds() -> int:
    return int(time.time() * 1000)


@dataclass
class Scripted:
    """Bids what it is told, awards the first bid, echoes its input as the result."""

    price: int | None = 0  # None: refuse
    chooses: bool = True
    result: Callable[[Job], Result | Done] | None = None
    gate: trio.Event | None = None  # work waits for it
    worked: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    letters: list[Message] = field(default_factory=list)
    news: trio.Event = field(default_factory=trio.Event)

    async def bid(self, call: Call) -> Bidding | Refusal | None:
        if self.price is None:
            return Refusal("busy")
        price = Price(self.price, "test" if self.price else "none")
        return Bidding(Proposal(price, 1000), call.reply_by + 60_000, repeatable=False)

    async def award(
        self, conversation: str, kind: str, bids: Sequence[Bid]
    ) -> tuple[tuple[str, ...], Acceptance] | None:
        return ((bids[0].peer,), Acceptance({"say": "hello"})) if self.chooses else None

    async def work(self, job: Job) -> Result | Done:
        self.worked.append(job.call.conversation)
        if self.gate is not None:
            await self.gate.wait()
        return self.result(job) if self.result else Result({"echo": job.acceptance.input["say"]})

    def record(self, change: Change) -> Sequence[Write]:
        return ()

    def changed(self, change: Change) -> None:
        self.changes.append(change)
        self.news.set()
        self.news = trio.Event()

    def misbehaved(self, peer: str, code: str) -> None:
        self.faults.append((peer, code))

    async def request(self, message: Message) -> Sequence[Write]:
        self.letters.append(message)
        return ()

    def undelivered(self, payload: bytes, code: str) -> Sequence[Write]:
        return ()

    def delivered(self, payload: bytes) -> Sequence[Write]:
        return ()

    async def until(self, outcome: str) -> Change:
        """The change that ended a conversation like this."""
        with trio.fail_after(60):
            while True:
                for change in self.changes:
                    if change.outcome == outcome:
                        return change
                await self.news.wait()


class Wire:
    """Carries messages between nodes; `lossy(sender, receiver, number)` says which are lost before they arrive."""

    def __init__(self) -> None:
        self.nodes: dict[str, Negotiator] = {}
        self.lossy: Callable[[str, str, int], bool] = lambda *_: False
        self.deaf: Callable[[str, str, int], bool] = lambda *_: False  # arrives, but its acknowledgement is lost
        self.count = 0

    def asker(self, sender: str) -> Callable[[str, bytes], Any]:
        async def ask(peer: str, data: bytes) -> bytes:
            self.count += 1
            number = self.count
            await trio.lowlevel.checkpoint()
            if peer not in self.nodes or self.lossy(sender, peer, number):
                raise NotReached
            answer = await self.nodes[peer].receive(sender, data)
            if self.deaf(sender, peer, number):
                raise NotReached
            return answer

        return ask


@dataclass
class Party:
    """One node: `open` runs it until the block ends; again with the same vault is a restart."""

    folder: Path
    wire: Wire
    deciding: Scripted = field(default_factory=Scripted)
    host_key: bytes = field(default_factory=identity.new_host_key)

    @property
    def id(self) -> str:
        return identity.peer_id(self.host_key)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Negotiator]:
        path = self.folder / f"{self.id}.db"
        vault = await trio.to_thread.run_sync(Vault.open if path.exists() else Vault.create, path, KEY)
        try:
            node = Negotiator(self.id, self.host_key, vault.outbox, self.deciding, trio.to_thread.run_sync)
            async with trio.open_nursery() as nursery:
                self.wire.nodes[self.id] = node
                nursery.start_soon(node.run, self.wire.asker(self.id))
                try:
                    yield node
                finally:
                    del self.wire.nodes[self.id]
                    nursery.cancel_scope.cancel()
        finally:
            vault.close()


def deadlines(seconds: float = 60) -> tuple[int, int, int]:
    now, span = milliseconds(), int(seconds * 1000)
    return now + span, now + 2 * span, now + 3 * span


def call(**spec: Any) -> CallForProposals:
    return CallForProposals(spec, milliseconds() + 120_000)
