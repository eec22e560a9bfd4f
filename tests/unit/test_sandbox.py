"""The sandbox: what a program is given, how its calls come out, and where each limit is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from skills.limits import BadLimits, Limits, Surroundings, limits
from skills.outcome import Failed, Finished, Suspended, from_map, to_map
from skills.plain import MAX_DEPTH, NotPlain, plain
from skills.run_state import Run
from skills.sandbox import ENGINE, BadRun, Sandbox
from tests.paths import ROOT
from tests.unit.sandbox_fixtures import GRANTED, LIMITS, run, suspended, to_the_end


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


def failure(outcome: object) -> Failed:
    assert isinstance(outcome, Failed), outcome
    return outcome


def test_an_entry_gets_its_inputs_and_returns_a_value(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "print('hi')\nreturn {'twice': [inputs['n']] * 2, 't': (1, None, 1.5)}", n=3)
    assert outcome == Finished({"twice": [3, 3], "t": [1, None, 1.5]}, "hi\n")


def test_a_granted_call_comes_out_with_its_arguments(sandbox: Sandbox) -> None:
    call = suspended(sandbox, "return search('ann', limit=3)")
    assert (call.call, call.args, call.kwargs) == ("search", ["ann"], {"limit": 3})


def test_the_answer_goes_in(sandbox: Sandbox) -> None:
    call = suspended(sandbox, "return search('ann') + ['more']")
    assert sandbox.resume(call.dump, ["found"]) == Finished(["found", "more"])


def test_a_refusal_is_an_exception_at_the_call(sandbox: Sandbox) -> None:
    call = suspended(sandbox, "try:\n    send('x')\nexcept PermissionError as error:\n    return str(error)")
    assert sandbox.resume_error(call.dump, "PermissionError", "not today") == Finished("not today")


def test_a_refusal_that_is_not_caught_ends_the_run_at_its_line(sandbox: Sandbox) -> None:
    call = suspended(sandbox, "x = 1\nsend('x')")
    found = failure(sandbox.resume_error(call.dump, "PermissionError", "no"))
    assert (found.code, found.sentence, found.line) == ("skill-error", "PermissionError: no", 3)


def test_a_dump_is_answered_by_another_process(sandbox: Sandbox) -> None:
    call = suspended(sandbox, "a = [1]\nf = search\na.append(f('x'))\nreturn a")
    with Sandbox() as other:
        assert other.resume(call.dump, 2) == Finished([1, 2])


def test_what_was_printed_before_the_suspension_is_there_after_it(sandbox: Sandbox) -> None:
    call = suspended(sandbox, "print('one')\nsearch()\nprint('two')")
    assert sandbox.resume(call.dump, None) == Finished(None, "one\ntwo\n")


def test_the_numbers_of_calls_grow(sandbox: Sandbox) -> None:
    first = suspended(sandbox, "search()\nsend()")
    second = sandbox.resume(first.dump, None)
    assert isinstance(second, Suspended)
    assert first.number < second.number


def test_what_is_not_granted_is_a_name_error(sandbox: Sandbox) -> None:
    outcome = sandbox.run("def go():\n    return send('x')\n", "go", {}, ["search"], LIMITS)
    assert outcome == Failed("skill-error", "NameError: name 'send' is not defined", 2)


def test_what_is_not_granted_cannot_be_taken_as_a_value_either(sandbox: Sandbox) -> None:
    outcome = sandbox.run("def go():\n    f = send\n", "go", {}, ["search"], LIMITS)
    assert failure(outcome).sentence == "NameError: name 'send' is not defined"


def test_a_grant_lasts_for_its_run_alone(sandbox: Sandbox) -> None:
    suspended(sandbox, "send('x')")
    outcome = sandbox.run("def go():\n    send('x')\n", "go", {}, [], LIMITS)
    assert failure(outcome).sentence.startswith("NameError")


CODES = {
    "skill-time": "while True: pass",
    "skill-memory": "x = []\nwhile True: x.append('y' * 1000)",
    "skill-depth": "def f(): return f()\nf()",
    "skill-calls": "while True:\n    try: unknown()\n    except NameError: pass",
    "skill-output": "while True: print('x' * 100)",
    "skill-sleep": "import time\nfor _ in range(9): time.sleep(0.05)",
    "skill-value": "return {1, 2}",
    "skill-syntax": "(",
    "skill-error": "return 1 / 0",
}


@pytest.mark.parametrize("code", CODES)
def test_each_limit_has_its_code(sandbox: Sandbox, code: str) -> None:
    assert failure(run(sandbox, CODES[code])).code == code


def test_calls_are_counted_over_suspensions(sandbox: Sandbox) -> None:
    outcome = to_the_end(sandbox, run(sandbox, "while True: search()"))
    assert failure(outcome).code == "skill-calls"


def test_time_is_counted_over_suspensions(sandbox: Sandbox) -> None:
    body = "for _ in range(15):\n    for _ in range(1_000_000): pass\n    search()"
    start = time.monotonic()
    assert failure(to_the_end(sandbox, run(sandbox, body, replace(LIMITS, seconds=0.1)))).code == "skill-time"
    assert time.monotonic() - start < 2


def test_sleep_is_counted_over_suspensions(sandbox: Sandbox) -> None:
    outcome = to_the_end(sandbox, run(sandbox, "import time\nwhile True:\n    time.sleep(0.15)\n    search()"))
    assert failure(outcome).code == "skill-sleep"


def test_output_is_counted_over_suspensions_and_cut_at_the_limit(sandbox: Sandbox) -> None:
    outcome = failure(to_the_end(sandbox, run(sandbox, "while True:\n    print('x' * 300)\n    search()")))
    assert (outcome.code, len(outcome.printed)) == ("skill-output", LIMITS.output)


def test_sleeping_is_no_execution(sandbox: Sandbox) -> None:
    body = "import time\ntime.sleep(0.5)\nreturn 1"
    assert run(sandbox, body, replace(LIMITS, seconds=0.4, sleep=0.6)) == Finished(1)


def test_the_clock_and_the_dice_are_those_of_the_caller(sandbox: Sandbox) -> None:
    body = "import random, datetime as d, time\nsearch()\nreturn [random.random(), str(d.datetime.now()), time.time()]"
    around = Surroundings(now=1_767_256_200.0, offset=3600, zone="CET", seed="a")
    runs = [to_the_end(sandbox, run(sandbox, body, around=around)) for _ in range(2)]
    assert runs[0] == runs[1]
    assert isinstance(runs[0], Finished)
    assert runs[0].value[1:] == ["2026-01-01 09:30:00", 1_767_256_200.0]


def test_another_seed_makes_other_dice(sandbox: Sandbox) -> None:
    body = "import random\nreturn random.random()"
    assert run(sandbox, body, around=Surroundings(seed="a")) != run(sandbox, body, around=Surroundings(seed="b"))


def test_the_clock_of_the_machine_is_granted(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "import time\nreturn time.time()", around=Surroundings(now=None, seed=None))
    assert isinstance(outcome, Finished)
    assert abs(outcome.value - time.time()) < 60


def test_an_argument_that_does_not_cross_is_a_type_error_in_the_program(sandbox: Sandbox) -> None:
    outcome = failure(run(sandbox, "search({1, 2})"))
    assert outcome.sentence.startswith("TypeError: A value is of the type set")


def test_the_lines_that_are_ours_are_never_told(sandbox: Sandbox) -> None:
    outcome = sandbox.run("x = 1", "go", {}, [], LIMITS)
    assert failure(outcome).line is None


@pytest.mark.parametrize("name", ["", "a b", "x()", "_hidden", "lambda", "é", "a" * 65, "__import__"])
def test_a_name_that_is_none_is_refused(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(BadRun):
        sandbox.run("", name, {}, [])
    with pytest.raises(BadRun):
        sandbox.run("", "go", {}, [name])
    with pytest.raises(BadRun):
        sandbox.run("", "go", {name: 1}, [])


def test_a_program_that_is_too_large_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(BadRun):
        sandbox.run("#" * (256 * 1024 + 1), "go", {}, [])


def deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


class Text(str):
    """A text that could behave as it likes."""


@pytest.mark.parametrize(
    "value",
    [{1}, b"x", object(), Text("x"), {1: 2}, 1 << 63, float("nan"), float("inf"), "\ud800", deep(MAX_DEPTH), "x" * 999],
)
def test_a_value_that_is_not_plain_does_not_go_in(sandbox: Sandbox, value: object) -> None:
    tight = replace(LIMITS, value=900)
    with pytest.raises(NotPlain):
        sandbox.run("", "go", {"x": value}, [], tight)
    call = suspended(sandbox, "return search()", tight)
    with pytest.raises(NotPlain):
        sandbox.resume(call.dump, value)


def test_the_deepest_plain_value_goes_in_and_out(sandbox: Sandbox) -> None:
    value = deep(MAX_DEPTH - 2)
    assert run(sandbox, "return inputs['x']", x=value) == Finished(value)


def test_a_plain_value_is_a_copy() -> None:
    value: dict[str, Any] = {"a": [1]}
    copy = plain(value, 1000)
    value["a"].append(2)
    assert copy == {"a": [1]}


@pytest.mark.parametrize("cut", [0, 3, 4, 20, 200])
def test_a_dump_that_was_cut_short_goes_nowhere(sandbox: Sandbox, cut: int) -> None:
    call = suspended(sandbox, "return search()")
    assert failure(sandbox.resume(call.dump[:cut], 1)).code == "skill-dump"


def test_a_dump_of_another_engine_is_not_loaded(sandbox: Sandbox) -> None:
    state, heap = Run.unpack(suspended(sandbox, "return search()").dump)
    other = replace(state, engine="monty 1.3.0").pack(heap)
    assert failure(sandbox.resume(other, 1)).code == "skill-version"


def test_a_dump_whose_call_is_no_longer_granted_goes_nowhere(sandbox: Sandbox) -> None:
    state, heap = Run.unpack(suspended(sandbox, "return search()").dump)
    other = replace(state, functions=frozenset({"send"})).pack(heap)
    assert failure(sandbox.resume(other, 1)).code == "skill-dump"


def test_an_answer_may_only_be_an_exception_of_the_listed_kinds(sandbox: Sandbox) -> None:
    with pytest.raises(BadRun):
        sandbox.resume_error(suspended(sandbox, "search()").dump, "KeyboardInterrupt", "x")


@pytest.mark.parametrize(
    "bad",
    [
        {"seconds": 0}, {"seconds": 61}, {"sleep": -1}, {"memory": 1 << 40}, {"calls": 0}, {"seconds": float("nan")},
        {"calls": 1.5}, {"depth": True}, {"speed": 1}, {"depth": 1001},
    ],
)  # fmt: skip
def test_limits_that_are_none_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(BadLimits):
        limits(bad)


def test_limits_are_read_from_a_map() -> None:
    assert limits({"seconds": 1, "calls": 3}) == Limits(seconds=1, calls=3)


def test_an_outcome_is_the_same_after_its_way_through_a_map(sandbox: Sandbox) -> None:
    for outcome in (suspended(sandbox, "search(1)"), Finished(1, "x"), Failed("a", "b", 3)):
        assert from_map(to_map(outcome)) == outcome


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"outcome": "won"}, {"outcome": "finished"}, {"outcome": "finished", "value": 1, "printed": 7},
        {"outcome": "failed", "code": 1, "sentence": "x"}, {"outcome": "failed", "code": "a", "sentence": None},
        {"outcome": "suspended", "call": "x", "args": 1, "kwargs": {}, "dump": b"", "number": 1},
        {"outcome": "suspended", "call": "x", "args": [], "kwargs": {}, "dump": "", "number": 1},
    ],
)  # fmt: skip
def test_an_answer_that_is_no_outcome_is_not_believed(answer: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_map(answer)


def test_a_sentence_holds_nothing_a_terminal_obeys(sandbox: Sandbox) -> None:
    outcome = failure(run(sandbox, "raise ValueError('\\x1b[2J\\u202e' + 'x' * 1000)"))
    assert re.fullmatch(r"ValueError:  +\[2J +x+", outcome.sentence)
    assert len(outcome.sentence) <= 300


def test_the_granted_names_are_the_only_ones_called(sandbox: Sandbox) -> None:
    called = {suspended(sandbox, f"{name}()").call for name in GRANTED}
    assert called == set(GRANTED)


@pytest.mark.parametrize(
    "fact",
    [
        f"not counted | {Limits().seconds:.0f} s |",
        f"| memory of the interpreter | {Limits().memory >> 20} MiB |",
        f"| calls within calls | {Limits().depth} |",
        f"attempts at what is not granted included | {Limits().calls} |",
        f"| printed | {Limits().output:,} characters |",
        f"| slept in all | {Limits().sleep:.0f} s |",
        f"| one value at the border | {Limits().value >> 20} MiB |",
        f"nested at most {MAX_DEPTH} deep",
        f"Monty interpreter ({ENGINE.removeprefix('monty ')})",
    ],
)
def test_the_documents_tell_the_limits_as_they_are(fact: str) -> None:
    assert fact in (ROOT / "docs" / "skills.md").read_text(encoding="utf-8")
