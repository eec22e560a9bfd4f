"""Any form of a word finds any other, and nothing a person types becomes FTS5 syntax."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storage.language import Language
from storage.terms import MAX_QUERY_WORDS, query, query_terms, terms


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5 (terms, tokenize = 'unicode61 remove_diacritics 0')")
    yield connection
    connection.close()


def finds(database: sqlite3.Connection, text: str, question: str, language: Language = "") -> bool:
    database.execute("DELETE FROM t")
    database.execute("INSERT INTO t VALUES (?)", (terms(text, language),))
    return bool(database.execute("SELECT 1 FROM t WHERE t MATCH ?", (query(question),)).fetchall())


@pytest.mark.parametrize(
    ("text", "question", "language"),
    [
        ("les réunions", "réunion", "fr"),
        ("les réunions", "reunion", "fr"),
        ("il a envoyé", "envoye", "fr"),
        ("il a envoye", "envoyé", "fr"),
        ("the meetings", "meeting", "en"),
        ("she invited us", "invitation invites", "en"),
        ("l’hôtel", "hotel", "fr"),
        ("qu'Antoine", "antoine", "fr"),
        ("Anna's car", "anna", "en"),
        ("un nœud", "noeud", "fr"),
        ("rendez-vous", "rendezvous", "fr"),
        ("e-mail", "email", "en"),
        ("e-mail", "mail", "en"),
        ("paid 450 euros", "450", "en"),
        ("STRASSE", "straße", ""),
        ("ＡＢＣ wide", "abc", ""),
        ("write to anna.roux@example.org", "anna.roux@example.org", "en"),
        ("write to anna.roux@example.org", "roux", "fr"),
        ("write to anna.roux@example.org", "example", "en"),
        ("Москва", "москва", ""),
    ],
)
def test_a_form_of_a_word_finds_the_other(
    database: sqlite3.Connection, text: str, question: str, language: Language
) -> None:
    assert finds(database, text, question, language)


def test_a_whole_address_does_not_find_its_neighbours(database: sqlite3.Connection) -> None:
    assert not finds(database, "bruno.roux@example.org", "anna.roux@example.org")


def test_stop_words_are_dropped_from_a_question() -> None:
    assert query("what is the invoice from") == '"invoic"'


def test_a_question_of_stop_words_alone_keeps_them() -> None:
    assert query("to be or not to be") != ""


def test_emoji_are_no_terms() -> None:
    assert terms("😀 bon 🎉", "fr") == "bon"


def test_nothing_to_look_for_is_an_empty_expression() -> None:
    assert query("\0 ?! 😀") == ""


def test_a_long_text_becomes_a_short_question() -> None:
    assert len(query_terms(" ".join(f"word{n}" for n in range(20_000)))) == MAX_QUERY_WORDS


def test_a_word_without_end_is_cut() -> None:
    assert len(terms("x" * 100_000, "en")) <= 64


HOSTILE = [
    *('"', '""', "'", "*", "a*", "-a", "a -b", "^a", "a NEAR(b, 2)", "NEAR", "AND", "OR", "NOT a", "terms:a"),
    *("(a", "a)", "{a b}:c", "a + b", "\0", "a\0b", ";DROP TABLE t;--", "\ud800"),
    *("a" * 100_000, '"' * 100_000, "e\u0301\u0300" * 500),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_questions_are_only_words(database: sqlite3.Connection, text: str) -> None:
    expression = query(text)
    assert re.fullmatch(r'("[^\W_]+"( OR "[^\W_]+")*)?', expression)
    if expression:
        database.execute("SELECT 1 FROM t WHERE t MATCH ?", (expression,)).fetchall()


@given(st.text(max_size=200))
@example("İstanbul ﬁn Ⅷ ½")
def test_any_text_finds_itself(text: str) -> None:
    """What can be asked at all finds the text it was taken from."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5 (terms, tokenize = 'unicode61 remove_diacritics 0')")
    try:
        if query(text):
            assert finds(connection, text, text)
    finally:
        connection.close()
