"""Chunks are slices of the body, small enough for the embedder, each with who, when and what about."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.chunks import SIZE, embedding_text, split
from storage.records import Attachment, Kind, Record

NOON = datetime(2026, 3, 12, 12).timestamp()


def mail(body: str, **fields: object) -> Record:
    known: dict[str, object] = {"kind": "mail", "title": "Dinner", "body": body, "date": NOON}
    return Record(**(known | fields))  # type: ignore[arg-type]


pieces = st.sampled_from(
    ["A sentence of some words. ", "\n\n", "\n", "> quoted\n", "# Heading\n", "word ", "- item\n", "x" * 1200]
)
bodies = st.lists(pieces | st.text(max_size=30), max_size=60).map("".join)


@given(body=bodies, kind=st.sampled_from(["mail", "note", "file"]))
def test_a_chunk_is_the_slice_it_says(body: str, kind: Kind) -> None:
    for chunk in split(mail(body, kind=kind)):
        assert body[chunk.start : chunk.end] == chunk.text


@given(body=bodies, kind=st.sampled_from(["mail", "note", "file"]))
def test_no_chunk_is_too_long_or_overlaps_the_next(body: str, kind: Kind) -> None:
    chunks = split(mail(body, kind=kind))
    assert all(len(chunk.text) <= max(SIZE.values()) + 120 for chunk in chunks)
    assert all(one.end <= other.start for one, other in itertools.pairwise(chunks))


@given(body=bodies)
def test_no_word_of_a_note_is_lost_or_cut(body: str) -> None:
    chunks = split(mail(body, kind="note"))
    kept = "".join(chunk.text for chunk in chunks)
    assert "".join(kept.split()) == "".join(body.split())
    for chunk in chunks[1:]:
        inside = not body[chunk.start - 1].isspace()
        assert not inside or len(max(body.split(), key=len)) > min(SIZE.values())


def test_a_long_body_is_cut_between_sentences() -> None:
    body = "This is a sentence of moderate length about the garden. " * 60
    assert all(chunk.text.endswith(".") for chunk in split(mail(body)))


def test_quoted_mail_is_left_out() -> None:
    chunks = split(mail("Yes.\n\n> Shall we?\n"))
    assert [chunk.text for chunk in chunks] == ["Yes."]


def test_a_reply_says_what_it_answers() -> None:
    (chunk,) = split(mail("Yes.\n\nOn 3 Mar 2026 at 10:00, Anna <a@example.org> wrote:\n> Shall we dance?\n"))
    assert "Shall we dance?" in chunk.context


def test_a_mail_of_nothing_but_quotes_is_kept() -> None:
    assert "Shall we?" in split(mail("> Shall we?\n"))[0].text


def test_an_empty_mail_is_found_by_its_subject() -> None:
    (chunk,) = split(mail("", title="Call me"))
    assert (chunk.start, chunk.end, chunk.text) == (0, 0, "")
    assert "Call me" in chunk.context


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Will you come to the dinner with us?",
         "From Anna <a@example.org> to Bob <b@example.org>, 12 March 2026, Dinner"),
        ("Est-ce que tu viens au dîner avec nous ?",
         "De Anna <a@example.org> à Bob <b@example.org>, 12 mars 2026, Dinner"),
    ],
)  # fmt: skip
def test_the_context_says_who_when_and_what_about_in_the_mails_language(body: str, expected: str) -> None:
    record = mail(body, sender="Anna <a@example.org>", recipients=("Bob <b@example.org>",))
    assert split(record)[0].context == expected


def test_the_embedder_is_spared_the_addresses() -> None:
    assert embedding_text("From Anna <a@example.org>, Dinner", "Yes") == "From Anna, Dinner\nYes"


def test_a_heading_stays_with_its_section() -> None:
    body = "# Recipes\n\n" + "Wash the leeks. " * 40 + "\n\n## Cake\n\n" + "Beat the eggs. " * 40
    assert [chunk.text[:10] for chunk in split(mail(body, kind="note"))] == ["# Recipes\n", "## Cake\n\nB"]


def test_a_long_section_remembers_its_headings() -> None:
    body = "# Recipes\n\n## Cake\n\n" + "Beat the eggs and the sugar. " * 60
    assert split(mail(body, kind="note"))[-1].context.endswith("Section: Recipes > Cake")


def test_the_names_of_attachments_are_found_with_the_mail() -> None:
    record = mail("See the plan.", attachments=(Attachment("plan.pdf", "application/pdf", 9),))
    assert "plan.pdf" in split(record)[0].context


def test_the_text_of_an_attachment_is_searched_but_has_no_place_in_the_body() -> None:
    record = mail("See the plan.", attachments=(Attachment("plan.txt", "text/plain", 9, "Dig the pond first."),))
    chunk = split(record)[1]
    assert (chunk.start, chunk.end, chunk.text) == (-1, -1, "Dig the pond first.")
    assert "plan.txt" in chunk.context


@pytest.mark.parametrize("date", [1e30, -1e30, float("nan"), None])
def test_an_impossible_date_is_left_out(date: float | None) -> None:
    assert split(mail("Hello there", date=date))[0].context.startswith("Dinner")
