"""What the commands on forgetting and on secrets return.  Frozen, standard types only; see `app.results`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ForgetPreview:
    """`count` records would be forgotten; `titles` are the first few of them, newest first.

    `receipts`: how many receipts hold words of theirs and would be emptied.
    """

    count: int
    titles: tuple[str, ...]
    receipts: int = 0


@dataclass(frozen=True)
class Forgotten:
    """`conversations`: how many lost something that quoted them.  `titles`: as in the preview.

    `receipts`: how many were emptied.
    """

    records: int
    conversations: int
    titles: tuple[str, ...]
    receipts: int = 0


@dataclass(frozen=True)
class NewPhrase:
    """Shown once, kept nowhere."""

    recovery_phrase: str = field(repr=False)
