"""What the commands on sources return and report.  Frozen, standard types only; see `app.results`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

SourceState = Literal["new", "ok", "syncing", "waiting", "error", "paused", "airplane"]


@dataclass(frozen=True)
class SourceRow:
    """One source.  Times are ISO 8601 in UTC.

    `place` says where it is, in one line, without any secret: "ada@mail.example.org: INBOX, Sent", a path, an address.
    `state`: new: not read yet; waiting: its turn, the battery or the machine's load hold it back, or it could not be
    reached and is tried again soon (`error` says why); error: it needs a look.
    `config` is what was chosen, for the window's edit page.  `error` is a code of the catalogue, `detail` its English
    sentence; `failures` counts those in a row.  `due`: when it is read next by itself; None while it never is.
    """

    id: int
    kind: str
    name: str
    place: str
    state: SourceState
    synced: str | None
    due: str | None
    records: int
    error: str
    detail: str
    failures: int
    config: dict[str, Any]


@dataclass(frozen=True)
class SourceCheck:
    """A source that can be read: what can be chosen in it (IMAP folders, in the server's order), and a proposal."""

    choices: tuple[str, ...]
    proposed: tuple[str, ...]


@dataclass(frozen=True)
class SyncDone:
    """One sync of one source.  `failed`: (where, reason)."""

    source: int
    new: int
    changed: int
    gone: int
    failed: tuple[tuple[str, str], ...]
    seconds: float
    error: str = ""  # code of why it could not be read, where several were asked for and the others go on
    detail: str = ""  # its English sentence


@dataclass(frozen=True)
class SourceRemoved:
    """`records`: how many went with it."""

    source: int
    name: str
    records: int


@dataclass(frozen=True)
class SourceChanged:
    """An event: the row of this source is different now; 0 for all of them (added, removed, airplane mode)."""

    source: int


@dataclass(frozen=True)
class TimelineEntry:
    """What came in on one day from one place.  `day` is a local date, YYYY-MM-DD; `source` 0 is import by hand;
    `latest` are the last few records, newest first: (id, kind, title, sender)."""

    day: str
    source: int
    name: str
    kind: str
    count: int
    latest: tuple[tuple[str, str, str, str], ...]
