"""Backup and move, as a person does it: export here, restore there, the same agent answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.made import import_words
from tests.e2e.test_command_line import PASSPHRASE, Nuee, eventually


@pytest.fixture(scope="module", autouse=True)
def _words_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing here is found by meaning or answered: no command starts a model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUEE_MODELS", str(tmp_path_factory.mktemp("none") / "no-models"))
        yield


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Nuee:
    nuee = Nuee(tmp_path_factory.mktemp("backup") / "home")
    nuee.json("init")
    note = nuee.home.parent / "garden.md"
    note.write_text("# Garden\n\nTomatoes want sun and string.\n", "utf-8")
    import_words(nuee.home, PASSPHRASE, note)
    return nuee


@pytest.fixture(scope="module")
def backup(filled: Nuee) -> Path:
    path = filled.home.parent / "nuee-backup.zip"
    exported = filled.json("export", str(path))
    assert exported["records"] == 1
    return path


def test_a_restored_profile_finds_what_the_first_one_knew(backup: Path, tmp_path: Path) -> None:
    other = Nuee(tmp_path / "elsewhere")
    assert other.json("restore", str(backup))["records"] == 1
    assert other.json("search", "tomatoes", "--words")["hits"][0]["title"] == "Garden"


def test_a_restored_profile_is_the_same_person(filled: Nuee, backup: Path, tmp_path: Path) -> None:
    other = Nuee(tmp_path / "elsewhere")
    other.json("restore", str(backup))
    # Status shows the peer id while the vault is open, as it is for the length of a command that needs it.
    peers = []
    for nuee in (filled, other):
        with nuee.chat() as chat:
            try:
                peers.append(_peer(nuee))
            finally:
                chat.communicate("", timeout=60)
    assert peers[0] == peers[1]


def _peer(nuee: Nuee) -> str:
    found: list[str] = []

    def is_open() -> bool:
        status = json.loads(nuee.run("status", "--json", passphrase=None).stdout)
        if status["peer_id"]:
            found.append(status["peer_id"])
        return bool(found)

    assert eventually(is_open)
    return found[0]


def test_the_wrong_passphrase_restores_nothing(backup: Path, tmp_path: Path) -> None:
    other = Nuee(tmp_path / "elsewhere")
    done = other.run("restore", str(backup), passphrase="not this one")
    assert done.returncode == 1
    assert "not the passphrase" in done.stderr
    assert other.json("status")["state"] == "absent"


def test_a_damaged_backup_restores_nothing(backup: Path, tmp_path: Path) -> None:
    whole = bytearray(backup.read_bytes())
    whole[len(whole) // 2] ^= 1
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(whole)
    other = Nuee(tmp_path / "elsewhere")
    done = other.run("restore", str(damaged))
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert [path.name for path in other.home.iterdir() if path.name.endswith(".nuee")] == []


def test_nothing_is_restored_over_a_vault(filled: Nuee, backup: Path) -> None:
    done = filled.run("restore", str(backup))
    assert done.returncode == 1
    assert "never overwritten" in done.stderr


def test_a_vault_without_its_key_is_kept(backup: Path, tmp_path: Path) -> None:
    other = Nuee(tmp_path / "elsewhere")
    other.home.mkdir()
    (other.home / "vault.nuee").write_bytes(b"precious")
    other.json("restore", str(backup))
    assert (other.home / "vault-without-key-1.nuee").read_bytes() == b"precious"


def test_open_formats_are_written_only_on_demand(filled: Nuee, tmp_path: Path) -> None:
    done = filled.run("export", "--open", str(tmp_path / "out"))
    assert done.returncode == 1
    assert not (tmp_path / "out").exists()


def test_open_formats_are_what_came_in(filled: Nuee, tmp_path: Path) -> None:
    filled.json("export", "--open", "--yes", str(tmp_path / "out"))
    assert (tmp_path / "out" / "notes" / "garden.md").read_text(
        "utf-8"
    ) == "# Garden\n\nTomatoes want sun and string.\n"


def test_exporting_wants_the_passphrase(filled: Nuee, tmp_path: Path) -> None:
    done = filled.run("export", str(tmp_path / "x.zip"), passphrase="wrong")
    assert done.returncode == 1
    assert PASSPHRASE not in done.stderr
    assert not (tmp_path / "x.zip").exists()
