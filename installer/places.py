"""Where things live on this machine.  Standard library only: used before anything is installed, and by the app.

Data (profiles, models) and cache (built wheels) follow the platform's convention: XDG on Linux, Library on macOS,
LOCALAPPDATA on Windows.  Models are shared by all profiles of a user; they hold nothing private.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def data() -> Path:
    """The user's data directory for Nuée; not created here."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "nuee"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "nuee"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "nuee"


def cache() -> Path:
    """The user's cache directory for Nuée; not created here.  Whatever is in it can be made again."""
    if sys.platform == "win32":
        return data() / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "nuee"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nuee"


def models() -> Path:
    """The content-addressed model store: `<sha256>.gguf` files.  NUEE_MODELS overrides it."""
    return Path(os.environ.get("NUEE_MODELS") or data() / "models")


def embedder() -> Path:
    """The folder of the default embedding model, in sentence-transformers' layout."""
    return models() / "all-MiniLM-L6-v2"


def profile() -> Path:
    """The profile used when neither --home nor NUEE_HOME names one."""
    return data() / "profile"
