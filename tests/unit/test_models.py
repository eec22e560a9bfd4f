"""The model store: bytes under their own name, and nothing damaged ever loaded."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path
from unittest.mock import patch

import pytest

from agent.models import ModelError, ModelStore
from tests.unit.gguf_samples import gguf, text


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "store")


def sample(folder: Path, name: str = "Tiny-Chat.gguf", *, mark: str = "") -> Path:
    path = folder / name
    path.write_bytes(gguf(text("general.finetune", mark)))
    return path


def refused(error: pytest.ExceptionInfo[ModelError]) -> str:
    assert str(error.value).endswith(".")
    return error.value.code


def test_a_model_is_stored_under_its_digest(store: ModelStore, tmp_path: Path) -> None:
    path = sample(tmp_path)

    model = store.add(path)

    assert model.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert model.path == store.root / f"{model.digest}.gguf"
    assert model.path.read_bytes() == path.read_bytes()
    assert (model.name, model.layers, model.context) == ("Tiny-Chat", 2, 512)


def test_adding_reports_every_byte(store: ModelStore, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    model = store.add(sample(tmp_path), lambda done, total: seen.append((done, total)))

    assert seen[-1] == (model.size, model.size)


def test_adding_twice_keeps_one(store: ModelStore, tmp_path: Path) -> None:
    first = store.add(sample(tmp_path))
    second = store.add(sample(tmp_path, "Other-Name.gguf"))

    assert first == second
    assert store.list() == [first]


def test_adding_again_mends_a_damaged_file(store: ModelStore, tmp_path: Path) -> None:
    path = sample(tmp_path)
    model = store.add(path)
    flip(model.path)

    store.add(path)

    assert store.verify(model.digest).path.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"Dear diary, " * 9, "not-gguf"), (gguf()[:-10], "truncated"), (gguf(version=9), "unsupported-version")],
)
def test_what_is_no_model_is_refused_and_leaves_nothing(
    store: ModelStore, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "file.gguf"
    path.write_bytes(content)

    with pytest.raises(ModelError) as error:
        store.add(path)

    assert refused(error) == code
    assert not store.root.exists() or not list(store.root.iterdir())


@pytest.mark.parametrize(("name", "code"), [("absent.gguf", "not-found"), ("", "unreadable")])
def test_a_path_without_a_file_is_refused(store: ModelStore, tmp_path: Path, name: str, code: str) -> None:
    with pytest.raises(ModelError) as error:
        store.add(tmp_path / name)

    assert refused(error) == code


def test_cancelling_leaves_nothing(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        store.add(sample(tmp_path), cancelled=lambda: True)

    assert refused(error) == "cancelled"
    assert list(store.root.iterdir()) == []


def test_a_disk_without_room_is_said_before_copying(store: ModelStore, tmp_path: Path) -> None:
    path = sample(tmp_path)
    with (
        patch("shutil.disk_usage", return_value=shutil._ntuple_diskusage(100, 90, 10)),
        pytest.raises(ModelError) as error,
    ):
        store.add(path)

    assert refused(error) == "no-space"


def test_a_disk_that_fills_up_leaves_nothing(store: ModelStore, tmp_path: Path) -> None:
    path = sample(tmp_path)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with patch("os.fsync", side_effect=full), pytest.raises(ModelError) as error:
        store.add(path)

    assert refused(error) == "unreadable"
    assert list(store.root.iterdir()) == []


def test_a_model_is_found_by_name_in_any_case_and_by_digest_prefix(store: ModelStore, tmp_path: Path) -> None:
    model = store.add(sample(tmp_path))

    assert store.find("tiny-CHAT") == model
    assert store.find(model.digest[:6].upper()) == model


def test_a_name_nobody_has_is_no_model(store: ModelStore) -> None:
    with pytest.raises(ModelError) as error:
        store.find("llama")

    assert refused(error) == "no-model"


def test_two_models_of_one_name_stay_apart(store: ModelStore, tmp_path: Path) -> None:
    first = store.add(sample(tmp_path))
    second = store.add(sample(tmp_path, mark="another"))

    assert store.find("tiny-chat") == first
    assert store.find(second.name) == second


def test_a_prefix_of_two_digests_is_ambiguous(store: ModelStore) -> None:
    store.root.mkdir()
    for last in "01":
        (store.root / f"{'abcd' * 15}abc{last}.gguf").write_bytes(gguf())

    with pytest.raises(ModelError) as error:
        store.find("abcd")

    assert refused(error) == "ambiguous"


def test_a_removed_model_is_gone(store: ModelStore, tmp_path: Path) -> None:
    model = store.add(sample(tmp_path))

    assert store.remove("Tiny-Chat") == model.digest
    assert list(store.root.iterdir()) == []


def test_other_files_of_the_folder_are_not_looked_at(store: ModelStore, tmp_path: Path) -> None:
    model = store.add(sample(tmp_path))
    (store.root / "all-MiniLM-L6-v2").mkdir()
    (store.root / "notes.gguf").write_bytes(gguf())

    assert store.list() == [model]


def test_a_sidecar_that_is_nonsense_costs_only_the_name(store: ModelStore, tmp_path: Path) -> None:
    model = store.add(sample(tmp_path))
    (store.root / f"{model.digest}.json").write_bytes(b"\xff[[[")

    assert store.list()[0].name == model.digest[:12]


def test_one_flipped_byte_is_damage(store: ModelStore, tmp_path: Path) -> None:
    model = store.add(sample(tmp_path))
    flip(model.path)

    with pytest.raises(ModelError) as error:
        store.verify(model.digest)

    assert refused(error) == "damaged"


def test_a_file_damaged_after_it_was_verified_is_refused_too(store: ModelStore, tmp_path: Path) -> None:
    model = store.add(sample(tmp_path))
    store.verify(model.digest)
    flip(model.path)

    with pytest.raises(ModelError) as error:
        store.verify(model.digest)

    assert refused(error) == "damaged"


def test_a_truncated_file_is_refused_with_its_reason_and_can_be_removed(store: ModelStore, tmp_path: Path) -> None:
    model = store.add(sample(tmp_path))
    os.truncate(model.path, model.size - 8)

    with pytest.raises(ModelError) as error:
        store.verify(model.digest)

    assert refused(error) == "truncated"
    assert store.list() == []
    assert store.remove(model.digest) == model.digest


def test_a_second_verification_does_not_read_the_file(store: ModelStore, tmp_path: Path) -> None:
    model = store.add(sample(tmp_path))
    fresh = ModelStore(store.root)
    read: list[int] = []
    fresh.verify(model.digest, lambda done, total: read.append(done))
    fresh.verify(model.digest, lambda done, total: read.append(done))

    assert read == [model.size]


def flip(path: Path) -> None:
    """Change the last byte, keeping size and modification time."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
