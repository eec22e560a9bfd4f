"""Theme and language: needed before the vault is open, and nobody's secret, so they lie beside it in clear."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FILE = "preferences.json"
CHOICES: dict[str, tuple[str, ...]] = {"theme": ("system", "light", "dark"), "language": ("system", "en", "fr")}


def read(home: Path) -> dict[str, Any]:
    """What was chosen, with the defaults for what was not, or where the file is damaged."""
    chosen: dict[str, Any] = {}
    try:
        loaded = json.loads((home / _FILE).read_text("utf-8"))
    except (OSError, ValueError):
        loaded = {}
    for key, choices in CHOICES.items():
        value = loaded.get(key) if isinstance(loaded, dict) else None
        chosen[key] = value if value in choices else choices[0]
    return chosen


def write(home: Path, key: str, value: str) -> None:
    """Errors: ValueError for a value that is no choice; OSError."""
    if value not in CHOICES[key]:
        raise ValueError(f"{value!r} is not a choice for {key}")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = home / (_FILE + ".new")
    temporary.write_text(json.dumps({**read(home), key: value}), "utf-8")
    temporary.replace(home / _FILE)
