"""How a record lies in its tables: prepared before the database is held, written within a transaction, read back."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from storage import chunks, threads
from storage.database import Connection, VaultError
from storage.records import Attachment, Record, StoredRecord
from storage.terms import terms
from storage.vectors import Vectors

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MIN_PREFIX = 4  # characters of an id
_COLUMNS = (
    "id, kind, external_id, digest, title, sender, date, thread, subject, bare_reply, attachment_count, language, "
    "folder, origin, added, listing, recipients, refs, warnings, body, attachments, source, flags, ends, name"
)


@dataclass(frozen=True)
class Prepared:
    """A record with all that is worked out before the database is held.  `record` is clean: see `clean`."""

    record: Record
    id: str
    digest: bytes
    language: str
    original: bytes  # zlib; empty for none
    pieces: tuple[tuple[chunks.Chunk, str], ...]  # a chunk and its terms


def clean(text: str) -> str:
    """SQLite stores UTF-8, which has no lone surrogates; each becomes one U+FFFD, so that offsets still hold."""
    return _SURROGATE.sub("\ufffd", text)


def prepare(record: Record) -> Prepared:
    """Cut, stem and compress.  No database."""
    tidy = _clean_record(record)
    spoken = chunks.language(tidy)
    pieces = tuple((chunk, terms(f"{chunk.context}\n{chunk.text}", spoken)) for chunk in chunks.split(tidy))
    original = zlib.compress(record.raw) if record.raw else b""
    return Prepared(tidy, record.id(), record.digest(), spoken, original, pieces)


def is_known(connection: Connection, record: Record) -> bool:
    """Whether the vault holds a record with this message id and digest."""
    return find(connection, record) is not None


def find(connection: Connection, record: Record) -> int | None:
    """The number of the record with this message id and digest; None where the vault holds none."""
    row = connection.execute(
        """SELECT number FROM record WHERE (id = ?1 OR (id > ?1 || '-' AND id < ?1 || '.'))
        AND external_id = ?2 AND digest = ?3""",  # the two ranges use the index, which LIKE would not
        (record.id(), clean(record.external_id), record.digest()),
    ).fetchone()
    return None if row is None else int(row[0])


def insert(connection: Connection, one: Prepared, now: float, source: int | None = None) -> str | None:
    """Within a write: store it with its chunks, terms and thread.  Returns its id, or None when it was there."""
    record = one.record
    name = _free_id(connection, one.id, record.external_id, one.digest)
    if name is None:
        return None
    number = _insert_record(connection, name, one, now, source)
    connection.execute("UPDATE record SET thread = ?1 WHERE number = ?1", (number,))
    threads.assign(connection, number, record)
    targets = {(number, threads.fold(target)) for target in record.links}
    connection.executemany("INSERT OR IGNORE INTO link (record, target) VALUES (?, ?)", targets)
    if one.original:
        connection.execute("INSERT INTO original (record, bytes) VALUES (?, ?)", (number, one.original))
    if record.claim is not None:
        values = (number, record.claim.verdict, clean(record.claim.server), int(record.claim.received))
        connection.execute("INSERT INTO authentication (record, verdict, server, received) VALUES (?, ?, ?, ?)", values)
    for chunk, words in one.pieces:
        row = connection.execute(
            'INSERT INTO chunk (record, position, start, "end", text, context) VALUES (?, ?, ?, ?, ?, ?)',
            (number, chunk.position, chunk.start, chunk.end, chunk.text, chunk.context),
        )
        connection.execute("INSERT INTO chunk_terms (rowid, terms) VALUES (?, ?)", (row.lastrowid, words))
    return name


def keep(connection: Connection, record: Record) -> None:
    """Within a write: if the record is here, it stays even when the source that brought it has it no more."""
    number = find(connection, record)
    if number is not None:
        connection.execute("UPDATE record SET source = NULL WHERE number = ? AND source IS NOT NULL", (number,))


def place(record: Record) -> tuple[str, str, str, str]:
    """Folder, flags, name and origin as their columns hold them: what changes when a record moves."""
    flags = _as_json(sorted(record.flags))
    return clean(record.folder), flags, threads.fold(clean(record.name)), clean(record.origin)


def erase(connection: Connection, vectors: Vectors, number: int) -> None:
    """Within a write: take a record away with its original, chunks, terms, links and vectors."""
    chunk_ids = [chunk for (chunk,) in connection.execute("SELECT id FROM chunk WHERE record = ?", (number,))]
    vectors.remove(connection, chunk_ids)
    connection.executemany("DELETE FROM chunk_terms WHERE rowid = ?", [(chunk,) for chunk in chunk_ids])
    connection.execute("DELETE FROM record WHERE number = ?", (number,))


def load(connection: Connection, number: int) -> StoredRecord:
    """Read a record back; `raw` is left where it is."""
    row = connection.execute(
        """SELECT id, thread, added, kind, title, body, date, external_id, sender, recipients, refs, attachments,
        folder, origin, warnings, flags, ends, name FROM record WHERE number = ?""",
        (number,),
    ).fetchone()
    name, thread, added, kind, title, body, date, external_id, sender, *lists, flags, ends, stem = row
    recipients, references, attachments = (json.loads(text) for text in lists[:3])
    folder, origin = lists[3:5]
    record = Record(
        kind=kind,
        title=title,
        body=body,
        date=date,
        external_id=external_id,
        sender=sender,
        recipients=tuple(recipients),
        references=tuple(references),
        attachments=tuple(Attachment(**attachment) for attachment in attachments),
        folder=folder,
        origin=origin,
        warnings=tuple(json.loads(lists[5])),
        flags=tuple(json.loads(flags)),
        ends=ends,
        name=stem,
        links=_links(connection, number),
    )
    return StoredRecord(name, thread, record, added)


def _links(connection: Connection, number: int) -> tuple[str, ...]:
    """As they are stored: folded, in alphabetical order."""
    rows = connection.execute("SELECT target FROM link WHERE record = ? ORDER BY target", (number,))
    return tuple(target for (target,) in rows)


def number(connection: Connection, name: str) -> int:
    """The number of the record with this id, or with the only id that begins so.

    Errors: VaultError `unknown-id`, `ambiguous-id`.
    """
    row = connection.execute("SELECT number FROM record WHERE id = ?", (clean(name),)).fetchone()
    if row is not None:
        return int(row[0])
    found = []
    if len(name) >= _MIN_PREFIX:
        found = connection.execute(
            "SELECT number FROM record WHERE id >= ? AND id < ? LIMIT 2", (clean(name), clean(name) + "\U0010ffff")
        ).fetchall()
    if len(found) > 1:
        raise VaultError("ambiguous-id", "more than one record has an id that begins so; write more of it")
    if not found:
        raise VaultError("unknown-id", "no record in the vault has this id")
    return int(found[0][0])


def _insert_record(connection: Connection, name: str, one: Prepared, now: float, source: int | None) -> int:
    record = one.record
    values = (
        name,
        record.kind,
        record.external_id,
        one.digest,
        record.title,
        record.sender,
        record.date,
        0,  # the thread, once the number is known
        threads.subject_key(record),
        int(threads.is_bare_reply(record)),
        len(record.attachments),
        one.language,
        record.folder,
        record.origin,
        now,
        threads.fold(f"{record.title}\n{record.sender}"),
        _as_json(record.recipients),
        _as_json(record.references),
        _as_json(record.warnings),
        record.body,
        _as_json([asdict(attachment) for attachment in record.attachments]),
        source,
        _as_json(sorted(record.flags)),
        record.ends,
        threads.fold(record.name),
    )
    gaps = ", ".join("?" * len(values))
    return connection.execute(f"INSERT INTO record ({_COLUMNS}) VALUES ({gaps})", values).lastrowid  # noqa: S608


def _free_id(connection: Connection, name: str, external_id: str, digest: bytes) -> str | None:
    """An id nobody bears, or None when the record itself is there.

    An id is 48 bits of a hash, so somebody can make two mails that share one; neither may hide the other.
    """
    candidate, tried = name, 1
    while True:
        row = connection.execute("SELECT external_id, digest FROM record WHERE id = ?", (candidate,)).fetchone()
        if row is None:
            return candidate
        if row == (clean(external_id), digest):
            return None
        tried += 1
        candidate = f"{name}-{tried}"


def _clean_record(record: Record) -> Record:
    return replace(
        record,
        title=clean(record.title),
        body=clean(record.body),
        external_id=clean(record.external_id),
        sender=clean(record.sender),
        recipients=tuple(map(clean, record.recipients)),
        references=tuple(map(clean, record.references)),
        attachments=tuple(
            replace(part, name=clean(part.name), media_type=clean(part.media_type), text=clean(part.text))
            for part in record.attachments
        ),
        folder=clean(record.folder),
        origin=clean(record.origin),
        warnings=tuple(map(clean, record.warnings)),
        name=clean(record.name),
        links=tuple(map(clean, record.links)),
    )


def _as_json(values: Sequence[Any]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
