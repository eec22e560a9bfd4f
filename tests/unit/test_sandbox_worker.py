"""The sandbox as a process: its limits, its end, and what the node makes of its answers."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app import services, workers
from app.workers import WorkerProcess
from skills.limits import Limits, Surroundings
from skills.outcome import Failed, Finished, Outcome, Suspended
from skills.runner import Refused, Runner
from skills.sandbox import ENGINE
from tests.unit.sandbox_fixtures import GRANTED, LIMITS, program

PLANTED = """
import os, resource, socket, sys, time
from skills import runner_worker
from app.worker_host import private_pipes, serve
source, sink = private_pipes()
real = runner_worker.service()
def tried(what):
    try:
        what()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "it worked"
def run(args, reply):
    name = args["entry"]
    if name == "crash":
        os.kill(os.getpid(), 11)
    if name == "hang":
        time.sleep(60)
    if name == "lie":
        return {"outcome": "suspended", "call": 7}
    if name == "flood":
        return {"outcome": "finished", "value": "x" * 10_000_000}
    if name == "limits":
        def write():
            with open(args["inputs"]["path"], "w") as out:
                out.write("x")
        many = lambda: [os.dup(0) for _ in range(100)]
        value = [tried(write), tried(lambda: bytearray(2 << 30)), tried(many)]
        return {"outcome": "finished", "value": value, "printed": ""}
    return real["run"](args, reply)
serve({**real, "run": run}, source, sink)
"""


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner(lambda: services.start("skills"))
    yield made
    made.close()


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """The real worker, with a service planted in it that does harm where the entry's name asks for it."""
    monkeypatch.setattr(workers, "command", lambda _name: [sys.executable, "-c", PLANTED])
    made = Runner(lambda: WorkerProcess(services.SPECS["skills"]))
    yield made
    made.close()


def go(runner: Runner, body: str = "return 1", entry: str = "go", skill: str = "a", limits: Limits = LIMITS) -> Outcome:
    return runner.run(skill, program(body), entry, {}, GRANTED, limits, Surroundings())


def interpreter(runner: Runner) -> psutil.Process:
    assert isinstance(runner._worker, WorkerProcess)
    (child,) = psutil.Process(runner._worker.pid).children()
    return child


def failure(outcome: Outcome) -> Failed:
    assert isinstance(outcome, Failed), outcome
    return outcome


def test_the_worker_of_the_program_runs_a_skill_with_a_call(runner: Runner) -> None:
    call = go(runner, "return search('x', n=1) + 1")
    assert isinstance(call, Suspended)
    assert (call.call, call.args, call.kwargs) == ("search", ["x"], {"n": 1})
    assert runner.resume("a", call.dump, 41, LIMITS) == Finished(42)


def test_a_refusal_goes_in_through_the_worker(runner: Runner) -> None:
    call = go(runner, "send('x')")
    assert isinstance(call, Suspended)
    found = failure(runner.resume_error("a", call.dump, "PermissionError", "no", LIMITS))
    assert (found.sentence, found.line) == ("PermissionError: no", 2)


def test_a_suspended_run_goes_on_in_another_worker(runner: Runner) -> None:
    call = go(runner, "return search()")
    assert isinstance(call, Suspended)
    other = Runner(lambda: services.start("skills"))
    try:
        assert other.resume("a", call.dump, 2, LIMITS) == Finished(2)
    finally:
        other.close()


def test_the_engine_is_told(runner: Runner) -> None:
    assert runner.engine() == ENGINE


def test_what_cannot_be_begun_is_refused_and_the_worker_lives(runner: Runner) -> None:
    with pytest.raises(Refused) as refused:
        go(runner, entry="a b")
    assert refused.value.code == "skill-run"
    call = go(runner, "return search()")
    assert isinstance(call, Suspended)
    with pytest.raises(Refused) as refused:
        runner.resume("a", call.dump, float("inf"), LIMITS)
    assert refused.value.code == "skill-value"


def test_an_interpreter_that_dies_is_a_failure_and_the_next_run_works(runner: Runner) -> None:
    go(runner)
    threading.Timer(0.2, interpreter(runner).kill).start()
    assert failure(go(runner, "while True: pass", limits=Limits(seconds=10))).code == "skill-died"
    assert go(runner) == Finished(1)


def test_another_skill_gets_another_process(runner: Runner) -> None:
    go(runner, skill="a")
    first = interpreter(runner).pid
    go(runner, skill="a")
    assert interpreter(runner).pid == first
    go(runner, skill="b")
    assert interpreter(runner).pid != first


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of another process, as Linux has them")
def test_the_interpreter_opens_nothing_and_has_no_environment(runner: Runner) -> None:
    go(runner)
    process = interpreter(runner)
    assert process.rlimit(psutil.RLIMIT_NOFILE) == (0, 0)
    assert process.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert process.rlimit(psutil.RLIMIT_AS)[0] < 1 << 30
    assert process.rlimit(psutil.RLIMIT_CPU)[0] < 10
    assert process.environ() == {}


def test_a_worker_that_dies_is_a_failure_and_the_next_run_works(planted: Runner) -> None:
    assert failure(go(planted, entry="crash")).code == "skill-died"
    assert go(planted) == Finished(1)


def test_a_worker_that_hangs_is_ended(planted: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    go(planted)
    monkeypatch.setattr("skills.runner._GRACE", 0.2)
    start = time.monotonic()
    assert failure(go(planted, entry="hang")).code == "skill-time"
    assert time.monotonic() - start < 5
    assert planted._worker is None


@pytest.mark.parametrize("entry", ["lie", "flood"])
def test_a_worker_that_was_taken_over_is_not_believed(planted: Runner, entry: str) -> None:
    assert failure(go(planted, entry=entry)).code == "skill-died"
    assert go(planted) == Finished(1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits of POSIX, as Linux keeps them")
def test_the_worker_writes_no_file_and_keeps_to_its_memory(planted: Runner, tmp_path: Path) -> None:
    inputs = {"path": str(tmp_path / "written")}
    outcome = planted.run("a", "", "limits", inputs, GRANTED, LIMITS, Surroundings())
    assert isinstance(outcome, Finished)
    assert outcome.value == ["OSError", "MemoryError", "OSError"]


def test_no_process_is_left_when_it_is_closed(runner: Runner) -> None:
    go(runner)
    below = interpreter(runner)
    runner.close()
    below.wait(5)
    assert failure(go(runner)).code == "skill-died"
