"""The records of the vault: adding, finding, reading, forgetting.  Search asks for chunks here too."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storage import filters, progress, rows, threads, tombstones
from storage.authentication import Servers
from storage.database import Database
from storage.records import KINDS, Hit, Kind, Record, StoredRecord
from storage.vectors import Vectors

MAX_WORDS = 32  # of the library's filter: a pasted page must not end in an error
_HIT = """c.id, r.id, r.kind, r.title, r.sender, r.date, c.text, c.start, c."end", 0.0, '', c.context
    FROM chunk c JOIN record r ON r.number = c.record"""


@dataclass(frozen=True)
class Added:
    """`ids`: of the new records, in the order given.  `duplicates`: how many were there already."""

    ids: tuple[str, ...]
    duplicates: int


@dataclass(frozen=True)
class LibraryEntry:
    """A line of the library.  `date`: seconds since the epoch, UTC."""

    id: str
    kind: Kind
    title: str
    sender: str
    date: float | None
    attachments: int


@dataclass(frozen=True)
class ThreadEntry:
    id: str
    title: str
    sender: str
    date: float | None


@dataclass(frozen=True)
class Counts:
    records: int
    mails: int
    notes: int
    files: int
    articles: int
    events: int
    contacts: int
    threads: int
    chunks: int


@dataclass(frozen=True)
class ImportFailure:
    """Something that could not be imported, and why.  `at`: seconds since the epoch, UTC."""

    path: str
    reason: str
    at: float


class Library:
    """Blocking; any thread.  Errors: VaultError.  Adding holds the writer, never the reader: searches go on."""

    def __init__(
        self,
        database: Database,
        vectors: Vectors,
        clock: Callable[[], float] = time.time,
        servers: Servers | None = None,
    ) -> None:
        self._database = database
        self._vectors = vectors
        self._clock = clock
        self._servers = servers or Servers()

    def add(self, records: Sequence[Record], marks: Sequence[progress.Mark] = ()) -> Added:
        """Store what is new, in one transaction: all of `records` or, on an error, none.  `marks` with them.

        Two records are one when message id and digest agree; the same message id with other content is another record.
        """
        with self._database.read() as connection:
            fresh = [record for record in records if not rows.is_known(connection, record)]
        prepared = [rows.prepare(record) for record in fresh]  # stemming and cutting: the database is not held
        ids = []
        with self._database.write() as connection:
            key = tombstones.key(connection)
            for record in records:  # brought in by hand: wanted, and the person's own from now on
                tombstones.lift(connection, key, record.external_id, record.digest())
                rows.keep(connection, record)
            for one in prepared:
                name = rows.insert(connection, one, self._clock())
                if name is not None:
                    ids.append(name)
            progress.save(connection, marks, self._clock())
        return Added(tuple(ids), len(records) - len(ids))

    def was_forgotten(self, record: Record) -> bool:
        """Whether the person had this very record and no longer wants it."""
        with self._database.read() as connection:
            return tombstones.known(connection, record.external_id, record.digest())

    def import_mark(self, path: str) -> progress.Mark | None:
        """How far an import of this path had come that did not end."""
        with self._database.read() as connection:
            return progress.load(connection, path)

    def get(self, name: str) -> StoredRecord:
        """By id, or by the beginning of one (4 characters or more) that no other record shares.

        Errors: VaultError `unknown-id`, `ambiguous-id`.
        """
        with self._database.read() as connection:
            return self._servers.judge(connection, rows.load(connection, rows.number(connection, name)))

    def original(self, name: str) -> bytes:
        """The bytes the record was read from; empty when its source gave none.  Errors: as `get`."""
        with self._database.read() as connection:
            number = rows.number(connection, name)
            found = connection.execute("SELECT bytes FROM original WHERE record = ?", (number,)).fetchone()
        return zlib.decompress(found[0]) if found else b""

    def thread(self, number: int) -> list[ThreadEntry]:
        """The records of a thread (`StoredRecord.thread`), oldest first, undated last."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT id, title, sender, date FROM record WHERE thread = ? ORDER BY date IS NULL, date, number",
                (number,),
            ).fetchall()
        return [ThreadEntry(*row) for row in found]

    def page(
        self, kind: Kind | None = None, text: str | None = None, offset: int = 0, limit: int = 50
    ) -> tuple[list[LibraryEntry], int]:
        """Newest first, undated last, and how many there are in all.

        `text` may hold filters (see `storage.filters`); every other word must stand in title or sender, where case and
        accents do not matter.  Errors: BadFilter.
        """
        asked = filters.parse(text or "")
        condition, parameters = filters.where(asked.filters)
        words = list(dict.fromkeys(threads.fold(asked.loose).split()))[:MAX_WORDS]
        where = " AND ".join(["(? IS NULL OR r.kind = ?)", *("instr(r.listing, ?) > 0" for _ in words), condition])
        source = f"FROM record r INDEXED BY record_filter WHERE {where}"  # what is looked through stands in the index
        values = (kind, kind, *words, *parameters)
        with self._database.read() as connection:
            (total,) = connection.execute(f"SELECT count(*) {source}", values).fetchone()
            found = connection.execute(
                f"""SELECT id, kind, title, sender, date, attachment_count
                FROM (SELECT r.number {source} ORDER BY r.date DESC, r.number DESC LIMIT ? OFFSET ?)
                JOIN record USING (number) ORDER BY date DESC, number DESC""",  # noqa: S608
                (*values, limit, offset),
            ).fetchall()
        return [LibraryEntry(*row) for row in found], int(total)

    def counts(self) -> Counts:
        with self._database.read() as connection:
            kinds = dict(connection.execute("SELECT kind, count(*) FROM record GROUP BY kind").fetchall())
            (conversations,) = connection.execute("SELECT count(DISTINCT thread) FROM record").fetchone()
            (chunks,) = connection.execute("SELECT count(*) FROM chunk").fetchone()
        mails, notes, files, articles, events, contacts = (int(kinds.get(kind, 0)) for kind in KINDS)
        return Counts(sum(kinds.values()), mails, notes, files, articles, events, contacts, conversations, chunks)

    def delete(self, names: Sequence[str]) -> int:
        """Forget records with their originals, chunks, terms and vectors; returns how many there were.

        The journal is emptied at the end, so no file of the vault holds them any more.  Ids must be whole; unknown
        ones are passed over.  Threads keep their number.
        """
        gone = 0
        with self._database.write() as connection:
            for name in names:
                row = connection.execute("SELECT number FROM record WHERE id = ?", (name,)).fetchone()
                if row is None:
                    continue
                gone += 1
                rows.erase(connection, self._vectors, int(row[0]))
        self._database.checkpoint()
        return gone

    def match(self, expression: str, limit: int) -> list[tuple[int, float]]:
        """Full text: (chunk id, BM25; the smaller the better), best first.

        `expression` is FTS5 syntax over stemmed terms, as `storage.terms.query` makes it; "" finds nothing.
        """
        if not expression:
            return []
        with self._database.read() as connection:
            return connection.execute(
                "SELECT rowid, rank FROM chunk_terms WHERE chunk_terms MATCH ? ORDER BY rank LIMIT ?",
                (expression, limit),
            ).fetchall()

    def chunks(self, numbers: Sequence[int]) -> list[Hit]:
        """The chunks as hits of score 0, in the order asked; those that are gone are left out."""
        with self._database.read() as connection:
            found = [connection.execute(f"SELECT {_HIT} WHERE c.id = ?", (number,)).fetchone() for number in numbers]
            return self._servers.judged(connection, [Hit(*row) for row in found if row is not None])

    def record_chunks(self, name: str) -> list[Hit]:
        """Every chunk of one record, by position.  Errors: as `get`."""
        with self._database.read() as connection:
            number = rows.number(connection, name)
            found = connection.execute(f"SELECT {_HIT} WHERE c.record = ? ORDER BY c.position", (number,)).fetchall()
            return self._servers.judged(connection, [Hit(*row) for row in found])

    def thread_chunks(self, name: str) -> list[Hit]:
        """Every chunk of every record in the thread of record `name`: oldest record first, then by position."""
        with self._database.read() as connection:
            number = rows.number(connection, name)
            found = connection.execute(
                f"""SELECT {_HIT} WHERE r.thread = (SELECT thread FROM record WHERE number = ?)
                ORDER BY r.date IS NULL, r.date, r.number, c.position""",  # noqa: S608
                (number,),
            ).fetchall()
            return self._servers.judged(connection, [Hit(*row) for row in found])

    def neighbours(self, chunk: int, before: int = 1, after: int = 1) -> list[Hit]:
        """The chunks around one in the same record, by position, without itself."""
        with self._database.read() as connection:
            found = connection.execute(
                f"""SELECT {_HIT} JOIN chunk m ON m.id = ? AND m.record = c.record AND c.id <> m.id
                AND c.position BETWEEN m.position - ? AND m.position + ? ORDER BY c.position""",
                (chunk, before, after),
            ).fetchall()
            return self._servers.judged(connection, [Hit(*row) for row in found])

    def note_failures(self, failures: Sequence[tuple[str, str]]) -> None:
        """Remember what could not be imported: (path, reason).  The last reason stands for each path."""
        with self._database.write() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO import_failure (at, path, reason) VALUES (?, ?, ?)",
                [(self._clock(), rows.clean(path), rows.clean(reason)) for path, reason in failures],
            )

    def failures(self, limit: int = 1000) -> list[ImportFailure]:
        """What could not be imported, last first."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT path, reason, at FROM import_failure ORDER BY at DESC, id DESC LIMIT ?", (limit,)
            ).fetchall()
        return [ImportFailure(*row) for row in found]

    def clear_failures(self) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM import_failure")
