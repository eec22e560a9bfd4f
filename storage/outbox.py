"""Conversations with peers and what is still to be done for them: state and effects are stored in one transaction.

A step of a machine (p2p.contractnet) is kept before anything of it happens; after a kill at any moment the effects that
were kept and did not happen are begun again, which is why each has a key: the same effect twice is one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from storage.database import Database
from storage.dialogues import (
    Dialogue,
    Effect,
    Heard,
    Look,
    Pending,
    Role,
    Settled,
    Transaction,
    Write,
)

__all__ = [
    "Dialogue",
    "Effect",
    "Heard",
    "Look",
    "Outbox",
    "Pending",
    "Role",
    "Settled",
    "Transaction",
    "Write",
]

T = TypeVar("T")


class Outbox:
    """Blocking; any thread.  Errors: VaultError."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    @contextlib.contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction: all of the block or nothing of it."""
        with self._database.write() as connection:
            yield Transaction(connection, self._clock())

    @contextlib.contextmanager
    def read(self, now: float | None = None) -> Iterator[Transaction]:
        """One snapshot, in which nothing can be kept; `now` for what is due."""
        with self._database.read() as connection:
            yield Transaction(connection, self._clock() if now is None else now)

    def together(self, jobs: Sequence[Callable[[Transaction], T]]) -> list[T | Exception]:
        """Run jobs in one transaction, so that many cost one commit; what each returns, or raises.

        Where one fails, nothing of that transaction is kept and each runs once more in one of its own: a job must not
        mind being run twice.  When this returns, what did not fail is kept.
        """
        if len(jobs) > 1:
            with contextlib.suppress(Exception), self.write() as transaction:
                return [job(transaction) for job in jobs]
        return [self._alone(job) for job in jobs]

    def _alone(self, job: Callable[[Transaction], T]) -> T | Exception:
        try:
            with self.write() as transaction:
                return job(transaction)
        except Exception as error:  # noqa: BLE001 - it is handed to whoever wanted the job done
            return error

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
        heard: Heard | None = None,
        within: Sequence[Write] = (),
    ) -> int:
        """See Transaction.begin."""
        with self.write() as transaction:
            new = Dialogue(0, conversation, role, peer, kind, state, "", wake, 0.0)
            return transaction.begin(new, effects, heard, within)[0]

    def step(
        self,
        number: int,
        state: bytes,
        effects: Sequence[Effect] = (),
        *,
        wake: float | None = None,
        outcome: str = "",
        within: Sequence[Write] = (),
    ) -> None:
        """See Transaction.step."""
        with self.write() as transaction:
            stepped = replace(transaction.get(number), state=state, wake=wake, outcome=outcome)
            transaction.step(stepped, effects, within=within)

    def add(self, effect: Effect, within: Sequence[Write] = ()) -> None:
        """Keep an effect that belongs to no conversation, such as a letter."""
        with self.write() as transaction:
            transaction.keep(None, (effect,), None, within)

    def take(self, message: Heard, within: Sequence[Write] = ()) -> bool:
        """See Transaction.take."""
        with self.write() as transaction:
            return transaction.take(message, within)

    def find(self, conversation: str, role: Role, peer: str = "") -> Dialogue | None:
        with self.read() as transaction:
            return transaction.find(conversation, role, peer)

    def get(self, number: int) -> Dialogue:
        """Errors: VaultError `unknown-conversation`."""
        with self.read() as transaction:
            return transaction.get(number)

    def live(self) -> list[Dialogue]:
        """Those that go on, oldest first."""
        with self.read() as transaction:
            return transaction.live()

    def look(self, besides: Collection[str] = (), limit: int = 100) -> Look:
        """What there is to do for others than these peers, in one look."""
        now = self._clock()
        with self.read(now) as transaction:
            due = transaction.due(limit, besides=besides)
            busy = {*besides, *(one.peer for one in due)}
            return Look(transaction.waking(), due, transaction.next(busy, now))

    def waking(self, now: float) -> list[Dialogue]:
        """See Transaction.waking."""
        with self.read(now) as transaction:
            return transaction.waking()

    def due(self, now: float, limit: int = 100, peer: str | None = None) -> list[Pending]:
        """See Transaction.due."""
        with self.read(now) as transaction:
            return transaction.due(limit, peer)

    def next(self, besides: Collection[str] = ()) -> float | None:
        """See Transaction.next."""
        with self.read() as transaction:
            return transaction.next(besides)

    def done(self, effect: int, within: Sequence[Write] = ()) -> None:
        """It happened, or is given up."""
        with self.write() as transaction:
            transaction.settle([Settled(effect, within=within)])

    def later(self, effect: int, due: float) -> None:
        """It did not happen: try again then."""
        with self.write() as transaction:
            transaction.settle([Settled(effect, due)])

    def hurry(self, peer: str) -> None:
        """The peer is there: what waits for it is due now."""
        with self._database.write() as connection:
            connection.execute("UPDATE effect SET due = ? WHERE peer = ?", (self._clock(), peer))

    def heard(self, sender: str, digest: bytes) -> bool:
        """See Transaction.heard."""
        with self.read() as transaction:
            return transaction.heard(sender, digest)

    def floor(self, sender: str) -> int:
        """See Transaction.floor."""
        with self.read() as transaction:
            return transaction.floor(sender)

    def prune(self, before: int) -> None:
        """Forget messages that were sent before then (milliseconds) and remember that they were."""
        with self._database.write() as connection:
            connection.execute(
                """INSERT INTO heard_floor SELECT sender, max(sent) FROM heard WHERE sent < ? GROUP BY sender
                ON CONFLICT (sender) DO UPDATE SET floor = max(floor, excluded.floor)""",
                (before,),
            )
            connection.execute("DELETE FROM heard WHERE sent < ?", (before,))
