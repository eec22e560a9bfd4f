"""Settings (JSON values) and small secrets (bytes) of a profile."""

from __future__ import annotations

import json
from typing import Any

from storage.database import Database


class Settings:
    """Blocking; any thread.  Errors: VaultError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: Any = None) -> Any:
        """The value as it was set, through JSON; `default` when there is none."""
        with self._database.read() as connection:
            row = connection.execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchone()
        return default if row is None else json.loads(row[0])

    def set(self, key: str, value: Any) -> None:
        """`value`: whatever JSON holds.  Errors: TypeError, ValueError for anything else."""
        text = json.dumps(value, allow_nan=False)
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)", (key, text))

    def unset(self, key: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM setting WHERE key = ?", (key,))

    def secret(self, name: str) -> bytes | None:
        """A secret set before, such as the libp2p host key; None when there is none."""
        with self._database.read() as connection:
            row = connection.execute("SELECT value FROM secret WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def unset_secret(self, name: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM secret WHERE name = ?", (name,))

    def set_secret(self, name: str, value: bytes) -> None:
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO secret (name, value) VALUES (?, ?)", (name, value))
