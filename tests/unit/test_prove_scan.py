"""The scan finds a mark in every form a leak may have."""

from __future__ import annotations

import base64
import gzip
import json
import random
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from app.prove import canaries, scan
from app.prove.canaries import Canary

WORD = canaries.word("body")
MARK = Canary("body", WORD.encode())
VECTOR = bytes(range(7, 39))


def leaks(folder: Path, *marks: Canary) -> set[tuple[str, str]]:
    found = scan.search(scan.files([folder], 0, lambda _: False), marks or (MARK,), lambda _n, _f: None)
    return {(leak.what, leak.how) for leak in found.leaks}


@pytest.mark.parametrize(
    "content",
    [
        WORD.encode(),
        f"\0\0{WORD}\0\0".encode("utf-16-le"),
        json.dumps({"a": WORD}).encode(),
        WORD.encode().hex().encode(),
        base64.b64encode(WORD.encode()),
        base64.b64encode(b"x" + WORD.encode() + b"tail"),
        base64.b64encode(b"xy" + WORD.encode() + b"t"),
        b"-" * ((8 << 20) - 5) + WORD.encode(),
    ],
    ids=["plain", "utf-16", "json", "hex", "base64", "base64+1", "base64+2", "across two blocks"],
)
def test_a_mark_is_found_in_every_form(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(content)
    assert leaks(tmp_path) == {("body", "as it is")}


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress], ids=["zlib", "gzip"])
def test_a_mark_is_found_in_what_is_compressed(pack: object, tmp_path: Path) -> None:
    assert callable(pack)
    (tmp_path / "f").write_bytes(b"noise" * 100 + pack(b"text " * 50 + WORD.encode()))
    assert leaks(tmp_path) == {("body", "compressed")}


def test_a_mark_is_found_in_a_zip_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "f.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.txt", "text " * 50 + WORD)
    assert leaks(tmp_path) == {("body", "compressed")}


def test_a_mark_is_found_in_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / f"{WORD}.txt").write_bytes(b"")
    assert leaks(tmp_path) == {("body", "its name")}


def test_raw_bytes_are_found(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\0" * 77 + VECTOR * 3)
    assert leaks(tmp_path, *canaries.runs("vector", VECTOR * 3)) == {("vector", "as it is")}


@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_vectors_in_other_precision_are_found(kind: str, tmp_path: Path) -> None:
    exact = np.random.default_rng(1).normal(size=384) / 20
    (tmp_path / "f").write_bytes(b"npy\0" + exact.astype(kind).tobytes())
    marks = canaries.runs(canaries.VECTOR, exact.astype("<f4").astype("<f2").tobytes())
    assert leaks(tmp_path, *marks) == {("vector", "as numbers")}


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(zlib.compress(b"quite another text" * 1000))
    assert leaks(tmp_path) == set()


def test_only_what_was_written_since_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x")
    assert list(scan.files([tmp_path], time.time() + 60, lambda _: False)) == []


def test_a_report_never_shows_the_mark(tmp_path: Path) -> None:
    (tmp_path / "f").write_text(WORD)
    assert WORD not in repr(scan.search([tmp_path / "f"], [MARK], lambda _n, _f: None))


def test_in_a_large_block_exactly_what_stands_there_is_found() -> None:
    chance = random.Random(7)
    for _ in range(200):
        wanted = [(chance.randbytes(chance.randint(12, 40)), f"mark {number}") for number in range(40)]
        planted = chance.sample(wanted, 5)
        noise = [chance.randbytes(chance.randint(0, 40_000)) for _ in range(8)]
        heads = [needle[:-1] for needle, _ in wanted]  # all but the last byte is not it
        block = b"".join([*noise[:4], *heads, *noise[4:]])
        for needle, _ in planted:
            at = chance.randint(0, len(block))
            block = block[:at] + needle + block[at:]
        naive = {what for needle, what in wanted if needle in block}
        assert scan.Needles(wanted).of(block) == naive


@pytest.mark.parametrize("kind", [scan.SINGLE, scan.DOUBLE], ids=["single", "double"])
@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_numbers_are_rounded_as_the_vault_rounds_them(kind: scan.Precision, offset: int) -> None:
    chance = np.random.default_rng(7)
    edges = [0.0, 65504, 65519.9, 65520, 65536, 1e30, np.inf, 2**-24, 2**-25, 2**-25 * 1.0001, 2**-26, 1e-40]
    spread = chance.normal(size=5000) * 10.0 ** chance.integers(-9, 6, 5000)
    numbers = np.concatenate([edges, [-edge for edge in edges], chance.normal(size=5000) / 20, spread])
    with np.errstate(all="ignore"):
        block = b"\0" * offset + numbers.astype(kind.name).tobytes()
        exactly = np.frombuffer(block[offset:], kind.name).astype("<f2").tobytes()
    assert scan.rounded(block, kind, offset) == exactly


@pytest.mark.parametrize("length", range(8))
def test_what_is_shorter_than_a_number_holds_none(length: int) -> None:
    assert scan.rounded(bytes(length), scan.DOUBLE, 4) == b""
