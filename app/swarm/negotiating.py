"""The contract net on this node's host: messages over libp2p, decisions by the vault's offers and tasks."""

from __future__ import annotations

import functools
import math
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import trio

from app.results import CommandFailed
from app.swarm import agents, disclosing, offered, preparing
from app.swarm.awarding import proposal_of
from app.swarm.deciding import Announcement, Decisions, acceptance
from app.swarm.gathering import Gathering
from app.swarm.kinds.port import Asked, BadTask, Kind, Serving
from app.swarm.letters import Correspondence
from app.swarm.paying import on_chain
from app.swarm.paying_on_chain import OnChain
from app.swarm.preparing import Behind
from app.swarm.progress import PROTOCOL as PROGRESS
from app.swarm.receipting import Receipting
from app.swarm.rechecking import Rechecking
from p2p.acl import AclError
from p2p.contents import CallForProposals
from p2p.contractnet_terms import Bid
from p2p.delivery import NotReached
from p2p.host_errors import HostFailed, Refused
from p2p.inbox import WINDOW
from p2p.initiator_state import Initiator
from p2p.negotiator import Negotiator
from p2p.stepping import state_of
from storage.database import VaultError

if TYPE_CHECKING:
    from app.node import Node
    from p2p.node import Host

ACL_PROTOCOL = "/nuee/acl/1.0.0"
WITHIN = 15.0  # seconds for a message and its acknowledgement
AWARDS = ("cheapest", "best", "fastest", "contacts", "ask")
CHOICE = 24 * 3600.0  # seconds that a person has for choosing, where the task's own deadline leaves them
LOOKED = 0.1  # seconds
PRUNED_EVERY = 6 * 3600.0  # seconds
OWN_KEPT = 90 * 24 * 3600.0  # seconds that conversations of this node's own calls are kept


@dataclass(frozen=True)
class Terms:
    """`seconds` until the result is wanted, `reply_seconds` for proposals; `why`: see storage.disclosures.

    `pay`: the most that is paid in the token of the chain in use, decimal text, and then `arbiter`: the
    address of who decides a dispute; `look`: nothing is accepted before the person did, or the time is over.
    `dispute_window`: seconds to dispute a result, `ruling_window`: for the arbiter to decide; 0 for a day.
    `consent`: once or always, the person's answer to the preview whose digest is `shown`; "" where none was shown.
    """

    seconds: float = 600.0
    reply_seconds: float = 30.0
    max_price: int = 0
    award: str = "cheapest"
    why: str = "typed"
    consent: str = ""
    shown: str = ""
    pay: str = ""
    arbiter: str = ""
    look: bool = False
    dispute_window: int = 0
    ruling_window: int = 0


class Negotiating:
    """Trio thread only; made for one open vault."""

    def __init__(self, node: Node) -> None:
        self._node = node
        vault = node.vault.vault
        self.kinds = node.swarm.kinds()
        self.paying = OnChain(node, node.swarm.settling)
        self.decisions = Decisions(
            self.kinds,
            vault,
            lambda: node.swarm.gate.contacts,
            node.blocking,
            node.listener,
            node.swarm.misbehaved,
            local=node.skills.local,
            paying=self.paying,
        )
        self.negotiator = Negotiator(
            node.vault.peer_id, node.vault.host_key(), vault.outbox, self.decisions, node.blocking
        )
        self.letters = Correspondence(node, self.decisions, self.negotiator)
        self.receipting = Receipting(node)
        self.rechecking = Rechecking(node)

    def serve(self, host: Host) -> None:
        """Strangers too: `_lets_in` says which.  The streams know nobody but who has a task under way."""
        host.serve(ACL_PROTOCOL, self._receive, strangers=True)
        host.serve(offered.PROTOCOL, functools.partial(offered.answer, self._node))
        host.serve(agents.PROTOCOL, functools.partial(agents.answer, self._node))
        host.serve_stream(PROGRESS, self.decisions.progress.serve, strangers=True)
        for kind in self.kinds.values():
            if isinstance(kind, Serving):
                host.serve_stream(kind.protocol, kind.serve, strangers=True)

    async def _receive(self, peer: str, data: bytes) -> bytes:
        if peer not in self._node.swarm.gate.contacts and not await self._node.blocking(self._lets_in, peer):
            raise Refused("refused")
        answer = await self.negotiator.receive(peer, data)
        self.letters.received()
        return answer

    def _lets_in(self, peer: str) -> bool:
        """Whether a stranger is heard: something is offered to everybody, or it was called.  Worker thread."""
        vault = self._node.vault.vault
        return any(offer.audience == "open" for offer in vault.offers.list()) or vault.tasks.called(peer)

    async def run(self, host: Host) -> None:
        """Until cancelled."""

        async def ask(peer: str, data: bytes) -> bytes:
            try:
                await self._node.swarm.reach(peer, ())
                return await host.request(peer, ACL_PROTOCOL, data, WITHIN)
            except HostFailed as failed:
                raise NotReached(refused=failed.code == "peer-error" and failed.detail == "refused") from failed
            except CommandFailed as failed:
                raise NotReached from failed

        arrived = self._node.swarm.reaching.arrived
        async with self._node.swarm.settling.up(), trio.open_nursery() as nursery:

            def hurry(peer: str) -> None:
                nursery.start_soon(self.negotiator.delivery.arrived, peer)

            arrived.append(hurry)
            gathering = Gathering(self._node, self.kinds, self.negotiator, nursery)
            self.decisions.on_change.append(gathering.changed)
            nursery.start_soon(gathering.recall)
            nursery.start_soon(self._pruned)
            nursery.start_soon(self.letters.run)
            self.decisions.on_change.append(self.receipting.changed)
            settled = self._node.swarm.settling.on_end
            settled.append(self.receipting.nudge)
            nursery.start_soon(self.receipting.run)
            self.decisions.on_change.append(self.rechecking.changed)
            nursery.start_soon(self.rechecking.run)
            try:
                await self.negotiator.run(ask)
            finally:
                arrived.remove(hurry)
                self.decisions.on_change.remove(gathering.changed)
                self.decisions.on_change.remove(self.receipting.changed)
                self.decisions.on_change.remove(self.rechecking.changed)
                settled.remove(self.receipting.nudge)

    async def _pruned(self) -> None:
        """At the start and ever again.  Until cancelled."""
        while True:
            await self._node.blocking(self._prune)
            await trio.sleep(PRUNED_EVERY)

    def _prune(self) -> None:
        """Forget messages that are too old to be taken anyway, calls that came to nothing and conversations that
        ended; never the ledger of what left.  Worker thread."""
        vault, now = self._node.vault.vault, self.negotiator.now()
        with suppress(VaultError):  # a full disk: another time
            vault.outbox.prune(now - WINDOW)
            vault.tasks.prune((now - WINDOW) / 1000, now / 1000 - OWN_KEPT)

    async def announce(self, kind: str, arguments: Mapping[str, Any], peers: tuple[str, ...], terms: Terms) -> str:
        """Send a call out; the task's id.  Errors: BadTask, CommandFailed("disclosure-…" | …), VaultError."""
        ready = await disclosing.prepared(self._node, self, kind, arguments, peers)
        if not peers:
            raise CommandFailed("task-nobody")
        asked = ready.asked
        if len(peers) > asked.most:
            raise CommandFailed("task-peers-many", most=asked.most)
        peers, why = await disclosing.agreed(self._node, ready, terms)
        if not terms.pay and (terms.arbiter or terms.look or terms.dispute_window or terms.ruling_window):
            raise CommandFailed("settle-pay")
        if terms.award not in AWARDS:
            raise CommandFailed("task-award", choices=", ".join(AWARDS))
        conversation = secrets.token_bytes(16).hex()
        wanted = min(asked.wanted, len(peers))
        self.decisions.announcing[conversation] = Announcement(
            asked.spec, asked.input, terms.award, peers, why, asked.records, wanted
        )
        try:
            if terms.pay:
                await self._call_priced(conversation, kind, asked, terms)
            else:
                await self._call(conversation, kind, asked, terms, preparing.on_trust(terms.max_price))
        except BaseException:
            self.decisions.announcing.pop(conversation, None)
            raise
        return conversation

    async def _call_priced(self, conversation: str, kind: str, asked: Asked, terms: Terms) -> None:
        """Errors: as `_call`'s; CommandFailed("settle-one" | "settle-arbiter" | …), NotPrepared, ChainError."""
        if asked.wanted > 1:
            raise CommandFailed("settle-one")
        peers = self.decisions.announcing[conversation].audience
        strangers = not set(peers) <= self._node.swarm.gate.contacts
        offer = preparing.Paid(
            terms.pay, terms.arbiter, terms.look, strangers, terms.dispute_window, terms.ruling_window
        )  # fmt: skip
        async with preparing.job_behind(self._node, conversation, kind, offer, terms.seconds) as behind:
            await self._call(conversation, kind, asked, terms, behind)

    async def _call(self, conversation: str, kind: str, asked: Asked, terms: Terms, behind: Behind) -> None:
        """Errors: CommandFailed("task-cannot" | "settle-slow"), VaultError."""
        announced, now = self.decisions.announcing[conversation], self.negotiator.now()
        reply_by = now + int(terms.reply_seconds * 1000)
        result_by = now + int(terms.seconds * 1000)
        if behind.latest is not None and result_by > behind.latest:
            raise CommandFailed("settle-slow")
        decide_by = result_by if terms.award == "ask" else min(result_by, reply_by + behind.awarding)
        call = CallForProposals(asked.spec, result_by, behind.price, asked.disclosure, behind.x)
        deadlines = (min(reply_by, decide_by), decide_by, result_by)
        try:
            await self.negotiator.announce(conversation, kind, call, announced.audience, deadlines, announced.wanted)
        except AclError as error:
            raise CommandFailed("task-cannot", detail=str(error)) from error

    async def called(self, task: str) -> None:
        """Until the calls of this task of ours were delivered, or given up.  Errors: VaultError."""
        outbox = self._node.vault.vault.outbox
        dialogue = (await self._node.blocking(self._node.vault.vault.tasks.get, task)).dialogue
        while any(one.dialogue == dialogue for one in await self._node.blocking(outbox.due, math.inf, 10_000)):  # noqa: ASYNC110 - an outbox tells nobody
            await trio.sleep(LOOKED)

    async def award(self, task: str, peers: tuple[str, ...]) -> bool:
        """The person's choice; what it costs is paid in first.  Errors: VaultError, CommandFailed("settle-unpaid")."""
        found = await self._node.blocking(self._node.vault.vault.tasks.get, task)
        self.decisions.remember(found)
        if not await self._paid(found.id, peers):
            await self.negotiator.award(found.id, (), acceptance(found.spec))
            raise CommandFailed("settle-unpaid")
        return await self.negotiator.award(found.id, peers, acceptance(found.spec))

    async def _paid(self, task: str, peers: tuple[str, ...]) -> bool:
        """Whether what these bids cost is paid in."""
        dialogue = await self._node.blocking(self._node.vault.vault.outbox.find, task, "initiator")
        state = None if dialogue is None else state_of(dialogue)
        legs = state.legs if isinstance(state, Initiator) else ()
        bids = [Bid(leg.peer, leg.bid) for leg in legs if leg.peer in peers and leg.bid is not None]
        sound = await self.paying.sound(task, bids)
        priced = [bid for bid in sound if on_chain(proposal_of(bid).price)]
        return len(sound) == len(bids) and all([await self.paying.pay(task, bid) for bid in priced])


async def task_asked(kinds: Mapping[str, Kind], kind: str, arguments: Mapping[str, Any]) -> Asked:
    """The task as it would be asked for: for a preview too.  Errors: CommandFailed."""
    found = kinds.get(kind)
    if found is None:
        raise CommandFailed("task-kind", kind=kind, kinds=", ".join(kinds))
    try:
        return await found.ask(arguments)
    except BadTask as bad:
        raise CommandFailed(bad.code, **bad.values) from bad
