"""The grammar of permissions: one spelling, one meaning, a sentence for each."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.texts import text as phrase
from skills import api
from skills.permissions import BadArgument, BadPermission, UnknownPermission, parse_permission

VALID: dict[str, api.Permission] = {
    "mail.read": api.MailRead(),
    "mail.label": api.MailLabel(),
    "mail.draft": api.MailDraft(),
    "notes.read": api.NotesRead(),
    "feeds.read": api.FeedsRead(),
    "calendar.read": api.CalendarRead(),
    "calendar.write": api.CalendarWrite(),
    "contacts.read": api.ContactsRead(),
    "memory.read": api.MemoryRead(),
    "model.use": api.ModelUse(),
    "keep": api.Keep(),
    "contracts.compile": api.ContractsCompile(),
    "net.fetch:asked": api.NetFetchAsked(),
    "mail.send:to=contact": api.MailSend("contact"),
    "mail.send:to=anyone": api.MailSend("anyone"),
    "net.fetch:https://example.org/": api.NetFetch("example.org", None, "/", False),
    "net.fetch:https://example.org/*": api.NetFetch("example.org", None, "/", True),
    "net.fetch:https://a.example.org:8443/feeds/news*": api.NetFetch("a.example.org", 8443, "/feeds/news", True),
    "net.fetch:https://xn--bcher-kva.example/": api.NetFetch("xn--bcher-kva.example", None, "/", False),
    "peer.ask": api.PeerAsk(),
    "spend:max=5": api.Spend(Decimal(5)),
    "spend:max=0.25": api.Spend(Decimal("0.25")),
}


@pytest.mark.parametrize("text", VALID)
def test_a_permission_is_parsed_into_its_type(text: str) -> None:
    assert parse_permission(text) == VALID[text]


@pytest.mark.parametrize("text", VALID)
def test_a_permission_prints_as_it_was_written(text: str) -> None:
    assert str(parse_permission(text)) == text


@pytest.mark.parametrize("text", VALID)
def test_every_permission_has_a_sentence_that_names_its_values(text: str) -> None:
    told = parse_permission(text).describe()
    assert told.key.startswith("permission.")
    assert told.sentence.endswith(".")
    assert all(value in told.sentence for _, value in told.values)


@pytest.mark.parametrize("text", VALID)
def test_the_catalogue_has_that_sentence_in_both_languages(text: str) -> None:
    told = parse_permission(text).describe()
    english, french = (phrase(told.key, language, **dict(told.values)) for language in ("en", "fr"))
    assert english == told.sentence
    assert french.endswith(".")
    assert french != english


def test_permissions_that_differ_are_described_differently() -> None:
    sentences = [parse_permission(text).describe().sentence for text in VALID]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("text", ["", "mail", "mail.write", "MAIL.READ", " mail.read", "mail.read ", "maіl.read", "*"])
def test_an_unknown_permission_is_refused(text: str) -> None:
    with pytest.raises(UnknownPermission):
        parse_permission(text)


def test_a_mistyped_permission_names_the_one_that_was_meant() -> None:
    with pytest.raises(UnknownPermission, match=r"Did you mean 'peer\.ask'\?"):
        parse_permission("peers.ask")


@pytest.mark.parametrize(
    "text",
    [
        "mail.read:",
        "mail.read:all",
        "peer.ask:anyone",
        "keep:all",
        "net.fetch:Asked",
        "net.fetch:asked*",
        "mail.send",
        "mail.send:",
        "mail.send:to=*",
        "mail.send:to=contact,anyone",
        "mail.send:to=Contact",
        "spend",
        "spend:max=",
        "spend:max=0",
        "spend:max=0.0",
        "spend:max=-1",
        "spend:max=1e9",
        "spend:max=01",
        "spend:max=1.50",
        "spend:max=１",
        "spend:max=NaN",
        "spend:max=Infinity",
        "spend:max=1_000",
        "spend:5",
    ],
)
def test_an_argument_outside_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(BadArgument):
        parse_permission(text)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "*",
        "https://*",
        "https://example.org",
        "http://example.org/",
        "HTTPS://example.org/",
        "https://Example.org/",
        "https://*.example.org/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://user@example.org/",
        "https://example.org@evil.example/",
        "https://example.org:443/",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://example.org/*/feed",
        "https://example.org/a?b=*",
        "https://example.org/#a",
        "https://example.org/%2e%2e/a",
        "https://example.org/../a",
        "https://example.org/./a",
        "https://example.org/a\\b",
        "https://example.org/a\n",
        "https://exаmple.org/",  # a Cyrillic letter
        "https://-example.org/",
        "https://example..org/",
        "https://example.org./",
        "https://" + "a" * 64 + ".org/",
        "https://example.org/" + "a" * 600,
    ],
)
def test_an_address_that_could_mean_another_place_is_refused(address: str) -> None:
    with pytest.raises(BadArgument):
        parse_permission(f"net.fetch:{address}")


@given(st.one_of(st.text(), st.sampled_from(list(VALID)).flatmap(lambda t: st.text().map(lambda s: t + s))))
def test_any_text_is_a_permission_in_its_one_spelling_or_refused_in_a_sentence(text: str) -> None:
    try:
        told = str(parse_permission(text))
    except BadPermission as error:
        told = text if str(error)[-1] in ".?" else ""
    assert told == text
