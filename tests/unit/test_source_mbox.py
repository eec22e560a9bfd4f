"""Splitting mbox files."""

from __future__ import annotations

import io
import mailbox
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.records import Broken, Record
from storage.sources import count, mbox, read

ENVELOPE = b"From ana@example.org Sat Mar 14 10:00:00 2026\n"


def split(data: bytes) -> list[bytes | None]:
    return [found.raw for found in mbox.split(io.BytesIO(data))]


def message(subject: str, body: str = "Hello.") -> bytes:
    return f"From: a@example.org\nSubject: {subject}\n\n{body}\n".encode()


def test_messages_begin_at_from_lines_after_an_empty_line() -> None:
    assert split(ENVELOPE + message("1") + b"\n" + ENVELOPE + message("2")) == [message("1"), message("2")]


def test_a_from_line_without_an_empty_line_before_it_is_text() -> None:
    data = message("1", "text\nFrom here Sat Mar 14 10:00:00 2026 on")
    assert split(ENVELOPE + data) == [data]


def test_a_sentence_that_begins_with_from_is_text() -> None:
    data = message("1", "text\n\nFrom here we go on foot.\n\nFrom\n\nFrom 10 to 12")
    assert split(ENVELOPE + data) == [data]


@pytest.mark.parametrize(
    "envelope",
    [
        b"From - Sat Mar 14 10:00:00 2026\n",
        b"From 1234@xxx Sat Mar 14 10:00:00 +0000 2026\r\n",
        b"From MAILER-DAEMON Sat Mar 14 10:00 CET 2026\n",
        b"From a@example.org\n",
        b"From - \n",
    ],
)
def test_from_lines_of_many_programs(envelope: bytes) -> None:
    assert split(ENVELOPE + message("1") + b"\n" + envelope + message("2")) == [message("1"), message("2")]


def test_quoted_from_lines_lose_one_mark() -> None:
    data = message("1", "a\n>From b\n>>From c\n> From d\n>Frome")
    assert split(ENVELOPE + data) == [message("1", "a\nFrom b\n>From c\n> From d\n>Frome")]


def test_windows_line_ends() -> None:
    one, two = message("1").replace(b"\n", b"\r\n"), message("2").replace(b"\n", b"\r\n")
    assert split(ENVELOPE + one + b"\r\n" + ENVELOPE + two) == [one, two]


def with_length(body: bytes, length: int) -> bytes:
    return b"From: a@example.org\nContent-Length: %d\n\n" % length + body


def test_a_true_content_length_protects_from_lines_in_the_body() -> None:
    body = b"text\n\n" + ENVELOPE + b"not a message\n"
    assert split(ENVELOPE + with_length(body, len(body)) + b"\n" + ENVELOPE + message("2")) == [
        with_length(body, len(body)),
        message("2"),
    ]


@pytest.mark.parametrize("error", [-7, -1, 1, 7, 10**11])
def test_a_wrong_content_length_is_not_believed(error: int) -> None:
    first = with_length(b"text\nmore\n", 10 + error if error > -9 else 1)
    assert split(ENVELOPE + first + b"\n" + ENVELOPE + message("2")) == [first, message("2")]


def test_a_stated_length_of_the_last_message_may_end_the_file() -> None:
    body = b"text\n\n" + ENVELOPE + b"quoted\n"
    assert split(ENVELOPE + with_length(body, len(body))) == [with_length(body, len(body))]


def test_a_huge_message_is_named_and_the_rest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbox, "MAX_MESSAGE", 200_000)
    path = tmp_path / "in.mbox"
    path.write_bytes(ENVELOPE + message("1", "x" * 300_000) + b"\n" + ENVELOPE + message("2"))
    first, second = read(path)
    assert isinstance(first, Broken)
    assert "larger than" in first.reason
    assert isinstance(second, Record)
    assert (second.title, second.origin, second.folder) == ("2", f"{path}#2", "in")


def test_what_thunderbird_has_deleted_stays_deleted(tmp_path: Path) -> None:
    path = tmp_path / "Inbox"
    seen, deleted = b"X-Mozilla-Status: 0001\n" + message("seen"), b"X-Mozilla-Status: 0009\n" + message("deleted")
    quoting = message("quoting", "X-Mozilla-Status: 0009")
    path.write_bytes(b"\n".join(ENVELOPE + raw for raw in (deleted, seen, quoting)))
    assert [(item.title, item.origin[-1]) for item in read(path) if isinstance(item, Record)] == [
        ("seen", "2"),
        ("quoting", "3"),
    ]


def test_an_empty_message_is_named() -> None:
    assert split(ENVELOPE + b"\n" + ENVELOPE + message("2")) == [b"\n", message("2")]


def test_the_from_line_dates_a_message_without_date(tmp_path: Path) -> None:
    path = tmp_path / "in.mbox"
    path.write_bytes(ENVELOPE + message("1"))
    (record,) = read(path)
    assert isinstance(record, Record)
    assert record.date == 1773482400.0


def test_the_count_of_a_small_mailbox_is_exact_and_of_a_large_one_close(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"\n".join(ENVELOPE + message(str(n), "word " * 300) for n in range(30)))
    large.write_bytes(b"\n".join(ENVELOPE + message(str(n), "word " * 300) for n in range(5000)))
    assert count(small) == 30
    assert 4500 <= (count(large) or 0) <= 5500


LINES = st.lists(
    st.sampled_from(["", "From the start", ENVELOPE.decode().strip(), ">From me", ">>From", "text", "From: x", "é "]),
    max_size=12,
)


@settings(deadline=None, max_examples=150)
@given(bodies=st.lists(LINES, min_size=1, max_size=5))
def test_any_messages_quoted_as_mboxrd_are_read_back_whole(bodies: list[list[str]]) -> None:
    written = [message(str(number), "\n".join(lines)) for number, lines in enumerate(bodies)]
    quoted = [re.sub(rb"^(>*From )", rb">\1", raw, flags=re.MULTILINE) for raw in written]
    assert split(b"".join(ENVELOPE + raw + b"\n" for raw in quoted)) == written


def test_a_mailbox_that_the_standard_library_wrote_has_the_same_messages(tmp_path: Path) -> None:
    path = tmp_path / "box"
    bodies = ["plain", "with\n\nFrom lines Sat Mar 14 10:00:00 2026\n\nin it", "", "end\n\n\n", "From first"]
    box = mailbox.mbox(path)
    for number, body in enumerate(bodies):
        box.add(message(str(number), body))
    box.flush()
    judged = [each["subject"] for each in box]
    box.close()
    records = list(read(path))
    assert all(isinstance(record, Record) for record in records)
    assert [record.title for record in records if isinstance(record, Record)] == judged == ["0", "1", "2", "3", "4"]
    assert [r.body for r in records if isinstance(r, Record)] == [body.strip("\n") for body in bodies]
