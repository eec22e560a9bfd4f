"""What one source brought in: items, the records they became, and how far the source is read.

Every method is one transaction: after a kill at any moment the next sync goes on from the last one that returned.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from storage import rows, tombstones
from storage.database import Connection, Database
from storage.records import Flag, Record
from storage.vectors import Vectors


@dataclass(frozen=True)
class Item:
    """`key` is unique in its part; `version` changes when the item does.  `record` is None where nothing is in it."""

    key: str
    version: str
    record: Record | None


@dataclass(frozen=True)
class Kept:
    """`new`: records that were not in the vault.  `changed`: items whose record was replaced."""

    new: int
    changed: int


class Ledger:
    """Blocking; any thread.  Errors: VaultError."""

    def __init__(
        self, database: Database, vectors: Vectors, source: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._vectors = vectors
        self._clock = clock
        self.source = source

    def parts(self) -> list[str]:
        with self._database.read() as connection:
            found = connection.execute("SELECT part FROM source_part WHERE source = ? ORDER BY part", (self.source,))
            return [part for (part,) in found]

    def state(self, part: str) -> dict[str, Any]:
        """What was last set for this part; empty when nothing was."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT state FROM source_part WHERE source = ? AND part = ?", (self.source, part)
            ).fetchone()
        return {} if row is None else dict(json.loads(row[0]))

    def set_state(self, part: str, state: dict[str, Any]) -> None:
        with self._database.write() as connection:
            self._set_state(connection, part, state)

    def known(self, part: str) -> dict[str, str]:
        """Key → version of every item that the source still has, whether or not there is a record of it."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT key, version FROM source_item WHERE source = ? AND part = ? AND gone IS NULL",
                (self.source, part),
            )
            return dict(found.fetchall())

    def store(self, part: str, items: Sequence[Item], state: dict[str, Any] | None = None) -> Kept:
        """Take in items, and with them the state that says so.  An item sent twice is stored once.

        A record that is in the vault already is linked, not stored again; a forgotten one is passed over; an item
        whose version changed has its old record replaced, unless another item still is that record.
        """
        with self._database.read() as connection:
            fresh = [i.record for i in items if i.record is not None and rows.find(connection, i.record) is None]
        prepared = {record.id() + record.external_id: rows.prepare(record) for record in fresh}
        new = changed = 0
        with self._database.write() as connection:
            key = tombstones.key(connection)
            for item in items:
                number, is_new = None, False
                if item.record is not None:
                    number, is_new = self._number(connection, key, item.record, prepared)
                if self._link(connection, part, item, number):
                    changed += 1
                else:
                    new += is_new
            if state is not None:
                self._set_state(connection, part, state)
        return Kept(new, changed)

    def set_flags(self, part: str, flags: Iterable[tuple[str, Sequence[Flag]]]) -> int:
        """(key, flags) of items; unknown keys are passed over.  Returns how many records changed."""
        changed = 0
        with self._database.write() as connection:
            for key, names in flags:
                changed += connection.execute(
                    """UPDATE record SET flags = ?1 WHERE flags <> ?1 AND number =
                        (SELECT record FROM source_item WHERE source = ?2 AND part = ?3 AND key = ?4)""",
                    (json.dumps(sorted(names)), self.source, part, key),
                ).rowcount
        return changed

    def missing(self, part: str, keys: Iterable[str]) -> int:
        """The source has these items no more.  Their records stay until `sweep`.  Returns how many there were."""
        now = self._clock()
        with self._database.write() as connection:
            return sum(
                connection.execute(
                    "UPDATE source_item SET gone = ? WHERE source = ? AND part = ? AND key = ? AND gone IS NULL",
                    (now, self.source, part, key),
                ).rowcount
                for key in keys
            )

    def drop_part(self, part: str) -> None:
        """Its keys mean nothing any more (UIDVALIDITY changed, or it is not chosen any more): read it anew.

        Records stay, and are linked again when the same items come back.
        """
        now = self._clock()
        with self._database.write() as connection:
            # Kept under a key that no item bears, so that a record which does not come back can be swept.
            connection.execute(
                """INSERT OR IGNORE INTO source_item (source, part, key, version, record, gone)
                SELECT source, part, 'was:' || record, '', record, coalesce(gone, ?) FROM source_item
                WHERE source = ? AND part = ? AND record IS NOT NULL AND key NOT LIKE 'was:%'""",
                (now, self.source, part),
            )
            where = (self.source, part)
            connection.execute("DELETE FROM source_item WHERE source = ? AND part = ? AND key NOT LIKE 'was:%'", where)
            connection.execute("DELETE FROM source_part WHERE source = ? AND part = ?", where)

    def sweep(self, before: float) -> int:
        """Take away records that this source brought and every source has lost since before that moment.

        `before`: seconds since the epoch, UTC.  Returns how many; the caller empties the journal.
        """
        with self._database.write() as connection:
            found = connection.execute(
                """SELECT number FROM record WHERE source = ?1 AND number IN
                    (SELECT record FROM source_item WHERE source = ?1 AND gone < ?2) AND NOT EXISTS
                    (SELECT 1 FROM source_item WHERE record = number AND (gone IS NULL OR gone >= ?2))""",
                (self.source, before),
            ).fetchall()
            for (number,) in found:
                rows.erase(connection, self._vectors, number)
            connection.execute(
                "DELETE FROM source_item WHERE source = ? AND gone < ? AND record IS NULL", (self.source, before)
            )
        return len(found)

    def _number(
        self, connection: Connection, key: bytes, record: Record, prepared: dict[str, rows.Prepared]
    ) -> tuple[int | None, bool]:
        """The record's number, and whether it was stored just now; None for a forgotten one."""
        number = rows.find(connection, record)
        if number is not None:
            return number, False
        if tombstones.is_buried(connection, key, record.external_id, record.digest()):
            return None, False
        one = prepared.get(record.id() + record.external_id) or rows.prepare(record)
        rows.insert(connection, one, self._clock(), self.source)
        return rows.find(connection, record), True

    def _link(self, connection: Connection, part: str, item: Item, number: int | None) -> bool:
        """Whether the item's record was replaced by another."""
        name = (self.source, part, item.key)
        before = connection.execute(
            "SELECT record FROM source_item WHERE source = ? AND part = ? AND key = ?", name
        ).fetchone()
        connection.execute(
            """INSERT INTO source_item (source, part, key, version, record) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET version = excluded.version, record = excluded.record, gone = NULL""",
            (*name, item.version, number),
        )
        if number is not None and item.record is not None:
            connection.execute(
                "UPDATE record SET folder = ?, flags = ?, name = ?, origin = ? WHERE number = ? AND source = ?",
                (*rows.place(item.record), number, self.source),
            )
            connection.execute("DELETE FROM source_item WHERE record = ? AND key LIKE 'was:%'", (number,))
        if before is None or before[0] is None or before[0] == number:
            return False
        self._drop_orphan(connection, int(before[0]))
        return True

    def _drop_orphan(self, connection: Connection, number: int) -> None:
        orphan = connection.execute(
            """SELECT 1 FROM record WHERE number = ?1 AND source = ?2
            AND NOT EXISTS (SELECT 1 FROM source_item WHERE record = ?1)""",
            (number, self.source),
        ).fetchone()
        if orphan is not None:
            rows.erase(connection, self._vectors, number)

    def _set_state(self, connection: Connection, part: str, state: dict[str, Any]) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO source_part (source, part, state) VALUES (?, ?, ?)",
            (self.source, part, json.dumps(state, allow_nan=False)),
        )
