"""A backup brings back what the wallet may spend and has spent, and says when it was made."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from app import commands
from app.actions.backup import export_archive, restore_archive
from app.backup_results import BACKUP_MADE, PHRASE_CONFIRMED
from app.node import Node, open_node
from p2p.spending import Limits
from p2p.wallet_state import ANY, Network, network_to_map
from storage import archive
from storage.archive import ArchiveError
from tests.unit.chains_fixtures import PASSPHRASE, profile

MINE = Network(31337, on=True, limits={ANY: Limits(task=7, day=8, counterparty=9, ask_above=1)}, fee=3)


async def exported(node: Node, path: Path) -> Path:
    await export_archive(node, str(path), PASSPHRASE)
    return path


async def networks(node: Node) -> Any:
    return (await node.ask_wallet("wallet_shows"))["networks"]


@pytest.fixture(name="backup")
async def backup_fixture(tmp_path: Path) -> Path:
    async with profile(tmp_path / "home") as node:
        await node.ask_wallet("wallet_network", network=network_to_map(MINE))
        return await exported(node, tmp_path / "a.nuee-backup")


async def test_limits_come_back_with_a_backup(backup: Path, tmp_path: Path) -> None:
    async with open_node(tmp_path / "other") as node:
        await restore_archive(node, str(backup), PASSPHRASE)
        assert await networks(node) == [network_to_map(MINE)]


async def test_a_restored_vault_says_of_when_its_backup_is(backup: Path, tmp_path: Path) -> None:
    async with open_node(tmp_path / "other") as node:
        done = await restore_archive(node, str(backup), PASSPHRASE)
        assert node.vault.vault.settings.get(BACKUP_MADE) == done.created


async def test_another_wallets_file_is_kept_aside_where_a_backup_is_restored(backup: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "wallet.nuee").write_bytes(b"of another seed")
    async with open_node(other) as node:
        await restore_archive(node, str(backup), PASSPHRASE)
        assert await networks(node) == [network_to_map(MINE)]
    assert (other / "wallet-without-key-1.nuee").read_bytes() == b"of another seed"


async def test_a_backup_without_a_wallet_is_one_that_earlier_releases_read(tmp_path: Path) -> None:
    async with profile(tmp_path / "home") as node:
        made = await exported(node, tmp_path / "a.nuee-backup")
    with zipfile.ZipFile(made) as file:
        assert b'"version":1' in file.read("manifest.json")


async def test_a_backup_with_a_wallet_says_that_an_update_is_needed_to_earlier_releases(backup: Path) -> None:
    with zipfile.ZipFile(backup) as file:
        assert b'"version":2' in file.read("manifest.json")


async def test_a_wallet_that_was_taken_out_of_a_backup_is_noticed(backup: Path, tmp_path: Path) -> None:
    less = tmp_path / "less"
    with zipfile.ZipFile(backup) as whole, zipfile.ZipFile(less, "w") as file:
        for name in whole.namelist():
            if name != archive.WALLET:
                file.writestr(name, whole.read(name))
    with pytest.raises(ArchiveError) as caught:
        archive.verify(less)
    assert caught.value.code == "archive-damaged"


async def test_nothing_of_the_copying_is_left(tmp_path: Path) -> None:
    async with profile(tmp_path / "home") as node:
        await node.ask_wallet("wallet_network", network=network_to_map(MINE))
        await exported(node, tmp_path / "a.nuee-backup")
        assert not list((tmp_path / "home").glob("exporting-*"))
        assert node.vault.vault.settings.get(BACKUP_MADE)


async def test_a_new_recovery_phrase_was_not_typed_back_yet(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await commands.set_setting(node, PHRASE_CONFIRMED, "2026-01-01T00:00:00+00:00")
        await commands.new_recovery_phrase(node, PASSPHRASE)
        assert node.vault.vault.settings.get(PHRASE_CONFIRMED) is None
