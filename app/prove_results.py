"""What the proof of privacy returns.  Frozen, standard types only; see `app.results`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Leak:
    """`what` was found in `file`; `how`: as it is, in its name, as numbers, or compressed."""

    file: str
    what: str
    how: str


@dataclass(frozen=True)
class ProofReport:
    """`holds`: nothing was found, no process could dump core, and every file could be read.

    `files` and `bytes` were searched for `canaries` marks in all their encodings, after `features` were driven and
    `crashes` processes killed.  `kept`: where the throw-away profile is kept after a leak, else empty.
    """

    holds: bool
    files: int
    bytes: int
    canaries: int
    leaks: tuple[Leak, ...]
    core_dumps: tuple[str, ...]
    unread: tuple[str, ...]
    features: tuple[str, ...]
    crashes: int
    seconds: float
    kept: str
