"""What backup and restore return.  Frozen, standard types only; see `app.results`."""

from __future__ import annotations

from dataclasses import dataclass


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
