"""A folder of documents and mail files, watched for changes: whatever `storage.sources.read` can read in it.

Config: {path}.  Other files are passed over in silence.
"""

from __future__ import annotations

from pathlib import Path

from storage.sources.walk import Source
from storage.sources.watched_folder import Wanted, WatchedFolder
from storage.sync import Driver


def driver() -> Driver:
    return WatchedFolder(everything)


def everything(_root: Path) -> Wanted:
    def wanted(_source: Source) -> bool:
        return True

    return wanted
