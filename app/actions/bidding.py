"""The answers to one of our calls, as a person compares them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from app.node import Node
from app.receipt_reading import price_text
from app.swarm.job_view import money_text
from app.swarm.settled import kept_of
from app.swarm_results import BidRow
from p2p.content_fields import Price
from p2p.contents import Proposal
from p2p.initiator_state import Initiator, Leg
from p2p.stepping import state_of
from p2p.wording import unpacked
from storage.settlements import Settlement
from storage.tasks import Task
from storage.vault import Vault

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
    vault = node.vault.vault
    job = await node.blocking(vault.settlements.find, found.id)
    return await node.blocking(
        lambda: tuple(_bid(leg, called(leg.peer), job, vault, node.language) for leg in state.legs)
    )


def _bid(leg: Leg, name: str, job: Settlement | None, vault: Vault, language: str) -> BidRow:
    """Worker thread."""
    if leg.bid is None:
        return BidRow(leg.peer, name, str(leg.standing), reason=leg.code)
    proposal = Proposal.from_map(unpacked(leg.bid.body))
    price, standing = proposal.price, str(leg.standing)
    until = datetime.fromtimestamp(min(leg.bid.until / 1000, LAST_MOMENT), UTC).isoformat(timespec="seconds")
    said = _said(price, job, vault, language)
    return BidRow(leg.peer, name, standing, price.amount, price.token, proposal.eta, until, leg.code, said)


def _said(price: Price, job: Settlement | None, vault: Vault, language: str) -> str:
    """In the job's token where it is of that one; "" for nothing."""
    if not price.amount:
        return ""
    kept = None if job is None else kept_of(job)
    if job is None or kept is None or price.token != kept.plan.call.asset:
        return price_text(str(price.amount), price.token, language)
    return money_text(vault, job, kept, price.amount, language)
