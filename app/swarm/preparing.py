"""Before a call that is priced on a chain goes out, its job stands there; a call that does not go out takes it back.

What is kept first is the plan: a kill before the call is stored leaves a job without a conversation, which the next
start rejects on chain (app.swarm.settling).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from app.results import CommandFailed
from app.swarm.pricing import Judged, priced
from app.swarm.settled import Kept, kept_of
from app.swarm.settling import Settling
from app.swarm_results import TaskChanged
from p2p.canonical import Value
from p2p.content_fields import FREE, Price
from p2p.settling_plan import Plan
from storage.settlements import Settlement

if TYPE_CHECKING:
    from app.node import Node

PATIENCE = 15 * 60.0  # seconds for the job to stand on chain, with whatever the person is asked before
AWARDING = 30 * 60_000  # milliseconds after the proposals in which the money is to be in
WAITS = frozenset({"", "wallet-approval", "chain-unreachable"})  # problems that may pass in this time


class NotPrepared(Exception):
    """No job stands behind the call, so it did not go out; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__("The job on chain could not be created.")
        self.code = code


@dataclass(frozen=True)
class Behind:
    """What a call says of its price.  `x`: its job; `latest`: the last moment for a result, milliseconds, None for any.

    `awarding`: milliseconds that an award may take.
    """

    price: Price
    x: Mapping[str, Value] = field(default_factory=dict)
    latest: int | None = None
    awarding: int = 60_000


def on_trust(credits: int) -> Behind:
    """No chain has to do with it."""
    return Behind(Price(credits, "credit") if credits else FREE)


@dataclass(frozen=True)
class Paid:
    """What the person said of paying: `pay` at most, decimal text; `arbiter`: an address, "" for none; `look`: accept
    nothing before they did.  `strangers`: not only contacts are asked.  Windows: as app.swarm.pricing.Judged's."""

    pay: str
    arbiter: str
    look: bool
    strangers: bool
    dispute_window: int = 0
    ruling_window: int = 0


@asynccontextmanager
async def job_behind(node: Node, task: str, kind: str, offer: Paid, seconds: float) -> AsyncIterator[Behind]:
    """The job of this task, created; taken back where the block ends without the call being stored.

    Errors: as app.swarm.pricing.priced's; CommandFailed("settle-look"), NotPrepared.
    """
    settling, store = node.swarm.settling, node.vault.vault.settlements
    if offer.look and not offer.arbiter:  # nobody else could ever accept
        raise CommandFailed("settle-look")
    judged = Judged(offer.arbiter, offer.dispute_window, offer.ruling_window)
    found = await priced(node, offer.pay, judged, seconds, offer.strangers, node.surroundings.now)
    at = await node.chains.connected()
    plan = Plan(
        task, "client", found.terms, description=f"nuee {kind}", confirmations=at.confirmations,
        verdict="wait" if offer.look else "",
    )  # fmt: skip
    kept = Kept(plan, at.name, found.token.decimals, found.token.symbol)
    chain, most = at.identity, found.most
    row = Settlement(
        task, "initiator", "", chain.chain_id, chain.genesis, None, most, found.terms.token, kept.to_bytes()
    )
    settling.preparing.add(task)
    try:
        await node.blocking(store.begin, row)
        node.listener(TaskChanged(task, "preparing"))
        settling.begin(task)
        with trio.move_on_after(PATIENCE) as patience:
            numbered = await _numbered(node, settling, task)
        if patience.cancelled_caught:
            raise NotPrepared("settle-slow")
        call = numbered.plan.call
        yield Behind(Price(most, call.asset), call.to_x(), (call.expires - call.needed) * 1000, AWARDING)
    finally:
        settling.preparing.discard(task)
        settling.told(task)


async def _numbered(node: Node, settling: Settling, task: str) -> Kept:
    """What is kept once the chain has given the job its number.  Errors: NotPrepared."""
    while True:
        news = settling.news
        row = await node.blocking(node.vault.vault.settlements.find, task)
        if row is None:
            raise NotPrepared("unknown-settlement")
        kept = kept_of(row)
        if kept.plan.call.job:
            return kept
        if row.outcome or row.problem not in WAITS:
            raise NotPrepared(row.problem or "settle-slow")
        if not settling.running:
            raise CommandFailed("swarm-off")
        await news.wait()
