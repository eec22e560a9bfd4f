"""Asking a skill for something in a sentence: which of its entries is meant, and what the sentence says for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import commands
from app.node import Node
from app.results import CommandFailed
from storage.skill_store import Coming
from tests.unit.hosting_fixtures import FULL, made
from tests.unit.test_hosting_commands import command, opened

CLOCK = """
def tell(language, day="", request=""):
    return {"text": f"told {day} {request}".strip()}

def wind(language, minutes=0, request=""):
    return {"text": f"wound {minutes}"}

def strike(language):
    return {"text": "struck"}
"""
DECLARED = """
tell = "main.py:tell"
wind = "main.py:wind"
strike = "main.py:strike"
[title]
en = "Clock"
fr = "Horloge"
[about]
en = "Tells the time."
fr = "Dit l’heure."
[[triggers]]
on = "request"
run = "tell"
[[triggers]]
on = "request"
run = "wind"
[[triggers]]
on = "schedule"
run = "strike"
at = "12:00"
[arguments.tell]
day = { type = "day", about = { en = "The day", fr = "Le jour" } }
request = { type = "request", about = { en = "The words", fr = "Les mots" } }
[arguments.wind]
minutes = { type = "duration", about = { en = "How long", fr = "Combien de temps" } }
[examples]
tell = ["tell me the time", "what time is it on Monday", "tell the hour", "dis-moi l'heure"]
wind = ["wind up the clock for an hour", "wind the clock", "remonte l'horloge", "wind it for ten minutes"]
"""


def clock() -> Coming:
    return made("def go(language):\n    return {}\n" + CLOCK, "clock", FULL, DECLARED)[1]


async def with_clock(node: Node) -> None:
    node.vault.vault.skills.put(clock(), None)


async def test_the_entry_that_a_sentence_means_is_run_with_what_it_says(home: Path) -> None:
    async with opened(home) as (node, _):
        await with_clock(node)
        result, printed = await command(node, "skills", "run", "clock", "please wind the clock for 20 minutes")
        assert (result["row"]["entry"], printed.strip()) == ("wind", "wound 20")


async def test_a_first_word_that_is_no_entry_belongs_to_the_sentence(home: Path) -> None:
    async with opened(home) as (node, _):
        await with_clock(node)
        result, printed = await command(node, "skills", "run", "clock", "what", "time", "is", "it", "on", "2031-05-06")
        assert (result["row"]["entry"], printed.strip()) == ("tell", "told 2031-05-06 what time is it on 2031-05-06")


async def test_without_a_sentence_the_first_that_can_be_asked_for_is_run(home: Path) -> None:
    async with opened(home) as (node, _):
        await with_clock(node)
        assert (await commands.run_skill(node, "clock")).row.entry == "tell"


async def test_what_was_given_is_not_taken_from_the_sentence(home: Path) -> None:
    async with opened(home) as (node, _):
        await with_clock(node)
        view = await commands.run_skill(node, "clock", "wind", {"minutes": "5"}, "wind it for 20 minutes")
        assert view.row.text == "wound 5"


async def test_a_skill_that_runs_by_itself_only_says_so(home: Path) -> None:
    async with opened(home) as (node, _):
        with pytest.raises(CommandFailed) as caught:
            await commands.run_skill(node, "planner", request="plan this")
        assert caught.value.key == "skill-not-asked"


async def test_a_named_skill_in_a_conversation_finds_its_entry_too(home: Path) -> None:
    async with opened(home) as (node, _):
        await with_clock(node)
        said = await commands.ask(node, "/clock wind it up for 10 minutes please")
        assert said.answer == "wound 10"


async def test_the_window_is_told_which_entries_can_be_asked_for(home: Path) -> None:
    async with opened(home) as (node, _):
        await with_clock(node)
        shown = await commands.skill(node, "clock")
        assert {one.name: one.asked for one in shown.entries if one.name != "go"} == {
            "tell": True, "wind": True, "strike": False,
        }  # fmt: skip


async def test_a_run_that_waits_is_stopped_on_the_command_line(home: Path) -> None:
    async with opened(home) as (node, record):
        view = await commands.run_skill(node, "planner", "go", {"record": record})
        _, printed = await command(node, "skills", "stop", str(view.row.id))
        assert printed == f"Run {view.row.id} was stopped.\n"
        assert (await commands.run(node, view.row.id)).row.state == "stopped"
