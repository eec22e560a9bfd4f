"""What the installer found out about the engine: which build of llama.cpp runs here, and on what."""

from __future__ import annotations

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
    flags = _built().get("variant") or _built().get("name") or ""
    return f"llama-cpp-python {number}" + (f" ({flags})" if flags else "")


def device() -> str:
    """What the engine was built to run on."""
    return str(_built().get("device") or platform.machine())
