"""Mail made to hurt its reader: each is read within its limits, with a warning, in bounded time."""

from __future__ import annotations

import base64
import gzip
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.records import Broken, Record
from storage.sources import read
from storage.sources.message import parse

HEAD = b"From: a@example.org\nSubject: hostile\n"
SECONDS = 5.0  # each takes well under one second here; quadratic time would take minutes


def nested(depth: int) -> bytes:
    opening = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth))
    return opening + b"\nthe innermost words\n" + b"".join(b"--b%d--\n" % n for n in reversed(range(depth)))


def forwarded(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\n\nSubject: again\n" * depth + b"\nthe innermost words\n"


def many_parts(number: int) -> bytes:
    return b'Content-Type: multipart/mixed; boundary="m"\n\n' + b"--m\n\nword\n" * number + b"--m--\n"


def html(source: bytes) -> bytes:
    return b"Content-Type: text/html\n\n" + source


HOSTILE: dict[str, Callable[[], bytes]] = {
    "10,000 nested multiparts": lambda: nested(10_000),
    "10,000 nested messages": lambda: forwarded(10_000),
    "100,000 parts": lambda: many_parts(100_000),
    "100,000 header fields": lambda: b"X-Field: value\n" * 100_000 + b"\nwords",
    "a header field of 10 MB": lambda: b"X-Long: " + b"x" * 10_000_000 + b"\n\nwords",
    "a subject of 10 MB": lambda: b"Subject: " + b"x " * 5_000_000 + b"\n\nwords",
    "a field folded a million times": lambda: b"X-Fold: a" + b"\n a" * 1_000_000 + b"\n\nwords",
    "addresses nested in comments": lambda: b"To: " + b"(" * 60_000 + b"\n\nwords",
    "a quarter million recipients": lambda: b"To: " + b"a@b.c, " * 250_000 + b"\n\nwords",
    "unfinished quotes": lambda: b"To: " + b'"a\\' * 20_000 + b"\n\nwords",
    "unfinished encoded words": lambda: b"Cc: " + b"=?utf-8?q?a" * 6_000 + b"\n\nwords",
    "encoded words without end": lambda: b"Cc: " + b"=?a?q?" + b"=?" * 30_000 + b"\n\nwords",
    "angle brackets": lambda: b"References: " + b"<" * 60_000 + b"\n\nwords",
    "parameters": lambda: b"Content-Type: text/plain" + b'; a="' * 10_000 + b"\n\nwords",
    "numbered parameters": lambda: (
        b"Content-Type: text/plain; " + b"; ".join(b"a*%d=b" % n for n in range(6000)) + b"\n\nwords"
    ),
    "a number of 5,000 digits": lambda: b"Content-Type: text/plain; name*" + b"9" * 5000 + b"=x\n\nwords",
    "no boundary": lambda: b"Content-Type: multipart/mixed\n\nwords",
    "an empty boundary": lambda: b'Content-Type: multipart/mixed; boundary=""\n\n--\nwords\n--\n',
    "a boundary that never comes": lambda: b"Content-Type: multipart/mixed; boundary=zz\n\nwords",
    "half a boundary, often": lambda: (
        b"Content-Type: multipart/mixed; boundary=z\n\n" + b"--zz\n" * 400_000 + b"--z\n\nwords"
    ),
    "base64 garbage": lambda: b"Content-Transfer-Encoding: base64\n\n" + b"=A==\xff*-" * 100_000,
    "quoted-printable garbage": lambda: b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=\xff=" * 300_000,
    "a date of 5,000 digits": lambda: b"Date: " + b"9" * 5000 + b"\n\nwords",
    "a date in the year 10^9": lambda: b"Date: Mon, 1 Jan 1000000000 00:00:00 +0000\n\nwords",
    "a time zone of years": lambda: b"Date: Mon, 1 Jan 2024 00:00:00 +99999999\n\nwords",
    "deep HTML": lambda: html(b"<div>" * 100_000 + b"words"),
    "unclosed tags": lambda: html(b"<b" * 500_000),
    "unclosed comments": lambda: html(b"<!--" * 300_000),
    "unclosed style comments": lambda: html(b"<style>" + b"/*" * 100_000 + b"</style>words"),
    "style rules without end": lambda: html(b"<style>" + b"a," * 100_000 + b"</style>words"),
    "nested tables": lambda: html(b"<table><tr><td>" * 5_000 + b"words"),
    "nested quotes": lambda: html(b"<blockquote>" * 150 + b"words<br>" * 2_000),
    "wide tables": lambda: html(b"<table>" + b"<tr>" + b"<td>a" * 3_000 + b"</table>"),
    "many links": lambda: html(b"<a href='https://example.org/'>" * 20_000),
    "many styled elements": lambda: html(
        b"<p style='" + b"a:b;" * 900 + b"'>x</p>" + b"<p class='a b c' style='color:#fff'>x" * 20_000
    ),
    "punycode": lambda: b"Content-Type: text/plain; charset=punycode\n\n" + b"-\xe9" * 300_000,
    "a charset guess on noise": lambda: b"\n" + random.Random(7).randbytes(2_000_000),
    "utf-7 shifts": lambda: b"Content-Type: text/plain; charset=utf-7\n\n" + b"+AAA" * 300_000,
    "enriched": lambda: b"Content-Type: text/enriched\n\n" + b"<param>" * 100_000,
    "armour without end": lambda: (
        b"\n" + b"-----BEGIN PGP SIGNED MESSAGE-----\n-----BEGIN PGP SIGNATURE-----\n" * 30_000
    ),
    "encrypted armour without end": lambda: b"\n" + b"-----BEGIN PGP MESSAGE-----\n" * 50_000,
    "a calendar without end": lambda: b"Content-Type: text/calendar\n\n" + b"BEGIN:VEVENT\nDESCRIPTION:x\n" * 50_000,
    "a calendar line of quotes": lambda: b"Content-Type: text/calendar\n\nBEGIN:VEVENT\nA" + b';b="' * 100_000,
    "flowed quotes": lambda: (
        b"Content-Type: text/plain; format=flowed\n\n" + b">" * 500_000 + b" \n" + b"> a \n" * 200_000
    ),
    "only NUL bytes": lambda: bytes(1_000_000),
    "only line ends": lambda: b"\n" * 1_000_000,
    "only carriage returns": lambda: b"\r" * 1_000_000,
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_is_read_in_bounded_time(name: str) -> None:
    raw = HOSTILE[name]()
    start = time.perf_counter()
    record = parse(HEAD + raw if raw else raw, "test")
    assert time.perf_counter() - start < SECONDS
    "".join((record.title, record.body, record.sender, *record.recipients, *record.warnings)).encode("utf-8")
    assert len(record.warnings) <= 20


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("10,000 nested multiparts", "nested more than 50 deep"),
        ("10,000 nested messages", "nested more than 50 deep"),
        ("100,000 parts", "more than 1000 parts"),
        ("100,000 header fields", "header is too long"),
        ("a header field of 10 MB", "header is too long"),
        ("no boundary", "lacks the marks"),
        ("a boundary that never comes", "lacks the marks"),
        ("deep HTML", "too deeply nested"),
    ],
)
def test_what_was_left_out_is_said(name: str, warning: str) -> None:
    assert any(warning in each for each in parse(HEAD + HOSTILE[name](), "test").warnings)


@pytest.mark.parametrize(
    "name",
    [
        "10,000 nested multiparts",
        "100,000 parts",
        "100,000 header fields",
        "a header field of 10 MB",
        "a field folded a million times",
        "no boundary",
        "a boundary that never comes",
        "half a boundary, often",
        "deep HTML",
        "unclosed style comments",
        "parameters",
        "addresses nested in comments",
    ],
)
def test_the_words_survive(name: str) -> None:
    assert "word" in parse(HEAD + HOSTILE[name](), "test").body


def test_a_message_nested_too_deep_can_still_be_searched_as_an_attachment() -> None:
    assert "innermost words" in parse(HEAD + forwarded(60), "test").attachments[-1].text


def test_a_bomb_in_an_archive_stays_packed() -> None:
    bomb = base64.encodebytes(gzip.compress(bytes(50_000_000)))
    part = b"Content-Type: application/gzip; name=a.gz\nContent-Transfer-Encoding: base64\n\n" + bomb
    record = parse(HEAD + part, "test")
    assert record.attachments[0].size < 100_000


def mbox_file(path: Path, size: int) -> int:
    """Writes an mbox of about `size` bytes with messages of about 5 KB; returns their number."""
    body = b"The garden needs water in the evening. " * 120
    number = 0
    with path.open("wb") as file:
        while file.tell() < size:
            number += 1
            file.write(b"From a@example.org Sat Mar 14 10:00:00 2026\nMessage-ID: <%d@example.org>\n" % number)
            file.write(HEAD + b"\n" + body + b"\n\n")
    return number


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(items: Iterator[Record | Broken], measure: Callable[[], int]) -> tuple[int, int]:
    """How many items came and how far the memory rose above the start."""
    start, highest, number = measure(), 0, 0
    for number, _ in enumerate(items, start=1):
        if number % 100 == 0:
            highest = max(highest, measure() - start)
    return number, highest


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="/proc is Linux")
@pytest.mark.parametrize(
    "size", [pytest.param(40_000_000, id="40 MB"), pytest.param(600_000_000, id="600 MB", marks=pytest.mark.campaign)]
)
def test_a_large_mailbox_is_read_in_constant_memory(tmp_path: Path, size: int) -> None:
    path = tmp_path / "large.mbox"
    written = mbox_file(path, size)
    start = time.perf_counter()
    number, highest = growth(read(path), resident)
    print(f"{number / (time.perf_counter() - start):.0f} messages/s, {highest / 1e6:.1f} MB more memory")
    assert number == written
    assert highest < 40_000_000
