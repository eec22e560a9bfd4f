"""Forgetting: a record leaves the vault with everything that was made from it, and the conversations that quoted it.

One transaction erases the record with its original, chunks, terms and vectors, buries its fingerprint so that no source
brings it back, and cleans conversations (see `storage.gaps`), approvals, memory, drafts and what skills made of it.
`secure_delete` overwrites what was there, and emptying the journal leaves no copy of it in any file.  What a worker
process holds in memory is for the caller to end.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from storage import (
    activity,
    approval_rows,
    drafts,
    facts,
    gaps,
    kept,
    rows,
    run_traces,
    swarm_traces,
    terms,
    tombstones,
)
from storage.conversations import Citation
from storage.database import Connection, Database
from storage.gaps import GAP, Source, Traces
from storage.vectors import Vectors

_REBUILD = 100  # a share of the chunks above 1 / this: the full-text index is built anew


@dataclass(frozen=True)
class Chosen:
    """A record that would be forgotten."""

    number: int
    id: str
    title: str


@dataclass(frozen=True)
class Forgotten:
    """How many records went, how many conversations lost something with them, how many receipts their words."""

    records: int
    conversations: int
    receipts: int = 0


class Forgetting:
    """Blocking; any thread.  Errors: VaultError."""

    def __init__(self, database: Database, vectors: Vectors, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._vectors = vectors
        self._clock = clock

    def choose(self, names: Sequence[str] = (), sender: str = "", before: float | None = None) -> list[Chosen]:
        """The records named, by id or a unique beginning of one; without names those that fit every given condition.

        `sender`: each word stands in the sender, case and accents ignored.  `before`: seconds since the epoch, UTC;
        what has no date is never before it.  With nothing given nothing is chosen.  Newest first.
        Errors: VaultError `unknown-id`, `ambiguous-id`.
        """
        wanted = terms.fold(sender).split()
        with self._database.read() as connection:
            if names:
                numbers = dict.fromkeys(rows.number(connection, name) for name in names)
                found = connection.execute(
                    "SELECT number, id, title, sender FROM record WHERE number IN (SELECT value FROM json_each(?))",
                    (json.dumps(list(numbers)),),
                ).fetchall()
            elif wanted or before is not None:
                found = connection.execute(
                    """SELECT number, id, title, sender FROM record WHERE ?1 IS NULL OR date < ?1
                    ORDER BY date DESC, number DESC""",
                    (before,),
                ).fetchall()
            else:
                found = []
        return [
            Chosen(number, name, title)
            for number, name, title, who in found
            if names or all(word in terms.fold(who) for word in wanted)
        ]

    def forget(self, numbers: Collection[int], own: Collection[str] = (), *, bury: bool = True) -> Forgotten:
        """Erase these records, all or none, and clean the conversations; no file of the vault holds them afterwards.

        `own`: what the program itself says in conversations, which gives nothing away whatever its words are.
        `bury`: no source brings them back; False where their source goes with them, and may be added again.
        Numbers that are gone already are passed over.  Other records that quote them, such as replies, are records of
        their own and stay.  Threads keep their number.
        """
        with self._database.write() as connection:
            going = [number for number in numbers if _exists(connection, number)]
            names = {_name(connection, number) for number in going}
            runs, words = _traces(connection, going)
            copied = Traces(runs, frozenset())
            facts.forget(connection, going, copied)  # before the records: they say what rests on them
            drafts.forget(connection, going, copied)
            approval_rows.forget(connection, going, copied, self._clock())
            run_traces.forget(connection, going, names, copied)
            kept.forget(connection, names, copied)
            activity.forget(connection, going, copied)
            emptied = swarm_traces.forget(connection, copied, self._clock())
            self._erase(connection, going, bury)
            unique = frozenset(word for word in words if not _still_found(connection, word))
            touched = _clean_messages(connection, names, Traces(runs, unique), own)
            touched |= _clean_titles(connection, copied)
        terms.forget()
        self._database.checkpoint()
        return Forgotten(len(going), len(touched), emptied)

    def receipts(self, numbers: Collection[int]) -> int:
        """How many receipts `forget` would leave without words, since these records stand in what was signed."""
        with self._database.read() as connection:
            if connection.execute("SELECT 1 FROM receipt WHERE length(data) > 0 LIMIT 1").fetchone() is None:
                return 0
            going = [number for number in numbers if _exists(connection, number)]
            runs, _words = _traces(connection, going)
            return len(swarm_traces.receipts(connection, Traces(runs, frozenset())))

    def _erase(self, connection: Connection, numbers: Sequence[int], bury: bool) -> None:
        key = tombstones.key(connection)
        chunks = [
            chunk
            for number in numbers
            for (chunk,) in connection.execute("SELECT id FROM chunk WHERE record = ?", (number,))
        ]
        self._vectors.remove(connection, chunks)  # all at once: each block is written once
        _unindex(connection, chunks)
        for number in numbers:
            external_id, digest, origin = connection.execute(
                "SELECT external_id, digest, origin FROM record WHERE number = ?", (number,)
            ).fetchone()
            if bury:
                tombstones.bury(connection, key, external_id, bytes(digest))
            self._forget_origin(connection, key, number, origin)
            rows.erase(connection, self._vectors, number)

    def _forget_origin(self, connection: Connection, key: bytes, number: int, origin: str) -> None:
        """Names of files and items may say what was in them.  A bare number (an IMAP UID) says nothing and stays, so
        that the message is not fetched again."""
        if origin:
            connection.execute(
                """DELETE FROM import_failure WHERE path = ?1
                OR substr(path, 1, length(?1) + 1) IN (?1 || '#', ?1 || '/')""",
                (origin,),
            )
            connection.execute("DELETE FROM import_progress WHERE path = ?", (origin,))
        items = connection.execute("SELECT source, part, key FROM source_item WHERE record = ?", (number,)).fetchall()
        for source, part, name in items:
            where = (source, part, name)
            if name.isdecimal():
                continue
            stone = "forgotten:" + hmac.new(key, f"{source}/{part}/{name}".encode(), hashlib.sha256).hexdigest()
            connection.execute("DELETE FROM source_item WHERE source = ? AND part = ? AND key = ?", where)
            connection.execute(
                "INSERT OR REPLACE INTO source_item (source, part, key, version, gone) VALUES (?, ?, ?, '', ?)",
                (source, part, stone, self._clock()),
            )


def _unindex(connection: Connection, chunks: Sequence[int]) -> None:
    """Take chunks out of the full-text index, whose `secure-delete` takes 3.5 ms for each; building it anew takes
    0.026 ms for each that stays (measured), so that is done where many go."""
    (all_chunks,) = connection.execute("SELECT count(*) FROM chunk").fetchone()
    many = len(chunks) * _REBUILD > all_chunks
    if many:
        connection.execute("INSERT INTO chunk_terms (chunk_terms, rank) VALUES ('secure-delete', 0)")
    connection.executemany("DELETE FROM chunk_terms WHERE rowid = ?", [(chunk,) for chunk in chunks])
    if many:
        connection.execute("INSERT INTO chunk_terms (chunk_terms, rank) VALUES ('secure-delete', 1)")
        connection.execute("INSERT INTO chunk_terms (chunk_terms) VALUES ('rebuild')")


def _exists(connection: Connection, number: int) -> bool:
    return connection.execute("SELECT 1 FROM record WHERE number = ?", (number,)).fetchone() is not None


def _name(connection: Connection, number: int) -> str:
    return str(connection.execute("SELECT id FROM record WHERE number = ?", (number,)).fetchone()[0])


def _traces(connection: Connection, numbers: Sequence[int]) -> tuple[set[int], set[str]]:
    """Runs of words and single words that the records share with conversations; runs with the agent's tables too.

    Conversations are few and records may be many, so the records are held against the conversations.
    """
    said_runs: set[int] = set()
    said_words: set[str] = set()
    texts = connection.execute("SELECT role, text FROM message UNION ALL SELECT 'user', title FROM conversation")
    for role, text in texts:
        said = gaps.words(text.replace(GAP, "\n"))
        said_runs.update(gaps.runs(said))
        if role == "assistant":
            said_words.update(filter(gaps.telling, said))
    stores = (approval_rows, facts, drafts, run_traces, kept, activity, swarm_traces)
    for text in (text for store in stores for text in store.said(connection)):
        said_runs.update(gaps.runs(gaps.words(text.replace(GAP, "\n"))))
    runs: set[int] = set()
    words: set[str] = set()
    for number in numbers if said_runs or said_words else ():
        for text in _texts(connection, number):
            held = gaps.words(text)
            runs.update(said_runs.intersection(gaps.runs(held)))
            words.update(said_words.intersection(held))
    return runs, words


def _texts(connection: Connection, number: int) -> Iterator[str]:
    title, sender, recipients, body, attachments = connection.execute(
        "SELECT title, sender, recipients, body, attachments FROM record WHERE number = ?", (number,)
    ).fetchone()
    yield from (title, sender, body, *json.loads(recipients))
    for part in json.loads(attachments):
        yield from (part["name"], part["text"])


def _still_found(connection: Connection, word: str) -> bool:
    """Whether some record that stays holds the word, in any of its forms."""
    expression = terms.query(word)
    found = (
        expression
        and connection.execute("SELECT 1 FROM chunk_terms WHERE chunk_terms MATCH ? LIMIT 1", (expression,)).fetchone()
    )
    return not expression or found is not None


def _clean_messages(connection: Connection, names: Collection[str], traces: Traces, own: Collection[str]) -> set[int]:
    """The conversations that were changed."""
    touched = set()
    for number, conversation, role, text, listed in connection.execute(
        "SELECT id, conversation, role, text, citations FROM message"
    ).fetchall():
        if role == "assistant" and text in own:
            continue
        citations = [Citation(**cited) for cited in json.loads(listed)]
        cleaned, kept = _cleaned(role, text, citations, names, traces)
        if (cleaned, kept) != (text, citations):
            connection.execute(
                "UPDATE message SET text = ?, citations = ? WHERE id = ?", (cleaned, _as_json(kept), number)
            )
            touched.add(conversation)
    return touched


def _cleaned(
    role: str, text: str, citations: list[Citation], names: Collection[str], traces: Traces
) -> tuple[str, list[Citation]]:
    gone = [citation for citation in citations if citation.record in names]
    kept = [_emptied(citation) if citation in gone else citation for citation in citations]
    if role == "user":
        return gaps.without_runs(text, traces), kept
    sources = [Source(one.number, one.quote, one.title, one.sender) for one in gone]
    return gaps.without_sources(text, sources, traces), kept


def _emptied(citation: Citation) -> Citation:
    """The gap: its number stays, since the answer's other numbers count on."""
    return replace(citation, record="", title="", sender="", date=None, quote="", start=0, end=0)


def _clean_titles(connection: Connection, traces: Traces) -> set[int]:
    touched = set()
    for number, title in connection.execute("SELECT id, title FROM conversation").fetchall():
        cleaned = gaps.without_runs(title, traces)
        if cleaned != title:
            connection.execute("UPDATE conversation SET title = ? WHERE id = ?", (cleaned, number))
            touched.add(number)
    return touched


def _as_json(citations: Sequence[Citation]) -> str:
    listed: list[dict[str, Any]] = [asdict(citation) for citation in citations]
    return json.dumps(listed)
