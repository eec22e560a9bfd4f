"""The answers to one of our calls, as a person compares them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from app.chain.amounts import amount_text
from app.node import Node
from app.swarm.settled import Kept, kept_of
from app.swarm_results import BidRow
from p2p.content_fields import Price
from p2p.contents import Proposal
from p2p.initiator_state import Initiator, Leg
from p2p.stepping import state_of
from p2p.wording import unpacked
from storage.tasks import Task

LAST_MOMENT = 253_402_300_799  # 9999-12-31T23:59:59Z


async def bids_of(node: Node, found: Task, called: Callable[[str], str]) -> tuple[BidRow, ...]:
    """Of a task of ours; () of others'.  `called`: names of peers.  Errors: VaultError."""
    if found.dialogue is None or found.role != "initiator":
        return ()
    dialogue = await node.blocking(node.vault.vault.outbox.get, found.dialogue)
    if not dialogue.state:
        return ()
    state = state_of(dialogue)
    assert isinstance(state, Initiator)
    job = await node.blocking(node.vault.vault.settlements.find, found.id)
    kept = None if job is None else kept_of(job)
    return tuple(_bid(leg, called(leg.peer), kept, node.language) for leg in state.legs)


def _bid(leg: Leg, name: str, kept: Kept | None, language: str) -> BidRow:
    if leg.bid is None:
        return BidRow(leg.peer, name, str(leg.standing), reason=leg.code)
    proposal = Proposal.from_map(unpacked(leg.bid.body))
    price, standing = proposal.price, str(leg.standing)
    until = datetime.fromtimestamp(min(leg.bid.until / 1000, LAST_MOMENT), UTC).isoformat(timespec="seconds")
    said = _said(price, kept, language)
    return BidRow(leg.peer, name, standing, price.amount, price.token, proposal.eta, until, leg.code, said)


def _said(price: Price, kept: Kept | None, language: str) -> str:
    """With the symbol of the job's token; "" where it is of none."""
    if kept is None or not price.amount or price.token != kept.plan.call.asset:
        return ""
    return amount_text(price.amount, kept.decimals, kept.symbol, language)
