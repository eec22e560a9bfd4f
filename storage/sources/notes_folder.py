"""Notes: a folder of Markdown, such as an Obsidian vault, watched for changes.  Config: {path}."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

from storage.sources.walk import Source
from storage.sources.watched_folder import Wanted, WatchedFolder
from storage.sync import Driver

_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".txt", ".text"})
_MAX_SETTINGS = 64 * 1024  # bytes


def driver() -> Driver:
    return WatchedFolder(notes)


def notes(root: Path) -> Wanted:
    """Which files of the folder are notes: Markdown and plain text, without Obsidian's templates."""
    templates = _templates(root)

    def wanted(source: Source) -> bool:
        path = source.path.relative_to(root)
        return path.suffix.lower() in _SUFFIXES and path.parts[: len(templates)] != templates

    return wanted if templates else lambda source: source.path.suffix.lower() in _SUFFIXES


def _templates(root: Path) -> tuple[str, ...]:
    """The folder that Obsidian takes templates from, whose files are forms and not notes; empty for none."""
    try:
        with (root / ".obsidian" / "templates.json").open("rb") as file:
            settings = json.loads(file.read(_MAX_SETTINGS))
    except (OSError, ValueError, RecursionError):
        return ()
    folder = settings.get("folder") if isinstance(settings, dict) else None
    return PurePosixPath(folder.strip("/")).parts if isinstance(folder, str) and folder.strip("/. ") else ()
