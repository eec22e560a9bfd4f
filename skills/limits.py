"""What one run of a skill may use up, and the surroundings it sees.  The caller chooses both; a skill cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

MAX_PROGRAM = 256 * 1024  # bytes of UTF-8, as the validator has it
MAX_SECONDS = 60.0  # no run may be given more, of execution or of sleep
MAX_MEMORY = 256 * 1024 * 1024  # bytes; neither of what the interpreter holds


class BadLimits(ValueError):
    """Limits that are no limits: zero, negative, not finite or beyond what any run may have."""

    code = "skill-limits"


@dataclass(frozen=True)
class Limits:
    """Of one run from its start to its end, over all its suspensions.

    `seconds`: execution, while the interpreter works; waiting for a person costs nothing.  `memory`: bytes the
    interpreter may hold, which bounds allocations too; Monty 1.4 has no count of them.  `depth`: calls within calls.
    `calls`: times that it stops for the host: granted calls, and attempts at what is not granted.  `output`:
    characters printed.  `sleep`: seconds slept.  `value`: bytes of one value at the border, counted by `plain`.
    """

    seconds: float = 5.0
    memory: int = 64 * 1024 * 1024
    depth: int = 200
    calls: int = 200
    output: int = 20_000
    sleep: float = 2.0
    value: int = 2 * 1024 * 1024

    def __post_init__(self) -> None:
        if not (0 < self.seconds <= MAX_SECONDS and 0 <= self.sleep <= MAX_SECONDS):
            raise BadLimits("A run is given up to a minute of execution and a minute of sleep.")
        counts = (self.memory, MAX_MEMORY), (self.depth, 1000), (self.calls, 10_000), (self.output, 1 << 24)
        if not all(0 < count <= most for count, most in (*counts, (self.value, MAX_MEMORY // 4))):
            raise BadLimits("Memory, depth, calls, output and values of a run are bounded, and more than zero.")


@dataclass(frozen=True)
class Surroundings:
    """The clock and the dice of a run.  The same surroundings and answers make the same run.

    `now`: seconds since 1970 UTC at which the clock stands still; None grants the machine's clock.  `offset`: seconds
    east of UTC of its local time, for every date alike: the interpreter may open no file, so it knows no time zones.
    `zone`: what that is called.  `seed`: what random numbers begin from; None grants the machine's randomness.
    """

    now: float | None = 0.0
    offset: int = 0
    zone: str = "UTC"
    seed: str | None = ""

    def __post_init__(self) -> None:
        if not -86_400 < self.offset < 86_400 or not (self.now is None or -2e10 < self.now < 2e11):
            raise BadLimits("The clock of a run is in a year between 1400 and 8000, less than a day from UTC.")

    def clock(self) -> datetime | None:
        return None if self.now is None else datetime.fromtimestamp(self.now, UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Spent:
    """What a run has used up so far; travels with its dump."""

    seconds: float = 0.0
    calls: int = 0
    sleep: float = 0.0
    printed: str = ""


def as_map(part: Limits | Surroundings | Spent) -> dict[str, Any]:
    return asdict(part)


def limits(found: Mapping[str, Any]) -> Limits:
    """Errors: BadLimits, for unknown names and wrong types too."""
    kinds = {field.name: (int, float) if field.type == "float" else (int,) for field in fields(Limits)}
    for name, value in found.items():
        if name not in kinds or isinstance(value, bool) or not isinstance(value, kinds[name]):
            raise BadLimits(f"There is no such limit, or it is of another kind: {name!r}.")
    return Limits(**found)
