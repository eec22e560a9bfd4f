"""How far triggers have been run: each record and each time of day once, and never again after a crash."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from storage.database import Connection, Database

FRESH = 7 * 86_400.0  # seconds: what was written longer before it came in is an archive, and no news


@dataclass(frozen=True)
class Arrived:
    """A record that came in."""

    number: int
    id: str


class Fired:
    """Blocking; any thread.  Errors: VaultError.  `trigger`: a name of the caller's, unique in the skill.

    `installed`: when the skill was; marks of an earlier skill of the same name do not count.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def arrived(self, skill: str, trigger: str, kind: str, installed: float, limit: int) -> list[Arrived]:
        """Records of this kind that came in since the skill was installed and were not marked, oldest first."""
        with self._database.read() as connection:
            upto = _upto(connection, skill, trigger, installed)
            if upto is None:
                (upto,) = connection.execute(
                    "SELECT coalesce(max(number), 0) FROM record WHERE added < ?", (installed,)
                ).fetchone()
            found = connection.execute(
                """SELECT number, id FROM record WHERE number > ? AND kind = ? AND coalesce(date, added) > added - ?
                ORDER BY number LIMIT ?""",
                (int(upto), kind, FRESH, limit),
            ).fetchall()
        return [Arrived(number, name) for number, name in found]

    def upto(self, skill: str, trigger: str, installed: float) -> float | None:
        """What was marked last; None: nothing."""
        with self._database.read() as connection:
            return _upto(connection, skill, trigger, installed)

    def mark(self, skill: str, trigger: str, upto: float) -> None:
        """Everything up to this record, or moment, is done with."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO fired (skill, trigger_, upto, at) VALUES (?, ?, ?, ?)",
                (skill, trigger, upto, self._clock()),
            )

    def failed(self, skill: str, most: int) -> bool:
        """A run that nobody asked for failed.  Whether it was the last of `most` in a row, and counting begins anew."""
        with self._database.write() as connection:
            row = connection.execute("SELECT times FROM failing WHERE skill = ?", (skill,)).fetchone()
            times = 1 if row is None or row[0] >= most else row[0] + 1
            connection.execute(
                """INSERT INTO failing (skill, times) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM skill WHERE name = ?1)
                ON CONFLICT (skill) DO UPDATE SET times = ?2""",
                (skill, times),
            )
        return bool(times >= most)

    def succeeded(self, skill: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM failing WHERE skill = ?", (skill,))


def _upto(connection: Connection, skill: str, trigger: str, installed: float) -> float | None:
    row = connection.execute(
        "SELECT upto FROM fired WHERE skill = ? AND trigger_ = ? AND at >= ?", (skill, trigger, installed)
    ).fetchone()
    return None if row is None else float(row[0])
