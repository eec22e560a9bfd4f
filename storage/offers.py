"""What this node does for other people, for whom and how much in a day, and how much of it was used."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from storage.database import Connection, Database, VaultError
from storage.outbox import Write

Audience = Literal["nobody", "contacts", "open"]
_OFFER = "SELECT kind, audience, price, quota, at_once, asks, settings FROM offer"


@dataclass(frozen=True)
class Offer:
    """`quota`: of one peer in a day, in the kind's own unit.  `at_once`: tasks of this kind at the same time.

    `asks`: the person is asked for each.  `settings`: what only this kind has, plain JSON.
    """

    kind: str
    audience: Audience
    quota: int
    price: int = 0
    at_once: int = 1
    asks: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


class Offers:
    """Blocking; any thread.  Errors: VaultError `unknown-offer`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def set(self, offer: Offer) -> None:
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO offer VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    offer.kind, offer.audience, offer.price, offer.quota, offer.at_once, int(offer.asks),
                    json.dumps(offer.settings, ensure_ascii=False), self._clock(),
                ),
            )  # fmt: skip

    def get(self, kind: str) -> Offer | None:
        with self._database.read() as connection:
            row = connection.execute(f"{_OFFER} WHERE kind = ?", (kind,)).fetchone()
        return None if row is None else _offer(row)

    def list(self) -> list[Offer]:
        with self._database.read() as connection:
            return [_offer(row) for row in connection.execute(f"{_OFFER} ORDER BY kind").fetchall()]

    def remove(self, kind: str) -> None:
        with self._database.write() as connection:
            if not connection.execute("DELETE FROM offer WHERE kind = ?", (kind,)).rowcount:
                raise VaultError("unknown-offer", "nothing of this kind is offered")

    def used(self, peer: str, kind: str) -> int:
        """What the peer has had today (UTC)."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT amount FROM usage WHERE peer = ? AND kind = ? AND day = ?", (peer, kind, self._day())
            ).fetchone()
        return 0 if row is None else int(row[0])

    def today(self, kind: str) -> Sequence[tuple[str, int]]:
        """Who had how much today (UTC), the most first."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT peer, amount FROM usage WHERE kind = ? AND day = ? AND amount > 0 ORDER BY amount DESC, peer",
                (kind, self._day()),
            )
            return found.fetchall()

    def use(self, peer: str, kind: str, amount: int) -> Write:
        """Count it, with the step that caused it; days that are over are dropped."""
        day = self._day()

        def write(connection: Connection) -> None:
            connection.execute("DELETE FROM usage WHERE day < ?", (day,))
            connection.execute(
                """INSERT INTO usage VALUES (?, ?, ?, ?)
                ON CONFLICT (peer, kind, day) DO UPDATE SET amount = max(0, amount + excluded.amount)""",
                (peer, kind, day, amount),
            )

        return write

    def record(self, peer: str, kind: str, amount: int) -> None:
        """As `use`, by itself."""
        with self._database.write() as connection:
            self.use(peer, kind, amount)(connection)

    def _day(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%d")


def _offer(row: Any) -> Offer:
    kind, audience, price, quota, at_once, asks, settings = row
    return Offer(kind, audience, quota, price, at_once, bool(asks), json.loads(settings))
