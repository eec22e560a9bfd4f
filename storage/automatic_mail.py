"""To whom mail went that no person read before, so that two programs never write to each other without end (RFC 3834).

An address is kept as an HMAC-SHA256 under a key of the vault, for a day."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence

from storage import tombstones
from storage.database import Connection, Database

SECONDS = 86400.0  # between two to the same address
_SETTING = "automatic-mail"


class AutomaticMail:
    """Blocking; any thread.  Errors: VaultError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, addresses: Sequence[str], now: float) -> list[str]:
        """Write down that mail goes to these, before it does; or, where one had some within a day, nothing: those."""
        with self._database.write() as connection:
            sent = {key: at for key, at in _load(connection).items() if now - SECONDS < at <= now}
            marks = {address: _mark(connection, address) for address in addresses}
            early = [address for address, mark in marks.items() if mark in sent]
            if not early:
                _store(connection, sent | dict.fromkeys(marks.values(), now))
        return early

    def release(self, addresses: Sequence[str]) -> None:
        """It was not sent after all."""
        with self._database.write() as connection:
            gone = {_mark(connection, address) for address in addresses}
            _store(connection, {key: at for key, at in _load(connection).items() if key not in gone})


def _mark(connection: Connection, address: str) -> str:
    key = tombstones.key(connection)
    return hmac.digest(key, b"automatic\0" + address.strip().lower().encode(), "sha256").hex()


def _load(connection: Connection) -> dict[str, float]:
    row = connection.execute("SELECT value FROM setting WHERE key = ?", (_SETTING,)).fetchone()
    return dict(json.loads(row[0])) if row else {}


def _store(connection: Connection, sent: dict[str, float]) -> None:
    connection.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)", (_SETTING, json.dumps(sent)))
