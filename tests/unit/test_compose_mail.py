"""One mail as bytes: every header is what was meant, whatever stands in what it is made of."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.sources.compose import Letter, compose

LETTER = Letter(
    "ada@example.org", "", ("max@example.org",), (), "Lunch", "Noon?", datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
)
HEADERS = {"from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding"}


def read(letter: Letter) -> email.message.EmailMessage:
    found = email.message_from_bytes(compose(letter)[0], policy=email.policy.default)
    assert isinstance(found, email.message.EmailMessage)
    return found


def test_a_text_in_any_language_comes_back_as_it_was_written() -> None:
    text = "Grüße, été, 日本\n.\nFrom here\n" + "long " * 400 + "\n"
    assert read(replace(LETTER, text=text)).get_content().replace("\r\n", "\n") == text


def test_every_mail_has_an_id_of_its_own_under_the_senders_domain() -> None:
    ids = {compose(LETTER)[1] for _ in range(20)}
    assert len(ids) == 20
    assert {one.partition("@")[2] for one in ids} == {"example.org"}


@pytest.mark.parametrize(
    "evil",
    ["a@b\r\nBcc: eve@evil.example", "a@b\nX", "a b@c", "a@b>\r\nX: <y", "", "a@\x00b", "é@b", "=?utf-8?q?x?= y"],
)
def test_ids_that_are_none_are_left_out(evil: str) -> None:
    assert read(replace(LETTER, answers=evil)).get("In-Reply-To") is None
    assert read(replace(LETTER, answers="ok@b", references=(evil,)))["References"] == "<ok@b>"


def test_of_many_references_the_last_are_named() -> None:
    got = read(replace(LETTER, answers="last@b", references=tuple(f"{n}@b" for n in range(100))))["References"]
    assert (len(got.split()), got.split()[0], got.split()[-1]) == (21, "<80@b>", "<last@b>")


@pytest.mark.parametrize("field", ["subject", "name"])
@pytest.mark.parametrize("evil", ["a\nb", "a\r\nBcc: x@y.z", "a\x00", "a\x85b", "a\u2028b"])
def test_a_header_of_two_lines_is_refused(field: str, evil: str) -> None:
    with pytest.raises(ValueError):
        compose(replace(LETTER, **{field: evil}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    ["", "ada", "a@b", "a@b.c\n", "a@b.c, d@e.f", "<a@b.c>", "A <a@b.c>", "é@b.c", "a..b@c.d", f"{'a' * 251}@b.c"],
)
def test_an_address_that_is_not_one_plain_one_is_refused(address: str) -> None:
    with pytest.raises(ValueError):
        compose(replace(LETTER, cc=(address,)))


@given(st.text(), st.text(), st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_whatever_it_is_made_of_there_are_no_other_headers(
    subject: str, name: str, text: str, answers: str, references: list[str]
) -> None:
    letter = replace(LETTER, subject=subject, name=name, text=text, answers=answers, references=tuple(references))
    try:
        got = read(letter)
    except (ValueError, UnicodeError):
        return
    assert {one.lower() for one in got} <= HEADERS | {"in-reply-to", "references"}
    assert str(got["To"]) == "max@example.org"
