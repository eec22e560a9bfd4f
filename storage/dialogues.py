"""The tables of conversations with peers and of what is still to be done for them, in a transaction: see outbox.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from storage.database import Connection, VaultError

Role = Literal["initiator", "participant"]
Write = Callable[[Connection], None]  # what another store keeps in the same transaction
MAX_LIVE = 1000  # conversations that others began and that go on: a flood of calls fills no more than this
MAX_LIVE_OF_ONE = 100  # of these, that one peer began: it leaves room for the others
MAX_HEARD = 8192  # messages of one sender that are remembered
_DIALOGUE = "SELECT number, conversation, role, peer, kind, state, outcome, wake, created FROM dialogue"
_BESIDES = "peer NOT IN (SELECT value FROM json_each(?4))"
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


@dataclass(frozen=True)
class Settled:
    """What became of an effect: it happened or is given up (`later` None), or it is tried again then."""

    effect: int
    later: float | None = None
    within: Sequence[Write] = ()


@dataclass(frozen=True)
class Look:
    """What there is to do now, and when there is more: None where nothing waits."""

    waking: list[Dialogue]
    due: list[Pending]
    then: float | None


class Transaction:
    """An open transaction of the outbox: whatever is done with it is kept together, or nothing of it."""

    def __init__(self, connection: Connection, now: float) -> None:
        self._connection = connection
        self._now = now

    def find(self, conversation: str, role: Role, peer: str = "") -> Dialogue | None:
        row: Any = self._connection.execute(
            f"{_DIALOGUE} WHERE conversation = ? AND role = ? AND peer = ?", (conversation, role, peer)
        ).fetchone()
        return None if row is None else Dialogue(*row)

    def get(self, number: int) -> Dialogue:
        """Errors: VaultError `unknown-conversation`."""
        row = self._connection.execute(f"{_DIALOGUE} WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise VaultError("unknown-conversation", "there is no such conversation")
        return Dialogue(*row)

    def heard(self, sender: str, digest: bytes) -> bool:
        """Whether this very message was taken already."""
        row = self._connection.execute(
            "SELECT 1 FROM heard WHERE sender = ? AND digest = ?", (sender, digest)
        ).fetchone()
        return row is not None

    def floor(self, sender: str) -> int:
        """What this sender sent no later than that, in milliseconds, may have been forgotten; -1 where nothing was."""
        row = self._connection.execute("SELECT floor FROM heard_floor WHERE sender = ?", (sender,)).fetchone()
        return -1 if row is None else int(row[0])

    def known(self, sender: str, digest: bytes) -> tuple[bool, int]:
        """`heard` and `floor` in one."""
        heard, floor = self._connection.execute(
            """SELECT EXISTS (SELECT 1 FROM heard WHERE sender = ?1 AND digest = ?2),
            coalesce((SELECT floor FROM heard_floor WHERE sender = ?1), -1)""",
            (sender, digest),
        ).fetchone()
        return bool(heard), int(floor)

    def begin(
        self,
        new: Dialogue,
        effects: Sequence[Effect] = (),
        heard: Heard | None = None,
        within: Sequence[Write] = (),
    ) -> tuple[int, list[Pending]]:
        """Keep a new conversation; its number, and its effects.  `heard`: the message that began it.

        Errors: VaultError `known-conversation`, `too-many-conversations`.
        """
        if new.role == "participant" and not _room(self._connection, new.peer):
            raise VaultError("too-many-conversations", "too many conversations are open")
        wake = None if new.outcome else new.wake
        row = self._connection.execute(
            """INSERT INTO dialogue (conversation, role, peer, kind, state, outcome, wake, created, changed)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (conversation, role, peer) DO NOTHING RETURNING number""",
            (new.conversation, new.role, new.peer, new.kind, new.state, new.outcome, wake, self._now, self._now),
        ).fetchone()
        if row is None:
            raise VaultError("known-conversation", "this conversation is known already")
        number = int(row[0])
        return number, self.keep(number, effects, heard, within)

    def step(
        self,
        stepped: Dialogue,
        effects: Sequence[Effect] = (),
        heard: Heard | None = None,
        within: Sequence[Write] = (),
    ) -> list[Pending]:
        """Keep state, wake and outcome after a step, and its effects.  Errors: VaultError `unknown-conversation`."""
        changed = self._connection.execute(
            "UPDATE dialogue SET state = ?, wake = ?, outcome = ?, changed = ? WHERE number = ?",
            (
                stepped.state,
                None if stepped.outcome else stepped.wake,
                stepped.outcome,
                self._now,
                stepped.number,
            ),
        )
        if not changed.rowcount:
            raise VaultError("unknown-conversation", "there is no such conversation")
        return self.keep(stepped.number, effects, heard, within)

    def take(self, message: Heard, within: Sequence[Write] = ()) -> bool:
        """Note a message that needs no machine; False where it had been taken before, and nothing is written then."""
        if self.heard(message.sender, message.digest):
            return False
        self.keep(None, (), message, within)
        return True

    def keep(
        self,
        number: int | None,
        effects: Sequence[Effect],
        heard: Heard | None = None,
        within: Sequence[Write] = (),
    ) -> list[Pending]:
        """Effects, of a conversation or by themselves; those of them that were not kept before."""
        kept = []
        for one in effects:
            due = one.due or self._now
            row = self._connection.execute(
                """INSERT OR IGNORE INTO effect (dialogue, key, kind, peer, payload, due, expires)
                VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING number""",
                (number, one.key, one.kind, one.peer, one.payload, due, one.expires),
            ).fetchone()
            if row is not None:
                kept.append(Pending(row[0], number, one.key, one.kind, one.peer, one.payload, due, one.expires, 0))
        if heard is not None:
            _hear(self._connection, heard)
        for write in within:
            write(self._connection)
        return kept

    def settle(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            if one.later is None:
                self._connection.execute("DELETE FROM effect WHERE number = ?", (one.effect,))
            else:
                self._connection.execute(
                    "UPDATE effect SET due = ?, tries = tries + 1 WHERE number = ?", (one.later, one.effect)
                )
            for write in one.within:
                write(self._connection)

    def due(self, limit: int = 100, peer: str | None = None, besides: Collection[str] = ()) -> list[Pending]:
        """What is to be done, in the order it was kept; for one peer, or for all but these."""
        found = self._connection.execute(
            f"{_EFFECT} WHERE due <= ?1 AND (?3 IS NULL OR peer = ?3) AND {_BESIDES} ORDER BY number LIMIT ?2",
            (self._now, limit, peer, json.dumps(list(besides))),
        )
        return [Pending(*row) for row in found]

    def postpone(self, peer: str, due: float) -> None:
        """The peer cannot be reached: whatever is due for it is tried again then."""
        self._connection.execute(
            "UPDATE effect SET due = ?1, tries = tries + 1 WHERE peer = ?2 AND due < ?1", (due, peer)
        )

    def live(self) -> list[Dialogue]:
        """Those that go on, oldest first."""
        found = self._connection.execute(f"{_DIALOGUE} WHERE outcome = '' ORDER BY number")
        return [Dialogue(*row) for row in found]

    def waking(self) -> list[Dialogue]:
        """Those whose machine wants to know the time."""
        found = self._connection.execute(f"{_DIALOGUE} WHERE outcome = '' AND wake <= ? ORDER BY wake", (self._now,))
        return [Dialogue(*row) for row in found]

    def next(self, besides: Collection[str] = (), after: float = float("-inf")) -> float | None:
        """When something is due, for others than these peers, or a machine wants to be woken, later than `after`."""
        (effect,) = self._connection.execute(
            "SELECT min(due) FROM effect WHERE peer NOT IN (SELECT value FROM json_each(?))",
            (json.dumps(list(besides)),),
        ).fetchone()
        (wake,) = self._connection.execute(
            "SELECT min(wake) FROM dialogue WHERE outcome = '' AND wake > ?", (after,)
        ).fetchone()
        found = [when for when in (effect, wake) if when is not None]
        return min(found) if found else None


def _room(connection: Connection, peer: str) -> bool:
    live, of_peer = connection.execute(
        "SELECT count(*), coalesce(sum(peer = ?), 0) FROM dialogue WHERE outcome = '' AND role = 'participant'", (peer,)
    ).fetchone()
    return int(live) < MAX_LIVE and int(of_peer) < MAX_LIVE_OF_ONE


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
