"""Whatever the bytes, a message is read: nothing raises, and the last net of `read` is never needed."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.records import Broken, Record
from storage.sources import html_text, read
from storage.sources.message import parse
from storage.sources.notes import parse as parse_note
from tests.paths import DATA

FRAGMENTS = [
    *(
        b"From: ",
        b"To: ",
        b"Subject: ",
        b"Date: ",
        b"Received: x; ",
        b"Message-ID: <",
        b"References: <a@b>",
        b"\n",
        b"\r\n",
    ),
    *(b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: multipart/alternative; boundary=b\n", b"\n--b\n"),
    *(
        b"--b--\n",
        b"Content-Type: text/html; charset=utf-8\n",
        b"Content-Type: text/plain; format=flowed; charset=",
        b" ",
    ),
    *(
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        b"=C3=A9",
        b"w6k=",
        b"\t",
    ),
    *(
        b"Content-Type: message/rfc822\n",
        b"Content-Type: text/calendar\n",
        b"BEGIN:VEVENT\nDTSTART:2026",
        b"=?utf-8?q?=C3?=",
    ),
    *(
        b"=?",
        b"?=",
        b"<",
        b">",
        b'"',
        b"(",
        b"\\",
        b",",
        b";",
        b"*0*=",
        b"filename*=utf-8''%C3",
        b"utf-7",
        b"utf-16",
        b"hz",
    ),
    *(
        b"<div style='display:none'>",
        b"<table><tr><td>",
        b"<blockquote>",
        b"<style>.a{",
        b"</p>",
        b"&#1;",
        b"<img alt='",
        b"<a href='http:",
        b"'>",
        b"</a>",
        b"&#xD800;",
        b"iso-2022-jp",
    ),
    *(
        b"-----BEGIN PGP SIGNED MESSAGE-----\n",
        b"\x1b$B",
        b"\xff",
        b"\x00",
        b"\xe2\x80\xae",
        b"1 Jan 2024 10:00",
        b"99999999999",
    ),
]
SHAPED = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=8)), max_size=60).map(b"".join)


def check(record: Record) -> None:
    """What every record must be: storable, bounded, with an id."""
    texts = [record.title, record.body, record.sender, record.external_id, record.folder, *record.recipients]
    texts += [*record.references, *record.warnings, *(each.name + each.text for each in record.attachments)]
    for text in texts:
        text.encode("utf-8")
        assert "\0" not in text
    for text in (record.title, record.sender, record.external_id, *record.recipients, *record.references):
        assert "\n" not in text
    assert record.date is None or 0 < record.date < 4.2e9
    assert record.id().startswith(record.kind[0])


@settings(max_examples=400, deadline=None)
@given(SHAPED)
def test_anything_shaped_like_mail_is_read(raw: bytes) -> None:
    check(parse(raw, "fuzz"))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=500))
def test_any_bytes_are_read(raw: bytes) -> None:
    check(parse(raw, "fuzz"))
    check(parse_note(raw, Path("a.md"), "fuzz", "", 0.0))


@settings(max_examples=150, deadline=None)
@given(SHAPED)
def test_any_html_is_read(source: bytes) -> None:
    found = html_text.to_text(source.decode("latin-1"), [])
    assert found.encode("utf-8").decode("utf-8") == found


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=SHAPED, name=st.sampled_from(["a", "a.eml", "a.md", "a.mbox", "a.emlx", "a.txt", "a:2,S"]))
def test_any_file_yields_something_and_needs_no_last_net(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    items = list(read(path))
    assert items
    assert not [item for item in items if isinstance(item, Broken) and "unexpectedly" in item.reason]


@cache
def corpus() -> list[bytes]:
    return [path.read_bytes() for path in sorted((DATA / "mail").rglob("*")) if path.is_file()]


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """Lines lost, doubled and swapped, bytes flipped, the end cut off."""
    lines = raw.splitlines(keepends=True)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[chance.randrange(len(lines))])
            case 2:
                line = bytearray(lines[at] or b"\n")
                line[chance.randrange(len(line))] = chance.randrange(256)
                lines[at] = bytes(line)
            case 3:
                lines.insert(at, chance.choice(FRAGMENTS))
            case _:
                lines = lines[: max(1, len(lines) - chance.randrange(8))]
        lines = lines or [b"\n"]
    return b"".join(lines)


@pytest.mark.skipif(not (DATA / "mail").is_dir(), reason=f"the mail corpora are not at {DATA / 'mail'}")
@pytest.mark.parametrize("rounds", [2, pytest.param(100, marks=pytest.mark.campaign)])
def test_damaged_real_messages_are_read(rounds: int) -> None:
    chance = random.Random(2026)
    for _ in range(rounds):
        for raw in corpus():
            check(parse(mutated(raw, chance), "fuzz"))
