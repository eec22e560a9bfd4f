"""The requests of the benchmark of routing: how many, that they are of tools there are, and none is an example."""

from __future__ import annotations

from collections import Counter

from agent.everyday import NO_TOOL
from agent.router import NONE
from benchmarks.routing import BUNDLED, PRACTICE, UNSEEN, bundled, requests

TOOLS = {tool.name: tool for tool in bundled(BUNDLED)}
REQUESTS = requests()
PRACTISED = requests(PRACTICE)
HELD_OUT = requests(UNSEEN)


def test_there_are_two_hundred_and_forty_that_need_no_tool() -> None:
    plain = [one for one in REQUESTS if one.tools == (NONE,)]
    assert (len(REQUESTS) - len(plain), len(plain)) == (200, 40)


def test_every_bundled_skill_is_asked_for_as_often() -> None:
    counted = Counter(one.tools[0].split()[0] for one in REQUESTS if one.tools[0])
    assert counted == dict.fromkeys({tool.skill for tool in TOOLS.values()}, 25)


def test_none_is_among_the_examples() -> None:
    examples = {example.casefold() for tool in TOOLS.values() for example in tool.examples}
    learnt = examples | {text.casefold() for text in NO_TOOL}
    assert [one.text for one in [*REQUESTS, *PRACTISED, *HELD_OUT] if one.text.casefold() in learnt] == []


def test_none_that_was_tuned_on_is_of_the_benchmark() -> None:
    asked = {one.text.casefold() for one in REQUESTS}
    assert [one.text for one in PRACTISED if one.text.casefold() in asked] == []


def test_tools_and_arguments_are_declared() -> None:
    for one in [*REQUESTS, *PRACTISED, *HELD_OUT]:
        for name in one.tools:
            declared = {argument.name for argument in TOOLS[name].arguments} if name else set(one.arguments)
            assert set(one.arguments) <= declared, one.text


def test_about_a_third_is_held_back() -> None:
    assert 0.27 < sum(one.held for one in REQUESTS) / len(REQUESTS) < 0.4


def test_the_unseen_part_asks_each_skill_five_times_and_twenty_times_none() -> None:
    counted = Counter(one.tools[0].split()[0] if one.tools[0] else "" for one in HELD_OUT)
    assert counted == {**dict.fromkeys({tool.skill for tool in TOOLS.values()}, 5), "": 20}


def test_the_unseen_part_shares_no_request_with_the_others() -> None:
    others = {one.text.casefold() for one in [*REQUESTS, *PRACTISED]}
    assert [one.text for one in HELD_OUT if one.text.casefold() in others] == []
