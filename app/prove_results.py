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


@dataclass(frozen=True)
class OfflineReport:
    """`holds`: no process of ours reached out, listened, or asked for an address, while airplane mode was on.

    `connections`: what did, "what address (process)".  `own`: what stayed on this machine, named the same way.
    `refused`: what was asked for and ended with the sentence of airplane mode.  `processes`: how many were watched.
    """

    holds: bool
    connections: tuple[str, ...]
    own: tuple[str, ...]
    refused: tuple[str, ...]
    processes: int
    features: tuple[str, ...]
    seconds: float
