"""Conversations with peers and what is still to be done for them: state and effects are stored in one transaction.

A step of a machine (p2p.contractnet) is kept before anything of it happens; after a kill at any moment the effects that
were kept and did not happen are begun again, which is why each has a key: the same effect twice is one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from storage.database import Connection, Database, VaultError

Role = Literal["initiator", "participant"]
Write = Callable[[Connection], None]  # what another store keeps in the same transaction
MAX_LIVE = 1000  # conversations that others began and that go on: a flood of calls fills no more than this
MAX_LIVE_OF_ONE = 100  # of these, that one peer began: it leaves room for the others
MAX_HEARD = 8192  # messages of one sender that are remembered
_DIALOGUE = "SELECT number, conversation, role, peer, kind, state, outcome, wake, created FROM dialogue"
_EFFECT = "SELECT number, dialogue, key, kind, peer, payload, due, expires, tries FROM effect"


@dataclass(frozen=True)
class Dialogue:
    """`conversation`: 32 hexadecimal digits.  `peer`: the initiator, where we are the participant; else "".

    `state`: the machine's, CBOR.  `outcome`: done, failed, refused, cancelled, expired; "" while it goes on.
    `wake`: when the machine wants to know the time.  Times: seconds since the epoch, UTC.
    """

    number: int
    conversation: str
    role: Role
    peer: str
    kind: str
    state: bytes
    outcome: str
    wake: float | None
    created: float


@dataclass(frozen=True)
class Heard:
    """A message that is taken.  `digest`: 32 bytes; `sent`: milliseconds since the epoch, by the sender's clock."""

    sender: str
    digest: bytes
    sent: int


@dataclass(frozen=True)
class Effect:
    """`key` names it for ever.  `peer`: whom a message is for.  `expires`: given up after it."""

    key: str
    kind: str
    payload: bytes
    expires: float
    peer: str = ""
    due: float = 0.0


@dataclass(frozen=True)
class Pending:
    """An effect that has not happened yet.  `dialogue` is None for a single message, such as a letter."""

    number: int
    dialogue: int | None
    key: str
    kind: str
    peer: str
    payload: bytes
    due: float
    expires: float
    tries: int


class Outbox:
    """Blocking; any thread.  Errors: VaultError."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def begin(
        self,
        conversation: str,
        role: Role,
        peer: str,
        kind: str,
        state: bytes,
        effects: Sequence[Effect] = (),
        *,
        wake: float | None = None,
        outcome: str = "",
        heard: Heard | None = None,
        within: Sequence[Write] = (),
    ) -> int:
        """Keep a new conversation; its number.  `heard`: the message that began it.

        Errors: VaultError `known-conversation`, `too-many-conversations`.
        """
        now = self._clock()
        with self._database.write() as connection:
            if _find(connection, conversation, role, peer) is not None:
                raise VaultError("known-conversation", "this conversation is known already")
            if role == "participant" and not _room(connection, peer):
                raise VaultError("too-many-conversations", "too many conversations are open")
            number = connection.execute(
                """INSERT INTO dialogue (conversation, role, peer, kind, state, outcome, wake, created, changed)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (conversation, role, peer, kind, state, outcome, None if outcome else wake, now, now),
            ).lastrowid
            self._keep(connection, number, effects, heard, within)
        return number

    def step(
        self,
        number: int,
        state: bytes,
        effects: Sequence[Effect] = (),
        *,
        wake: float | None = None,
        outcome: str = "",
        heard: Heard | None = None,
        within: Sequence[Write] = (),
    ) -> None:
        """Keep the state after a step together with the step's effects.  Errors: VaultError `unknown-conversation`."""
        with self._database.write() as connection:
            changed = connection.execute(
                "UPDATE dialogue SET state = ?, wake = ?, outcome = ?, changed = ? WHERE number = ?",
                (state, None if outcome else wake, outcome, self._clock(), number),
            )
            if not changed.rowcount:
                raise VaultError("unknown-conversation", "there is no such conversation")
            self._keep(connection, number, effects, heard, within)

    def add(self, effect: Effect, within: Sequence[Write] = ()) -> None:
        """Keep an effect that belongs to no conversation, such as a letter."""
        with self._database.write() as connection:
            self._keep(connection, None, (effect,), None, within)

    def take(self, message: Heard, within: Sequence[Write] = ()) -> bool:
        """Note a message that needs no machine; False where it had been taken before, and nothing is written then."""
        with self._database.write() as connection:
            if _heard(connection, message.sender, message.digest):
                return False
            self._keep(connection, None, (), message, within)
        return True

    def find(self, conversation: str, role: Role, peer: str = "") -> Dialogue | None:
        with self._database.read() as connection:
            return _find(connection, conversation, role, peer)

    def get(self, number: int) -> Dialogue:
        """Errors: VaultError `unknown-conversation`."""
        with self._database.read() as connection:
            row = connection.execute(f"{_DIALOGUE} WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise VaultError("unknown-conversation", "there is no such conversation")
        return Dialogue(*row)

    def live(self) -> list[Dialogue]:
        """Those that go on, oldest first."""
        with self._database.read() as connection:
            found = connection.execute(f"{_DIALOGUE} WHERE outcome = '' ORDER BY number")
            return [Dialogue(*row) for row in found]

    def waking(self, now: float) -> list[Dialogue]:
        """Those whose machine wants to know the time."""
        with self._database.read() as connection:
            found = connection.execute(f"{_DIALOGUE} WHERE outcome = '' AND wake <= ? ORDER BY wake", (now,))
            return [Dialogue(*row) for row in found]

    def due(self, now: float, limit: int = 100, peer: str | None = None) -> list[Pending]:
        """What is to be done, in the order it was kept; of everybody, or for one peer."""
        with self._database.read() as connection:
            found = connection.execute(
                f"{_EFFECT} WHERE due <= ?1 AND (?3 IS NULL OR peer = ?3) ORDER BY number LIMIT ?2", (now, limit, peer)
            )
            return [Pending(*row) for row in found]

    def next(self, besides: Collection[str] = ()) -> float | None:
        """When something is due, for others than these peers, or a machine wants to be woken; None where nothing is."""
        with self._database.read() as connection:
            (effect,) = connection.execute(
                "SELECT min(due) FROM effect WHERE peer NOT IN (SELECT value FROM json_each(?))",
                (json.dumps(list(besides)),),
            ).fetchone()
            (wake,) = connection.execute("SELECT min(wake) FROM dialogue WHERE outcome = ''").fetchone()
        found = [when for when in (effect, wake) if when is not None]
        return min(found) if found else None

    def done(self, effect: int, within: Sequence[Write] = ()) -> None:
        """It happened, or is given up."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM effect WHERE number = ?", (effect,))
            for write in within:
                write(connection)

    def later(self, effect: int, due: float) -> None:
        """It did not happen: try again then."""
        with self._database.write() as connection:
            connection.execute("UPDATE effect SET due = ?, tries = tries + 1 WHERE number = ?", (due, effect))

    def postpone(self, peer: str, due: float) -> None:
        """The peer cannot be reached: whatever is due for it is tried again then."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE effect SET due = ?1, tries = tries + 1 WHERE peer = ?2 AND due < ?1", (due, peer)
            )

    def hurry(self, peer: str) -> None:
        """The peer is there: what waits for it is due now."""
        with self._database.write() as connection:
            connection.execute("UPDATE effect SET due = ? WHERE peer = ?", (self._clock(), peer))

    def heard(self, sender: str, digest: bytes) -> bool:
        """Whether this very message was taken already."""
        with self._database.read() as connection:
            return _heard(connection, sender, digest)

    def floor(self, sender: str) -> int:
        """What this sender sent no later than that, in milliseconds, may have been forgotten; -1 where nothing was."""
        with self._database.read() as connection:
            row = connection.execute("SELECT floor FROM heard_floor WHERE sender = ?", (sender,)).fetchone()
        return -1 if row is None else int(row[0])

    def prune(self, before: int) -> None:
        """Forget messages that were sent before then (milliseconds) and remember that they were."""
        with self._database.write() as connection:
            connection.execute(
                """INSERT INTO heard_floor SELECT sender, max(sent) FROM heard WHERE sent < ? GROUP BY sender
                ON CONFLICT (sender) DO UPDATE SET floor = max(floor, excluded.floor)""",
                (before,),
            )
            connection.execute("DELETE FROM heard WHERE sent < ?", (before,))

    def _keep(
        self,
        connection: Connection,
        number: int | None,
        effects: Sequence[Effect],
        heard: Heard | None,
        within: Sequence[Write],
    ) -> None:
        now = self._clock()
        connection.executemany(
            """INSERT OR IGNORE INTO effect (dialogue, key, kind, peer, payload, due, expires)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
            [(number, one.key, one.kind, one.peer, one.payload, one.due or now, one.expires) for one in effects],
        )
        if heard is not None:
            _hear(connection, heard)
        for write in within:
            write(connection)


def _find(connection: Connection, conversation: str, role: Role, peer: str) -> Dialogue | None:
    row: Any = connection.execute(
        f"{_DIALOGUE} WHERE conversation = ? AND role = ? AND peer = ?", (conversation, role, peer)
    ).fetchone()
    return None if row is None else Dialogue(*row)


def _room(connection: Connection, peer: str) -> bool:
    live, of_peer = connection.execute(
        "SELECT count(*), coalesce(sum(peer = ?), 0) FROM dialogue WHERE outcome = '' AND role = 'participant'", (peer,)
    ).fetchone()
    return int(live) < MAX_LIVE and int(of_peer) < MAX_LIVE_OF_ONE


def _heard(connection: Connection, sender: str, digest: bytes) -> bool:
    row = connection.execute("SELECT 1 FROM heard WHERE sender = ? AND digest = ?", (sender, digest)).fetchone()
    return row is not None


def _hear(connection: Connection, message: Heard) -> None:
    """Beyond `MAX_HEARD` of one sender the oldest quarter goes, and what is no newer is refused from then on."""
    connection.execute("INSERT OR IGNORE INTO heard VALUES (?, ?, ?)", (message.sender, message.digest, message.sent))
    (count,) = connection.execute("SELECT count(*) FROM heard WHERE sender = ?", (message.sender,)).fetchone()
    if count > MAX_HEARD:
        (floor,) = connection.execute(
            "SELECT sent FROM heard WHERE sender = ? ORDER BY sent LIMIT 1 OFFSET ?", (message.sender, MAX_HEARD // 4)
        ).fetchone()
        connection.execute("DELETE FROM heard WHERE sender = ? AND sent <= ?", (message.sender, floor))
        connection.execute(
            """INSERT INTO heard_floor VALUES (?, ?)
            ON CONFLICT (sender) DO UPDATE SET floor = max(floor, excluded.floor)""",
            (message.sender, floor),
        )
