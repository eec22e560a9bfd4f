"""The archive of a skill: the same files as its folder, one way to write it, and no trick that survives reading."""

from __future__ import annotations

import io
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skills import archive
from skills.archive import BadArchive, pack, read
from skills.folder import MAX_DEPTH, MAX_FILE, MAX_FILES, digest, digest_files, read_folder

SMALL = {"SKILL.md": b"text", "a/b.txt": b"xyz"}
PARTS = st.text(st.sampled_from("ab.Bé-_ ñ"), min_size=1, max_size=5)
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)


def refused(data: bytes) -> str:
    with pytest.raises(BadArchive) as caught:
        read(data)
    return caught.value.code


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """What another program might write."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as made:
        for name, content in members:
            made.writestr(name, content)
    return out.getvalue()


def with_mode(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


@given(st.dictionaries(PATHS, st.binary(max_size=50), max_size=6))
@settings(deadline=None)
def test_what_is_packed_is_read_again(files: dict[str, bytes]) -> None:
    try:
        data = pack(files)
    except BadArchive:
        return
    assert read(data) == files


@given(st.dictionaries(PATHS, st.binary(max_size=50), min_size=1, max_size=4))
@settings(deadline=None)
def test_an_archive_and_a_folder_refuse_the_same_names(files: dict[str, bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        try:
            for path, content in files.items():
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_bytes(content)
        except OSError:
            return  # "a" and "a/b", or "..": no folder has these
        if any(part in (".", "..") for path in files for part in path.split("/")):
            return
        found, problems = read_folder(Path(folder))
        try:
            packed = read(pack(files))
        except BadArchive:
            assert problems
        else:
            assert (packed, problems) == (found, ())


def test_an_archive_has_the_digest_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for path, content in SMALL.items():
        (tmp_path / path).write_bytes(content)
    assert digest_files(read(pack(read_folder(tmp_path)[0]))) == digest(tmp_path)


def test_the_order_of_the_files_does_not_matter() -> None:
    assert pack(SMALL) == pack(dict(reversed(SMALL.items())))


def test_other_programs_can_open_it() -> None:
    with zipfile.ZipFile(io.BytesIO(pack(SMALL))) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == SMALL
        assert opened.testzip() is None


@given(st.data())
@settings(deadline=None)
def test_no_byte_of_an_archive_can_change_without_its_digest(data: st.DataObject) -> None:
    whole = pack(SMALL)
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        found = read(bytes(changed))
    except BadArchive:
        return
    assert digest_files(found) != digest_files(SMALL)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", "a//b", "./a", "C:/x", "C:x", "..\\x", "a\\b", ".."]
)
def test_a_path_that_leaves_the_folder_is_refused(path: str) -> None:
    assert refused(zipped((path, b""))) == "path-outside"


@pytest.mark.parametrize("path", ["con.txt", "a/NUL", "x.", "x ", "a?b", "cafe\u0301.md", "x\u202ey.md", "a" * 201])
def test_a_name_that_is_not_the_same_file_everywhere_is_refused(path: str) -> None:
    assert refused(zipped((path, b""))) == "file-name"


@pytest.mark.parametrize("pair", [("a", "A"), ("a/x", "A/y"), ("ß", "ss"), ("a", "a/b"), ("a/b", "a"), ("a", "A/b")])
def test_two_names_for_one_file_are_refused(pair: tuple[str, str]) -> None:
    assert refused(zipped((pair[0], b"1"), (pair[1], b"2"))) == "same-name"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused() -> None:
    assert refused(zipped(("a", b"1"), ("a", b"2"))) == "same-name"


@pytest.mark.parametrize(
    ("mode", "code"),
    [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "special-file"), (stat.S_IFCHR, "special-file"), (stat.S_IFDIR, "folder")],
)
def test_only_files_are_taken(mode: int, code: str) -> None:
    assert refused(zipped((with_mode("x", mode | 0o777), b"target"))) == code


def test_a_folder_as_a_member_is_refused() -> None:
    assert refused(zipped(("empty/", b""))) == "folder"


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(zipped(("a", b"1")))
    data[data.index(b"PK\1\2") + 8] |= 1
    assert refused(bytes(data)) == "encrypted"


def test_a_bomb_is_refused_without_being_inflated() -> None:
    bomb = zipped(("a", bytes(200_000_000)), compression=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    code = refused(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (code, peak < 2_000_000) == ("compressed", True)


def test_a_member_that_claims_to_be_larger_than_the_archive_is_refused() -> None:
    data = bytearray(zipped(("a", b"1")))
    struct.pack_into("<I", data, data.index(b"PK\1\2") + 24, 0xFFFFFFF0)
    assert refused(bytes(data)) == "compressed"


def test_too_many_files_are_refused_before_they_are_listed() -> None:
    assert refused(zipped(*((str(n), b"") for n in range(MAX_FILES + 1)))) == "too-many-files"


def test_folders_count_as_files_do() -> None:
    assert refused(zipped(*((f"{n}/a", b"") for n in range(MAX_FILES // 2 + 1)))) == "too-many-files"


def test_a_file_over_its_limit_is_refused() -> None:
    assert refused(zipped(("a", bytes(MAX_FILE + 1)))) == "file-too-large"


def test_files_over_the_limit_together_are_refused() -> None:
    assert refused(zipped(*((str(n), bytes(MAX_FILE)) for n in range(5)), ("x", b"1"))) == "too-large"


def test_an_archive_over_the_limit_is_not_looked_at() -> None:
    assert refused(bytes(archive.MAX_ARCHIVE + 1)) == "archive-too-large"


def test_the_largest_skill_fits() -> None:
    files = {str(n): bytes(MAX_FILE) for n in range(5)} | {f"{n:0200}": b"" for n in range(MAX_FILES - 5)}
    assert len(read(pack(files))) == MAX_FILES


def test_folders_nested_too_deep_are_refused() -> None:
    assert refused(zipped(("a/" * (MAX_DEPTH + 1) + "x", b""))) == "too-deep"


@pytest.mark.parametrize("data", [b"", b"PK", pack(SMALL)[:-1], b"GIF89a" * 20])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    assert refused(data) == "not-an-archive"


def test_a_central_directory_that_lies_elsewhere_is_refused() -> None:
    assert refused(b"#!/bin/sh\n" + pack(SMALL)) == "not-an-archive"


def test_bytes_hidden_between_members_are_refused() -> None:
    whole = pack({"a": b"1"})
    start = whole.index(b"PK\1\2")
    end = bytearray(whole[-22:])
    struct.pack_into("<I", end, 16, start + 6)
    assert refused(whole[:start] + b"hidden" + whole[start:-22] + bytes(end)) == "not-canonical"


def test_a_local_name_that_differs_from_the_listed_one_is_refused() -> None:
    whole = pack({"aaa": b"1"})
    assert refused(whole.replace(b"aaa", b"bbb", 1)) == "not-an-archive"


def test_another_time_is_refused() -> None:
    assert refused(zipped(("a", b"1"))) == "not-canonical"


@given(st.binary(max_size=300))
def test_noise_is_refused_as_such(noise: bytes) -> None:
    with pytest.raises(BadArchive):
        read(pack(SMALL)[:30] + noise)


@pytest.mark.parametrize("files", [{"../x": b""}, {"a": b"", "A": b""}, {"a": bytes(MAX_FILE + 1)}])
def test_what_could_not_be_read_is_not_packed(files: dict[str, bytes]) -> None:
    with pytest.raises(BadArchive):
        pack(files)
