"""The model store: GGUF files under their SHA-256.

    <root>/<sha256>.gguf   the model, exactly as it was brought
    <root>/<sha256>.json   {"name", "file", "added"}: what the user calls it, its file name, seconds since the epoch

The digest is the identity: a conversation, a bid or a peer can name a model, and a file whose bytes do not match its
name is never given to llama.cpp.  Whatever else lies in the folder is not looked at.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from agent.gguf import BadModel, Header, read_file, read_header

DEFAULT_DIGEST: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
DEFAULT_NAME: Final = "SmolLM2-135M-Instruct"

Progress = Callable[[int, int], None]  # bytes done, bytes in all

_STEP = 1 << 20  # bytes hashed between two looks at `cancelled`
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MIN_PREFIX = 4
_MAX_SIDECAR = 64 << 10


def _silent(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


def _never() -> bool:
    return False


class ModelError(Exception):
    """What went wrong with a model, as a sentence.

    `code`: no-model | ambiguous | not-found | unreadable | no-space | cancelled | damaged, or a code of BadModel.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class ModelFile:
    """A model in the store.  `size` in bytes, `context` in tokens."""

    digest: str
    name: str
    path: Path
    size: int
    parameters: int
    context: int
    layers: int
    architecture: str
    quantisation: str
    cache_bytes_per_token: int
    warnings: tuple[str, ...]


class ModelStore:
    """The models of one folder.  Any thread; every method may block on the disk, so not on a loop's thread."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._headers: dict[tuple[object, ...], Header] = {}
        self._verified: set[tuple[object, ...]] = set()

    def list(self) -> list[ModelFile]:
        """Every readable model, by name.  A file that is no model any more is left out; `find` says why."""
        models = []
        for digest in self._digests():
            try:
                models.append(self._model(digest))
            except ModelError:
                continue
        return sorted(models, key=lambda model: (model.name.casefold(), model.digest))

    def find(self, query: str) -> ModelFile:
        """The one model of that name (any case) or digest prefix.  Errors: ModelError no-model, ambiguous, or what is
        wrong with the file."""
        return self._model(self._resolve(query))

    def add(self, path: Path, progress: Progress = _silent, cancelled: Callable[[], bool] = _never) -> ModelFile:
        """Copy the GGUF file at `path` into the store.  A model that is there already is found again (and mended, if
        its file was damaged).  Errors: ModelError; nothing is left behind then."""
        try:
            with path.open("rb") as source:
                size = os.fstat(source.fileno()).st_size
                read_header(source, size)
                self._need_space(size)
                source.seek(0)
                digest = self._copy(source, size, progress, cancelled)
        except BadModel as error:
            raise ModelError(error.code, str(error)) from error
        except FileNotFoundError as error:
            raise ModelError("not-found", f"There is no file {path}.") from error
        except OSError as error:
            raise ModelError("unreadable", f"{path} could not be copied: {error.strerror}.") from error
        self._verified.add(self._stamp(self._path(digest)))
        if not self._sidecar(digest).exists():
            self._describe(digest, path)
        return self._model(digest)

    def adopt(self, whole: Path, digest: str) -> ModelFile:
        """Move a file whose SHA-256 was just found to be `digest` into the store, from the same disk.

        Errors: ModelError, for what is no model too; the file stays where it is then.
        """
        try:
            read_file(whole)
            whole.chmod(0o644)
            whole.replace(self._path(digest))
        except BadModel as error:
            raise ModelError(error.code, str(error)) from error
        except OSError as error:
            raise ModelError("unreadable", f"{whole} could not be taken in: {error.strerror}.") from error
        self._verified.add(self._stamp(self._path(digest)))
        if not self._sidecar(digest).exists():
            self._describe(digest, self._path(digest).with_stem(digest[:12]))
        return self._model(digest)

    def holds(self, digest: str) -> int | None:
        """The size in bytes of a model that is there, by its whole digest; None where it is not."""
        try:
            return self._path(digest).stat().st_size if _DIGEST.fullmatch(digest) else None
        except OSError:
            return None

    def remove(self, query: str) -> str:
        """Delete a model, damaged or not; returns its digest.  Errors: ModelError."""
        digest = self._resolve(query)
        try:
            self._path(digest).unlink(missing_ok=True)
            self._sidecar(digest).unlink(missing_ok=True)
        except OSError as error:
            raise ModelError("unreadable", f"The model could not be removed: {error.strerror}.") from error
        return digest

    def verify(self, digest: str, progress: Progress = _silent) -> ModelFile:
        """Make sure that the file holds what its name says; to be called before every load.

        The whole file is hashed once per process, and again whenever its size, times or inode changed.
        Errors: ModelError, with the reason.
        """
        model = self._model(digest)
        stamp = self._stamp(model.path)
        if stamp in self._verified:
            return model
        try:
            with model.path.open("rb") as stream:
                actual = _hash(stream, model.size, progress)
        except OSError as error:
            raise ModelError("unreadable", f"The model {model.name} cannot be read: {error.strerror}.") from error
        if actual != digest:
            raise ModelError(
                "damaged",
                f"The model {model.name} is damaged: its bytes changed on the disk. Remove it and add it again.",
            )
        self._verified.add(stamp)
        return model

    def _digests(self) -> Iterator[str]:
        if self.root.is_dir():
            for entry in sorted(self.root.glob("*.gguf")):
                if _DIGEST.fullmatch(entry.stem) and entry.is_file():
                    yield entry.stem

    def _resolve(self, query: str) -> str:
        wanted = query.strip().casefold()
        digests = list(self._digests())
        named = [digest for digest in digests if self._name(digest).casefold() == wanted]
        if not named and len(wanted) >= _MIN_PREFIX:
            named = [digest for digest in digests if digest.startswith(wanted)]
        if not named:
            raise ModelError("no-model", f"There is no model {query!r}. `nuee models list` shows those there are.")
        if len(named) > 1:
            raise ModelError("ambiguous", f"{query!r} means {len(named)} models. Name one by the start of its digest.")
        return named[0]

    def _model(self, digest: str) -> ModelFile:
        path = self._path(digest)
        try:
            stamp = self._stamp(path)
            header = self._headers.get(stamp)
            if header is None:
                header = self._headers[stamp] = read_file(path)
            size = path.stat().st_size
        except FileNotFoundError as error:
            raise ModelError("no-model", "The model is not on this machine any more.") from error
        except OSError as error:
            raise ModelError("unreadable", f"The model cannot be read: {error.strerror}.") from error
        except BadModel as error:
            raise ModelError(error.code, f"{self._name(digest)}: {error}") from error
        return ModelFile(
            digest=digest,
            name=self._name(digest) or header.name,
            path=path,
            size=size,
            parameters=header.parameters,
            context=header.context,
            layers=header.layers,
            architecture=header.architecture,
            quantisation=header.quantisation,
            cache_bytes_per_token=header.cache_bytes_per_token,
            warnings=header.warnings,
        )

    def _name(self, digest: str) -> str:
        """The name in the sidecar; without one, the default's own name or the digest's start."""
        fallback = DEFAULT_NAME if digest == DEFAULT_DIGEST else digest[:12]
        try:
            with self._sidecar(digest).open("rb") as stream:
                fields = json.loads(stream.read(_MAX_SIDECAR))
        except (OSError, ValueError, RecursionError):
            return fallback
        name = fields.get("name") if isinstance(fields, dict) else None
        return name[:200] if isinstance(name, str) and name.strip() else fallback

    def _describe(self, digest: str, source: Path) -> None:
        name = DEFAULT_NAME if digest == DEFAULT_DIGEST else source.stem
        taken = {self._name(other).casefold() for other in self._digests() if other != digest}
        if name.casefold() in taken:
            name = f"{name} ({digest[:8]})"  # two files of one name are two models; both stay reachable by name
        fields = {"name": name, "file": source.name, "added": int(time.time())}
        partial = self._sidecar(digest).with_suffix(".json.part")
        partial.write_text(json.dumps(fields, ensure_ascii=False), encoding="utf-8")
        partial.replace(self._sidecar(digest))

    def _need_space(self, size: int) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.root).free
        if free < size + (64 << 20):
            raise ModelError(
                "no-space", f"The disk has {_gigabytes(free)} free, and this model needs {_gigabytes(size)}. Make room."
            )

    def _copy(self, source: BinaryIO, size: int, progress: Progress, cancelled: Callable[[], bool]) -> str:
        """Copy while hashing; the file appears under its name only once it is whole and on the disk."""
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.root)
        partial = Path(name)
        try:
            with os.fdopen(handle, "wb") as sink:
                digest = _hash(source, size, progress, cancelled, sink)
                sink.flush()
                os.fsync(sink.fileno())
            read_file(partial)  # the source may have changed under the copy
            partial.chmod(0o644)
            partial.replace(self._path(digest))
        finally:
            partial.unlink(missing_ok=True)
        return digest

    def _path(self, digest: str) -> Path:
        return self.root / f"{digest}.gguf"

    def _sidecar(self, digest: str) -> Path:
        return self.root / f"{digest}.json"

    def _stamp(self, path: Path) -> tuple[object, ...]:
        """Changes whenever the file's bytes may have."""
        state = path.stat()
        return path, state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino


def _hash(
    source: BinaryIO,
    size: int,
    progress: Progress,
    cancelled: Callable[[], bool] = _never,
    sink: BinaryIO | None = None,
) -> str:
    """SHA-256 of the rest of `source`, copied to `sink` on the way."""
    digest = hashlib.sha256()
    done = 0
    while data := source.read(_STEP):
        if cancelled():
            raise ModelError("cancelled", "Adding the model was cancelled.")
        digest.update(data)
        if sink is not None:
            sink.write(data)
        done += len(data)
        progress(done, max(size, done))
    return digest.hexdigest()


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
