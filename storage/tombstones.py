"""What was forgotten, so that the next sync does not bring it back.

A fingerprint is HMAC-SHA256 over message id and digest under a random key that lies in the vault, so it says nothing
to whoever has no key; whoever has the vault open can tell whether a text they already know was forgotten.
"""

from __future__ import annotations

import hmac
import secrets

from storage.database import Connection

_KEY = "forgotten-key"


def key(connection: Connection) -> bytes:
    """Within a write: the vault's key for fingerprints, made on first use."""
    row = connection.execute("SELECT value FROM secret WHERE name = ?", (_KEY,)).fetchone()
    if row is not None:
        return bytes(row[0])
    fresh = secrets.token_bytes(32)
    connection.execute("INSERT INTO secret (name, value) VALUES (?, ?)", (_KEY, fresh))
    return fresh


def bury(connection: Connection, key: bytes, external_id: str, digest: bytes) -> None:
    """Within a write: syncs pass over this record from now on."""
    stone = _fingerprint(key, external_id, digest)
    connection.execute("INSERT OR IGNORE INTO forgotten (fingerprint) VALUES (?)", (stone,))


def lift(connection: Connection, key: bytes, external_id: str, digest: bytes) -> None:
    """Within a write: the person wants it again."""
    connection.execute("DELETE FROM forgotten WHERE fingerprint = ?", (_fingerprint(key, external_id, digest),))


def is_buried(connection: Connection, key: bytes, external_id: str, digest: bytes) -> bool:
    stone = _fingerprint(key, external_id, digest)
    return connection.execute("SELECT 1 FROM forgotten WHERE fingerprint = ?", (stone,)).fetchone() is not None


def known(connection: Connection, external_id: str, digest: bytes) -> bool:
    """As `is_buried`, within a read."""
    row = connection.execute("SELECT value FROM secret WHERE name = ?", (_KEY,)).fetchone()
    return row is not None and is_buried(connection, bytes(row[0]), external_id, digest)


def _fingerprint(key: bytes, external_id: str, digest: bytes) -> bytes:
    return hmac.digest(key, external_id.encode("utf-8", "surrogatepass") + b"\0" + digest, "sha256")
