"""What backup and restore return.  Frozen, standard types only; see `app.results`."""

from __future__ import annotations

from dataclasses import dataclass

# Settings: when that was last, ISO 8601 in UTC.
BACKUP_MADE = "backup_made"
PHRASE_CONFIRMED = "phrase_confirmed"  # words of the recovery phrase that is valid now were typed back


@dataclass(frozen=True)
class Exported:
    """`open`: in open formats, unencrypted; else the encrypted archive.  `bytes`: what it takes."""

    path: str
    bytes: int
    records: int
    conversations: int
    open: bool


@dataclass(frozen=True)
class Restored:
    """`created`: when the backup was made, ISO 8601 in UTC."""

    home: str
    created: str
    records: int
