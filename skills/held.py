"""A run that waits for the answer to a call where it runs, as long as nothing else wants to run there."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class Held:
    """The runner's.  `worker`: the process it is in.  `dump`: what to go on from, once it had to make room."""

    skill: str
    worker: object = field(repr=False)
    dump: bytes | None = field(default=None, repr=False)
