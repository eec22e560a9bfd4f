"""The commands on peers, tasks and offers, with canned results."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import trio

from app.actions.open_invites import InviteRow
from app.results import CommandFailed, Piece, Progress
from app.swarm_results import (
    Arrow,
    BidRow,
    ConsentRow,
    DisclosureLedger,
    InviteMade,
    LetterDraft,
    LetterRow,
    LettersChanged,
    Offerable,
    OfferedModel,
    OfferedSkill,
    OfferRow,
    PeerOffer,
    PeerOffers,
    PeerRow,
    PeersChanged,
    Preview,
    SwarmState,
    TaskChanged,
    TaskRow,
    TaskView,
)
from tests.gui.scripted_skills import DIGEST, when
from tests.gui.scripted_sources import ScriptedSources

ADDRESS = "/ip4/192.168.1.20/tcp/45871"
LINK = "nuee:1?" + "k7Q" * 60
TASK = "0a" * 16


def peer(name: str, **fields: Any) -> PeerRow:
    row = PeerRow(f"12D3KooW{name.ljust(12, 'x')}", name, "contact", True, "tcp", 3.4, when(minutes=-1))
    return replace(row, **fields)


BOB = peer("Bob")
CLEO = peer("Cleo", connected=False, rtt_ms=None, way="", seen=when(hours=-3))


def task_row(name: str = TASK, **fields: Any) -> TaskRow:
    row = TaskRow(name, "initiator", "inference", "calling", "", "", "", None, when(minutes=-2), None)
    return replace(row, **fields)


def arrow(who: PeerRow, performative: str, *, outgoing: bool = True, detail: str = "") -> Arrow:
    return Arrow(when(), who.peer_id, who.name, outgoing, performative, detail)


def bid(who: PeerRow, **fields: Any) -> BidRow:
    return replace(BidRow(who.peer_id, who.name, "proposed", eta_ms=30_000, until=when(minutes=2)), **fields)


def view(row: TaskRow, **fields: Any) -> TaskView:
    spec = {"max-tokens": 64, "prompt-bytes": 19, "prompt": "Why is the sky blue?"}
    return replace(TaskView(row, spec, None, (), (arrow(BOB, "cfp"), arrow(CLEO, "cfp"))), **fields)


TRANSLATE = OfferedSkill("translate", "go", "Translate a text")
SMALL = OfferedModel("5e" * 32, "Small model", 98_000_000)


def offers_of(who: PeerRow, skills: tuple[OfferedSkill, ...] = (), models: tuple[OfferedModel, ...] = ()) -> PeerOffers:
    told = (PeerOffer("skill", 0, False, skills), PeerOffer("model", 0, False, (), models))
    return PeerOffers(who.peer_id, who.name, told)


def letter(name: str, text: str, **fields: Any) -> LetterRow:
    row = LetterRow(name, BOB.peer_id, BOB.name, False, text, False, "new", when(minutes=-4))
    return replace(row, **fields)


class ScriptedSwarm(ScriptedSources):
    """Trio thread, but for the attributes that a test sets before."""

    def __init__(self) -> None:
        super().__init__()
        self.swarm_on = False
        self.known: list[PeerRow] = []
        self.invited: list[InviteRow] = []
        self.given: list[TaskView] = []
        self.offering = [OfferRow("inference", "contacts", 20_000, "tokens", 0, 1, False, "Prompts of others.")]
        self.written: list[LetterRow] = []
        self.left = DisclosureLedger((), None)
        self.decided: list[ConsentRow] = []
        self.from_records: tuple[tuple[str, str], ...] = ()
        self.refusal: Exception | None = None  # of the next command that changes something
        self.streamed: tuple[str, ...] = ()
        self.fetched: Progress | None = None
        self.told: tuple[PeerOffers, ...] = ()
        self.could_offer = Offerable((), ())
        self.free: tuple[str, ...] = (when(hours=20), when(hours=44))
        self.following = trio.Event()
        self.written_by_agent = threading.Event()  # set by the test, which is on the Qt thread
        self.written_by_agent.set()

    def _refuse(self) -> None:
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal

    def change_view(self, name: str, **fields: Any) -> None:
        """Of a task, and tell the window, as the node does.  Trio thread."""
        self.given = [replace(one, **fields) if one.row.id == name else one for one in self.given]
        self.listener(TaskChanged(name, next(one.row.state for one in self.given if one.row.id == name)))

    async def swarm_state(self, node: object) -> SwarmState:
        listening = (ADDRESS,) if self.swarm_on else ()
        return SwarmState(self.swarm_on, self.swarm_on, "12D3KooWMe", listening, 1, "")

    async def turn_swarm(self, node: object, on: bool) -> SwarmState:
        self.calls.append(("turn_swarm", (on,)))
        self._refuse()
        self.swarm_on = on
        return await self.swarm_state(node)

    async def peers(self, node: object) -> tuple[PeerRow, ...]:
        return tuple(self.known)

    async def invite(self, node: object, name: str, hours: float) -> InviteMade:
        self.calls.append(("invite", (name, hours)))
        self._refuse()
        self.invited.append(InviteRow(1, name, when(hours=hours)))
        return InviteMade(LINK, when(hours=hours), (ADDRESS,))

    async def open_invites(self, node: object) -> tuple[InviteRow, ...]:
        return tuple(self.invited)

    async def withdraw_invite(self, node: object, number: int) -> None:
        self.calls.append(("withdraw_invite", (number,)))
        self.invited = [one for one in self.invited if one.id != number]

    async def add_peer(self, node: object, link: str, name: str) -> PeerRow:
        self.calls.append(("add_peer", (link, name)))
        self._refuse()
        self.known.append(peer(name or "Alice"))
        self.listener(PeersChanged())
        return self.known[-1]

    async def ping_peer(self, node: object, name: str) -> PeerRow:
        self.calls.append(("ping_peer", (name,)))
        self._refuse()
        self.known = [replace(one, rtt_ms=7.0) if one.peer_id == name else one for one in self.known]
        return next(one for one in self.known if one.peer_id == name)

    async def rename_peer(self, node: object, name: str, to: str) -> PeerRow:
        self.calls.append(("rename_peer", (name, to)))
        self._refuse()
        self.known = [replace(one, name=to) if one.peer_id == name else one for one in self.known]
        return next(one for one in self.known if one.peer_id == name)

    async def block_peer(self, node: object, name: str, blocked: bool) -> PeerRow:
        self.calls.append(("block_peer", (name, blocked)))
        standing: Any = "blocked" if blocked else "contact"
        self.known = [replace(one, standing=standing) if one.peer_id == name else one for one in self.known]
        return next(one for one in self.known if one.peer_id == name)

    async def remove_peer(self, node: object, name: str) -> None:
        self.calls.append(("remove_peer", (name,)))
        self.known = [one for one in self.known if one.peer_id != name]

    async def tasks(self, node: object) -> tuple[TaskRow, ...]:
        return tuple(one.row for one in self.given)

    async def task(self, node: object, name: str) -> TaskView:
        self.calls.append(("task", (name,)))
        return next(one for one in self.given if one.row.id == name)

    async def announce(
        self, node: object, kind: str, arguments: Mapping[str, Any], to: tuple[str, ...], terms: Any
    ) -> TaskRow:
        self.calls.append(("announce", (kind, dict(arguments), to, terms)))
        self._refuse()
        self.given.insert(0, view(task_row(kind=kind)))
        return self.given[0].row

    async def preview_task(
        self, node: object, kind: str, arguments: Mapping[str, Any], to: tuple[str, ...], pay: str = ""
    ) -> Preview:
        self.calls.append(("preview_task", (kind, dict(arguments), to)))
        peers = tuple(one.peer_id for one in self.known if "contacts" in to or one.peer_id in to)
        return Preview(
            peers,
            kind,
            42,
            DIGEST,
            str(arguments.get("prompt", "")),
            self.from_records,
            price=f"{pay} NREH" * bool(pay),
        )

    async def peer_offers(self, node: object, peers: tuple[str, ...] = ()) -> tuple[PeerOffers, ...]:
        return tuple(one for one in self.told if not peers or one.peer_id in peers)

    async def offerable(self, node: object) -> Offerable:
        return self.could_offer

    async def meeting_times(self, node: object, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        self.calls.append(("meeting_times", (dict(arguments),)))
        if not self.free:
            raise CommandFailed("task-meeting-full", hours="09:00-18:00")
        return self.free

    async def follow_task(self, node: object, name: str, report: Callable[[object], None]) -> TaskRow:
        self.calls.append(("follow_task", (name,)))
        for piece in self.streamed:
            report(Piece(piece))
        if self.fetched is not None:
            report(self.fetched)
        await self.following.wait()
        return (await self.task(node, name)).row

    async def award_task(self, node: object, name: str, peers: tuple[str, ...]) -> TaskRow:
        self.calls.append(("award_task", (name, peers)))
        self._refuse()
        self.change_view(name, row=task_row(name, state="working" if peers else "refused"))
        return (await self.task(node, name)).row

    async def cancel_task(self, node: object, name: str) -> TaskRow:
        self.calls.append(("cancel_task", (name,)))
        self._refuse()
        self.change_view(name, row=task_row(name, state="cancelled", ended=when()))
        return (await self.task(node, name)).row

    async def answer_task(self, node: object, name: str, agrees: bool) -> TaskRow:
        self.calls.append(("answer_task", (name, agrees)))
        self._refuse()
        row = (await self.task(node, name)).row
        self.change_view(name, row=replace(row, state="working" if agrees else "refused"))
        return row

    async def remove_task(self, node: object, name: str) -> None:
        self.calls.append(("remove_task", (name,)))
        self.given = [one for one in self.given if one.row.id != name]

    async def swarm_offers(self, node: object) -> tuple[OfferRow, ...]:
        return tuple(self.offering)

    async def change_offer(self, node: object, kind: str, changes: Mapping[str, Any]) -> OfferRow:
        self.calls.append(("change_offer", (kind, dict(changes))))
        if changes.get("audience") == "everyone":
            raise CommandFailed("offer-audience")
        given = {key: value for key, value in changes.items() if key != "hours"}
        self.offering = [replace(one, **given) if one.kind == kind else one for one in self.offering]
        return self.offering[0]

    async def letters(self, node: object, peer: str = "") -> tuple[LetterRow, ...]:
        return tuple(one for one in self.written if peer in ("", one.peer_id))

    async def read_letters(self, node: object, peer: str) -> tuple[LetterRow, ...]:
        self.calls.append(("read_letters", (peer,)))
        found = tuple(one for one in self.written if one.peer_id == peer)
        self.written = [replace(one, state="read") if one.state == "new" else one for one in self.written]
        self.listener(LettersChanged(0))
        return found

    async def send_letter(self, node: object, peer: str, said: str) -> LetterRow:
        self.calls.append(("send_letter", (peer, said)))
        self._refuse()
        self.written.append(letter(f"sent{len(self.written)}", said, peer_id=peer, outgoing=True, state="waiting"))
        return self.written[-1]

    async def suggest_letter(self, node: object, peer: str, saying: str) -> LetterDraft:
        self.calls.append(("suggest_letter", (peer, saying)))
        self._refuse()
        while not self.written_by_agent.is_set():  # noqa: ASYNC110 - an event of another thread
            await trio.sleep(0.01)
        return LetterDraft(peer, BOB.name, f"Gladly. {saying}".strip())

    async def remove_letter(self, node: object, name: str) -> str:
        self.calls.append(("remove_letter", (name,)))
        self.written = [one for one in self.written if one.id != name]
        return name

    async def disclosures(self, node: object) -> DisclosureLedger:
        return self.left

    async def consents(self, node: object) -> tuple[ConsentRow, ...]:
        return tuple(self.decided)

    async def decide_disclosure(
        self, node: object, peer: str, kind: str, decision: str | None
    ) -> tuple[ConsentRow, ...]:
        self.calls.append(("decide_disclosure", (peer, kind, decision)))
        self.decided = [one for one in self.decided if (one.peer_id, one.kind) != (peer, kind)]
        return tuple(self.decided)
