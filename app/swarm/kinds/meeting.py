"""`meeting`: two to five calendars find a time without showing more than a few candidate times.

spec    {"title": text, "minutes": 5 … 1440, "zone": text, "slots": 1 … 8 moments, ascending}
propose "terms": {"free": those of the slots that are free for this participant}
input   {"slot": the one that is free for all}
result  {"slot": the same}; digests {"slot": SHA-256 of its decimal text}

Moments are seconds since the epoch, UTC; `zone` says where the initiator's person is, for people to read.  The slots
come from the initiator's calendar, the earliest that all have in common is taken, and each awarded peer puts it into
its own.  A participant's person is asked once, before anything of the calendar is said, unless they let that go by
themselves; every call that was answered counts against the quota, so that nobody asks a calendar out bit by bit.

What was proposed is promised to nobody else until the call has ended.  It is a meeting when all have it in their
calendars; where one of them does not, those that do are told so with a call of its own, and take it out again:

spec    {"off": conversation-id of the meeting's call, 32 hexadecimal digits}; no terms and no input; result {}
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from app.functions import clock
from app.results import CommandFailed
from app.swarm import hours
from app.swarm.kinds import meeting_calendar, meeting_times
from app.swarm.kinds.meeting_calendar import Meeting
from app.swarm.kinds.port import Asked, Awarded, BadTask, Report
from app.swarm.kinds.promised import promised
from p2p.content_fields import Price
from p2p.contents import Disclosure, Proposal, Result
from p2p.deciding import Call, CannotWork, Job
from storage.database import VaultError
from storage.offers import Offer
from storage.tasks import Task, TaskState

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")

MOST_PEERS = 4
SLOTS = 8
MAX_TITLE = 200  # characters
MIN_MINUTES, MAX_MINUTES, USUAL_MINUTES = 5, 24 * 60, 60
MAX_DAYS, USUAL_DAYS = 62, 7
OFF_WITHIN = 6 * 86_400.0  # seconds that a node may stay away before it is told that a meeting is off
_LATEST = 2**33  # seconds: a moment far from the end of calendars
_KEYS = {"title", "minutes", "zone", "slots"}
_CONVERSATION = re.compile(r"[0-9a-f]{32}")


class MeetingTask:
    """See `Kind`, `Initiating`, `Resting` and `Undoing`."""

    name = "meeting"
    unit = "meetings"
    repeatable = True
    usual: Offer | None = Offer("meeting", "contacts", 10, at_once=8, asks=True)

    def __init__(self, node: Node) -> None:
        self._node = node
        self._why: dict[str, str] = {}  # by task, why nobody was awarded, or why it is off
        self._rests: dict[tuple[str, str], tuple[str, ...]] = {}  # by peer and conversation: records

    async def ask(self, arguments: Mapping[str, Any]) -> Asked:
        if "off" in arguments:
            return Asked({"off": str(arguments["off"])})
        title, minutes = str(arguments.get("title") or "").strip(), arguments.get("minutes") or USUAL_MINUTES
        if not 1 <= len(title) <= MAX_TITLE or not title.isprintable():
            raise BadTask("task-meeting-title", most=MAX_TITLE)
        if type(minutes) is not int or not MIN_MINUTES <= minutes <= MAX_MINUTES:
            raise BadTask("task-meeting-length")
        begin, end = self._window(arguments.get("from"), arguments.get("until"))
        when = await self._hours(arguments.get("hours"), weekends=arguments.get("weekends", True))
        found = await self._node.blocking(self._candidates, begin, end, minutes * 60.0, when)
        slots = meeting_times.spread(found.starts, SLOTS)
        if not slots:
            raise BadTask("task-meeting-full", hours=when.plain()["hours"])
        now = self._node.skills.local()
        zone = str(clock.named(begin, begin).tzinfo)
        spec = {"title": title, "minutes": minutes, "zone": zone[:64], "slots": [int(at) for at in slots]}
        said = "\n".join([f"{title} ({minutes} min)", *(f"{clock.here(at, now):%Y-%m-%d %H:%M %Z}" for at in slots)])
        told = Disclosure.RECORDS if found.records else Disclosure.TYPED
        return Asked(spec, {}, told, said, found.records, wanted=MOST_PEERS, most=MOST_PEERS)

    async def _hours(self, said: object, *, weekends: object) -> hours.Hours:
        """The hours named for this meeting, on weekends too unless that is ruled out, else those of the person.

        Errors: BadTask.
        """
        kept = await self._node.blocking(self._node.vault.vault.offers.get, self.name)
        when = hours.of(kept.settings if kept else {}, meeting_times.ASKING) or meeting_times.ASKING
        if not said:
            return when
        try:
            begins, ends = hours.read_hours(str(said))
        except ValueError as wrong:
            raise BadTask("offer-hours") from wrong
        return hours.Hours(begins, ends, hours.EVERY_DAY if weekends else hours.WEEKDAYS)

    def _candidates(self, begin: datetime, end: datetime, seconds: float, when: hours.Hours) -> meeting_times.Free:
        """Worker thread."""
        vault, now = self._node.vault.vault, self._node.skills.local()
        starts = meeting_times.grid(begin, end, seconds, now, when)
        return meeting_times.free(vault, starts, seconds, now, held=promised(vault))

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
        if _off(spec):
            return 0
        _checked(spec)
        return 1

    # As a participant

    def undoes(self, call: Call) -> bool:
        return bool(_off(call.content.spec))

    def rests_on(self, peer: str, conversation: str) -> tuple[str, ...]:
        return self._rests.pop((peer, conversation), ())

    async def propose(self, call: Call, offer: Offer) -> Proposal:
        if self.undoes(call):
            return Proposal()
        _title, seconds, slots = _checked(call.content.spec)
        found = await self._node.blocking(self._suiting, slots, seconds, offer)
        if not found.starts:
            raise BadTask("no-common-slot")
        self._rests[call.peer, call.conversation] = found.records
        price = Price(offer.price, "credit" if offer.price else "none")
        return Proposal(price, terms={"free": [int(at) for at in found.starts]})

    def _suiting(self, slots: Sequence[int], seconds: int, offer: Offer) -> meeting_times.Free:
        """Worker thread."""
        vault, now = self._node.vault.vault, self._node.skills.local()
        when = hours.of(offer.settings, meeting_times.ANSWERING) or meeting_times.ANSWERING
        coming = [at for at in slots if at > now.timestamp() and when.cover(at, at + seconds, now)]
        return meeting_times.free(vault, coming, seconds, now, held=promised(vault))

    async def work(self, job: Job, report: Report) -> tuple[Result, int]:  # noqa: ARG002 - the port's signature
        call = job.call
        try:
            if off := _off(call.content.spec):
                await meeting_calendar.release(self._node, call.peer, off)
                return Result({}), 0
            title, seconds, _slots = _checked(call.content.spec)
            slot = job.acceptance.input.get("slot")
            if set(job.acceptance.input) != {"slot"} or type(slot) is not int or slot not in _free(job.proposal):
                raise CannotWork("spec")
            meeting = Meeting(call.conversation, call.peer, title, slot, seconds, (call.peer,))
            await self._book(meeting)
        except (VaultError, CommandFailed) as failed:
            raise CannotWork("error") from failed
        return Result({"slot": slot}, {"slot": hashlib.sha256(str(slot).encode()).digest()}), 0  # counted when asked

    async def _book(self, meeting: Meeting) -> None:
        """Errors: CannotWork("slot-taken") where the person put something else there meanwhile; VaultError."""
        vault, now = self._node.vault.vault, self._node.skills.local()
        look = partial(meeting_times.free, besides=meeting.uid)
        if not (await self._node.blocking(look, vault, (meeting.at,), meeting.seconds, now)).starts:
            raise CannotWork("slot-taken")
        await meeting_calendar.book(self._node, meeting)

    # As the initiator

    def choose(
        self, task: Task, bids: Sequence[tuple[str, Proposal]]
    ) -> tuple[tuple[str, ...], Mapping[str, Any]] | None:
        """The earliest slot that all who were called have free."""
        if _off(task.spec["spec"]):
            return None
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
        slot = None if _off(spec) else _common(spec, [one.proposal for one in awarded])
        if not there or slot is None:
            return
        told = await self._node.blocking(self._told_off, task.id)
        if len(there) == len(awarded) and not told:
            me = self._node.vault.peer_id
            meeting = Meeting(task.id, me, spec["title"], slot, spec["minutes"] * 60, there)
            await meeting_calendar.book(self._node, meeting)
            return
        self._why[task.id] = "not-all-booked"
        for peer in set(there) - told:
            await self._tell_off(task.id, peer)

    def _told_off(self, task: str) -> set[str]:
        """Whom a call has told already that this meeting is off.  Worker thread."""
        tasks = self._node.vault.vault.tasks.of_kind(self.name, "initiator")
        return {peer for one in tasks if _off(one.spec.get("spec", {})) == task for peer in one.audience}

    async def _tell_off(self, task: str, peer: str) -> None:
        from app.swarm.negotiating import Terms

        terms = Terms(seconds=OFF_WITHIN, reply_seconds=OFF_WITHIN, why="typed")
        try:
            await self._node.swarm.negotiating.announce(self.name, {"off": task}, (peer,), terms)
        except CommandFailed as failed:  # after the next start it is looked at again
            log.warning("a peer could not be told that a meeting is off: %s", failed.key)

    def verdict(
        self, task: str, spec: Mapping[str, Any], outcome: TaskState, ends: Sequence[str]
    ) -> tuple[TaskState, str]:
        if _off(spec):
            return outcome, ""
        why = self._why.get(task, "")
        if "done" in ends and (why == "not-all-booked" or set(ends) != {"done"}):
            return ("cancelled" if outcome == "cancelled" else "failed"), "not-all-booked"
        return ("refused", why) if why and outcome == "cancelled" else (outcome, "")


def _off(spec: Mapping[str, Any]) -> str:
    """The conversation of the meeting that is off, where the spec says so; else "".  Errors: BadTask."""
    if "off" not in spec:
        return ""
    off = spec["off"]
    if set(spec) != {"off"} or not isinstance(off, str) or not _CONVERSATION.fullmatch(off):
        raise BadTask("spec")
    return off


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
