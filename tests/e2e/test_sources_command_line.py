"""`nuee sources`, `nuee airplane`, `nuee timeline` as a person or a script uses them: real processes and drivers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer import places
from tests.e2e.made import copied
from tests.e2e.test_command_line import Nuee, eventually

pytestmark = pytest.mark.skipif(not places.models().exists(), reason="the default models are not installed")


@pytest.fixture(autouse=True)
def _words_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing here is found by meaning: no command waits for the embedder."""
    monkeypatch.setenv("NUEE_MODELS", str(tmp_path / "no-models"))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Nuee:
    nuee = Nuee(tmp_path_factory.mktemp("first") / "home")
    nuee.json("init")
    return nuee


@pytest.fixture
def fresh(first: Nuee, tmp_path: Path) -> Nuee:
    nuee = Nuee(copied(first.home, tmp_path / "home"))
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "quince.md").write_text("# Quince\n\nThe jam is ready.\n")
    return nuee


@pytest.fixture
def owned(fresh: Nuee) -> Iterator[Nuee]:
    """Owned by a running `nuee chat`, which keeps sources fresh."""
    owner = fresh.chat()
    assert owner.stdout is not None
    assert owner.stdout.readline().startswith("Nuée.")
    yield fresh
    owner.communicate(input="/quit\n", timeout=60)


def test_a_folder_of_notes_is_added_read_listed_and_removed(fresh: Nuee, tmp_path: Path) -> None:
    row = fresh.json("sources", "add", "notes", str(tmp_path / "notes"), "--name", "My notes")
    assert (row["id"], row["name"], row["state"]) == (1, "My notes", "new")
    assert fresh.json("search", "jam", "--words")["hits"] == []  # a single command reads nothing behind one's back
    (done,) = fresh.json("sources", "sync", "my notes")["synced"]
    assert (done["new"], done["failed"], done["error"]) == (1, [], "")
    (row,) = fresh.json("sources", "list")["sources"]
    assert (row["state"], row["records"], row["place"]) == ("ok", 1, str(tmp_path / "notes"))
    (entry,) = fresh.json("timeline")["timeline"]
    assert (entry["name"], entry["count"], entry["latest"][0][2]) == ("My notes", 1, "Quince")
    assert fresh.json("sources", "remove", "1", "--forget")["records"] == 1
    assert fresh.json("sources", "list")["sources"] == []


def test_a_source_that_cannot_be_read_is_one_sentence(fresh: Nuee, tmp_path: Path) -> None:
    for arguments, said in (
        (["sources", "add", "notes", str(tmp_path / "nowhere")], "There is nothing at"),
        (["sources", "add", "feed", "ftp://example.org"], "https://"),
        (["sources", "sync", "nothing"], "There is no source nothing"),
        (["sources", "add", "imap", "--host", "h", "--user", "u"], "--password-file"),
        (["timeline", "--before", "yesterday"], "yesterday is no day"),
    ):
        done = fresh.run(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert len(done.stderr.strip().splitlines()) == 1
        assert said in done.stderr


def test_airplane_mode_holds_between_commands_and_while_locked(fresh: Nuee) -> None:
    assert fresh.json("airplane") == {"airplane": False}
    assert fresh.json("airplane", "on") == {"airplane": True}
    assert json.loads(fresh.run("status", "--json", passphrase=None).stdout)["airplane"] is True
    for arguments in (["models", "add", "https://example.org/x.gguf"], ["sources", "add", "feed", "example.org"]):
        done = fresh.run(*arguments)
        assert (done.returncode, "Airplane mode is on" in done.stderr) == (1, True)
    assert fresh.json("airplane", "off") == {"airplane": False}


def test_a_chat_that_runs_keeps_a_folder_fresh(owned: Nuee, tmp_path: Path) -> None:
    owned.json("sources", "add", "notes", str(tmp_path / "notes"))
    assert eventually(lambda: len(owned.json("search", "jam", "--words")["hits"]) == 1)
    (tmp_path / "notes" / "medlar.md").write_text("# Medlar\n\nStill hard.\n")
    assert eventually(lambda: len(owned.json("search", "medlar", "--words")["hits"]) == 1)
    owned.json("lock")
    (tmp_path / "notes" / "sorb.md").write_text("# Sorb\n\nThe sorb is sour.\n")
    assert json.loads(owned.run("status", "--json", passphrase=None).stdout)["state"] == "locked"
