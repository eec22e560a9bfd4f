"""`meeting`: two to five calendars find a time without showing more than a few candidate times.

spec    {"title": text, "minutes": 5 … 1440, "zone": text, "slots": 1 … 8 moments, ascending}
propose "terms": {"free": those of the slots that are free for this participant}
input   {"slot": the one that is free for all}
result  {"slot": the same}; digests {"slot": SHA-256 of its decimal text}

Moments are seconds since the epoch, UTC; `zone` says where the initiator's person is, for people to read.  The slots
come from the initiator's calendar, the earliest that all have in common is taken, and each awarded peer puts it into
its own.  A participant's person is asked once, before anything of the calendar is said, unless they let that go by
themselves; every call that was answered counts against the quota, so that nobody asks a calendar out bit by bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.functions import clock
from app.results import LibraryChanged
from app.swarm.kinds import meeting_times
from app.swarm.kinds.port import Asked, Awarded, BadTask, Report
from app.texts import text
from p2p.content_fields import Price
from p2p.contents import Disclosure, Proposal, Result
from p2p.deciding import Call, CannotWork, Job
from storage.database import VaultError
from storage.offers import Offer
from storage.tasks import Task, TaskState

if TYPE_CHECKING:
    from app.node import Node

MOST_PEERS = 4
SLOTS = 8
MAX_TITLE = 200  # characters
MIN_MINUTES, MAX_MINUTES, USUAL_MINUTES = 5, 24 * 60, 60
MAX_DAYS, USUAL_DAYS = 62, 7
_LATEST = 2**33  # seconds: a moment far from the end of calendars
_KEYS = {"title", "minutes", "zone", "slots"}


class MeetingTask:
    """See `Kind` and `Initiating`."""

    name = "meeting"
    unit = "meetings"
    repeatable = True
    counts_answers = True
    usual: Offer | None = Offer("meeting", "contacts", 10, at_once=8, asks=True)

    def __init__(self, node: Node) -> None:
        self._node = node
        self._why: dict[str, str] = {}  # by task, why nobody was awarded

    async def ask(self, arguments: Mapping[str, Any]) -> Asked:
        title, minutes = str(arguments.get("title") or "").strip(), arguments.get("minutes") or USUAL_MINUTES
        if not 1 <= len(title) <= MAX_TITLE or not title.isprintable():
            raise BadTask("task-meeting-title", most=MAX_TITLE)
        if type(minutes) is not int or not MIN_MINUTES <= minutes <= MAX_MINUTES:
            raise BadTask("task-meeting-length")
        begin, end = self._window(arguments.get("from"), arguments.get("until"))
        look = (self._node.vault.vault, begin, end, minutes * 60.0, SLOTS)
        slots = await self._node.blocking(meeting_times.candidates, *look)
        if not slots:
            raise BadTask("task-meeting-full")
        zone = str(clock.named(begin, begin).tzinfo)
        spec = {"title": title, "minutes": minutes, "zone": zone[:64], "slots": [int(at) for at in slots]}
        said = "\n".join([title, *(f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M %Z}" for at in slots)])
        return Asked(spec, {}, Disclosure.TYPED, said, wanted=MOST_PEERS, most=MOST_PEERS)

    def _window(self, begin: object, end: object) -> tuple[datetime, datetime]:
        """Errors: BadTask."""
        now = self._node.skills.local()
        try:
            first = max(now, _moment(begin, now)) if begin else now
            last = _moment(end, now) if end else first + timedelta(days=USUAL_DAYS)
        except (ValueError, OverflowError, OSError) as wrong:
            raise BadTask("task-meeting-time", days=MAX_DAYS) from wrong
        if not timedelta() < last - first <= timedelta(days=MAX_DAYS):
            raise BadTask("task-meeting-time", days=MAX_DAYS)
        return first, last

    def amount(self, spec: Mapping[str, Any]) -> int:
        _checked(spec)
        return 1

    # As a participant

    async def propose(self, call: Call, offer: Offer) -> Proposal:
        _title, seconds, slots = _checked(call.content.spec)
        vault, now = self._node.vault.vault, self._node.surroundings.now()
        await self._node.blocking(vault.offers.record, call.peer, self.name, 1)
        coming = [at for at in slots if at > now]
        found = await self._node.blocking(meeting_times.free, vault, coming, seconds)
        if not found:
            raise BadTask("no-common-slot")
        price = Price(offer.price, "credit" if offer.price else "none")
        return Proposal(price, terms={"free": [int(at) for at in found]})

    async def work(self, job: Job, report: Report) -> tuple[Result, int]:  # noqa: ARG002 - the port's signature
        title, seconds, _slots = _checked(job.call.content.spec)
        slot = job.acceptance.input.get("slot")
        if set(job.acceptance.input) != {"slot"} or type(slot) is not int or slot not in _free(job.proposal):
            raise CannotWork("spec")
        try:
            await self._agree(job.call.conversation, title, slot, seconds, (job.call.peer,))
        except VaultError as failed:
            raise CannotWork("error") from failed
        return Result({"slot": slot}, {"slot": hashlib.sha256(str(slot).encode()).digest()}), 0  # counted when asked

    # As the initiator

    def choose(
        self, task: Task, bids: Sequence[tuple[str, Proposal]]
    ) -> tuple[tuple[str, ...], Mapping[str, Any]] | None:
        """The earliest slot that all who were called have free."""
        if {peer for peer, _ in bids} != set(task.audience):
            self._why[task.id] = "not-all"
            return (), {}
        slot = _common(task.spec["spec"], [proposal for _, proposal in bids])
        if slot is None:
            self._why[task.id] = "no-common-slot"
            return (), {}
        return tuple(peer for peer, _ in bids), {"slot": slot}

    async def gather(self, task: Task, awarded: Sequence[Awarded]) -> None:
        """Nothing: the initiator's calendar gets it when another one has it."""

    async def ended(self, task: Task, awarded: Sequence[Awarded]) -> None:
        there = tuple(one.peer for one in awarded if one.end == "done")
        spec = task.spec["spec"]
        slot = _common(spec, [one.proposal for one in awarded])
        if there and slot is not None:
            await self._agree(task.id, spec["title"], slot, spec["minutes"] * 60, there)

    def verdict(self, task: str, spec: Mapping[str, Any], outcome: TaskState) -> tuple[TaskState, str]:  # noqa: ARG002
        why = self._why.get(task, "")
        return ("refused", why) if why and outcome == "cancelled" else (outcome, "")

    async def _agree(self, task: str, title: str, slot: int, seconds: int, peers: tuple[str, ...]) -> None:
        vault = self._node.vault.vault
        known = {peer.id: peer.name for peer in await self._node.blocking(vault.peers.list)}
        names = ", ".join(known.get(peer) or f"…{peer[-6:]}" for peer in peers)
        about = text("swarm.meeting.agreed", self._node.language, names=names)
        if await self._node.blocking(meeting_times.agree, vault, f"{task}@nuee", title, slot, seconds, about):
            self._node.embedding.nudge()
            self._node.listener(LibraryChanged(0))


def _checked(spec: Mapping[str, Any]) -> tuple[str, int, list[int]]:
    """Title, seconds, slots.  Errors: BadTask."""
    title, minutes, zone, slots = (spec.get(key) for key in ("title", "minutes", "zone", "slots"))
    if set(spec) != _KEYS or not isinstance(title, str) or not isinstance(zone, str) or type(minutes) is not int:
        raise BadTask("spec")
    if not (1 <= len(title) <= MAX_TITLE and title.isprintable() and title.strip() and len(zone) <= 64):
        raise BadTask("spec")
    if not MIN_MINUTES <= minutes <= MAX_MINUTES or not isinstance(slots, list) or not 1 <= len(slots) <= SLOTS:
        raise BadTask("spec")
    if not all(type(at) is int and 0 < at < _LATEST for at in slots) or sorted(set(slots)) != slots:
        raise BadTask("spec")
    if slots[-1] - slots[0] > MAX_DAYS * 86_400:
        raise BadTask("spec")
    return title, minutes * 60, slots


def _free(proposal: Proposal) -> list[int]:
    """What a participant says is free; nothing where that makes no sense."""
    said = proposal.terms.get("free")
    return [at for at in said if type(at) is int] if isinstance(said, list) else []


def _common(spec: Mapping[str, Any], proposals: Sequence[Proposal]) -> int | None:
    slots = [at for at in spec["slots"] if all(at in _free(one) for one in proposals)]
    return min(slots) if slots and proposals else None


def _moment(said: object, now: datetime) -> datetime:
    """Errors: ValueError, OverflowError, OSError."""
    found = datetime.fromisoformat(str(said))
    return found if found.tzinfo is not None else clock.aware(found, now)
