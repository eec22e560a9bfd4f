"""Calendars find a time that suits all, and show nothing of themselves but which of a few times are free."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from app.actions import tasks
from app.node import Node
from app.results import CommandFailed
from app.swarm.kinds import meeting_times
from app.swarm.kinds.meeting import MeetingTask
from app.swarm.kinds.port import BadTask
from app.swarm.negotiating import Terms
from app.swarm_results import Announced
from p2p.contents import Proposal
from storage import agenda
from storage.outbox import Effect, Pending, Transaction
from tests.unit.swarm_fixtures import CUT_OFF, VALUES, contacts, theirs, until

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
    vault = node.vault.vault
    meeting_times.agree(vault, f"{title}@test", title, at(begins), (ends - begins) * HOUR, "")


def planned(node: Node) -> list[tuple[str, float]]:
    found = agenda.between(node.vault.vault, at(0), at(24))
    return [(one.at.title, one.at.starts) for one in found]


async def booked(node: Node, slot: int) -> None:
    await until(lambda: ("Lunch", slot) in planned(node))


async def unasked(*nodes: Node) -> None:
    for node in nodes:
        await tasks.set_offer(node, "meeting", asks=False)


async def met(node: Node, peers: Sequence[str] = ("contacts",)) -> Announced:
    day = monday()
    window = {"from": day.isoformat(), "until": (day + timedelta(days=1)).isoformat()}
    task = {"title": "Lunch", "minutes": 60, **window}
    return await tasks.announce_and_wait(node, "meeting", task, tuple(peers), Terms(seconds=300, reply_seconds=120))


async def test_three_calendars_find_the_time_that_suits_all(tmp_path: Path) -> None:
    async with contacts(tmp_path, 3) as (asker, one, two):
        busy(asker, "Dentist", 9, 10.5)
        busy(one, "Therapy", 11, 15)
        busy(two, "Interview elsewhere", 15, 16.5)
        await unasked(one, two)

        done = await met(asker)

        assert done.state == "done"
        assert done.result is not None
        slots = {each["slot"] for each in done.result["results"].values()}
        (slot,) = slots
        for node in (asker, one, two):
            await booked(node, slot)
            assert meeting_times.free(node.vault.vault, [slot], HOUR) == []
            assert len([title for title, _ in planned(node) if title == "Lunch"]) == 1


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
            await tasks.answer_task(one, waiting.id, agrees=True)
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
    async with contacts(tmp_path) as (asker, _):
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
