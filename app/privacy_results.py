"""What the commands on forgetting and on secrets return.  Frozen, standard types only; see `app.results`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ForgetPreview:
    """`count` records would be forgotten; `titles` are the first few of them, newest first."""

    count: int
    titles: tuple[str, ...]


@dataclass(frozen=True)
class Forgotten:
    """`conversations`: how many lost something that quoted them.  `titles`: as in the preview."""

    records: int
    conversations: int
    titles: tuple[str, ...]


@dataclass(frozen=True)
class NewPhrase:
    """Shown once, kept nowhere."""

    recovery_phrase: str = field(repr=False)
