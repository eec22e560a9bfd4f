"""The embedding models and re-rankers of this machine, beside the language models, shared by all profiles.

    <root>/embedders/<name>-<digest12>/    sentence-transformers' layout, and nuee.json: what was noted when it came in
    <root>/rerankers/<name>-<digest12>/

The digest (`model_folder.digest`) names the vectors too, so two models never share any; a folder whose files do not
match its name is never loaded.  The built-in model lies where the installer put it and cannot be removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from storage import model_archive, model_folder
from storage.model_archive import Progress
from storage.model_folder import FACTS, PACKED, EmbedderError, Kind

_FOLDERS: dict[Kind, str] = {"embedder": "embedders", "reranker": "rerankers"}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}-[0-9a-f]{12}")
_MIN_PREFIX = 4
_RESERVE = 64 << 20  # bytes left free on the disk
_HUB = re.compile(r"models--(?:.+--)?(.+)")  # how a hub's cache names the folder above its snapshots

Probe = Callable[
    [Path, str], Mapping[str, Any]
]  # folder and name; loads the model and tries it: storage.embed's operation `probe`


@dataclass(frozen=True)
class StoredModel:
    """`id` names its vectors.  `size` in bytes; `dimensions` is 0 for a re-ranker; `languages` as the model's card or
    a trial names them, empty where neither does."""

    id: str
    name: str
    digest: str
    kind: Kind
    path: Path
    size: int
    dimensions: int
    languages: tuple[str, ...]
    multilingual: bool
    built_in: bool = False


class EmbedderStore:
    """Any thread; blocking.  Errors: EmbedderError."""

    def __init__(self, root: Path, built_in: Path) -> None:
        self.root = root
        self._built_in = built_in
        self._hashed: dict[tuple[object, ...], str] = {}

    def embedders(self) -> list[StoredModel]:
        """The built-in one first, then the others by name."""
        return [*self._default(), *self._stored("embedder")]

    def rerankers(self) -> list[StoredModel]:
        return self._stored("reranker")

    def find(self, query: str) -> StoredModel:
        """The one model of that name, id or beginning of a digest."""
        wanted = query.strip().casefold()
        models = [*self.embedders(), *self.rerankers()]
        found = [model for model in models if wanted in (model.name.casefold(), model.id.casefold())]
        if not found and len(wanted) >= _MIN_PREFIX:
            found = [model for model in models if model.digest.startswith(wanted)]
        if not found:
            raise EmbedderError("no-embedding-model", f"There is no embedding model {query!r}.")
        if len(found) > 1:
            raise EmbedderError("embedder-ambiguous", f"{query!r} means {len(found)} models; name one by its digest.")
        return found[0]

    def default(self) -> StoredModel | None:
        """The built-in model; None where the installer has not put it there."""
        return next(iter(self._default()), None)

    def add(
        self, source: Path, probe: Probe, progress: Progress, cancelled: Callable[[], bool] = lambda: False
    ) -> StoredModel:
        """Copy the model in the folder or archive `source`, have it tried, and keep it.  Found again if it is there.

        Errors: EmbedderError, and those of `probe`; nothing is left behind then.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".adding-", dir=self.root))
        try:
            with _readable(source):
                name = _safe_name(self._bring(source, aside, progress, cancelled))
            if not (aside / PACKED).exists():
                model_folder.check(aside)
            facts = dict(probe(aside, name))
            return self._keep(aside, name, facts)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def remove(self, model: StoredModel) -> None:
        """Delete its folder.  Errors: EmbedderError embedder-built-in."""
        if model.built_in:
            raise EmbedderError("embedder-built-in", f"{model.name} came with Nuée and stays.")
        try:
            gone = model.path.with_name(f".gone-{model.path.name}")  # a folder half deleted is no model any more
            model.path.rename(gone)
            shutil.rmtree(gone)
        except OSError as error:
            raise EmbedderError(
                "embedder-unreadable", f"{model.name} could not be removed: {error.strerror}."
            ) from error

    def _bring(self, source: Path, aside: Path, progress: Progress, cancelled: Callable[[], bool]) -> str:
        if source.is_dir():
            self._need_space(sum(path.stat().st_size for path in model_folder.files(source)))
            _copy_folder(source, aside, progress, cancelled)
            return _folder_name(source)
        with source.open("rb") as stream:
            packed = stream.read(4) == b"E5S1"
        self._need_space(2 * source.stat().st_size)
        if packed:
            shutil.copyfile(source, aside / PACKED)
            return model_archive.PACKED_MODEL
        if not model_archive.is_archive(source):
            raise EmbedderError("embedder-archive", f"{source.name} is neither a folder nor an archive with a model.")
        return model_archive.unpack(source, aside, progress, cancelled)

    def _keep(self, aside: Path, name: str, facts: dict[str, Any]) -> StoredModel:
        kind = model_folder.check(aside)
        digest = model_folder.digest(aside)
        identity = f"{name}-{digest[:12]}"
        size = sum(path.stat().st_size for path in model_folder.files(aside))
        languages = model_folder.languages(aside) or tuple(facts.pop("languages", ()))
        noted = {**facts, "name": name, "digest": digest, "size": size, "languages": list(languages)}
        (aside / FACTS).write_text(json.dumps(noted, ensure_ascii=False), encoding="utf-8")
        for path in model_folder.files(aside):
            path.chmod(0o644)
            _synced(path)
        place = self.root / _FOLDERS[kind] / identity
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            aside.chmod(0o755)
            aside.rename(place)
        return _read(place, kind)

    def _need_space(self, size: int) -> None:
        free = shutil.disk_usage(self.root).free
        if free < size + _RESERVE:
            raise EmbedderError(
                "embedder-space", f"The disk has {free / 1e9:.1f} GB free, and this model needs {size / 1e9:.1f} GB."
            )

    def _stored(self, kind: Kind) -> list[StoredModel]:
        folder = self.root / _FOLDERS[kind]
        models = []
        for place in sorted(folder.iterdir()) if folder.is_dir() else ():
            if _ID.fullmatch(place.name) and (place / FACTS).is_file():
                models.append(_read(place, kind))
        return sorted(models, key=lambda model: (model.name.casefold(), model.digest))

    def _default(self) -> list[StoredModel]:
        weights = self._built_in / "model.safetensors"
        try:
            state = weights.stat()
        except OSError:
            return []
        stamp = (weights, state.st_size, state.st_mtime_ns, state.st_ino)
        if stamp not in self._hashed:
            self._hashed[stamp] = weights_digest(self._built_in)
        digest = self._hashed[stamp]
        pooling = model_folder.mapping(self._built_in / "1_Pooling" / "config.json")
        return [
            StoredModel(
                id=f"{self._built_in.name}-{digest[:12]}",
                name=self._built_in.name,
                digest=digest,
                kind="embedder",
                path=self._built_in,
                size=sum(path.stat().st_size for path in model_folder.files(self._built_in)),
                dimensions=int(pooling.get("word_embedding_dimension", 0)),
                languages=model_folder.languages(self._built_in) or ("en",),
                multilingual=False,
                built_in=True,
            )
        ]


def weights_digest(folder: Path) -> str:
    """SHA-256 of the weights alone, which names the built-in model's vectors.  Errors: EmbedderError."""
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise EmbedderError("embedder-missing", f"there is no embedding model in {folder}")
    hasher = hashlib.sha256()
    for path in weights:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                hasher.update(block)
    return hasher.hexdigest()


def identity(folder: Path) -> str:
    """What names the vectors of the model in `folder`, read from its files.

    Errors: EmbedderError embedder-missing; embedder-damaged where the store's folder does not hold what it is named
    for.
    """
    if not (folder / FACTS).is_file():
        return f"{folder.name}-{weights_digest(folder)[:12]}"
    if not folder.name.endswith("-" + model_folder.digest(folder)[:12]):
        raise EmbedderError("embedder-damaged", f"The model {folder.name} is damaged: remove it and add it again.")
    return folder.name


def _read(place: Path, kind: Kind) -> StoredModel:
    facts = model_folder.mapping(place / FACTS)
    languages = facts.get("languages")
    return StoredModel(
        id=place.name,
        name=str(facts.get("name") or place.name[:-13]),
        digest=str(facts.get("digest") or place.name[-12:]),
        kind=kind,
        path=place,
        size=int(facts.get("size", 0)),
        dimensions=int(facts.get("dimensions", 0)),
        languages=tuple(map(str, languages)) if isinstance(languages, list) else (),
        multilingual=bool(facts.get("multilingual")),
    )


def _copy_folder(source: Path, aside: Path, progress: Progress, cancelled: Callable[[], bool]) -> None:
    """The model's files alone.  A hub's cache links its files, so links to files are followed, to folders not."""
    inside = [*source.iterdir(), *(path for sub in source.iterdir() if _plain_folder(sub) for path in sub.iterdir())]
    names = [PurePosixPath(path.relative_to(source).as_posix()) for path in inside if path.is_file()]
    chosen = [name for name in names if model_folder.wanted(name)]
    if not any(name.suffix == ".safetensors" for name in chosen):
        model_archive.refuse_pickles(names)
    total = sum((source / name).stat().st_size for name in chosen)
    done = 0
    for name in chosen:
        place = aside / name
        place.parent.mkdir(exist_ok=True)
        with (source / name).open("rb") as stream, place.open("xb") as sink:
            size = os.fstat(stream.fileno()).st_size
            done = model_archive.copy(stream, sink, size, (done, total), progress, cancelled)


def _plain_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _folder_name(source: Path) -> str:
    """The folder's name; of a hub's cache, where a snapshot is named by its revision, the model's."""
    source = source.absolute()
    if source.parent.name == "snapshots" and (match := _HUB.fullmatch(source.parent.parent.name)):
        return match[1]
    return source.name


def _safe_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:60] or "model"


@contextmanager
def _readable(source: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise EmbedderError("embedder-not-found", f"There is nothing at {source}.") from error
    except OSError as error:
        raise EmbedderError("embedder-unreadable", f"{source} could not be copied: {error.strerror}.") from error


def _synced(path: Path) -> None:
    """The folder's name says what is in the file: it must not outlive a power cut empty."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
