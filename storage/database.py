"""The only importer of sqlcipher3: one encrypted database, one writer, one reader, every failure a sentence.

SQLCipher 4 with a raw 256-bit key: AES-256-CBC and HMAC-SHA512 per page, no KDF.  Pages of 16 KiB: of 4, 8, 16, 32
and 64 KiB they took the most records per second, load vectors within 15 % of 64 KiB, and keep an empty vault at
0.5 MB instead of 2.  The journal is a WAL, encrypted as the database is; its index (-shm) holds page numbers only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from sqlcipher3 import dbapi2

from storage.durable import sync_directory

PAGE_BYTES = 16 * 1024
APPLICATION_ID = 0x4E756565  # "Nuee", readable once decrypted
_CACHE_KIB = 16 * 1024
_BUSY_MS = 5000


class VaultError(Exception):
    """The vault could not do it; what was stored before still is.

    `code`: missing | exists | wrong-key-or-damaged | damaged | newer-version | disk-full | read-only | in-use | io |
    closed | too-large | internal, and from the stores: unknown-id | ambiguous-id | unknown-conversation |
    unknown-source | wrong-dimensions.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Cursor(Protocol):
    @property
    def lastrowid(self) -> int: ...
    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """What the stores use of a connection, inside `Database.read` or `Database.write` only."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Cursor: ...
    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Cursor: ...


class Database:
    """An open database.  Any thread: writes wait for each other, reads for each other, neither for the other.

    A read sees the last committed state.  Do not nest `read` or `write` in one thread.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        """Errors: VaultError.  Nothing stays open after one."""
        if len(key) != 32:
            raise ValueError("a vault key is 32 bytes")
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._closed = False
        self._path = path
        self._writer = _connect(path, key)
        try:
            self._reader = _connect(path, key)
        except BaseException:
            self._writer.close()
            raise
        self._reader.execute("PRAGMA query_only = ON")

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of the block or nothing of it.  Errors: VaultError."""
        with self._writing, sentences():
            self._check_open()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield cast(Connection, self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(dbapi2.Error):  # SQLite may have rolled back already, as on a full disk
                    self._writer.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot for the whole block.  Errors: VaultError."""
        with self._reading, sentences():
            self._check_open()
            self._reader.execute("BEGIN")
            try:
                yield cast(Connection, self._reader)
            finally:
                with contextlib.suppress(dbapi2.Error):
                    self._reader.execute("COMMIT")

    def migrate(self, scripts: Sequence[str]) -> None:
        """Bring the database to version `len(scripts)`, one transaction for each step.

        Errors: VaultError `newer-version` when it is beyond that already.
        """
        with self._writing, sentences():
            self._check_open()
            (version,) = self._writer.execute("PRAGMA user_version").fetchone()
            if version > len(scripts):
                raise VaultError("newer-version", "this vault was written by a newer release; update to open it")
            for number, script in enumerate(scripts[version:], version + 1):
                try:
                    self._writer.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
                except dbapi2.Error:
                    with contextlib.suppress(dbapi2.Error):
                        self._writer.execute("ROLLBACK")
                    raise

    def checkpoint(self) -> None:
        """Move the journal into the database and empty it, so that nothing deleted lingers in it.

        Also what makes commits safe from a damaged journal, which SQLite drops in silence.
        """
        with self._writing, self._reading, sentences():
            self._check_open()
            self._truncate()

    @contextlib.contextmanager
    def still(self) -> Iterator[Path]:
        """The file, whole and with an empty journal, for as long as the block lasts: reads go on, writes wait."""
        with self._writing:
            with self._reading, sentences():
                self._check_open()
                self._truncate()
            yield self._path

    def check(self) -> None:
        """Verify every page, free ones too, and that tables, indexes and full text agree; reads the whole file.

        Errors: VaultError `damaged`.  An older state of the whole file is not told from the newest.
        """
        self.checkpoint()  # what is verified is the file, which then is all there is
        with self.read() as connection:
            sound = (
                not connection.execute("PRAGMA cipher_integrity_check").fetchall()
                and connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                and not connection.execute("PRAGMA foreign_key_check").fetchall()
            )
        if not sound:
            raise VaultError(*_MEANING[11])

    def close(self) -> None:
        """Checkpoint and close; waits for a running read or write.  A second call does nothing.

        The database is closed even when the checkpoint fails (a full disk): the journal then stays beside it and the
        next opening takes it in.
        """
        with self._writing, self._reading:
            if self._closed:
                return
            self._closed = True
            with sentences():
                try:
                    self._truncate()
                finally:
                    self._reader.close()
                    self._writer.close()

    def _truncate(self) -> None:
        (busy, _, _) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise VaultError("in-use", "another program has this vault open")

    def _check_open(self) -> None:
        if self._closed:
            raise VaultError("closed", "the vault is locked")


@contextlib.contextmanager
def sentences() -> Iterator[None]:
    """Turn what the database library raises into VaultError.  Its own text never passes: it may quote a value."""
    try:
        yield
    except dbapi2.Error as error:
        code, sentence = _MEANING.get(getattr(error, "sqlite_errorcode", 1) & 0xFF, _UNFORESEEN)
        raise VaultError(code, sentence) from error
    except OSError as error:
        code, sentence = _MEANING[_RESULT.get(error.errno or 0, 10)]
        raise VaultError(code, sentence) from error


_RESULT = {  # what SQLite would have called it
    errno.ENOSPC: 13,
    errno.EDQUOT: 13,
    errno.EACCES: 8,
    errno.EPERM: 8,
    errno.EROFS: 8,
    errno.ENOENT: 14,
}
_UNFORESEEN = ("internal", "the vault met an error that it does not know")
_MEANING = {  # primary result codes, https://sqlite.org/rescode.html
    5: ("in-use", "another program has this vault open"),
    6: ("in-use", "another program has this vault open"),
    8: ("read-only", "the vault cannot be written: its file or folder is read-only"),
    10: ("io", "the disk reported an error while the vault was read or written"),
    11: ("damaged", "the vault is damaged: a part of it is not what was written; put back a copy from a backup"),
    13: ("disk-full", "the disk is full; nothing of this step was stored, all before it was"),
    14: ("read-only", "the vault cannot be opened: its folder is read-only or gone"),
    18: ("too-large", "this is too large for the vault to store"),
    26: ("wrong-key-or-damaged", "this key does not open the vault, or the vault is damaged"),
}


def _connect(path: Path, key: bytes) -> Any:
    """A keyed connection with every pragma set; the first read has proved the key."""
    with sentences():
        connection = dbapi2.connect(
            path.as_uri() + "?mode=rw", uri=True, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000
        )
        try:
            for pragma in ("cipher_log_level = NONE", "cipher_log = off"):  # it would print to standard error
                connection.execute(f"PRAGMA {pragma}")
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            connection.execute("PRAGMA cipher_compatibility = 4")
            connection.execute(f"PRAGMA cipher_page_size = {PAGE_BYTES}")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            for pragma in (
                "journal_mode = WAL",
                "synchronous = FULL",  # a committed answer survives a power cut
                "secure_delete = ON",
                "foreign_keys = ON",
                "temp_store = MEMORY",  # sorting must not spill mail into a temporary file
                "mmap_size = 0",
                f"cache_size = -{_CACHE_KIB}",
                "wal_autocheckpoint = 1000",  # pages: 16 MB
            ):
                connection.execute(f"PRAGMA {pragma}").fetchall()
        except BaseException:
            connection.close()
            raise
        return connection


def create_empty(path: Path, key: bytes, scripts: Sequence[str]) -> None:
    """Make a database of version `len(scripts)` at `path`, which appears whole or not at all; mode 0600."""
    making = path.with_name(path.name + ".new")
    with sentences():
        for left in (making, *journals(making)):  # of a creation that was cut off
            left.unlink(missing_ok=True)
        os.close(os.open(making, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    database = Database(making, key)
    try:
        with database.write() as connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.migrate(scripts)
    finally:
        database.close()
    with sentences():
        making.rename(path)
        sync_directory(path.parent)


def journals(path: Path) -> tuple[Path, Path]:
    """The files that SQLite keeps beside an open database."""
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")
