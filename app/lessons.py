"""Vectors of what skills and the program say of themselves, kept in the vault from one start to the next.  Blocking."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import cbor2
import numpy as np

from storage.vault import Vault

_PLACE = "routing-lessons"
MOST = 5_000  # what skills that are gone said does not pile up
_ROWS = "<f2"  # half floats, as the vectors of the library
Row = np.ndarray[tuple[int], np.dtype[np.float32]]


def name(text: str) -> bytes:
    """What a text is kept under: SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def load(vault: Vault, model: str) -> dict[bytes, Row]:
    """Those of this model, by name; empty where there are none, or where they make no sense.  Errors: VaultError."""
    kept = vault.settings.secret(_PLACE)
    if kept is None:
        return {}
    try:
        found = cbor2.loads(kept)
        if found["model"] != model:
            return {}
        rows = np.frombuffer(found["rows"], _ROWS).reshape(len(found["names"]), -1).astype(np.float32)
    except (cbor2.CBORDecodeError, KeyError, TypeError, ValueError):
        return {}
    return dict(zip(found["names"], rows, strict=True))


def store(vault: Vault, model: str, rows: Mapping[bytes, Row]) -> None:
    """In place of what was kept; of more than `MOST` the last.  Errors: VaultError."""
    newest = dict(list(rows.items())[-MOST:])
    whole = np.asarray(list(newest.values()), _ROWS).tobytes()
    vault.settings.set_secret(_PLACE, cbor2.dumps({"model": model, "names": list(newest), "rows": whole}))
