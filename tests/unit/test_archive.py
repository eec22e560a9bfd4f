"""The encrypted archive: made whole or not at all, checked without a secret, sealed with one."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from storage import archive, keys
from storage.archive import ArchiveError
from storage.records import Record
from storage.vault import Vault

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def profile(tmp_path: Path) -> tuple[Path, bytes]:
    folder = tmp_path / "profile"
    folder.mkdir()
    secrets, _phrase = keys.create(folder / "key.nuee", PASSPHRASE)
    with Vault.create(folder / "vault.nuee", bytes(secrets.vault_key)) as vault:
        vault.library.add([Record("note", "Garden", "Tomatoes want sun."), Record("note", "Roof", "Slates.")])
    return folder, bytes(secrets.vault_key)


@pytest.fixture
def made(profile: tuple[Path, bytes], tmp_path: Path) -> Path:
    folder, key = profile
    target = tmp_path / "backup.zip"
    archive.write(target, {n: folder / n for n in (archive.KEY, archive.VAULT)}, key, "0.1.0")
    return target


def test_what_is_unpacked_is_what_was_packed(made: Path, profile: tuple[Path, bytes], tmp_path: Path) -> None:
    archive.unpack(made, {archive.KEY: tmp_path / "k", archive.VAULT: tmp_path / "v"})
    key = bytes(keys.open_file(tmp_path / "k", PASSPHRASE).vault_key)
    with Vault.open(tmp_path / "v", key) as vault:
        assert vault.library.counts().notes == 2


def test_it_says_itself_what_it_is(made: Path) -> None:
    with zipfile.ZipFile(made) as file:
        assert b"nuee restore" in file.read("README.txt")
        assert json.loads(file.read("manifest.json"))["format"] == "nuee-archive"


def test_nothing_personal_is_in_clear(made: Path) -> None:
    whole = made.read_bytes()
    assert b"Tomatoes" not in whole
    assert b"Garden" not in whole


def test_only_the_owner_may_read_it(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_changed_byte_is_damage(made: Path, share: float) -> None:
    whole = bytearray(made.read_bytes())
    # The local headers repeat what the directory says; a byte in the data is what a disk loses.
    with zipfile.ZipFile(made) as file:
        info = file.getinfo("vault.nuee")
    whole[info.header_offset + 100 + int(share * (info.file_size - 200))] ^= 1
    made.write_bytes(whole)
    with pytest.raises(ArchiveError) as caught:
        archive.verify(made)
    assert caught.value.code == "archive-damaged"


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_archive_is_damage(made: Path, share: float) -> None:
    os.truncate(made, int(made.stat().st_size * share))
    with pytest.raises(ArchiveError) as caught:
        archive.verify(made)
    assert caught.value.code == "archive-damaged"


def test_another_zip_is_not_taken_for_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("a.txt", "a")
    with pytest.raises(ArchiveError) as caught:
        archive.verify(tmp_path / "x.zip")
    assert caught.value.code == "archive-unknown"


def test_a_file_of_another_kind_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Buy string.")
    with pytest.raises(ArchiveError) as caught:
        archive.verify(tmp_path / "notes.txt")
    assert caught.value.code == "archive-unknown"


def test_a_member_too_many_is_refused(made: Path) -> None:
    with zipfile.ZipFile(made, "a") as file:
        file.writestr("../../.bashrc", "evil")
    with pytest.raises(ArchiveError):
        archive.verify(made)


def test_an_exchanged_key_file_breaks_the_seal(made: Path, profile: tuple[Path, bytes], tmp_path: Path) -> None:
    """Somebody who can write the archive can make its hashes good, but not the seal."""
    _folder, key = profile
    other = tmp_path / "other"
    keys.create(other, "another")
    forged = tmp_path / "forged.zip"
    unpacked = {archive.KEY: tmp_path / "k", archive.VAULT: tmp_path / "v"}
    archive.unpack(made, unpacked)
    archive.write(forged, {archive.KEY: other, archive.VAULT: tmp_path / "v"}, bytes(32), "0.1.0")
    assert archive.is_sealed_by(made, key)
    assert not archive.is_sealed_by(forged, key)


def test_nothing_is_left_of_a_cancelled_export(profile: tuple[Path, bytes], tmp_path: Path) -> None:
    folder, key = profile
    with pytest.raises(ArchiveError) as caught:
        archive.write(tmp_path / "b.zip", {archive.VAULT: folder / "vault.nuee"}, key, "0", cancelled=lambda: True)
    assert caught.value.code == "archive-cancelled"
    assert list(tmp_path.glob("b.zip*")) == []


def test_an_archive_is_never_overwritten(made: Path, profile: tuple[Path, bytes]) -> None:
    folder, key = profile
    with pytest.raises(ArchiveError) as caught:
        archive.write(made, {archive.VAULT: folder / "vault.nuee"}, key, "0")
    assert caught.value.code == "archive-exists"


def test_a_damaged_archive_unpacks_to_nothing(made: Path, tmp_path: Path) -> None:
    whole = bytearray(made.read_bytes())
    with zipfile.ZipFile(made) as file:
        info = file.getinfo("vault.nuee")
    whole[info.header_offset + info.file_size] ^= 1
    made.write_bytes(whole)
    with pytest.raises(ArchiveError):
        archive.unpack(made, {archive.KEY: tmp_path / "k", archive.VAULT: tmp_path / "v"})
    assert not (tmp_path / "k").exists()
    assert not (tmp_path / "v").exists()


def test_a_vault_that_is_open_can_be_copied_while_it_stands_still(tmp_path: Path) -> None:
    with Vault.create(tmp_path / "vault.nuee", bytes(32)) as vault:
        vault.library.add([Record("note", "A", "b")])
        with vault.still() as path:
            shutil.copy(path, tmp_path / "copy.nuee")
            assert vault.library.counts().notes == 1
    with Vault.open(tmp_path / "copy.nuee", bytes(32)) as copy:
        assert copy.library.counts().notes == 1
