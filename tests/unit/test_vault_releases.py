"""Vaults of every release open in this one, and hold what they held."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from storage import keys
from storage.ledger import Item
from storage.records import Record
from storage.vault import Vault
from tests.vectors import make

RELEASES = sorted(folder for folder in make.HERE.iterdir() if folder.name.isdigit())


def test_there_is_a_vault_of_each_release() -> None:
    assert [folder.name for folder in RELEASES][:6] == ["0001", "0002", "0003", "0004", "0005", "0006"]


@pytest.mark.parametrize("release", RELEASES, ids=lambda folder: folder.name)
@pytest.mark.parametrize("opener", ["passphrase", "phrase"])
def test_an_old_vault_opens_and_holds_what_it_held(release: Path, opener: str, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    shutil.copytree(release, profile)
    expected: dict[str, Any] = json.loads((profile / "contents.json").read_text("utf-8"))
    secrets = keys.open_file(profile / "keys.json", expected.pop(opener))
    assert secrets.identity_seed.hex() == expected["identity_seed"]
    with Vault.open(profile / "vault.db", bytes(secrets.vault_key)) as vault:
        found = make.read(vault)
    assert holds(found, expected) == []
    assert {"records", "vectors", "conversations"} < set(found)


def holds(found: Any, expected: Any, where: str = "") -> list[str]:
    """Where `found` lacks what was there.  A later release may know more of a record than the one that wrote it."""
    if isinstance(found, dict) and isinstance(expected, dict):
        lost = [f"{where}.{key}" for key in expected if key not in found and where]
        return lost + [
            at for key in expected if key in found for at in holds(found[key], expected[key], f"{where}.{key}")
        ]
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        return [at for number, (one, other) in pairs for at in holds(one, other, f"{where}[{number}]")]
    return [] if found == expected else [where]


def test_what_was_forgotten_in_an_old_vault_does_not_come_back(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    shutil.copytree(make.HERE / "0002", profile)
    secrets = keys.open_file(profile / "keys.json", make.PASSPHRASE)
    with Vault.open(profile / "vault.db", bytes(secrets.vault_key)) as vault:
        (source,) = vault.sources.list()
        assert vault.sources.ledger(source.id).store("part", [Item("again", "1", make.FORGOTTEN)]).new == 0
        assert vault.library.page(text="Forgotten") == ([], 0)


def test_an_old_vault_takes_in_new_records(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    shutil.copytree(RELEASES[0], profile)
    secrets = keys.open_file(profile / "keys.json", make.PASSPHRASE)
    with Vault.open(profile / "vault.db", bytes(secrets.vault_key)) as vault:
        assert vault.library.add(make.RECORDS).duplicates == len(make.RECORDS)
        before = vault.library.counts().records
        vault.library.add([Record("note", "New", "New.")])
        assert vault.library.counts().records == before + 1
