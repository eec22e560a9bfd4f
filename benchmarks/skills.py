"""`python -m benchmarks skills`: what the sandbox costs a skill, beside the same function called in this process.

One run with one host call that is answered at once: the run is held where it is, and goes on there.  In the sandbox's
own process, through the worker that the program uses, and with a dump that is sealed and unsealed, as when a person has
to be asked.  Goal: 95 % of the calls on a warm pool within 2 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from typing import Any

from app import services
from skills.limits import Limits, Surroundings
from skills.outcome import Finished, Outcome, Suspended
from skills.runner import Runner
from skills.sandbox import ENGINE, Sandbox
from skills.suspended import Binding, seal, unseal

GOAL_MS = 2.0
_LIMITS = Limits()
_AROUND = Surroundings()
_PROGRAM = """
def digest(who):
    found = search(who, limit=20)
    lines = [f"{mail['from']}: {mail['subject'].strip()}" for mail in found]
    return {"count": len(found), "text": "\\n".join(sorted(lines))}
"""
_INPUTS = {"who": "ann@example.org"}
_MAIL = [{"from": f"person{n}@example.org", "subject": f" Meeting {n} about the garden "} for n in range(20)]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks skills")
    parser.add_argument("--runs", type=int, default=500)
    runs = parser.parse_args(arguments).runs
    with Sandbox() as sandbox:
        figures = {
            "in_process_ms": _timed(_in_process(), runs),
            "sandbox_ms": _timed(lambda: _sandboxed(sandbox), runs),
            "sandbox_sealed_ms": _timed(lambda: _sandboxed(sandbox, os.urandom(32)), runs),
            "new_process_ms": _timed(lambda: _renewed(sandbox), max(1, runs // 20)),
        }
    figures["worker_ms"], start = _through_worker(runs)
    report = {"runs": runs, "goal_p95_ms": GOAL_MS, "worker_start_ms": start, **figures}
    for name, figure in figures.items():
        print(f"{name:20} p50 {figure['p50']:8.3f} ms   p95 {figure['p95']:8.3f} ms")
    for name, what in (("sandbox_ms", "on a warm pool"), ("worker_ms", "through the worker")):
        met = "met" if figures[name]["p95"] <= GOAL_MS else "missed"
        print(f"goal: 95 % of the runs {what} within {GOAL_MS} ms: {met}")
    print(json.dumps(report))
    return 0


def _in_process() -> Callable[[], Any]:
    names: dict[str, Any] = {"search": lambda _who, limit: _MAIL[:limit]}
    exec(_PROGRAM, names)
    return lambda: names["digest"](**_INPUTS)


def _sandboxed(sandbox: Sandbox, key: bytes | None = None) -> None:
    call = _call(sandbox.run(_PROGRAM, "digest", _INPUTS, ["search"], _LIMITS, _AROUND, hold=key is None))
    if key is None:
        _finished(sandbox.go_on(_MAIL))
        return
    binding = Binding(ENGINE, "a" * 64, "run", call.number)
    _finished(sandbox.resume(unseal(key, binding, seal(key, binding, call.dump)), _MAIL))


def _renewed(sandbox: Sandbox) -> None:
    sandbox.renew()
    _sandboxed(sandbox)


def _through_worker(runs: int) -> tuple[dict[str, float], float]:
    runner = Runner(lambda: services.start("skills"))

    def once() -> None:
        call = _call(runner.run("a", _PROGRAM, "digest", _INPUTS, ["search"], _LIMITS, _AROUND, hold=True))
        assert call.held is not None
        _finished(runner.go_on(call.held, _MAIL, _LIMITS))

    try:
        start = time.perf_counter()
        runner.engine()
        started = (time.perf_counter() - start) * 1000
        return _timed(once, runs), round(started, 1)
    finally:
        runner.close()


def _call(outcome: Outcome) -> Suspended:
    assert isinstance(outcome, Suspended), outcome
    return outcome


def _finished(outcome: Outcome) -> None:
    assert isinstance(outcome, Finished), outcome
    assert outcome.value["count"] == len(_MAIL)


def _timed(once: Callable[[], Any], runs: int) -> dict[str, float]:
    for _ in range(min(runs, 20)):
        once()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        once()
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    return {"p50": round(taken[len(taken) // 2], 4), "p95": round(taken[int(len(taken) * 0.95)], 4)}
