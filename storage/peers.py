"""People's nodes that this one knows: contacts, how they were reached, invites, and who is kept out for a time."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from storage import rows
from storage.database import Connection, Database, VaultError

Standing = Literal["contact", "known", "blocked"]
MAX_ADDRESSES = 8  # of one peer: the latest
MAX_NAME = 80  # characters
REMEMBERED_BAN = 30 * 24 * 3600.0  # seconds after its end
_PEER = "SELECT id, name, standing, identity, relays, added, seen, way, rtt FROM peer"


@dataclass(frozen=True)
class Peer:
    """`id`: libp2p peer id.  `identity`: the did:key it speaks for, or "".  `relays`: it agreed to relay for us.

    `addresses`: multiaddrs without /p2p/…, the latest first.  `way`: how it was reached last; `rtt`: seconds.
    Times: seconds since the epoch, UTC.
    """

    id: str
    name: str
    standing: Standing
    identity: str
    relays: bool
    added: float
    seen: float | None
    way: str
    rtt: float | None
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Invite:
    id: int
    name: str
    created: float
    expires: float


class Peers:
    """Blocking; any thread.  Errors: VaultError `unknown-peer` where one is named that is not there."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(
        self,
        peer: str,
        name: str,
        addresses: Sequence[str] = (),
        *,
        identity: str = "",
        binding: bytes | None = None,
        standing: Standing = "contact",
    ) -> None:
        """Keep a peer.  One that is there keeps its name and its time; a contact never becomes less by this."""
        now = self._clock()
        with self._database.write() as connection:
            connection.execute(
                """INSERT INTO peer (id, name, standing, identity, binding, added) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET
                    standing = CASE WHEN standing = 'contact' THEN standing ELSE excluded.standing END,
                    identity = CASE WHEN excluded.identity = '' THEN identity ELSE excluded.identity END,
                    binding = coalesce(excluded.binding, binding)""",
                (peer, _name(name), standing, identity, binding, now),
            )
            _addresses(connection, peer, addresses, now)

    def list(self) -> list[Peer]:
        """Contacts first, by name."""
        with self._database.read() as connection:
            found = connection.execute(f"{_PEER} ORDER BY standing <> 'contact', standing, name, id").fetchall()
            return [_peer(connection, row) for row in found]

    def get(self, peer: str) -> Peer:
        with self._database.read() as connection:
            row = connection.execute(f"{_PEER} WHERE id = ?", (peer,)).fetchone()
            if row is None:
                raise _unknown()
            return _peer(connection, row)

    def find(self, words: str) -> Peer:
        """By id, by its end, or by name.  Errors: VaultError `unknown-peer`, `ambiguous-peer`."""
        wanted = words.strip().casefold()
        known = self.list()
        for found in (
            [peer for peer in known if peer.id == words.strip()],
            [peer for peer in known if peer.name.casefold() == wanted],
            [peer for peer in known if len(wanted) >= 6 and peer.id.casefold().endswith(wanted)],
        ):
            if len(found) == 1:
                return found[0]
            if found:
                raise VaultError("ambiguous-peer", "more than one peer is called that; use the peer id")
        raise _unknown()

    def contacts(self) -> frozenset[str]:
        with self._database.read() as connection:
            return frozenset(row[0] for row in connection.execute("SELECT id FROM peer WHERE standing = 'contact'"))

    def blocked(self) -> frozenset[str]:
        with self._database.read() as connection:
            return frozenset(row[0] for row in connection.execute("SELECT id FROM peer WHERE standing = 'blocked'"))

    def rename(self, peer: str, name: str) -> None:
        self._change(peer, "UPDATE peer SET name = ? WHERE id = ?", _name(name))

    def stand(self, peer: str, standing: Standing) -> None:
        """Block a peer, or make it a contact (again)."""
        self._change(peer, "UPDATE peer SET standing = ? WHERE id = ?", standing)

    def relay(self, peer: str, agreed: bool) -> None:
        self._change(peer, "UPDATE peer SET relays = ? WHERE id = ?", int(agreed))

    def reached(self, peer: str, way: str, addresses: Sequence[str] = (), rtt: float | None = None) -> None:
        """It was connected just now; nothing happens for a peer that is not kept."""
        now = self._clock()
        with self._database.write() as connection:
            changed = connection.execute(
                "UPDATE peer SET seen = ?, way = ?, rtt = coalesce(?, rtt) WHERE id = ?", (now, way, rtt, peer)
            )
            if changed.rowcount:
                _addresses(connection, peer, addresses, now)

    def remove(self, peer: str) -> None:
        """Forget it with its addresses; what was agreed with it stays in tasks and in the ledger."""
        with self._database.write() as connection:
            if not connection.execute("DELETE FROM peer WHERE id = ?", (peer,)).rowcount:
                raise _unknown()
            connection.execute("DELETE FROM invite WHERE peer = ?", (peer,))  # with which it could come back

    def invite(self, secret: bytes, name: str, expires: float) -> int:
        """Keep the hash of a secret that lets one peer in, once, until it expires."""
        with self._database.write() as connection:
            return connection.execute(
                "INSERT INTO invite (secret, name, created, expires) VALUES (?, ?, ?, ?)",
                (_digest(secret), rows.clean(name)[:MAX_NAME], self._clock(), expires),
            ).lastrowid

    def invites(self) -> tuple[Invite, ...]:
        """Those that can still be used."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT id, name, created, expires FROM invite WHERE used IS NULL AND expires > ? ORDER BY id",
                (self._clock(),),
            )
            return tuple(Invite(*row) for row in found)

    def redeem(self, secret: bytes, peer: str) -> str | None:
        """Use an invite up; the name it was made for, or None where it is unknown, used by another or too old.

        The same peer may use it again while it lasts: its answer may have been lost on the way.
        """
        now = self._clock()
        with self._database.write() as connection:
            row = connection.execute(
                "SELECT id, name, used, peer FROM invite WHERE secret = ? AND expires > ?", (_digest(secret), now)
            ).fetchone()
            if row is None or (row[2] is not None and row[3] != peer):
                return None
            connection.execute("UPDATE invite SET used = ?, peer = ? WHERE id = ?", (now, peer, row[0]))
            return str(row[1])

    def withdraw(self, invite: int) -> None:
        """Nobody can use it any more.  Errors: VaultError `unknown-invite`."""
        with self._database.write() as connection:
            if not connection.execute("DELETE FROM invite WHERE id = ? AND used IS NULL", (invite,)).rowcount:
                raise VaultError("unknown-invite", "there is no such invite, or it was used")

    def ban(self, peer: str, until: float, times: int) -> None:
        """Keep a peer out until then; `times`: the bans it has had."""
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO ban VALUES (?, ?, ?)", (peer, until, times))

    def bans(self) -> dict[str, tuple[float, int]]:
        """Until when, and how many, by peer; those that were over a month ago are dropped."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM ban WHERE until <= ?", (self._clock() - REMEMBERED_BAN,))
            found = connection.execute("SELECT peer, until, times FROM ban").fetchall()
        return {peer: (until, times) for peer, until, times in found}

    def _change(self, peer: str, sql: str, value: Any) -> None:
        with self._database.write() as connection:
            if not connection.execute(sql, (value, peer)).rowcount:
                raise _unknown()


def _addresses(connection: Connection, peer: str, addresses: Collection[str], now: float) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO peer_address VALUES (?, ?, ?)", [(peer, one, now) for one in addresses]
    )
    connection.execute(
        """DELETE FROM peer_address WHERE peer = ?1 AND address NOT IN
        (SELECT address FROM peer_address WHERE peer = ?1 ORDER BY seen DESC, address LIMIT ?2)""",
        (peer, MAX_ADDRESSES),
    )


def _peer(connection: Connection, row: Any) -> Peer:
    peer, name, standing, identity, relays, added, seen, way, rtt = row
    found = connection.execute("SELECT address FROM peer_address WHERE peer = ? ORDER BY seen DESC, address", (peer,))
    addresses = tuple(address for (address,) in found)
    return Peer(peer, name, standing, identity, bool(relays), added, seen, way, rtt, addresses)


def _name(name: str) -> str:
    cleaned = rows.clean(" ".join(name.split()))[:MAX_NAME]
    if not cleaned:
        raise VaultError("empty-name", "a peer needs a name")
    return cleaned


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def _unknown() -> VaultError:
    return VaultError("unknown-peer", "no peer of this name is known")
