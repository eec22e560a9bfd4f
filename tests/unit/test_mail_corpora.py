"""The public corpora import whole.  The judge is the standard library's compat32 parser; the reader does not use it."""

from __future__ import annotations

import email
import email.header
import email.message
import email.utils
import re
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from storage.records import Broken, Record
from storage.sources import count, read
from tests.paths import DATA

MAIL = DATA / "mail"
pytestmark = pytest.mark.skipif(not MAIL.is_dir(), reason=f"the mail corpora are not at {MAIL}")

Leaf = email.message.Message


@cache
def items() -> tuple[Record | Broken, ...]:
    return tuple(read(MAIL))


@cache
def pairs() -> tuple[tuple[Record, Leaf], ...]:
    return tuple((item, email.message_from_bytes(item.raw)) for item in items() if isinstance(item, Record))


def leaves(message: Leaf) -> Iterator[Leaf]:
    return (part for part in message.walk() if not part.is_multipart())


def saved_parts(message: Leaf) -> list[Leaf]:
    """What a mail reader offers to save: named, not text, meant to be saved, or a message within the message."""
    return [
        part
        for part in message.walk()
        if part.get_content_type() == "message/rfc822"
        or (
            not part.is_multipart()
            and (
                part.get_filename()
                or part.get_content_maintype() != "text"
                or part.get_content_disposition() == "attachment"
                or part.get_content_type() == "text/calendar"
            )
        )
        if part.get_content_type() != "message/rfc822" or part is not message
    ]


class Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.skipping = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.skipping += tag in ("script", "style", "title")

    def handle_endtag(self, tag: str) -> None:
        self.skipping -= tag in ("script", "style", "title")

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.text.append(data)


def words(text: str) -> set[str]:
    return set(re.findall(r"\w{2,}", text.replace("\u00a0", " ")))


def expected_words(part: Leaf) -> set[str]:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    charset = part.get_content_charset() or "utf-8"
    try:
        text = payload.decode(charset)
    except (UnicodeDecodeError, LookupError):
        text = payload.decode("ascii", "replace").replace("\ufffd", " ")
        return {word for word in words(text) if len(word) > 4}
    if part.get_content_type() == "text/html":
        visible = Visible()
        visible.feed(text)
        text = " ".join(visible.text)
    return words(text)


def has_plain_sibling(message: Leaf, part: Leaf) -> bool:
    for holder in message.walk():
        if holder.get_content_type() == "multipart/alternative":
            children = list(holder.walk())
            if part in children:
                return any(child.get_content_type() == "text/plain" for child in children)
    return False


def test_every_file_becomes_a_record_the_broken_ones_too() -> None:
    files = [path for path in MAIL.rglob("*") if path.is_file()]
    assert [item for item in items() if isinstance(item, Broken)] == []
    assert sorted(item.origin for item in items()) == sorted(str(path) for path in files)


def test_the_estimate_for_the_progress_bar_is_right_for_folders() -> None:
    assert count(MAIL) == len(items())


def test_no_word_of_any_text_part_is_lost(record_property: Callable[[str, object], None]) -> None:
    compared = 0
    lost: dict[str, set[str]] = {}
    for record, message in pairs():
        found = words(record.body) | {word for each in record.attachments for word in words(each.text)}
        for part in leaves(message):
            html_beside_plain = part.get_content_type() == "text/html" and has_plain_sibling(message, part)
            if part.get_content_maintype() != "text" or html_beside_plain:
                continue
            wanted = expected_words(part)
            compared += len(wanted)
            if wanted - found:
                lost[record.origin] = wanted - found
    print(f"{len(pairs())} messages, {compared} words compared")
    record_property("words", compared)
    assert lost == {}
    assert compared > 10_000


def test_attachments_have_the_number_names_and_types_that_the_judge_sees() -> None:
    total = 0
    for record, message in pairs():
        expected = saved_parts(message)
        total += len(expected)
        assert [each.media_type for each in record.attachments] == [part.get_content_type() for part in expected]
        for attachment, part in zip(record.attachments, expected, strict=True):
            if name := part.get_filename():
                assert attachment.name == str(email.header.make_header(email.header.decode_header(name)))
    print(f"{total} attachments")
    assert total >= 20


def test_attachment_sizes_are_those_of_the_decoded_bytes() -> None:
    for record, message in pairs():
        parts = [part for part in saved_parts(message) if part.get_content_type() != "message/rfc822"]
        attachments = [each for each in record.attachments if each.media_type != "message/rfc822"]
        for attachment, part in zip(attachments, parts, strict=True):
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            assert attachment.size == len(payload), record.origin


def test_subjects_are_decoded_as_the_judge_decodes_them() -> None:
    for record, message in pairs():
        subject = message["subject"] or ""
        expected = str(email.header.make_header(email.header.decode_header(subject)))
        assert record.title == " ".join(expected.split())


def test_senders_recipients_and_ids_agree_with_the_judge() -> None:
    for record, message in pairs():
        assert record.external_id == (message["message-id"] or "").strip(" <>\n\t")
        assert (email.utils.parseaddr(message["from"])[1] or "-") in record.sender
        fields = [str(value) for name in ("to", "cc") for value in message.get_all(name, [])]
        for _, address in email.utils.getaddresses(fields):
            assert any(address in recipient for recipient in record.recipients), record.origin


def test_dates_agree_with_the_judge() -> None:
    for record, message in pairs():
        fields = email.utils.parsedate_tz(message["date"])
        if fields is not None and fields[0] > 1970:
            assert record.date == email.utils.mktime_tz(fields)
        assert record.date is not None


def test_both_copy_fields_of_the_broken_message_count() -> None:
    record = next(record for record, _ in pairs() if record.origin.endswith("broken-cc"))
    assert record.recipients == (
        "Daniel <daniel@example.org>",
        "Bob <bob@example.org>",
        "Charles <charles@example.org>",
    )


def test_an_empty_forwarded_message_is_still_an_attachment() -> None:
    record = next(record for record, _ in pairs() if record.origin.endswith("empty-part"))
    assert [(each.name, each.media_type, each.size) for each in record.attachments] == [
        ("message.eml", "message/rfc822", 0)
    ]


def test_messages_that_answer_each_other_keep_their_references() -> None:
    loop = {record.external_id: record.references for record, _ in pairs() if "/loop/" in record.origin}
    assert loop == {
        "mid-loop-12@example.org": ("mid-loop-21@example.org",),
        "mid-loop-21@example.org": ("mid-loop-12@example.org",),
    }


def test_the_folder_is_the_mailbox_from_the_given_folder_downwards() -> None:
    folders = {record.folder for record, _ in pairs()}
    assert {"mail/lkml", "mail/default", "mail/default/foo/baz", "mail/broken/loop"} <= folders


def test_nearly_no_message_needs_a_warning() -> None:
    warned = [record for record, _ in pairs() if record.warnings]
    print(f"{len(warned)} messages with warnings: {[record.warnings for record in warned]}")
    assert len(warned) <= 5


def test_reading_twice_gives_the_same_in_the_same_order() -> None:
    assert tuple(read(Path(MAIL))) == items()
