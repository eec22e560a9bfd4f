"""What a node does for others: by name, within hours, quotas, and as much of the machine as the person allows."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import trio
import trio.testing

from app.actions import offers
from app.actions.offers_cli import PRINTERS
from app.node import Node
from app.results import CommandFailed
from app.swarm import negotiating
from app.swarm.deciding import Decisions
from app.swarm.hours import Hours, read_days, read_hours
from p2p.canonical import Value
from p2p.content_fields import FREE
from p2p.contents import Acceptance, CallForProposals, Disclosure, Proposal, Refusal
from p2p.deciding import Bidding, Call, Job
from tests.unit.fault_fixtures import Model, given_model
from tests.unit.hosting_fixtures import made
from tests.unit.swarm_fixtures import alone, until

BOB = "12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq"
TASK = '[[triggers]]\non = "task"\nrun = "go"\n'
GO = "def go(language, task):\n    return 1\n"
FAR = 2**53 - 1


@asynccontextmanager
async def provider(folder: Path) -> AsyncIterator[tuple[Node, Decisions, Model]]:
    """A node that takes calls of Bob, and the model that works for them."""
    async with alone(folder) as node:
        model = given_model(node)
        node.vault.vault.peers.add(BOB, "Bob", ())
        await node.swarm.reload()
        yield node, node.swarm.negotiating.decisions, model


def call(number: int, tokens: int = 100) -> Call:
    spec: dict[str, Value] = {"max-tokens": tokens, "prompt-bytes": 3}
    asked = CallForProposals(spec, FAR, FREE, Disclosure.TYPED)
    return Call(f"{number:032x}", BOB, "inference", asked, FAR)


def job(one: Call) -> Job:
    return Job(one, Proposal(), Acceptance({"prompt": "Why"}), FAR)


async def test_models_are_offered_and_withdrawn_one_by_one(tmp_path: Path) -> None:
    async with alone(tmp_path) as node:
        await offers.offer_more(node, "model", ("one", "two"))
        row = await offers.offer_more(node, "model", ("three",))
        assert (row.audience, row.settings["models"]) == ("contacts", ["one", "two", "three"])
        row = await offers.offer_less(node, "model", ("two",))
        assert row.settings["models"] == ["one", "three"]
        with pytest.raises(CommandFailed) as caught:
            await offers.offer_less(node, "model", ("two",))
        assert caught.value.key == "offer-not-named"
        row = await offers.offer_less(node, "model", ("one", "three"))
        assert (row.audience, row.settings["models"]) == ("nobody", [])


async def test_only_a_skill_that_is_made_for_tasks_is_offered(tmp_path: Path) -> None:
    async with alone(tmp_path) as node:
        for name, more in (("helper", TASK), ("quiet", "")):
            node.vault.vault.skills.put(made(GO, name, (), more)[1], None)
        row = await offers.offer_more(node, "skill", ("helper",))
        assert row.settings["skills"] == ["helper"]
        for name, key in (("quiet", "offer-skill-task"), ("absent", "skill-unknown")):
            with pytest.raises(CommandFailed) as caught:
                await offers.offer_more(node, "skill", (name,))
            assert caught.value.key == key


async def test_a_whole_kind_is_withdrawn_and_offered_again_as_it_was(tmp_path: Path) -> None:
    async with alone(tmp_path) as node:
        await offers.set_offer(node, "inference", quota=7)
        assert (await offers.offer_less(node, "inference")).audience == "nobody"
        row = await offers.offer_more(node, "inference")
        assert (row.audience, row.quota) == ("contacts", 7)


async def test_the_list_says_what_each_peer_had_today_and_what_is_left(tmp_path: Path) -> None:
    async with provider(tmp_path) as (node, _, _model):
        node.vault.vault.offers.record(BOB, "inference", 1500)
        row = next(row for row in await offers.offers(node) if row.kind == "inference")
        assert [(use.name, use.used, use.left) for use in row.used] == [("Bob", 1500, 18_500)]
        out = io.StringIO()
        PRINTERS["offer-set"]({**vars(row), "used": [vars(use) for use in row.used]}, "en", out, "")
        assert "Bob had 1500 tokens today, 18500 are left" in out.getvalue()


async def test_nothing_is_offered_outside_of_its_hours(tmp_path: Path) -> None:
    async with provider(tmp_path) as (node, decisions, _):
        now = datetime.now()
        later, much_later = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (2, 4))
        await offers.set_offer(node, "inference", hours=f"{later}-{much_later}")
        assert await decisions.bid(call(1)) == Refusal("hours")
        await offers.set_offer(node, "inference", hours="any")
        assert isinstance(await decisions.bid(call(2)), Bidding)


async def test_proposals_together_promise_no_more_than_the_quota(tmp_path: Path) -> None:
    async with provider(tmp_path) as (node, decisions, _):
        await offers.set_offer(node, "inference", quota=250)
        answers = [await decisions.bid(call(number)) for number in range(3)]
        assert [isinstance(answer, Bidding) for answer in answers] == [True, True, False]
        assert answers[2] == Refusal("quota")


async def test_no_more_tasks_are_worked_on_than_the_person_allows(tmp_path: Path) -> None:
    async with provider(tmp_path) as (node, decisions, model):
        await offers.set_offer(node, "inference", at_once=2)
        calls = [call(number) for number in range(4)]
        assert all([isinstance(await decisions.bid(one), Bidding) for one in calls])
        model.gate = trio.Event()
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                for one in calls:
                    nursery.start_soon(decisions.work, job(one))
                await until(lambda: model.begun == 2)
                for _ in range(20):
                    await trio.testing.wait_all_tasks_blocked()
                assert model.begun == 2
                model.gate.set()
        assert model.begun == 4


async def test_what_came_to_nothing_is_forgotten_while_the_node_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(negotiating, "PRUNED_EVERY", 0.05)
    async with alone(tmp_path) as node:
        vault = node.vault.vault
        monkeypatch.setattr(vault.tasks, "_clock", lambda: 1000.0)
        task = f"{BOB}/{1:032x}"
        writes = (vault.tasks.created(task, "participant", "inference", {}, (BOB,), "deciding"),
                  vault.tasks.changed(task, "refused"))  # fmt: skip
        vault.outbox.done(0, writes)
        await until(lambda: not vault.tasks.list())


def test_hours_and_days_are_read_as_people_write_them() -> None:
    assert [f"{one:%H:%M}" for one in read_hours("9-18:30")] == ["09:00", "18:30"]
    assert [f"{one:%H:%M}" for one in read_hours("18-24")] == ["18:00", "00:00"]
    assert (read_days("mon-fri"), read_days("sam,dim"), read_days("1,3-4")) == ([1, 2, 3, 4, 5], [6, 7], [1, 3, 4])
    for wrong in ("9", "25-26", "9-18-20", "morning"):
        with pytest.raises(ValueError, match=r"hours|hour must be"):
            read_hours(wrong)
    for wrong in ("", "fri-mon", "day"):
        with pytest.raises(ValueError, match="days"):
            read_days(wrong)


@pytest.mark.parametrize(
    ("begins", "ends", "inside"),
    [("23:30", "23:59", True), ("05:00", "06:30", True), ("06:00", "07:30", False), ("12:00", "12:10", False)],
)
def test_hours_over_midnight_belong_to_the_day_they_begin_on(begins: str, ends: str, inside: bool) -> None:
    """From Friday at ten in the evening to Saturday at seven."""
    friday = datetime(2031, 5, 9).astimezone()
    day = friday + timedelta(days=begins < "22")
    first, last = (datetime.combine(day, datetime.strptime(one, "%H:%M").time()) for one in (begins, ends))
    nights = Hours(*read_hours("22-7"), frozenset({5}))
    assert nights.cover(first.timestamp(), last.timestamp(), friday) is inside
