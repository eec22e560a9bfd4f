"""Which driver reads which kind of source, and what the schedule must know of a source without asking it.

Driver modules bring their libraries with them, so each is imported when a source of its kind is first read.
"""

from __future__ import annotations

import importlib
import urllib.parse
from collections.abc import Mapping
from typing import Any, cast, get_args

from storage.sync import Account, Driver, SourceKind, SyncFailed

KINDS: tuple[SourceKind, ...] = get_args(SourceKind)

_FACTORIES: dict[str, tuple[str, str]] = {
    "imap": ("storage.sources.imap", "driver"),
    "notes": ("storage.sources.notes_folder", "driver"),
    "folder": ("storage.sources.folder", "driver"),
    "feed": ("storage.sources.feed", "driver"),
    "calendar": ("storage.sources.file_driver", "calendar_driver"),
    "contacts": ("storage.sources.file_driver", "contacts_driver"),
}


def driver(kind: str) -> Driver:
    """The driver for a kind.  Blocking: its first use imports libraries.  Errors: SyncFailed `source-kind`."""
    if kind not in _FACTORIES:
        raise SyncFailed("source-kind", f"“{kind}” is not a kind of source that this release can read")
    module, factory = _FACTORIES[kind]
    try:
        return cast(Driver, getattr(importlib.import_module(module), factory)())
    except (ImportError, AttributeError) as error:
        raise SyncFailed("source-kind", f"the part that reads sources of the kind “{kind}” is not installed") from error


def look(driver: Driver, account: Account) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What can be chosen in a source, and what most people would choose; blocking.  Errors: as `Driver.check`."""
    survey = getattr(driver, "survey", None)  # of mail accounts, which have many folders
    if survey is None:
        choices = tuple(driver.check(account))
        return choices, choices[:1]
    found = survey(account)
    return tuple(found.folders), tuple(found.proposed)


def needs_network(kind: str, config: Mapping[str, Any]) -> bool:
    """Whether reading it talks to another machine, or to a server on this one.

    A kind that is not known here counts as one that does: airplane mode must hold for it too.
    """
    if kind in ("notes", "folder"):
        return False
    return not (kind in ("calendar", "contacts") and config.get("path"))


def host(kind: str, config: Mapping[str, Any]) -> str:
    """The server it is read from, so that no server is asked twice at a time; empty for files."""
    if not needs_network(kind, config):
        return ""
    named = config.get("host") or urllib.parse.urlsplit(str(config.get("address", ""))).hostname or ""
    return str(named).lower()
