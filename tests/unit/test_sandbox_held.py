"""A run that waits for an answer stays in the interpreter, makes room for others, and is never another run's burden."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from app import services
from skills import sandbox as sandboxes
from skills.held import Held
from skills.limits import Limits, Surroundings
from skills.outcome import Failed, Finished, Outcome, Suspended
from skills.runner import Refused, Runner
from skills.sandbox import BadRun, Sandbox
from tests.unit.sandbox_fixtures import GRANTED, program

LIMITS = Limits()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


class Watched:
    """The real worker, and what it is asked."""

    def __init__(self) -> None:
        self.process = services.start("skills")
        self.asked: list[str] = []

    @property
    def alive(self) -> bool:
        return self.process.alive

    def submit(self, op: str, args: Mapping[str, Any], listener: Callable[[dict[str, Any]], None]) -> int:
        self.asked.append(op)
        return self.process.submit(op, args, listener)

    def kill(self) -> None:
        self.process.kill()


@pytest.fixture
def started() -> list[Watched]:
    return []


@pytest.fixture
def runner(started: list[Watched]) -> Iterator[Runner]:
    def start() -> Watched:
        started.append(Watched())
        return started[-1]

    made = Runner(start)
    yield made
    made.close()


def held_in(sandbox: Sandbox, body: str, limits: Limits = LIMITS) -> Suspended:
    call = sandbox.run(program(body), "go", {}, GRANTED, limits, Surroundings(), hold=True)
    assert isinstance(call, Suspended), call
    return call


def held(runner: Runner, body: str, skill: str = "a") -> Held:
    return waits(runner.run(skill, program(body), "go", {}, GRANTED, LIMITS, Surroundings(), hold=True))


def waits(outcome: Outcome) -> Held:
    assert isinstance(outcome, Suspended), outcome
    assert outcome.held is not None
    return outcome.held


def test_a_held_run_goes_on_where_it_is(sandbox: Sandbox) -> None:
    call = held_in(sandbox, "return search() + search()")
    again = sandbox.go_on(40)
    assert (call.dump, isinstance(again, Suspended)) == (b"", True)
    assert sandbox.go_on(2) == Finished(42)


def test_a_held_run_meets_an_exception(sandbox: Sandbox) -> None:
    held_in(sandbox, "try:\n    search()\nexcept PermissionError as no:\n    return str(no)")
    assert sandbox.go_on_error("PermissionError", "not today") == Finished("not today")


def test_what_a_held_run_prints_is_told_once_and_whole(sandbox: Sandbox) -> None:
    held_in(sandbox, "print('one')\nsearch()\nprint('two')")
    assert sandbox.go_on(None) == Finished(None, "one\ntwo\n")


def test_a_held_run_is_let_go_as_a_dump_for_any_process(sandbox: Sandbox) -> None:
    held_in(sandbox, "print('one')\nreturn search() + 1")
    dump = sandbox.let_go()
    with Sandbox() as other:
        assert other.resume(dump, 1) == Finished(2, "one\n")


def test_another_run_ends_what_was_held(sandbox: Sandbox) -> None:
    held_in(sandbox, "return search()")
    assert sandbox.run(program("return 1"), "go", {}, GRANTED) == Finished(1)
    with pytest.raises(BadRun):
        sandbox.go_on(1)


def test_calls_are_counted_over_all_that_a_held_run_does(sandbox: Sandbox) -> None:
    outcome: Outcome = held_in(sandbox, "while True:\n    search()", Limits(calls=5))
    done = 1
    while isinstance(outcome, Suspended):
        outcome, done = sandbox.go_on(None), done + 1
    assert isinstance(outcome, Failed)
    assert (outcome.code, done) == ("skill-calls", 6)


def test_what_is_printed_is_limited_over_all_that_a_held_run_does(sandbox: Sandbox) -> None:
    held_in(sandbox, "print('x' * 60)\nsearch()\nprint('x' * 60)", Limits(output=100))
    outcome = sandbox.go_on(None)
    assert isinstance(outcome, Failed)
    assert (outcome.code, len(outcome.printed)) == ("skill-output", 100)


def test_waiting_for_the_answer_costs_a_held_run_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    held_in(sandbox, "return search()")
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + 1000)
    assert sandbox.go_on(1) == Finished(1)


def test_time_is_counted_over_all_that_a_held_run_does(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    real, late = time.monotonic, 0.0
    monkeypatch.setattr(time, "monotonic", lambda: real() + late)
    outcome: Outcome = held_in(sandbox, "print('a')\nsearch()\nprint('b')\nsearch()", Limits(seconds=60))
    begin = sandboxes._Slice.begin

    def slow(part: Any) -> None:
        nonlocal late
        begin(part)
        late += 40  # of the 60 seconds that it has

    monkeypatch.setattr(sandboxes._Slice, "begin", slow)
    outcome = sandbox.go_on(None)
    assert isinstance(outcome, Suspended)
    outcome = sandbox.go_on(None)
    assert isinstance(outcome, Failed)
    assert outcome.code == "skill-time"


def test_a_call_costs_no_dump(runner: Runner, started: list[Watched]) -> None:
    one = held(runner, "return search() + search()")
    two = waits(runner.go_on(one, 40, LIMITS))
    assert runner.go_on(two, 2, LIMITS) == Finished(42)
    assert started[0].asked == ["run", "go_on", "go_on"]


def test_runs_of_two_skills_take_turns_and_both_come_to_their_end(runner: Runner, started: list[Watched]) -> None:
    one = held(runner, "return 'one ' + search() + search()", "a")
    two = held(runner, "return 'two ' + search()", "b")
    one = waits(runner.go_on(one, "x", LIMITS))
    assert runner.go_on(two, "y", LIMITS) == Finished("two y")
    assert runner.go_on(one, "z", LIMITS) == Finished("one xz")
    assert started[0].asked == ["run", "let_go", "run", "let_go", "resume", "let_go", "resume", "resume"]


def test_a_run_that_nobody_goes_on_with_is_not_taken_out(runner: Runner, started: list[Watched]) -> None:
    held(runner, "return search()", "a")
    runner.run("a", program("return 1"), "go", {}, GRANTED, LIMITS, Surroundings())
    assert started[0].asked == ["run", "run"]


def test_a_worker_that_dies_takes_the_run_it_holds_and_no_other(runner: Runner, started: list[Watched]) -> None:
    aside = held(runner, "return search()", "a")
    inside = held(runner, "return search()", "b")
    started[0].process.kill()
    lost = runner.go_on(inside, 1, LIMITS)
    assert isinstance(lost, Failed)
    assert lost.code == "skill-died"
    assert runner.go_on(aside, 1, LIMITS) == Finished(1)


def test_a_value_that_does_not_cross_leaves_the_run_where_it_is(runner: Runner) -> None:
    waiting = held(runner, "try:\n    search()\nexcept RuntimeError:\n    return 'told'")
    with pytest.raises(Refused) as refused:
        runner.go_on(waiting, float("inf"), LIMITS)
    assert refused.value.code == "skill-value"
    assert runner.go_on_error(waiting, "RuntimeError", "no", LIMITS) == Finished("told")


def test_an_answer_is_taken_once(runner: Runner) -> None:
    waiting = held(runner, "return search()")
    assert runner.go_on(waiting, 1, LIMITS) == Finished(1)
    assert isinstance(runner.go_on(waiting, 1, LIMITS), Failed)


def test_what_is_let_go_for_a_question_goes_on_in_another_worker(runner: Runner) -> None:
    waiting = held(runner, "return search()")
    dump = runner.let_go(waiting)
    assert isinstance(dump, bytes)
    other = Runner(lambda: services.start("skills"))
    try:
        waiting = waits(other.resume("a", runner_dump(runner, "return search() + search()"), 1, LIMITS, hold=True))
        assert other.go_on(waiting, 2, LIMITS) == Finished(3)
        assert other.resume("a", dump, 2, LIMITS) == Finished(2)
    finally:
        other.close()


def runner_dump(runner: Runner, body: str) -> bytes:
    dump = runner.let_go(held(runner, body))
    assert isinstance(dump, bytes)
    return dump


def test_a_worker_that_claims_to_hold_what_it_makes_up_is_ended() -> None:
    class Liar(Watched):
        def submit(self, op: str, args: Mapping[str, Any], listener: Callable[[dict[str, Any]], None]) -> int:
            call = {"call": "search", "args": [], "kwargs": {}, "dump": b"", "number": 1, "printed": "", "held": "x"}
            listener({"done": {"outcome": "suspended", **call}})
            return 1

    liar = Runner(Liar)
    try:
        outcome = liar.run("a", "", "go", {}, GRANTED, LIMITS, Surroundings(), hold=True)
        assert isinstance(outcome, Failed)
        assert outcome.code == "skill-died"
    finally:
        liar.close()
