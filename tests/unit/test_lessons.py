"""What the router has learnt of the skills' examples is kept from one start to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app import lessons
from storage.vault import Vault
from tests.vectors import lessons as making

KEY = bytes(range(32))
DEFAULT = "all-MiniLM-L6-v2-53aa51172d14"  # the embedder that comes with the program
ROWS = {
    lessons.name("sort my inbox"): np.array([0.6, 0.8], np.float32),
    lessons.name("lis la page"): np.array([1.0, 0.0], np.float32),
}


@pytest.fixture(name="vault")
def vault_fixture(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.db", KEY) as vault:
        yield vault


def test_what_was_learnt_is_found_again(vault: Vault) -> None:
    lessons.store(vault, "MiniLM", ROWS)

    found = lessons.load(vault, "MiniLM")

    assert {name: row.round(3).tolist() for name, row in found.items()} == {
        name: pytest.approx(row.tolist(), abs=1e-3) for name, row in ROWS.items()
    }


def test_vectors_of_another_model_are_no_use(vault: Vault) -> None:
    lessons.store(vault, "MiniLM", ROWS)

    assert lessons.load(vault, "E5") == {}


@pytest.mark.parametrize("kept", [b"", b"garbage", b"\xa1emodelfMiniLM", b"\x81\x01"])
def test_what_makes_no_sense_is_made_again(vault: Vault, kept: bytes) -> None:
    vault.settings.set_secret("routing-lessons", kept)

    assert lessons.load(vault, "MiniLM") == {}


def test_what_skills_that_are_gone_said_does_not_pile_up(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "MOST", 1)

    lessons.store(vault, "MiniLM", ROWS)

    assert list(lessons.load(vault, "MiniLM")) == [lessons.name("lis la page")]


def test_everything_the_program_says_of_itself_has_its_vector() -> None:
    came = lessons.shipped(DEFAULT)

    assert [said for said in making.texts() if lessons.name(said) not in came] == []


def test_the_vectors_that_came_are_normalised() -> None:
    rows = np.stack(list(lessons.shipped(DEFAULT).values()))

    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=2e-3)


def test_for_another_embedder_none_came() -> None:
    assert lessons.shipped("multilingual-e5-small") == {}
