"""A watched folder, the vault it goes into, and a clock that stands still."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from storage.documents import Extract, no_reader
from storage.ledger import Ledger
from storage.records import StoredRecord
from storage.sources.notes_folder import notes
from storage.sources.watched_folder import WatchedFolder
from storage.sync import Account, Synced
from storage.vault import Vault

KEY = bytes(range(32))
NOW = 1_790_000_000.0


@dataclass
class Watched:
    """A folder and its vault.  `now` is the time of driver and ledger alike."""

    root: Path
    vault: Vault
    wanted: Any = notes
    now: float = NOW
    extract: Extract = no_reader
    reported: list[tuple[int, int | None, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.source = self.vault.sources.add("notes", "Notes", {"path": str(self.root)}, {})
        self.driver = WatchedFolder(self.wanted, self.clock)

    def clock(self) -> float:
        return self.now

    @property
    def account(self) -> Account:
        return replace(self.vault.sources.account(self.source), extract=self.extract)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.vault._database, self.vault.vectors, self.source, self.clock)

    def write(self, name: str, text: str | bytes, age: float = 3600.0) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        os.utime(path, (self.now - age, self.now - age))
        return path

    def sync(self, stop: Callable[[], bool] = lambda: False) -> Synced:
        return self.driver.sync(self.account, self.ledger, lambda *seen: self.reported.append(seen), stop)

    def records(self) -> dict[str, StoredRecord]:
        """By title."""
        lines, _ = self.vault.library.page(limit=10_000)
        return {line.title: self.vault.library.get(line.id) for line in lines}

    def titles(self) -> list[str]:
        return sorted(self.records())


@pytest.fixture(name="opened")
def opened_fixture(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.nuee", KEY) as vault:
        yield vault


@pytest.fixture(name="folder")
def folder_fixture(tmp_path: Path, opened: Vault) -> Watched:
    (tmp_path / "Vault").mkdir()
    return Watched(tmp_path / "Vault", opened)
