"""What the installer found out about the engine: which build of llama.cpp runs here, and on what."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


def _built() -> dict[str, Any]:
    file = Path(sys.prefix) / ".nuee" / "engine.json"
    try:
        loaded = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def description() -> str:
    """Name, version and build of the engine, for people."""
    try:
        number = version("llama-cpp-python")
    except PackageNotFoundError:
        return "llama.cpp (not installed)"
    rung = str(_built().get("rung") or "")
    return f"llama-cpp-python {number}" + (f" ({rung})" if rung else "")


def build() -> str:
    """Version, instruction set and flags in one line: builds of one name answer alike (docs/figures.md).

    "" where the installer did not make it.
    """
    facts = _built()
    flags = facts.get("flags")
    if not isinstance(flags, list) or not facts.get("rung"):
        return ""
    digest = hashlib.sha256("\n".join(sorted(map(str, flags))).encode()).hexdigest()[:8]
    return f"{facts.get('version')} {facts['rung']} {digest}"[:80]


def device() -> str:
    """What the engine was built to run on."""
    return str(_built().get("device") or platform.machine())
