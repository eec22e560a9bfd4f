"""Vectors of what skills and the program say of themselves, so that no start waits for them.  Blocking.

Those of the program and of the bundled skills come with it, for its own embedder (`lessons.cbor`, made by
`python -m tests.vectors.lessons`); the rest is kept in the vault once it was made.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING

import cbor2

from storage.vault import Vault

if TYPE_CHECKING:
    import numpy as np

    Row = np.ndarray[tuple[int], np.dtype[np.float32]]

FILE = "lessons.cbor"
MOST = 5_000  # what skills that are gone said does not pile up
_PLACE = "routing-lessons"
_ROWS = "<f2"  # half floats, as the vectors of the library


def name(text: str) -> bytes:
    """What a text is kept under: SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


@functools.cache
def shipped(model: str) -> Mapping[bytes, Row]:
    """Those that came with the program, by name; empty for another model."""
    return unpack((resources.files("app") / FILE).read_bytes(), model)


def load(vault: Vault, model: str) -> dict[bytes, Row]:
    """Those of this model that were kept, by name; empty where they make no sense.  Errors: VaultError."""
    kept = vault.settings.secret(_PLACE)
    return {} if kept is None else unpack(kept, model)


def store(vault: Vault, model: str, rows: Mapping[bytes, Row]) -> None:
    """In place of what was kept; of more than `MOST` the last.  Errors: VaultError."""
    vault.settings.set_secret(_PLACE, pack(model, dict(list(rows.items())[-MOST:])))


def pack(model: str, rows: Mapping[bytes, Row]) -> bytes:
    import numpy as np  # a tenth of a second, and threads: only where a request is routed

    whole = np.asarray(list(rows.values()), _ROWS).tobytes()
    return cbor2.dumps({"model": model, "names": list(rows), "rows": whole})


def unpack(packed: bytes, model: str) -> dict[bytes, Row]:
    import numpy as np

    try:
        found = cbor2.loads(packed)
        if found["model"] != model:
            return {}
        rows = np.frombuffer(found["rows"], _ROWS).reshape(len(found["names"]), -1).astype(np.float32)
    except (cbor2.CBORDecodeError, KeyError, TypeError, ValueError):
        return {}
    return dict(zip(found["names"], rows, strict=True))
