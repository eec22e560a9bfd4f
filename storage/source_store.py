"""The sources a person keeps fresh: what they are, how they do, and where their secrets lie."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from storage import rows
from storage.database import Connection, Database, VaultError
from storage.ledger import Ledger
from storage.sync import Account, SourceKind, SyncFailed
from storage.vectors import Vectors

_COLUMNS = "id, kind, name, config, paused, created, tried, synced, due, failures, error, detail"


@dataclass(frozen=True)
class Source:
    """Times: seconds since the epoch, UTC.  `error` is the code of the last failure, `detail` its English sentence;
    both are empty after a success.  `failures`: in a row."""

    id: int
    kind: SourceKind
    name: str
    config: Mapping[str, Any]
    paused: bool
    created: float
    tried: float | None
    synced: float | None
    due: float
    failures: int
    error: str
    detail: str


class Sources:
    """Blocking; any thread.  Errors: VaultError `unknown-source` where one is named that is not there."""

    def __init__(self, database: Database, vectors: Vectors, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._vectors = vectors
        self._clock = clock

    def add(self, kind: SourceKind, name: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> int:
        """A new source, due at once; its id is never used again.  `secrets`: by name, such as "password"."""
        text = json.dumps(dict(config), allow_nan=False)
        with self._database.write() as connection:
            number = connection.execute(
                "INSERT INTO source (kind, name, config, created) VALUES (?, ?, ?, ?)",
                (kind, rows.clean(name), text, self._clock()),
            ).lastrowid
            for secret, value in secrets.items():
                connection.execute(
                    "INSERT INTO secret (name, value) VALUES (?, ?)", (_secret(number, secret), value.encode("utf-8"))
                )
        return number

    def list(self) -> list[Source]:
        """In the order they were added."""
        with self._database.read() as connection:
            found = connection.execute(f"SELECT {_COLUMNS} FROM source ORDER BY id").fetchall()  # noqa: S608
        return [_source(row) for row in found]

    def get(self, source: int) -> Source:
        with self._database.read() as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM source WHERE id = ?", (source,)).fetchone()  # noqa: S608
        if row is None:
            raise _unknown()
        return _source(row)

    def edit(self, source: int, name: str, config: Mapping[str, Any], secrets: Mapping[str, str] | None = None) -> None:
        """Change it; it is due at once.  Secrets that are not given stay."""
        with self._database.write() as connection:
            changed = connection.execute(
                "UPDATE source SET name = ?, config = ?, due = 0, failures = 0 WHERE id = ?",
                (rows.clean(name), json.dumps(dict(config), allow_nan=False), source),
            )
            if not changed.rowcount:
                raise _unknown()
            for secret, value in (secrets or {}).items():
                connection.execute(
                    "INSERT OR REPLACE INTO secret (name, value) VALUES (?, ?)",
                    (_secret(source, secret), value.encode("utf-8")),
                )

    def set_paused(self, source: int, paused: bool) -> None:
        with self._database.write() as connection:
            changed = connection.execute("UPDATE source SET paused = ? WHERE id = ?", (int(paused), source))
            if not changed.rowcount:
                raise _unknown()

    def began(self, source: int) -> None:
        with self._database.write() as connection:
            connection.execute("UPDATE source SET tried = ? WHERE id = ?", (self._clock(), source))

    def succeeded(self, source: int, due: float) -> None:
        with self._database.write() as connection:
            connection.execute(
                "UPDATE source SET synced = ?, due = ?, failures = 0, error = '', detail = '' WHERE id = ?",
                (self._clock(), due, source),
            )

    def failed(self, source: int, error: SyncFailed | VaultError, due: float) -> None:
        with self._database.write() as connection:
            connection.execute(
                "UPDATE source SET due = ?, failures = failures + 1, error = ?, detail = ? WHERE id = ?",
                (due, error.code, rows.clean(str(error)), source),
            )

    def alone(self, source: int) -> tuple[int, ...]:
        """Numbers of the records that it brought and no other source has."""
        with self._database.read() as connection:
            return tuple(_alone(connection, source))

    def remove(self, source: int, *, keep: bool) -> int:
        """Drop a source with its secrets.  `keep`: its records stay, as if imported by hand; else those that it alone
        brought go with it.  Returns how many records went."""
        gone = 0
        with self._database.write() as connection:
            if connection.execute("SELECT 1 FROM source WHERE id = ?", (source,)).fetchone() is None:
                raise _unknown()
            if not keep:
                found = _alone(connection, source)
                for number in found:
                    rows.erase(connection, self._vectors, number)
                gone = len(found)
            connection.execute("UPDATE record SET source = NULL WHERE source = ?", (source,))
            connection.execute("DELETE FROM source WHERE id = ?", (source,))
            prefix = _secret(source, "")
            connection.execute("DELETE FROM secret WHERE substr(name, 1, ?) = ?", (len(prefix), prefix))
        self._database.checkpoint()
        return gone

    def records(self, source: int) -> int:
        """How many records it brought that are still here."""
        with self._database.read() as connection:
            return int(connection.execute("SELECT count(*) FROM record WHERE source = ?", (source,)).fetchone()[0])

    def ledger(self, source: int) -> Ledger:
        return Ledger(self._database, self._vectors, source, self._clock)

    def account(self, source: int) -> Account:
        """What a driver is given."""
        one = self.get(source)

        def secret(name: str) -> str | None:
            with self._database.read() as connection:
                row = connection.execute("SELECT value FROM secret WHERE name = ?", (_secret(source, name),)).fetchone()
            return None if row is None else bytes(row[0]).decode("utf-8")

        def set_secret(name: str, value: str) -> None:
            with self._database.write() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO secret (name, value) VALUES (?, ?)",
                    (_secret(source, name), value.encode("utf-8")),
                )

        return Account(source, one.kind, one.config, secret, set_secret)


def _alone(connection: Connection, source: int) -> list[int]:
    found = connection.execute(
        """SELECT number FROM record WHERE source = ?1 AND NOT EXISTS
            (SELECT 1 FROM source_item WHERE record = number AND source <> ?1)""",
        (source,),
    )
    return [int(number) for (number,) in found]


def _secret(source: int, name: str) -> str:
    return f"source:{source}:{name}"


def _source(row: Any) -> Source:
    number, kind, name, config, paused, *rest = row
    return Source(number, cast(SourceKind, kind), name, json.loads(config), bool(paused), *rest)


def _unknown() -> VaultError:
    return VaultError("unknown-source", "there is no such source")
