"""A skill that one node offers runs there for another, with its permissions, and nothing more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.actions import tasks
from app.node import Node
from app.results import CommandFailed
from app.swarm.kinds.port import BadTask
from app.swarm.kinds.skill import SkillTask, _given
from app.swarm_results import Announced
from p2p.deciding import CannotWork
from tests.unit.hosting_fixtures import made
from tests.unit.swarm_fixtures import CUT_OFF, VALUES, contacts, until
from tests.unit.vault_fixtures import mail

pytestmark = CUT_OFF
TASK = '[[triggers]]\non = "task"\nrun = "go"\n'
ADDS = "def go(language, task):\n    return {'sum': task['a'] + task['b'], 'half': 0.5}\n"
READS = "def go(language, task):\n    return mail_get(id=task['id'])['title']\n"
WRITES = """
def go(language, task):
    return event_add(title="Lunch", start="2031-05-06T12:00:00Z", end="2031-05-06T13:00:00Z")
"""


def install(node: Node, program: str, permissions: tuple[str, ...] = (), more: str = TASK) -> None:
    node.vault.vault.skills.put(made(program, "helper", permissions, more)[1], None)


async def offer(node: Node, *names: str) -> None:
    await tasks.set_offer(node, "skill", audience="contacts", quota=10, settings={"skills": list(names)})


async def asked(node: Node, arguments: Mapping[str, Any]) -> Announced:
    task = {"skill": "helper", "entry": "go", "arguments": json.dumps(arguments)}
    return await tasks.announce_and_wait(node, "skill", task, ("contacts",))


async def test_an_offered_skill_runs_for_a_contact_and_its_result_is_signed_for(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        install(provider, ADDS)
        await offer(provider, "helper")

        done = await asked(asker, {"a": 2, "b": 3})

        assert (done.state, done.provider) == ("done", provider.vault.peer_id)
        assert done.result is not None
        assert json.loads(done.result["value"]) == {"sum": 5, "half": 0.5}
        (run,) = provider.vault.vault.runs.list()
        assert (run.skill, run.occasion, run.state) == ("helper", "task", "done")
        assert any(row[0] == "peer" and row[3] == asker.vault.peer_id for row in run.taint["sources"])


async def test_it_reads_what_its_permissions_give_it(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        record = mail("Lunch with Ada")
        provider.vault.vault.library.add([record])
        install(provider, READS, ("mail.read",))
        await offer(provider, "helper")
        done = await asked(asker, {"id": record.id()})
        assert done.result == {"value": '"Lunch with Ada"'}


async def test_an_act_that_wants_a_yes_ends_the_run_and_leaves_no_question(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        install(provider, WRITES, ("calendar.write",))
        await offer(provider, "helper")

        done = await asked(asker, {})

        assert done.state == "failed"
        assert (await tasks.task(asker, done.id)).row.detail == "approval"
        assert provider.vault.vault.approvals.count() == 0
        assert [run.state for run in provider.vault.vault.runs.list()] == ["stopped"]


@pytest.mark.parametrize("more", [TASK, '[[triggers]]\non = "request"\nrun = "go"\n'])
async def test_what_is_not_offered_or_made_for_tasks_does_not_run(tmp_path: Path, more: str) -> None:
    async with contacts(tmp_path) as (asker, provider):
        install(provider, ADDS, more=more)
        await offer(provider, *(["another"] if more == TASK else ["helper"]))
        done = await asked(asker, {"a": 1, "b": 1})
        assert done.state == "refused"
        assert (await tasks.task(asker, done.id)).bids[0].reason == "not-offered"
        assert provider.vault.vault.runs.list() == []


async def test_a_program_that_breaks_fails_the_task(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        install(provider, ADDS)
        await offer(provider, "helper")
        done = await asked(asker, {"a": 1})
        assert (done.state, (await tasks.task(asker, done.id)).row.detail) == ("failed", "error")


async def test_calling_it_off_stops_the_run(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        install(provider, "def go(language, task):\n    while True:\n        pass\n")
        await offer(provider, "helper")
        arguments = {"skill": "helper", "entry": "go"}
        name = (await tasks.announce(asker, "skill", arguments, ("contacts",))).id
        await until(lambda: provider.vault.vault.runs.list())

        await tasks.cancel_task(asker, name)

        await until(lambda: provider.vault.vault.runs.list()[0].state not in ("running", "waiting"))


async def test_arguments_that_are_no_object_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    kind = SkillTask(cast(Node, None))
    for wrong in ("[1]", "{", "[" * 5000, '{"a": NaN}', '{"a": "\\ud800"}'):
        with pytest.raises(BadTask) as caught:
            await kind.ask({"skill": "helper", "entry": "go", "arguments": wrong})
        assert caught.value.code == "task-skill-arguments"


MAPS = st.dictionaries(st.sampled_from(["skill", "entry", "argument-bytes", "arguments", "x"]), VALUES)


@given(MAPS)
def test_a_strangers_spec_is_one_or_a_bad_task(spec: dict[str, Any]) -> None:
    kind = SkillTask(cast(Node, None))
    with suppress(BadTask):
        assert kind.amount(spec) == 1


@given(MAPS | st.fixed_dictionaries({"arguments": st.text(alphabet='[]{}":,0123456789.eE-+naN\\u')}), VALUES)
def test_a_strangers_input_is_one_or_no_work(acceptance: dict[str, Any], size: object) -> None:
    text = acceptance.get("arguments")
    for said in (size, len(text.encode()) if isinstance(text, str) else 0):
        with suppress(CannotWork):
            assert isinstance(_given(acceptance, said), dict)


async def test_a_skill_has_a_name(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, _):
        with pytest.raises(CommandFailed) as caught:
            await tasks.announce(asker, "skill", {"skill": "", "entry": "go"}, ("contacts",))
        assert caught.value.key == "task-skill-name"
