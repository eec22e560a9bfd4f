"""Filters in a query narrow search and library alike, in English and French."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pytest

from app.errors import sentence
from storage import search
from storage.filters import BadDate, BadFilter, Filter, Query, parse
from storage.ledger import Item
from storage.records import Attachment, Hit, Record
from storage.search import Searcher
from storage.vault import Vault
from storage.vector_index import ExactIndex
from tests.unit.index_fixtures import unit_vectors
from tests.unit.vault_fixtures import path_fixture as path_fixture
from tests.unit.vault_fixtures import vault_fixture as vault_fixture

NOW = datetime(2026, 5, 20, 12).timestamp()


def at(day: str) -> float:
    return datetime.fromisoformat(day).timestamp()


RECORDS = [
    Record("mail", "Votre facture de mars", "La facture de la chaudière est en pièce jointe.", at("2026-03-10 09:00"),
           "facture@x", "Crédit Océan <info@ocean.example>", ("Max <max@example.org>",), folder="INBOX/Banque",
           attachments=(Attachment("facture.pdf", "application/pdf", 9),), flags=("seen",)),
    Record("mail", "Car insurance", "Your car insurance ends soon; the invoice follows.", at("2025-12-24 23:30"),
           "car@x", "Bank of Bristol <post@bank.example>", ("Élodie Ada <ada@example.org>",), folder="INBOX"),
    Record("mail", "Holiday", "Insurance for the car is not the boiler.", at("2026-04-01 00:00"),
           "holiday@x", "Ada Byron <ada@example.org>", ("Max <max@example.org>",), folder="Sent", flags=("flagged",)),
    Record("note", "Boiler", "The boiler was repaired in March.", at("2026-03-31 23:59"), folder="house"),
    Record("note", "Undated", "A boiler without a date."),
]  # fmt: skip


@pytest.fixture(name="full")
def full_fixture(vault: Vault) -> Vault:
    vault.library.add(RECORDS)
    return vault


def titles(hits: Sequence[Hit]) -> list[str]:
    return list(dict.fromkeys(hit.title for hit in hits))


def listed(vault: Vault, text: str) -> list[str]:
    return [row.title for row in vault.library.page(text=text)[0]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from:bank", ["Car insurance"]),
        ("de:credit", ["Votre facture de mars"]),
        ("from:OCÉAN", ["Votre facture de mars"]),
        ("to:elodie", ["Car insurance"]),
        ("à:élodie", ["Car insurance"]),
        ("a:max", ["Holiday", "Votre facture de mars"]),
        ('subject:"car ins"', ["Car insurance"]),
        ("objet:FACTURE", ["Votre facture de mars"]),
        ("in:INBOX", ["Votre facture de mars", "Car insurance"]),
        ("dans:banque", ["Votre facture de mars"]),
        ("kind:note", ["Boiler", "Undated"]),
        ("type:courriel", ["Holiday", "Votre facture de mars", "Car insurance"]),
        ("kind:notes kind:mail from:ada", ["Holiday"]),
        ("before:2026", ["Car insurance"]),
        ("avant:2026-03", ["Car insurance"]),
        ("after:2026-03", ["Holiday"]),
        ("après:2025-12-24", ["Holiday", "Boiler", "Votre facture de mars"]),
        ("since:2025-12-24", ["Holiday", "Boiler", "Votre facture de mars", "Car insurance"]),
        ("on:2026-03", ["Boiler", "Votre facture de mars"]),
        ("le:2026-03-31", ["Boiler"]),
        ("has:attachment", ["Votre facture de mars"]),
        ("avec:pièce-jointe", ["Votre facture de mars"]),
        ("is:unread", ["Holiday", "Car insurance"]),
        ("est:non-lu", ["Holiday", "Car insurance"]),
        ("is:read", ["Votre facture de mars"]),
        ("est:suivi", ["Holiday"]),
        ("kind:mail -from:ada", ["Votre facture de mars", "Car insurance"]),
        ("kind:note -repaired", ["Undated"]),
        ("kind:note -before:2026", ["Boiler", "Undated"]),  # what has no date is not before
        ('"car insurance"', ["Car insurance"]),
        ("“car insurance”", ["Car insurance"]),
        ('-"car insurance" kind:mail', ["Holiday", "Votre facture de mars"]),
        ("from:nobody", []),
        ("on:1999", []),
        ("source:work", []),
        ("from:a*k", []),
        ("in:[", []),
        ("in:]", []),
        ("in:^", []),
    ],
)
def test_library_and_search_let_the_same_through(full: Vault, query: str, expected: list[str]) -> None:
    assert listed(full, query) == expected
    # With words, search ranks; a phrase is words too.
    assert sorted(titles(Searcher(full).search(query))) == sorted(expected)


def test_a_source_is_named(full: Vault) -> None:
    source = full.sources.add("feed", "Work news", {}, {})
    news = Record("article", "News", "Something new.", at("2026-05-01"))
    full.sources.ledger(source).store("part", [Item("1", "v", news)])
    assert listed(full, "source:work") == ["News"]
    assert listed(full, "source:feed") == ["News"]
    assert "News" not in listed(full, "-source:work")


@pytest.mark.parametrize("query", ["from:bank", "kind:note", "after:2025-12-24", "has:attachment"])
def test_filters_alone_list_the_newest_first(full: Vault, query: str) -> None:
    assert titles(Searcher(full).search(query)) == listed(full, query)


def test_words_are_ranked_among_what_a_filter_lets_through(full: Vault) -> None:
    assert titles(Searcher(full).search("boiler before:2026-04 kind:note"))[0] == "Boiler"
    assert "Undated" not in titles(Searcher(full).search("boiler before:2026-04"))


def test_vectors_keep_to_the_filter(full: Vault) -> None:
    pending = full.vectors.pending("m", 99)
    vectors = unit_vectors(len(pending), 8)
    index = ExactIndex()
    index.add(np.array([chunk for chunk, _ in pending]), vectors)
    wanted = next(row for row, (_, text) in enumerate(pending) if "Holiday" in text)
    found = Searcher(full, index).search("zzz from:bank", vector=vectors[wanted])
    assert titles(found) == ["Car insurance"]


def test_what_a_filter_lets_through_is_not_crowded_out(full: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter holds before the best are taken, not after."""
    monkeypatch.setattr(search, "CANDIDATES", 1)
    assert titles(Searcher(full).search("boiler insurance car in:sent")) == ["Holiday"]
    pending = full.vectors.pending("m", 99)
    index = ExactIndex()
    vectors = unit_vectors(len(pending), 8)
    index.add(np.array([chunk for chunk, _ in pending]), vectors)
    assert titles(Searcher(full, index).search("zzz in:sent", vector=vectors[0])) == ["Holiday"]


def test_neighbours_in_the_thread_keep_to_the_filter(vault: Vault) -> None:
    first = Record("mail", "Ferry", "When does the ferry leave?", at("2026-01-01"), "q@x", "Ada <ada@x.example>")
    answer = Record(
        "mail", "Re: Ferry", "At noon.", at("2026-01-02"), "a@x", "Bob <bob@x.example>", references=("q@x",)
    )
    vault.library.add([first, answer])
    assert titles(Searcher(vault).search("ferry leave from:ada")) == ["Ferry"]


@pytest.mark.parametrize("query", ["factures de:océan", "facture on:2026-03", "factures de mars type:courriel"])
def test_stems_accents_and_time_words_work_beside_filters(full: Vault, query: str) -> None:
    assert titles(Searcher(full).search(query, now=lambda: NOW))[0] == "Votre facture de mars"


def test_a_question_in_one_language_finds_the_other_through_a_filter(full: Vault) -> None:
    assert titles(Searcher(full).search("invoice in:banque")) == ["Votre facture de mars"]


@pytest.mark.parametrize(
    "text",
    [
        "re: hello",
        "https://example.org/a",
        "12:30",
        "note:this",
        "from: nobody",
        "e-mail",
        "- dash",
        "-5",
        'a "" b',
        ":",
    ],
)
def test_what_is_no_filter_stays_text(text: str) -> None:
    assert parse(text) == Query(text, (), text)


def test_a_filter_is_no_part_of_the_text() -> None:
    assert parse('boiler from:"Bank of Bristol" -refund') == Query(
        "boiler", (Filter("from", "Bank of Bristol"), Filter("text", "refund", negated=True)), "boiler"
    )


def test_in_a_question_quotes_quote_and_prefixes_filter() -> None:
    asked = parse('Who said "the blue one" -really- in from:bank?', question=True)
    assert asked.filters == (Filter("from", "bank"),)


@pytest.mark.parametrize(
    "query", ["before:yesterday", "on:2026-02-30", "le:chat", "after:2026-13", "since:0000", "on:1"]
)
def test_a_malformed_date_is_refused_with_a_sentence(query: str) -> None:
    with pytest.raises(BadDate, match="write it as"):
        parse(query)


def test_a_refusal_is_a_sentence_in_both_languages() -> None:
    for error in (BadDate("“x” is no date"), BadFilter("“x” is not a kind")):
        assert sentence(error, "en") == str(error)
        assert sentence(error, "fr") not in (str(error), error.code)


@pytest.mark.parametrize("query", ["kind:banana", "is:blue", "has:hope"])
def test_an_unknown_value_is_refused_with_those_that_are_known(query: str) -> None:
    with pytest.raises(BadFilter, match=":"):
        parse(query)


@pytest.mark.parametrize("text", ['"' * 5000, "from:" * 5000, "-a " * 5000, "from:" + "é*[" * 9000, 'in:"\0" x'])
def test_hostile_filters_end_in_a_list(full: Vault, text: str) -> None:
    assert isinstance(Searcher(full).search(text), list)
    assert isinstance(listed(full, text), list)
