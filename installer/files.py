"""Files written whole or not at all, and their digests."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from installer.config import PinnedFile


def write_json(path: Path, value: Any) -> None:
    """Replace `path` atomically; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    aside.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    aside.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in `path`; empty when there is none or it is damaged (what wrote it is then done again)."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def sha256(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """The digest of a file, in hexadecimal; `progress` gets the bytes read so far."""
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as source:
        while block := source.read(1 << 20):
            digest.update(block)
            done += len(block)
            if progress:
                progress(done)
    return digest.hexdigest()


def digest_of(*parts: str | bytes) -> str:
    """A short name for a set of inputs: equal parts in equal order, equal name."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:24]


def same_size(folder: Path, file: PinnedFile) -> bool:
    """The quick check of every start; doctor reads the whole file."""
    try:
        return (folder / file.name).stat().st_size == file.size
    except OSError:
        return False
