"""Vaults and records for the tests of the vault's stores."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.records import Record
from storage.vault import Vault

KEY = secrets.token_bytes(32)
DAY = 86400.0


@pytest.fixture(name="path")
def path_fixture(tmp_path: Path) -> Path:
    return tmp_path / "vault.db"


@pytest.fixture(name="vault")
def vault_fixture(path: Path) -> Iterator[Vault]:
    with Vault.create(path, KEY) as opened:
        yield opened


def mail(title: str = "Lunch on Friday", body: str = "Shall we meet at noon?", **fields: Any) -> Record:
    filled: dict[str, Any] = {
        "date": 1_750_000_000.0,
        "sender": "Ada Byron <ada@example.org>",
        "recipients": ("Max <max@example.org>",),
        **fields,
    }
    return Record("mail", title, body, **filled)


def note(title: str = "Recipes", body: str = "Leek and potato soup.", **fields: Any) -> Record:
    return Record("note", title, body, **fields)
