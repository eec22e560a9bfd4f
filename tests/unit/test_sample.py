"""The sample mailbox and its questions: well formed, invented, complete, and each answer stands where it is said to."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT

SAMPLE = ROOT / "app" / "sample"
MAILS = sorted((SAMPLE / "mail").glob("*.eml"))
NOTES = sorted((SAMPLE / "notes").glob("*.md"))
QUESTIONS: list[dict[str, Any]] = json.loads(
    (ROOT / "benchmarks" / "data" / "sample_questions.json").read_text(encoding="utf-8")
)
ANSWERABLE = [q for q in QUESTIONS if q["kind"] != "none"]
FIRST, LAST = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 8, 31, tzinfo=UTC)
FICTION = ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98")  # Arcep, decision 2018-0881
BRISTOL_FICTION = "0117 496 0"  # Ofcom, telephone numbers for drama
COMMON = {
    "en": {
        "the",
        "and",
        "you",
        "is",
        "it",
        "of",
        "that",
        "to",
        "for",
        "with",
        "at",
        "was",
        "are",
        "we",
        "have",
        "not",
        "your",
        "this",
        "be",
        "will",
    },
    "fr": {
        "le",
        "la",
        "les",
        "et",
        "est",
        "de",
        "des",
        "un",
        "une",
        "pour",
        "avec",
        "que",
        "qui",
        "pas",
        "vous",
        "nous",
        "je",
        "au",
        "du",
        "sur",
        "dans",
        "votre",
    },
}


class Words(HTMLParser):
    """The words between the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


@cache
def parsed(path: Path) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert isinstance(message, EmailMessage)
    return message


def content(part: EmailMessage) -> str:
    text = str(part.get_content())
    if part.get_content_subtype() != "html":
        return text
    words = Words()
    words.feed(text)
    return " ".join(words.parts)


def own_words(path: Path) -> str:
    """Sender, subject and body as shown, without what the message quotes."""
    message = parsed(path)
    body = message.get_body(("plain", "html"))
    assert isinstance(body, EmailMessage)
    unquoted = content(body).split("_" * 32)[0]
    return f"{message['from']}\n{message['subject']}\n" + "\n".join(
        x for x in unquoted.splitlines() if not x.startswith(">")
    )


def identifier(path: Path) -> str:
    return str(parsed(path)["message-id"]).strip("<> ")


def records() -> dict[str, str]:
    """What each record says, by Message-ID or by name of the note."""
    found = {identifier(path): own_words(path) for path in MAILS}
    return found | {path.name: path.read_text(encoding="utf-8") for path in NOTES}


def plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).casefold().split())


def states(text: str, group: list[str]) -> bool:
    """Whether an alternative of the group stands in the text as whole words."""
    return any(re.search(rf"(?<!\w){re.escape(plain(x))}(?!\w)", plain(text)) for x in group)


def language(text: str) -> str:
    words = Counter(re.findall(r"\w+", text.casefold()))
    return max(COMMON, key=lambda name: sum(words[w] for w in COMMON[name]))


def texts(path: Path) -> Iterator[str]:
    """Everything that can be read in a file: headers, every textual part with its markup, or the note."""
    if path.suffix == ".md":
        yield path.read_text(encoding="utf-8")
        return
    for part in parsed(path).walk():
        yield from (f"{name}: {value}" for name, value in part.items() if name.lower() != "content-type")
        if part.get_content_maintype() == "text":
            yield str(part.get_content())


def short(value: object) -> str:
    return value.name if isinstance(value, Path) else str(value)


def test_the_mailbox_has_its_size() -> None:
    total = sum(path.stat().st_size for path in MAILS + NOTES)

    assert 55 <= len(MAILS) <= 66
    assert len(NOTES) == 15
    assert total < 600_000


@pytest.mark.parametrize("path", MAILS, ids=short)
def test_a_message_parses_without_defects(path: Path) -> None:
    message = parsed(path)

    found = [defect for part in message.walk() for defect in part.defects]
    found += [defect for part in message.walk() for value in part.values() for defect in value.defects]
    for part in message.walk():  # a wrong charset or transfer encoding shows only when it is decoded
        if part.get_content_maintype() == "text":
            assert "\N{REPLACEMENT CHARACTER}" not in str(part.get_content())
            found += part.defects

    assert found == []


@pytest.mark.parametrize("path", MAILS, ids=short)
def test_a_message_bears_the_headers_that_every_mailer_writes(path: Path) -> None:
    message = parsed(path)

    for name in ("message-id", "date", "from", "to", "subject", "mime-version"):
        assert len(message.get_all(name, [])) == 1, name


@pytest.mark.parametrize("path", MAILS, ids=short)
def test_a_message_has_unix_line_ends_and_lawful_line_lengths(path: Path) -> None:
    raw = path.read_bytes()

    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert max(map(len, raw.split(b"\n"))) <= 998  # RFC 5322, 2.1.1


def test_message_ids_are_unique() -> None:
    assert len({identifier(path) for path in MAILS}) == len(MAILS)


def test_every_date_lies_in_the_six_months() -> None:
    dates = {path.name: parsed(path)["date"].datetime for path in MAILS}

    assert {name: date for name, date in dates.items() if not FIRST <= date < LAST} == {}


def test_files_are_numbered_by_date() -> None:
    dates = [parsed(path)["date"].datetime for path in MAILS]

    assert dates == sorted(dates)
    assert [path.name[:3] for path in MAILS] == [f"{n:03d}" for n in range(1, len(MAILS) + 1)]


def test_every_reply_answers_an_earlier_message_that_is_there() -> None:
    date = {identifier(path): parsed(path)["date"].datetime for path in MAILS}
    replies = 0

    for path in MAILS:
        message = parsed(path)
        if "in-reply-to" not in message:
            assert "references" not in message
            continue
        replies += 1
        answered = str(message["in-reply-to"]).strip("<> ")
        references = re.findall(r"<([^>]+)>", str(message["references"]))
        assert references[-1] == answered
        assert all(date[known] < message["date"].datetime for known in references)

    assert replies >= 15


def test_threads_run_from_two_to_six_messages() -> None:
    root = {identifier(path): identifier(path) for path in MAILS}
    for path in MAILS:
        for first in re.findall(r"<([^>]+)>", str(parsed(path)["references"] or ""))[:1]:
            root[identifier(path)] = first

    sizes = Counter(Counter(root.values()).values())

    assert sizes.keys() >= {1, 2, 3, 5}
    assert max(sizes) <= 6


def test_both_languages_have_their_share() -> None:
    share = Counter(language(own_words(path)) for path in MAILS)
    notes = Counter(language(path.read_text(encoding="utf-8")) for path in NOTES)

    assert 0.4 <= share["fr"] / len(MAILS) <= 0.5
    assert min(notes["en"], notes["fr"]) >= 6


def test_the_encodings_of_real_mailers_occur() -> None:
    parts = [part for path in MAILS for part in parsed(path).walk() if not part.is_multipart()]
    charsets = {part.get_content_charset() for part in parts}
    codings = {str(part["content-transfer-encoding"]) for part in parts}
    subjects = {path.read_bytes().partition(b"Subject: =?")[2].partition(b"?")[0] for path in MAILS}

    assert charsets >= {"utf-8", "iso-8859-1", "windows-1252", "us-ascii"}
    assert codings >= {"7bit", "8bit", "quoted-printable", "base64"}
    assert subjects >= {b"utf-8", b"iso-8859-1", b"windows-1252"}
    assert any(part.get_param("format") == "flowed" for part in parts)


def test_the_attachments_are_what_their_types_say() -> None:
    found = {part.get_content_type(): part for path in MAILS for part in parsed(path).iter_attachments()}

    def octets(media_type: str) -> bytes:
        data = found[media_type].get_payload(decode=True)
        assert isinstance(data, bytes)
        return data

    assert octets("text/calendar").startswith(b"BEGIN:VCALENDAR\r\n")
    assert octets("application/pdf").startswith(b"%PDF-1.4")
    assert octets("application/pdf").endswith(b"%%EOF\n")
    assert octets("image/png").startswith(b"\x89PNG\r\n\x1a\n")
    assert octets("text/csv").count(b",312.40") == 1
    assert "text/plain" in found


def test_some_messages_are_html_alone() -> None:
    assert sum(parsed(path).get_content_type() == "text/html" for path in MAILS) >= 2


def test_one_message_tries_to_give_orders() -> None:
    assert sum("ignore your previous instructions" in plain(own_words(path)) for path in MAILS) == 1


@pytest.mark.parametrize("path", MAILS + NOTES, ids=short)
def test_only_reserved_domains_appear(path: Path) -> None:
    text = "\n".join(texts(path))
    hosts = re.findall(r"(?:@|https?://|www\.)([A-Za-z0-9.-]+[A-Za-z0-9])", text)
    hosts += re.findall(r"\b((?:[a-z0-9-]+\.)+(?:com|org|net|info|eu|fr|uk|io|dev|app|example))\b", text.lower())

    reserved = re.compile(r"(.+\.)?(example|example\.(com|org|net))")  # RFC 2606 and RFC 6761

    assert [host for host in hosts if not reserved.fullmatch(host.lower())] == []


@pytest.mark.parametrize("path", MAILS + NOTES, ids=short)
def test_only_telephone_numbers_kept_for_fiction_appear(path: Path) -> None:
    text = "\n".join(texts(path))
    french = re.findall(r"(?<![\d ])0[1-9](?: \d\d){4}(?!\d)", text)
    british = re.findall(r"(?<!\d)0\d{3,4} \d{3} \d{3,4}", text)

    assert [n for n in french if not n.startswith(FICTION)] == []
    assert [n for n in british if not n.startswith(BRISTOL_FICTION)] == []


def test_there_are_forty_questions_in_their_four_kinds_of_crossing() -> None:
    assert [q["id"] for q in QUESTIONS] == [f"q{n:02d}" for n in range(1, 41)]
    assert Counter((q["language"], q["source_language"]) for q in QUESTIONS) == {
        ("en", "en"): 16,
        ("fr", "fr"): 12,
        ("en", "fr"): 6,
        ("fr", "en"): 6,
    }
    assert sum(q["kind"] == "none" for q in QUESTIONS) == 3


def test_half_of_every_crossing_is_held_out() -> None:
    halves = Counter((q["language"], q["source_language"], q["split"]) for q in QUESTIONS)

    for asked in ("en", "fr"):
        for told in ("en", "fr"):
            assert halves[asked, told, "dev"] == halves[asked, told, "held"]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q["id"])
def test_a_question_is_well_formed(question: dict[str, Any]) -> None:
    assert question["across"] == (question["language"] != question["source_language"])
    assert question["kind"] in {"fact", "time", "person", "amount", "latest", "list", "yesno", "none"}
    assert question["asked_on"] == "2026-08-31"
    assert question["accept"]
    assert all(group for group in question["accept"])
    assert (question["answer"] is None) == (question["evidence"] == []) == (question["kind"] == "none")


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda q: q["id"])
def test_the_gold_answer_is_accepted(question: dict[str, Any]) -> None:
    assert all(states(question["answer"], group) for group in question["accept"])


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda q: q["id"])
def test_every_piece_of_evidence_states_the_whole_answer(question: dict[str, Any]) -> None:
    known = records()

    for name in question["evidence"]:
        for group in question["accept"]:
            assert states(known[name], group), (name, group)


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda q: q["id"])
def test_the_first_piece_of_evidence_is_in_the_source_language(question: dict[str, Any]) -> None:
    first = question["evidence"][0]

    assert language(records()[first]) == question["source_language"]


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q["kind"] == "latest"], ids=lambda q: q["id"])
def test_the_latest_answer_does_not_stand_in_an_earlier_message_of_its_sender(question: dict[str, Any]) -> None:
    path = next(p for p in MAILS if identifier(p) == question["evidence"][0])
    sender, sent = parsed(path)["from"], parsed(path)["date"].datetime

    earlier = [p for p in MAILS if parsed(p)["from"] == sender and parsed(p)["date"].datetime < sent]

    assert [p.name for p in earlier if all(states(own_words(p), group) for group in question["accept"])] == []
