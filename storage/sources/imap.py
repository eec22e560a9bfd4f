"""Mail accounts by IMAP: the driver that the schedule runs.

Config: host, port, security ("tls", "starttls", "none"), user, folders (names as `check` gives them; without any, those
that `survey` proposes), auth ("password", "oauth2"), deleted ("remove", "keep"), since (ISO date), ca_file.
Secrets: "password", or "oauth2" (see storage/sources/oauth2.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import quote

from storage.ledger import Ledger
from storage.sources import imap_config, imap_folders, imap_idle
from storage.sources.imap_config import Config
from storage.sources.imap_folders import Folder
from storage.sources.imap_mailbox import DAY, Mailbox, Tally, Work
from storage.sources.imap_session import Session
from storage.sources.imap_wire import Stopped
from storage.sync import Account, Driver, Report, Stop, Synced, SyncFailed

GRACE = 7 * DAY  # for which what was deleted on the server stays here: moves and mistakes come back in it
_ONE_FOLDER = ("source-refused", "source-gone", "source-full")  # failures that leave the other folders readable


@dataclass(frozen=True)
class Survey:
    """The folders of an account that can be read, inbox first, and those that most people would choose."""

    folders: tuple[str, ...]
    proposed: tuple[str, ...]


class ImapDriver:
    """Stateless.  `clock`: seconds since the epoch, UTC."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def survey(self, account: Account) -> Survey:
        """Sign in and look.  Errors: as `check`."""
        config = imap_config.parse(account.config)
        with _session(config, account, _never) as session:
            folders = session.folders()
        return Survey(tuple(folder.name for folder in folders), imap_folders.propose(folders))

    def check(self, account: Account) -> tuple[str, ...]:
        return self.survey(account).folders

    def sync(self, account: Account, ledger: Ledger, report: Report, stop: Stop) -> Synced:
        """`gone` counts records taken away: those deleted on the server for `GRACE`; the caller empties the journal
        where there are any.  Stopped, it returns what it did."""
        config = _parsed(account)
        tally, gone = Tally(), 0
        with suppress(Stopped), _session(config, account, stop) as session:
            folders = _chosen(config, session.folders(), tally)
            for part in set(ledger.parts()) - set(config.folders) if config.folders else ():
                ledger.drop_part(part)
            work = Work(
                session, ledger, _place(config), config.since, self._clock, report, stop, tally, account.extract
            )
            sure = [_sync_one(work, folder) for folder in folders]
            if config.deleted == "remove" and all(sure) and not _lacks(config, folders):
                gone = ledger.sweep(self._clock() - GRACE)
        return Synced(tally.new, tally.changed, gone, tuple(tally.failed))

    def watch(self, account: Account, changed: Callable[[], None], stop: Stop) -> None:
        """Only what comes after it began is told: begin it before a sync, not after."""
        config = _parsed(account)
        with suppress(Stopped), _session(config, account, stop) as session:
            imap_idle.wait(session, _chosen(config, session.folders(), Tally()), changed, stop)


def driver() -> Driver:
    return ImapDriver()


def _sync_one(work: Work, folder: Folder) -> bool:
    try:
        return Mailbox(work, folder).sync()
    except SyncFailed as failure:
        if failure.code not in _ONE_FOLDER:
            raise
        work.tally.fail(folder.name, str(failure))
        return False


@contextmanager
def _session(config: Config, account: Account, stop: Stop) -> Iterator[Session]:
    session = Session(config.server, account, stop)
    try:
        yield session
    finally:
        session.close()


def _parsed(account: Account) -> Config:
    try:
        return imap_config.parse(account.config)
    except ValueError as error:
        raise SyncFailed("source-broken", str(error)) from None


def _chosen(config: Config, folders: list[Folder], tally: Tally) -> list[Folder]:
    """Inbox first.  Errors: SyncFailed `source-gone` where none of them is there."""
    names = config.folders or imap_folders.propose(folders)
    found = [folder for folder in folders if folder.name in names]
    for name in sorted(set(names) - {folder.name for folder in found}):
        tally.fail(name, "The mail server does not have this folder any more.")
    if not found:
        raise SyncFailed("source-gone", "The mail server has none of the chosen folders any more.")
    return found


def _lacks(config: Config, found: list[Folder]) -> bool:
    return len(found) < len(config.folders)


def _place(config: Config) -> str:
    return f"imap://{quote(config.server.user, safe='')}@{config.server.host}"


def _never() -> bool:
    return False
