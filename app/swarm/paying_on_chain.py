"""Paying in the token of a chain: a job behind each priced call, a signed bid in each proposal, money before the award.

See app.swarm.paying.Paying.  What this side decides is stored before anything of it leaves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import trio

from app.chain import tokens
from app.chain.amounts import amount_of
from app.chain.port import Connected
from app.chain.tokens import Token
from app.errors import code
from app.results import CommandFailed
from app.swarm import validates
from app.swarm.awarding import proposal_of
from app.swarm.deciding import task_name
from app.swarm.paying import NotPaid, on_chain
from app.swarm.settled import Kept, heard, kept_of, with_kept
from app.swarm.settling import PASSING, Settling
from p2p import jobs
from p2p.acl import AclError, SignedMessage
from p2p.bids import accepted_by
from p2p.content_fields import Price
from p2p.contents import Proposal
from p2p.contractnet_terms import Bid, BrokenState
from p2p.deciding import Call, CannotWork, Change, Job
from p2p.initiator_state import Initiator
from p2p.job_seen import Status
from p2p.settlement_terms import BadWindow, BidTerms, CallTerms, bid_of, bid_refusal, refusal
from p2p.settling import ready
from p2p.settling_plan import Plan, awarded
from p2p.stepping import state_of
from p2p.wallet_requests import NOBODY, Signed
from p2p.wallet_requests import Bid as WalletBid
from storage.outbox import Role, Write
from storage.settlements import Settlement
from storage.vault import VaultError

if TYPE_CHECKING:
    from app.node import Node

T = TypeVar("T")
log = logging.getLogger("app")

LONGER = 60  # seconds that a bid binds on chain beyond its proposal
MARGIN = 5.0  # seconds before a deadline at which the award is given up
SEEN_WITHIN = 90.0  # seconds in which a provider must see what its client has seen confirmed
LOOK = 2.0  # seconds


class OnChain:
    """A Paying over the node's chain.  Trio thread, except `record`."""

    def __init__(self, node: Node, settling: Settling) -> None:
        self._node = node
        self._settling = settling

    # As a provider

    async def checked(self, call: Call) -> None:
        if not on_chain(call.content.max_price):
            raise NotPaid("price")
        terms = _call_terms(call)
        at = await self._connected()
        theirs = (at.chain, at.identity, at.dialect, at.contracts)
        ours = await self._asked(jobs.look, *theirs, terms) if terms is not None else None
        why = refusal(ours, terms, call.content.max_price, call.content.result_by)
        if why is not None:
            raise NotPaid(why)
        assert terms is not None  # else that was why
        if terms.judged_by_client and call.peer not in self._node.swarm.gate.contacts:
            raise NotPaid("chain-judge")

    async def bid(self, call: Call, proposal: Proposal, price: str, until: int) -> Proposal:
        terms = _call_terms(call)
        assert terms is not None  # checked
        at = await self._connected()
        token: Token = await self._asked(tokens.token, at.chain, terms.token)
        try:
            wanted = amount_of(price, token.decimals)
        except CommandFailed as wrong:  # more decimals than this token has
            raise NotPaid("price") from wrong
        amount = (await self._asked(jobs.toll, at.chain, terms)).price(wanted)  # whoever works gets what they ask
        if amount is None or not 0 < amount <= call.content.max_price.amount:
            raise NotPaid("price")
        validator = await validates.named(self._node, at, call)
        unsigned = BidTerms(at.address, until // 1000 + LONGER, validator=validator)
        cfp = await self._digest(call)
        task = f"{call.peer}/{call.conversation}"
        asked = replace(bid_of(terms, unsigned, amount, cfp, at.account), task=task, counterparty=call.peer)
        signature = b"" if terms.hook == NOBODY else (await self._signed(asked)).raw
        bid = replace(unsigned, signature=signature)
        head = await self._asked(at.chain.head)
        plan = Plan(
            task,
            "provider",
            terms,
            confirmations=at.confirmations,
            amount=amount,
            cfp=cfp,
            bid=bid,
            since=head.number,
            least=wanted,
        )
        kept = Kept(plan, at.name, token.decimals, token.symbol)
        await self._begin(task, "participant", call.peer, at.identity.genesis, kept)
        return replace(proposal, price=Price(amount, terms.asset), x={**proposal.x, **bid.to_x()})

    async def _digest(self, call: Call) -> bytes:
        """Of the signed call, as it came."""
        came = await self._node.blocking(self._node.vault.vault.settlements.call, call.conversation, call.peer)
        if came is None:
            raise NotPaid("error")
        return SignedMessage.from_bytes(came).message.digest()

    async def paid(self, job: Job) -> None:
        task = f"{job.call.peer}/{job.call.conversation}"
        row = await self._node.blocking(self._node.vault.vault.settlements.find, task)
        if row is None:
            raise CannotWork("unfunded")
        with trio.move_on_after(SEEN_WITHIN):
            while (why := await self._ready(kept_of(row))) is not None:
                if why not in ("job-absent", "job-unfunded"):
                    break
                await trio.sleep(LOOK)
            else:
                return
        raise CannotWork("unfunded")

    # As an initiator

    async def sound(self, conversation: str, bids: Sequence[Bid]) -> list[Bid]:
        row = await self._node.blocking(self._node.vault.vault.settlements.find, conversation)
        kept = None if row is None or row.outcome else kept_of(row)
        return [bid for bid in bids if await self._why_not(kept, bid) is None]

    async def _why_not(self, kept: Kept | None, bid: Bid) -> str | None:
        """Why this bid cannot be paid."""
        price = proposal_of(bid).price
        if not price.amount:
            return None
        if not on_chain(price):
            return None if kept is None else "price"
        terms = None if kept is None else _bid_terms(proposal_of(bid))
        if kept is None or terms is None or price.token != kept.plan.call.asset or bid.peer not in kept.calls:
            return "bid-signature"
        named = (kept.plan.call, terms, price.amount, kept.calls[bid.peer])
        now = int(self._node.surroundings.now())
        why = bid_refusal(*named, now)
        if why != "bid-signature" or terms.signature == b"" or kept.plan.call.hook == NOBODY:
            return why
        return bid_refusal(*named, now, accepted=await self._accepted(bid_of(*named), terms))

    async def _accepted(self, bid: WalletBid, terms: BidTerms) -> bool:
        """Whether the provider is a contract that says yes to the signature."""
        try:
            at = await self._connected()
            return await self._asked(accepted_by, at.chain, bid, terms.provider, terms.signature)
        except NotPaid:
            return False

    async def chosen(self, conversation: str) -> str:
        row = await self._node.blocking(self._node.vault.vault.settlements.find, conversation)
        return "" if row is None or kept_of(row).plan.bid is None else row.peer

    async def pay(self, conversation: str, bid: Bid) -> bool:
        terms, price = _bid_terms(proposal_of(bid)), proposal_of(bid).price
        assert terms is not None  # sound
        until = await self._until(conversation, bid)

        def award(row: Settlement) -> Settlement:
            kept = kept_of(row)
            if kept.plan.bid is None and not kept.plan.stopped:
                plan = awarded(kept.plan, terms, price.amount, kept.calls[bid.peer])
                row = with_kept(replace(row, peer=bid.peer), replace(kept, plan=plan))
            return row

        await self._node.blocking(self._node.vault.vault.settlements.step, conversation, award)
        self._settling.begin(conversation)
        with trio.move_on_after(max(0.0, until - self._node.surroundings.now())):
            if await self._funded(conversation, bid.peer):
                return True
        await self._give_up(conversation)
        return False

    async def _until(self, conversation: str, bid: Bid) -> float:
        """The last moment, in seconds since the epoch, at which an award is still one."""
        dialogue = await self._node.blocking(self._node.vault.vault.outbox.find, conversation, "initiator")
        state = None if dialogue is None else state_of(dialogue)
        ends = [bid.terms.until, *((state.decide_by, state.result_by) if isinstance(state, Initiator) else ())]
        return float(min(ends) / 1000 - MARGIN)

    async def _funded(self, conversation: str, peer: str) -> bool:
        while True:
            news = self._settling.news
            row = await self._node.blocking(self._node.vault.vault.settlements.find, conversation)
            if row is None:
                return False
            kept = kept_of(row)
            if row.outcome or kept.plan.stopped or row.peer != peer:
                return False
            if kept.plan.status == Status.FUNDED and await self._ready(kept) is None:  # as the chain has it
                return True
            with trio.move_on_after(LOOK):
                await news.wait()

    async def _ready(self, kept: Kept) -> str | None:
        """As p2p.settling.ready, where the chain can be asked."""
        try:
            seen = await self._settling.seen(kept)
        except PASSING as failed:
            log.info("a job cannot be looked at: %s", code(failed))
            seen = None
        return ready(kept.plan, seen, int(self._node.surroundings.now()))

    async def _give_up(self, conversation: str) -> None:
        """Nobody is awarded: what may be paid in already is given back, and nobody is asked about it any more."""
        await self._node.blocking(self._node.vault.vault.wallet_asks.withdraw, conversation)
        await self._settling.step(conversation, _stopped)

    # Both

    def record(self, change: Change) -> Sequence[Write]:
        """Only what can say something to a job is looked at."""
        if not (change.began or change.outcome or change.received is not None or change.sent):
            return ()

        def told(row: Settlement) -> Settlement:
            try:
                return row if row.outcome else with_kept(row, heard(kept_of(row), change))
            except BrokenState:  # the conversation goes on
                return row

        return (self._node.vault.vault.settlements.stepped(task_name(change), told),)

    def changed(self, change: Change) -> None:
        self._settling.told(task_name(change))

    async def _begin(self, task: str, role: Role, peer: str, genesis: str, kept: Kept) -> None:
        """A bid that was not sent before a restart is made anew."""
        call = kept.plan.call
        row = Settlement(
            task,
            role,
            peer,
            call.chain_id,
            genesis,
            call.job,
            kept.plan.amount,
            call.token,
            kept.to_bytes(),
        )
        store = self._node.vault.vault.settlements
        try:
            await self._node.blocking(store.begin, row)
        except VaultError as known:
            if known.code != "known-settlement":
                raise
            await self._node.blocking(store.step, task, lambda now: with_kept(now, kept))
        self._settling.begin(task)

    async def _connected(self) -> Connected:
        """Errors: NotPaid."""
        try:
            return await self._node.chains.connected()
        except PASSING as failed:
            raise _not_paid(failed) from failed

    async def _asked(self, question: Callable[..., T], /, *args: Any) -> T:
        """Errors: NotPaid."""
        try:
            return await self._node.chains.ask(question, *args)
        except PASSING as failed:
            raise _not_paid(failed) from failed

    async def _signed(self, bid: WalletBid) -> Signed:
        """Errors: NotPaid("wallet")."""
        try:
            return await self._node.chains.sign(bid)
        except PASSING as failed:
            log.info("a bid was not signed: %s", code(failed))
            raise NotPaid("wallet") from failed


def _not_paid(failed: Exception) -> NotPaid:
    """Nobody is told more than that there is no chain here, or that it does not answer."""
    log.info("the chain was not asked: %s", code(failed))
    return NotPaid("chain-none" if code(failed) == "chain-none" else "chain-away")


def _stopped(kept: Kept) -> Kept:
    return replace(kept, plan=replace(kept.plan, stopped=True, failed=True))


def _call_terms(call: Call) -> CallTerms | None:
    """Errors: NotPaid("spec" | "chain-window")."""
    try:
        return CallTerms.from_x(call.content.x)
    except BadWindow as error:
        raise NotPaid("chain-window") from error
    except AclError as error:
        raise NotPaid("spec") from error


def _bid_terms(proposal: Proposal) -> BidTerms | None:
    try:
        return BidTerms.from_x(proposal.x)
    except AclError:
        return None
