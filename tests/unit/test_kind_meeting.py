"""Calendars find a time that suits all, and show nothing of themselves but which of a few times are free."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from app.actions import tasks
from app.actions.privacy import forget
from app.node import Node
from app.results import CommandFailed
from app.swarm.hours import Hours
from app.swarm.kinds import meeting_calendar, meeting_times
from app.swarm.kinds.meeting import MeetingTask
from app.swarm.kinds.meeting_calendar import Meeting
from app.swarm.kinds.port import BadTask
from app.swarm.kinds.promised import promised
from app.swarm.negotiating import Terms
from app.swarm_results import Announced
from p2p.contents import Proposal
from storage import agenda
from storage.offers import Offer
from storage.outbox import Effect, Pending, Transaction
from storage.records import Record
from storage.sources import calendar_file
from tests.unit.swarm_fixtures import CUT_OFF, VALUES, alone, contacts, theirs, until

pytestmark = CUT_OFF
HOUR = 3600.0


def monday() -> datetime:
    """The Monday after next, local midnight."""
    now = datetime.now().astimezone()
    day = (now + timedelta(days=14 - now.weekday())).replace(tzinfo=None)
    return day.replace(hour=0, minute=0, second=0, microsecond=0).astimezone()


def at(hour: float) -> float:
    return monday().timestamp() + hour * HOUR


def busy(node: Node, title: str, begins: float, ends: float) -> None:
    there = Meeting(title, "test", title, at(begins), (ends - begins) * HOUR)
    meeting_calendar.agree(node.vault.vault, there, "")


def free(node: Node, *starts: float) -> list[float]:
    return list(meeting_times.free(node.vault.vault, starts, HOUR, monday()).starts)


def planned(node: Node) -> list[tuple[str, float]]:
    found = agenda.between(node.vault.vault, at(0), at(24))
    return [(one.at.title, one.at.starts) for one in found]


async def booked(node: Node, slot: int) -> None:
    await until(lambda: ("Lunch", slot) in planned(node))


def day_after() -> str:
    return (monday() + timedelta(days=1)).isoformat()


async def unasked(*nodes: Node) -> None:
    for node in nodes:
        await tasks.set_offer(node, "meeting", asks=False)


async def met(node: Node, peers: Sequence[str] = ("contacts",)) -> Announced:
    day = monday()
    window = {"from": day.isoformat(), "until": (day + timedelta(days=1)).isoformat()}
    task = {"title": "Lunch", "minutes": 60, **window}
    shown = (await tasks.preview_task(node, "meeting", task, tuple(peers))).digest
    terms = Terms(seconds=300, reply_seconds=120, consent="once", shown=shown)
    return await tasks.announce_and_wait(node, "meeting", task, tuple(peers), terms)


async def test_five_calendars_find_the_time_that_suits_all(tmp_path: Path) -> None:
    async with contacts(tmp_path, 5) as nodes:
        asker, *others = nodes
        busy(asker, "Dentist", 9, 10.5)
        for node, (begins, ends) in zip(others, ((11, 14), (14.5, 16), (10.5, 11), (16, 16.5)), strict=True):
            busy(node, "Elsewhere", begins, ends)
        await unasked(*others)
        done = await met(asker)
        assert done.state == "done"
        assert done.result is not None
        slots = {each["slot"] for each in done.result["results"].values()}
        assert slots == {int(at(16.5))}
        for node in nodes:
            await booked(node, int(at(16.5)))
            assert [title for title, _ in planned(node)].count("Lunch") == 1


async def test_both_sides_see_the_agreed_time_on_the_page_of_the_task(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, other):
        await unasked(other)
        done = await met(asker)
        assert done.state == "done"
        assert done.result is not None
        slot = done.result["slot"]
        await booked(other, slot)
        await until(lambda: other.vault.vault.tasks.list("participant")[0].state == "done")
        theirs_of_it = (await tasks.tasks(other, "participant"))[0]
        assert (theirs_of_it.subject, (await tasks.task(other, theirs_of_it.id)).result) == ("Lunch", {"slot": slot})


async def test_the_ledger_names_the_events_that_the_times_were_computed_from(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, one):
        busy(asker, "Dentist", 9, 10)
        busy(one, "Therapy", 11, 12)
        await unasked(one)
        with pytest.raises(CommandFailed) as caught:
            await tasks.announce(asker, "meeting", {"title": "Lunch", "until": day_after()}, ("contacts",))
        assert caught.value.key == "disclosure-ask"
        assert (await met(asker)).state == "done"
        for node, kind, why in ((asker, "meeting/cfp", "once"), (one, "meeting/propose", "offer")):
            (line,) = [line for line in node.vault.vault.disclosures.list() if line.kind == kind]
            titles = [node.vault.vault.library.get(name).record.title for name in line.records]
            assert (titles, line.why) == ([["Dentist"], ["Therapy"]][node is one], why)


async def test_a_meeting_that_one_cannot_keep_is_taken_out_of_the_others_calendars(tmp_path: Path) -> None:
    async with contacts(tmp_path, 3) as (asker, one, two):
        await unasked(one, two)
        proposed = MeetingTask.propose

        async def propose(self: MeetingTask, call: Any, offer: Any) -> Proposal:
            made = await proposed(self, call, offer)
            if self is two.swarm.kinds()["meeting"]:  # its person plans something else meanwhile
                busy(two, "Surprise", 0, 24)
            return made

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(MeetingTask, "propose", propose)
            done = await met(asker)
        assert (done.state, (await tasks.task(asker, done.id)).row.detail) == ("failed", "not-all-booked")
        await until(lambda: any(task.spec.get("spec", {}).get("off") == done.id and task.state == "done"
                                for task in one.vault.vault.tasks.of_kind("meeting")))  # fmt: skip
        for node in (asker, one, two):
            assert "Lunch" not in [title for title, _ in planned(node)]
        assert next(deed.function for deed in one.vault.vault.activity.list()) == meeting_calendar.OFF


async def test_what_was_promised_to_one_is_not_promised_to_another(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, one):
        await unasked(one)
        day, terms = {"from": monday().isoformat(), "until": day_after(), "hours": "9-10"}, Terms(award="ask")
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(MeetingTask, "choose", lambda *_: None)  # the first stays open
            first = await tasks.announce(asker, "meeting", {"title": "First", **day}, ("contacts",), terms)
            await theirs(one, "offered")
            with pytest.raises(CommandFailed) as caught:
                await tasks.announce(asker, "meeting", {"title": "Second", **day}, ("contacts",), terms)
            assert caught.value.key == "task-meeting-full"
            assert promised(one.vault.vault) == [(at(9), at(10))]
            await tasks.cancel_task(asker, first.id)
        await theirs(one, "cancelled")
        assert promised(one.vault.vault) == []


async def test_a_meeting_that_the_person_took_out_stays_out(tmp_path: Path) -> None:
    async with alone(tmp_path) as node:
        meeting = Meeting("a" * 32, "peer", "Lunch", at(12), HOUR)
        await meeting_calendar.book(node, meeting)
        await meeting_calendar.book(node, meeting)  # as after a restart
        assert [title for title, _ in planned(node)] == ["Lunch"]
        await forget(node, [agenda.named(node.vault.vault, meeting.uid, meeting_calendar.ORIGIN)])
        await meeting_calendar.book(node, meeting)
        assert planned(node) == []


async def test_nothing_but_the_free_candidates_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[bytes] = []
    before = Transaction.keep

    def seen(self: Transaction, number: int | None, effects: Sequence[Effect], *more: Any) -> list[Pending]:
        left.extend(effect.payload for effect in effects)
        return before(self, number, effects, *more)

    monkeypatch.setattr(Transaction, "keep", seen)
    async with contacts(tmp_path) as (asker, one):
        busy(asker, "Dentist", 9, 10)
        busy(one, "Therapy", 11, 12)
        await unasked(one)
        assert (await met(asker)).state == "done"
    assert left
    assert not any(word in payload for payload in left for word in (b"Dentist", b"Therapy"))
    whole = b"".join(left)
    assert b"free" in whole


async def test_a_participants_person_is_asked_once_before_anything_is_said(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, one):
        async with trio.open_nursery() as nursery:
            ended: list[Announced] = []

            async def meet() -> None:
                ended.append(await met(asker))

            nursery.start_soon(meet)
            waiting = await theirs(one, "deciding")
            assert (await tasks.task(one, waiting.id)).spec["title"] == "Lunch"
            assert planned(one) == []
            answered = await tasks.answer_task(one, waiting.id.rpartition("/")[2][:8], agrees=True)
            assert answered.state != "deciding"
        assert ended[0].state == "done"
        assert [title for title, _ in planned(one)] == ["Lunch"]


async def test_without_a_common_time_nobody_is_booked_and_it_says_why(tmp_path: Path) -> None:
    async with contacts(tmp_path, 3) as (asker, one, two):
        busy(one, "Morning", 0, 12.5)
        busy(two, "Afternoon", 12.5, 24)
        await unasked(one, two)
        done = await met(asker)
        assert (done.state, (await tasks.task(asker, done.id)).row.detail) == ("refused", "no-common-slot")
        assert all("Lunch" not in [title for title, _ in planned(node)] for node in (asker, one, two))


async def test_who_says_no_keeps_the_others_from_being_booked(tmp_path: Path) -> None:
    async with contacts(tmp_path, 3) as (asker, one, two):
        await unasked(one)
        await tasks.set_offer(two, "meeting", audience="nobody")
        done = await met(asker)
        assert (done.state, (await tasks.task(asker, done.id)).row.detail) == ("refused", "not-all")
        assert planned(one) == []


ALL_DAY = (
    ("busy", "", False),
    ("free for its calendar", "TRANSP:TRANSPARENT\r\n", True),
    ("free for Outlook", "X-MICROSOFT-CDO-BUSYSTATUS:FREE\r\n", True),
    ("cancelled", "STATUS:CANCELLED\r\n", True),
)


async def test_a_whole_day_is_busy_unless_its_calendar_says_free(tmp_path: Path) -> None:
    async with alone(tmp_path) as node:
        days = [monday() + timedelta(days=7 * number) for number in range(len(ALL_DAY))]
        for (name, line, _), day in zip(ALL_DAY, days, strict=True):
            when = f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
            event = f"BEGIN:VEVENT\r\nUID:{name}\r\n{when}\r\nSUMMARY:{name}\r\n{line}END:VEVENT"
            raw = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event}\r\nEND:VCALENDAR\r\n".encode()
            (record,) = calendar_file.records(raw, "x", "x")
            assert isinstance(record, Record)
            node.vault.vault.library.add([record])
        for (name, _, isfree), day in zip(ALL_DAY, days, strict=True):
            midnight, last = day.timestamp(), (day + timedelta(hours=23)).timestamp()
            assert (free(node, midnight, last) == [midnight, last]) is isfree, name
        assert free(node, days[0].timestamp() - HOUR, (days[0] + timedelta(hours=24)).timestamp()) != []


@pytest.mark.parametrize(("day", "offset"), [(28, 1), (29, 2)])
def test_nine_in_the_morning_is_that_before_and_after_the_clocks_change(day: int, offset: int) -> None:
    """In Paris the clocks went forward in the night to the 29th of March 2026."""
    paris = ZoneInfo("Europe/Paris")
    now = datetime(2026, 3, 27, 12, tzinfo=paris)
    hours = Hours(time(9), time(10))
    begin, end = datetime(2026, 3, day, tzinfo=paris), datetime(2026, 3, day + 1, tzinfo=paris)
    found = meeting_times.grid(begin, end, HOUR, now, hours)
    assert [datetime.fromtimestamp(one, UTC).hour for one in found] == [9 - offset]


async def test_nobody_is_booked_at_night_wherever_the_asker_is(tmp_path: Path) -> None:
    async with alone(tmp_path) as node:
        kind = node.swarm.kinds()["meeting"]
        assert isinstance(kind, MeetingTask)
        night, morning = int(at(3)), int(at(9))
        offer = Offer("meeting", "contacts", 10)
        assert kind._suiting([night, morning], 3600, offer).starts == (morning,)
        late = replace(offer, settings={"hours": "01:00-05:00"})
        assert kind._suiting([night, morning], 3600, late).starts == (night,)


async def test_each_answer_counts_so_that_a_calendar_is_not_asked_out(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, one):
        await tasks.set_offer(one, "meeting", asks=False, quota=1)
        busy(one, "All day", 0, 24)
        await met(asker)
        done = await met(asker)
        assert (await tasks.task(asker, done.id)).bids[0].reason == "quota"


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"title": ""}, "task-meeting-title"),
    ({"minutes": 3}, "task-meeting-length"),
    ({"from": "tomorrow"}, "task-meeting-time"),
    ({"until": "2001-01-01"}, "task-meeting-time"),
)


async def test_what_cannot_be_looked_for_is_said(tmp_path: Path) -> None:
    async with alone(tmp_path) as asker:
        for wrong, key in WRONG:
            with pytest.raises(CommandFailed) as caught:
                await tasks.announce(asker, "meeting", {"title": "Lunch", **wrong}, ("contacts",))
            assert caught.value.key == key


SPECS = st.fixed_dictionaries(
    {},
    optional={
        "title": VALUES | st.just("Lunch"),
        "minutes": VALUES | st.just(60),
        "zone": VALUES | st.just("UTC"),
        "slots": VALUES | st.lists(st.integers(-5, 2**40), max_size=10),
        "x": VALUES,
    },
)


@given(SPECS)
def test_a_strangers_spec_is_one_or_a_bad_task(spec: dict[str, Any]) -> None:
    with suppress(BadTask):
        assert MeetingTask(cast(Node, None)).amount(spec) == 1


@given(st.dictionaries(st.sampled_from(["free", "x"]), VALUES | st.lists(st.integers(1, 3) | VALUES)))
def test_a_strangers_terms_choose_a_slot_of_ours_or_none(terms: dict[str, Any]) -> None:
    from app.swarm.kinds.meeting import _common

    assert _common({"slots": [1, 2]}, [Proposal(terms=terms)]) in (None, 1, 2)
