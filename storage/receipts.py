"""Signed messages of conversations while these are remembered, and the receipts that were made of them.

What a message or a receipt says is the business of p2p.acl and p2p.receipts; here they are bytes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from storage.database import Connection, Database, VaultError
from storage.outbox import Role, Write

KEPT_OF_ONE = 200  # receipts of one peer's tasks that came to nothing here: a flood of them fills no disk
MOST_HEARD = 24  # messages of one peer in one transcript: more than an honest one has to say
_RECEIPT = "SELECT name, task, role, peer, kind, outcome, settled, amount, token, created, length(data) FROM receipt"
# A conversation has ended after an award, and something in it is newer than its receipt; or its job on chain has ended.
_DUE = """WITH ended AS (
        SELECT d.number, d.role, d.kind, s.peer,
        CASE d.role WHEN 'initiator' THEN d.conversation ELSE d.peer || '/' || d.conversation END AS task,
        (SELECT max(number) FROM signed_message WHERE dialogue = d.number AND peer = s.peer) AS newest
        FROM (SELECT DISTINCT dialogue, peer FROM signed_message WHERE performative = 'accept-proposal' {only}) AS s
        JOIN dialogue AS d ON d.number = s.dialogue WHERE d.outcome <> '')
    SELECT ended.number, ended.task, ended.role, ended.peer, ended.kind, newest, coalesce(job.outcome, '')
    FROM ended LEFT JOIN settlement AS job ON job.task = ended.task AND job.peer IN ('', ended.peer)
    LEFT JOIN receipt ON receipt.task = ended.task AND receipt.peer = ended.peer
    WHERE receipt.name IS NULL OR receipt.last < newest OR receipt.settled <> coalesce(job.outcome, '')
    ORDER BY ended.number, ended.peer"""


_ONE = "AND dialogue IN (SELECT number FROM dialogue WHERE conversation = ?)"


@dataclass(frozen=True)
class Said:
    """One signed message.  `peer`: the other side; `answers`: its in-reply-to, "" for none; `raw`: as it was signed."""

    peer: str
    outgoing: bool
    performative: str
    answers: str
    raw: bytes


@dataclass(frozen=True)
class Due:
    """A transcript of which there is no receipt yet, or one that lacks the newest of it.

    `task`: as storage.tasks.Task.id.  `settlement`: how its job on chain ended; "" where there is none, or it goes on.
    """

    dialogue: int
    task: str
    role: Role
    peer: str
    kind: str
    last: int
    settlement: str


@dataclass(frozen=True)
class Kept:
    """A receipt in the vault.  `name`: SHA-256 of its core, hexadecimal.  `outcome`: see p2p.receipts.Receipt.

    `settled`: how its job on chain ended, "" without one.  `size` in bytes: 0 where its words were forgotten.
    `created`: seconds since the epoch, UTC.
    """

    name: str
    task: str
    role: Role
    peer: str
    kind: str
    outcome: str
    settled: str
    amount: str
    token: str
    created: float
    size: int


class Receipts:
    """Blocking; any thread.  Errors: VaultError `unknown-receipt`, `ambiguous-receipt`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def said(self, conversation: str, role: Role, with_peer: str, messages: Sequence[Said]) -> Write:
        """Keep these with the step that sent or took them.  `with_peer`: as Dialogue.peer."""

        def write(connection: Connection) -> None:
            connection.executemany(
                """INSERT OR IGNORE INTO signed_message (dialogue, peer, outgoing, performative, answers, raw)
                SELECT d.number, ?4, ?5, ?6, ?7, ?8 FROM dialogue AS d
                WHERE d.conversation = ?1 AND d.role = ?2 AND d.peer = ?3 AND (?5 OR ?9 > (
                    SELECT count(*) FROM signed_message WHERE dialogue = d.number AND peer = ?4 AND NOT outgoing))""",
                [
                    (conversation, role, with_peer, one.peer, int(one.outgoing), one.performative, one.answers, one.raw,
                     MOST_HEARD)
                    for one in messages
                ],
            )  # fmt: skip

        return write

    def due(self, conversation: str | None = None) -> list[Due]:
        """What receipts are to be made of, oldest conversation first; None looks through all that are remembered."""
        given = () if conversation is None else (conversation,)
        with self._database.read() as connection:
            found = connection.execute(_DUE.format(only=_ONE if given else ""), given)
            return [Due(*row) for row in found.fetchall()]

    def transcript(self, due: Due) -> list[bytes]:
        """Its messages as they were signed, in the order they were kept; none later than `due.last`."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT raw FROM signed_message WHERE dialogue = ? AND peer = ? AND number <= ? ORDER BY number",
                (due.dialogue, due.peer, due.last),
            ).fetchall()
        return [bytes(raw) for (raw,) in found]

    def keep(self, due: Due, name: str, outcome: str, price: tuple[str, str], data: bytes) -> bool:
        """In the place of an older one of the same task and peer; False where the task was removed meanwhile.

        `price`: amount and token.
        """
        with self._database.write() as connection:
            if not connection.execute(
                "SELECT 1 FROM signed_message WHERE dialogue = ? AND peer = ?", (due.dialogue, due.peer)
            ).fetchone():
                return False
            connection.execute("DELETE FROM receipt WHERE task = ? AND peer = ?", (due.task, due.peer))
            _trim(connection, due.peer)
            connection.execute(
                """INSERT INTO receipt
                (name, task, role, peer, kind, outcome, settled, amount, token, data, last, created)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (name, due.task, due.role, due.peer, due.kind, outcome, due.settlement, *price, data, due.last,
                 self._clock()),
            )  # fmt: skip
        return True

    def list(self, task: str = "", limit: int = 1000) -> list[Kept]:
        """Newest first; of one task where it is given."""
        with self._database.read() as connection:
            found = connection.execute(
                f"{_RECEIPT} WHERE ?1 = '' OR task = ?1 ORDER BY created DESC, name LIMIT ?2", (task, limit)
            )
            return [Kept(*row) for row in found.fetchall()]

    def find(self, name: str) -> Kept:
        """By its name or the beginning of one, or that of its task's id; 4 characters at least."""
        with self._database.read() as connection:
            found = connection.execute(
                f"""{_RECEIPT} WHERE length(?1) >= 4 AND ?1 IN (substr(name, 1, length(?1)),
                substr(task, 1, length(?1)), substr(task, instr(task, '/') + 1, length(?1))) LIMIT 2""",
                (name,),
            ).fetchall()
        if not found:
            raise VaultError("unknown-receipt", "there is no such receipt")
        if len(found) > 1:
            raise VaultError("ambiguous-receipt", "more than one receipt begins like that")
        return Kept(*found[0])

    def data(self, name: str) -> bytes:
        """The file; empty where its words were forgotten.  `name`: the whole."""
        with self._database.read() as connection:
            row = connection.execute("SELECT data FROM receipt WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise VaultError("unknown-receipt", "there is no such receipt")
        return bytes(row[0])

    def remove(self, name: str) -> None:
        """It, and what it was made of.  `name`: the whole."""
        with self._database.write() as connection:
            gone = connection.execute(
                "DELETE FROM receipt WHERE name = ? RETURNING task, role, peer", (name,)
            ).fetchall()
            if not gone:
                raise VaultError("unknown-receipt", "there is no such receipt")
            _drop_messages(connection, gone)
        self._database.checkpoint()


def _trim(connection: Connection, peer: str) -> None:
    """Of one peer's tasks that came to nothing here the newest stay."""
    gone = connection.execute(
        """DELETE FROM receipt WHERE rowid IN (SELECT rowid FROM receipt WHERE peer = ? AND role = 'participant'
        AND outcome <> 'done' AND settled = '' ORDER BY created DESC LIMIT -1 OFFSET ?) RETURNING task, role, peer""",
        (peer, KEPT_OF_ONE),
    ).fetchall()
    _drop_messages(connection, gone)


def _drop_messages(connection: Connection, receipts: Sequence[Any]) -> None:
    """What these (task, role, peer) were made of, so that they are not made again."""
    connection.executemany(
        """DELETE FROM signed_message WHERE peer = ?3 AND dialogue IN (SELECT number FROM dialogue WHERE role = ?2
        AND conversation = substr(?1, instr(?1, '/') + 1) AND peer IN ('', ?3))""",
        receipts,
    )
