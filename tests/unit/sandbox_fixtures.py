"""What the tests of the sandbox share: short limits and fixed surroundings."""

from __future__ import annotations

from typing import Any

from skills.limits import Limits, Surroundings
from skills.outcome import Outcome, Suspended
from skills.sandbox import Sandbox

LIMITS = Limits(seconds=0.5, memory=16 << 20, depth=100, calls=20, output=1000, sleep=0.2, value=100_000)
GRANTED = ("search", "send")


def program(body: str) -> str:
    """`body` as the body of the entry `go`, with what it imports above it."""
    return "def go(**inputs):\n" + "".join(f"    {line}\n" for line in body.strip("\n").splitlines())


def run(
    sandbox: Sandbox, body: str, limits: Limits = LIMITS, around: Surroundings | None = None, **inputs: Any
) -> Outcome:
    return sandbox.run(program(body), "go", inputs, GRANTED, limits, around)


def suspended(sandbox: Sandbox, body: str, limits: Limits = LIMITS, around: Surroundings | None = None) -> Suspended:
    outcome = run(sandbox, body, limits, around)
    assert isinstance(outcome, Suspended), outcome
    return outcome


def to_the_end(sandbox: Sandbox, outcome: Outcome, answer: Any = None) -> Outcome:
    """Every call is answered with the same."""
    while isinstance(outcome, Suspended):
        outcome = sandbox.resume(outcome.dump, answer)
    return outcome
