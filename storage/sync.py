"""The port between a source and the vault: what a driver is given, and what it answers.

A driver fetches bytes, turns them into records and hands them to the ledger part by part; it never touches the
database otherwise.  Blocking; it runs in a worker thread of its own, polls `stop`, and raises SyncFailed for whatever
went wrong: the schedule decides when to try again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from storage.documents import Extract, no_reader
from storage.ledger import Ledger

SourceKind = Literal["imap", "notes", "feed", "calendar", "contacts", "folder"]


class SyncFailed(Exception):
    """A source could not be reached, or refused.  `code`: source-auth | source-unreachable | source-tls |
    source-refused | source-gone | source-broken | source-busy | source-full | source-kind.  `later`: seconds the source
    itself asked to wait, where it did.  The sentence never holds a secret."""

    def __init__(self, code: str, message: str, later: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.later = later


@dataclass(frozen=True)
class Account:
    """One source as a driver sees it.  `config` is what the user chose; `secret` reads a password or token by name;
    `extract` reads documents, also those that are attached."""

    id: int
    kind: SourceKind
    config: Mapping[str, Any]
    secret: Callable[[str], str | None] = field(repr=False)
    set_secret: Callable[[str, str], None] = field(repr=False)
    extract: Extract = field(default=no_reader, repr=False)


@dataclass(frozen=True)
class Synced:
    """What one sync did.  `failed`: (where, reason) of items that could not be read.  `again`: seconds after which the
    source says that it is worth looking again (the ttl of a feed), where it says so."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    again: float | None = None


Report = Callable[[int, int | None, str], None]  # items done, of how many if known, what is being read
Stop = Callable[[], bool]


class Driver(Protocol):
    """One for each kind of source."""

    def check(self, account: Account) -> tuple[str, ...]:
        """Prove that the source can be read; what can be chosen in it (IMAP folders), if anything.

        Errors: SyncFailed; ValueError with a sentence for a configuration that cannot be meant.
        """
        ...

    def sync(self, account: Account, ledger: Ledger, report: Report, stop: Stop) -> Synced:
        """Bring the vault up to date and return; go on where the last one stopped.  Errors: SyncFailed, VaultError."""
        ...

    def watch(self, account: Account, changed: Callable[[], None], stop: Stop) -> None:
        """Wait for news (IMAP IDLE, file events), calling `changed` for each, until `stop`; return at once where the
        source has no such thing.  Errors: SyncFailed when the connection is lost."""
        ...
