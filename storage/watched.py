"""Addresses that are looked at; their keys are elsewhere."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from storage.database import Database, VaultError
from storage.rows import clean

MOST = 100  # each is asked of the chain whenever the wallet is shown
MAX_NAME = 60  # characters
_ADDRESS = re.compile(r"0x[0-9a-f]{40}\Z")


@dataclass(frozen=True)
class WatchedAddress:
    """`address`: lower case.  `added`: seconds since the epoch, UTC."""

    address: str
    name: str
    added: float


class Watched:
    """Blocking; any thread.  Errors: VaultError `wallet-address` for what is no address, `unknown-watched`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(self, address: str, name: str = "") -> WatchedAddress:
        """Look at it; a name given again takes the old one's place.  Errors: `too-many-watched`."""
        found = _checked(address)
        called = clean(" ".join(name.split()))[:MAX_NAME]
        with self._database.write() as connection:
            before = connection.execute("SELECT 1 FROM watched WHERE address = ?", (found,)).fetchone()
            count = connection.execute("SELECT count(*) FROM watched").fetchone()[0]
            if before is None and count >= MOST:
                raise VaultError("too-many-watched", f"at most {MOST} addresses are looked at")
            connection.execute(
                "INSERT INTO watched VALUES (?, ?, ?) ON CONFLICT (address) DO UPDATE SET name = excluded.name",
                (found, called, self._clock()),
            )
            row = connection.execute("SELECT address, name, added FROM watched WHERE address = ?", (found,)).fetchone()
        return WatchedAddress(*row)

    def remove(self, address: str) -> None:
        found = _checked(address)
        with self._database.write() as connection:
            if not connection.execute("DELETE FROM watched WHERE address = ?", (found,)).rowcount:
                raise VaultError("unknown-watched", "this address is not looked at")

    def list(self) -> list[WatchedAddress]:
        """In the order they were added."""
        with self._database.read() as connection:
            found = connection.execute("SELECT address, name, added FROM watched ORDER BY added, address").fetchall()
        return [WatchedAddress(*row) for row in found]


def _checked(address: str) -> str:
    found = address.strip().lower()
    if not _ADDRESS.match(found):
        raise VaultError("wallet-address", "this is not an address")
    return found
