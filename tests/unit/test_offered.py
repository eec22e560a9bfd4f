"""What a contact offers can be chosen from before it is asked for anything; it is a claim, strictly read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import commands
from app.actions import tasks
from app.results import CommandFailed
from app.swarm import offered
from app.swarm_results import OfferedModel, OfferedSkill
from p2p.canonical import Value, encode
from tests.unit.hosting_fixtures import made
from tests.unit.swarm_fixtures import CUT_OFF, VALUES, alone, contacts

pytestmark = CUT_OFF
TASK = '[[triggers]]\non = "task"\nrun = "go"\n'
GO = "def go(language, task):\n    return task\n"
DIGEST = "ab" * 32


async def test_a_contact_learns_the_skills_that_are_offered_and_made_for_tasks(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        for name in ("helper", "secret"):
            provider.vault.vault.skills.put(made(GO, name, (), TASK)[1], None)
        await tasks.set_offer(provider, "skill", audience="contacts", price=3, settings={"skills": ["helper"]})

        (told,) = await commands.peer_offers(asker)

        assert told.name == "peer1"
        (skill,) = (offer for offer in told.offers if offer.kind == "skill")
        assert (skill.price, skill.asks) == (3, False)
        assert [(one.skill, one.entry) for one in skill.skills] == [("helper", "go")]


async def test_what_is_offered_to_nobody_is_not_named(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        await tasks.set_offer(provider, "meeting", audience="nobody")
        (told,) = await commands.peer_offers(asker, (provider.vault.peer_id,))
        assert [offer.kind for offer in told.offers] == ["inference"]


async def test_who_is_away_is_left_out(tmp_path: Path) -> None:
    async with contacts(tmp_path, 3) as (asker, here, away):
        await commands.turn_swarm(away, False)
        told = await commands.peer_offers(asker)
        assert [one.peer_id for one in told] == [here.vault.peer_id]


async def test_what_this_node_could_offer_is_what_is_made_for_tasks(tmp_path: Path) -> None:
    async with alone(tmp_path) as node:
        node.vault.vault.skills.put(made(GO, "helper", (), TASK)[1], None)
        node.vault.vault.skills.put(made(GO, "mine", (), '[[triggers]]\non = "request"\nrun = "go"\n')[1], None)
        found = await commands.offerable(node)
        assert [(one.skill, one.entry) for one in found.skills] == [("helper", "go")]


async def test_the_times_of_a_meeting_keep_to_the_hours_of_the_day(tmp_path: Path) -> None:
    async with alone(tmp_path) as node:
        evening = {"hours": "19:00-22:00", "weekends": True, "minutes": 120}
        found = await commands.meeting_times(node, {"title": "Dinner", **evening})
        hours = {datetime.fromisoformat(at).astimezone().hour for at in found}
        assert hours
        assert hours <= {19, 20}
        with pytest.raises(CommandFailed, match="offer-hours"):
            await commands.meeting_times(node, {"title": "Dinner", "hours": "in the evening"})


def test_an_offer_reads_as_it_was_told() -> None:
    skill: dict[str, Value] = {"kind": "skill", "price": 0, "asks": True, "skills": [["helper", "go", "Helper"]]}
    model: dict[str, Value] = {"kind": "model", "price": 2, "asks": False, "models": [[DIGEST, "Small", 9]]}
    first, second = offered.read(encode([1, [skill, model]]))
    assert first.skills == (OfferedSkill("helper", "go", "Helper"),)
    assert second.models == (OfferedModel(DIGEST, "Small", 9),)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "Skill"}, {"price": -1}, {"price": True}, {"asks": 1},
        {"skills": [["../x", "go", "T"]]}, {"skills": [["helper", "go", "T" * 121]]}, {"skills": {}},
        {"models": [["ab", "Small", 9]]}, {"models": [[DIGEST, "Small", 0]]}, {"models": [[DIGEST, "Small", True]]},
        {"models": [[DIGEST, "Small", 9]] * 65},
    ],
)  # fmt: skip
def test_a_wrong_offer_is_garbled(changes: dict[str, Value]) -> None:
    with pytest.raises(offered.Garbled):
        offered.read(encode([1, [{"kind": "skill", "price": 0, "asks": False, **changes}]]))


@given(VALUES | st.lists(VALUES, max_size=3))
def test_no_answer_of_a_stranger_gets_through_unread(value: Value) -> None:
    with pytest.raises(offered.Garbled):
        offered.read(encode([1, value, 0]))
