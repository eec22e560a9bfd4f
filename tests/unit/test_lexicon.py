"""A question in one language names, in the other, what it is about."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import lexicon
from storage.language import STOP_WORDS, Language
from storage.lexicon import MAX_TRANSLATIONS, expand, translations
from storage.terms import query_terms, terms

LINES = (resources.files("storage") / "lexicon.tsv").read_text("utf-8").splitlines()
PAIRS = [(english, french) for english, _, french in (line.partition("\t") for line in LINES)]

# Small words of one language that are everyday words of the other, and worth their noise.
BOTH_SMALL_AND_EVERYDAY = {"car", "comment", "son", "été"}


def added(text: str) -> set[str]:
    return {term for group in expand(query_terms(text)) for term in group}


def found_by(text: str) -> set[str]:
    return added(text) | {term for group in query_terms(text) for term in group}


def counted_terms(text: str, language: Language) -> set[str]:
    """The terms by which full text finds `text`; a hyphenated word is found as one."""
    words = [word for word in text.replace("-", "").split() if word not in STOP_WORDS] or text.split()
    return set(terms(" ".join(words), language).split())


# The list


def test_every_line_is_an_english_and_a_french_column() -> None:
    broken = [line for line in LINES if line.count("\t") != 1 or not all(line.split("\t"))]
    assert not broken


def test_every_entry_is_written_in_lower_case_with_single_spaces() -> None:
    broken = [side for pair in PAIRS for side in pair if side != " ".join(side.lower().split())]
    assert not broken


def test_entries_are_words_and_nothing_else() -> None:
    odd = [side for pair in PAIRS for side in pair if not all(c.isalpha() or c in " '-" for c in side)]
    assert not odd


def test_no_pair_stands_twice() -> None:
    assert len(set(PAIRS)) == len(PAIRS)


def test_the_list_covers_everyday_life() -> None:
    assert len(PAIRS) >= 1_500


def test_no_word_has_more_translations_than_are_kept() -> None:
    for column in (0, 1):
        written = [pair[column] for pair in PAIRS]
        assert not {word for word in written if written.count(word) > MAX_TRANSLATIONS}


def test_no_pair_is_found_without_the_list() -> None:
    useless = [
        (english, french)
        for english, french in PAIRS
        if counted_terms(french, "fr") <= set(terms(english).split())
        and counted_terms(english, "en") <= set(terms(french).split())
    ]
    assert not useless


def test_hardly_an_entry_is_a_small_word() -> None:
    small = {side for pair in PAIRS for side in pair if all(word in STOP_WORDS for word in side.split())}
    assert small <= BOTH_SMALL_AND_EVERYDAY


# Expansion


def test_every_english_entry_finds_its_french() -> None:
    missed = [(en, fr) for en, fr in PAIRS if not counted_terms(fr, "fr") <= found_by(en)]
    assert not missed


def test_every_french_entry_finds_its_english() -> None:
    missed = [(en, fr) for en, fr in PAIRS if not counted_terms(en, "en") <= found_by(fr)]
    assert not missed


@pytest.mark.parametrize(
    ("typed", "term"),
    [
        ("keys", "cle"),
        ("KEYS", "cle"),
        ("factures", "invoic"),
        ("Factures", "invoic"),
        ("the plumber's number", "plombi"),
        ("l'assurance", "insur"),
        ("cle", "key"),
        ("clés", "key"),
        ("cheminee", "chimney"),
        ("cancelled", "annul"),
        ("envoyée", "send"),
        ("appointments", "rendezvous"),
        ("rendez-vous", "appoint"),
        ("teeth", "dent"),
        ("aujourd'hui", "today"),
    ],
)
def test_any_form_of_a_word_is_translated(typed: str, term: str) -> None:
    assert term in added(typed)


def test_there_is_one_answer_for_each_word_in_the_order_of_the_query() -> None:
    plumber, unknown, bread = expand(query_terms("plumber zyxwv bread"))
    assert "plombi" in plumber
    assert unknown == ()
    assert "pain" in bread


def test_an_expression_belongs_to_its_first_word() -> None:
    credit, _ = expand(query_terms("credit cards"))
    assert "bancair" in credit


def test_an_expression_is_translated_only_when_all_its_words_stand_there() -> None:
    assert "bancair" not in added("credit")


def test_a_word_of_both_languages_is_read_as_the_others_are() -> None:
    french = added("acheter du pain demain matin")
    assert "bread" in french
    assert "douleur" not in french


def test_a_word_of_both_languages_alone_is_read_in_both() -> None:
    assert {"bread", "douleur"} <= added("pain")


def test_terms_of_the_query_are_not_added_again() -> None:
    assert "cle" not in added("keys clés")


@pytest.mark.parametrize("text", ["", "zyxwv", "12345", "anna.roux@example.org", "москва", "的"])
def test_what_is_not_in_the_list_expands_to_nothing(text: str) -> None:
    assert added(text) == set()


def test_no_groups_expand_to_none() -> None:
    assert expand([]) == []


@given(st.lists(st.lists(st.text(max_size=8), max_size=3).map(tuple), max_size=6))
def test_any_groups_are_answered_one_for_one(groups: list[tuple[str, ...]]) -> None:
    assert len(expand(groups)) == len(groups)


def test_added_terms_are_letters_and_digits_only() -> None:
    every = {term for pair in PAIRS for side in pair for term in added(side)}
    assert all(term.isalnum() for term in every)


def test_what_was_asked_is_not_remembered() -> None:
    expand([("correctterms",), ("zq",), ("zqx",)])
    translations("zqx correctterms", "")
    before = lexicon._words.cache_info().currsize, lexicon._stemmed.cache_info().currsize
    expand([("zqy",), ("zqz", "\x00\x00\x00")])
    translations("zqy zqz", "")
    assert (lexicon._words.cache_info().currsize, lexicon._stemmed.cache_info().currsize) == before


def test_a_question_stems_a_small_part_of_the_list() -> None:
    lexicon._words.cache_clear()
    lexicon._stemmed.cache_clear()
    expand(query_terms("when does the plumber come to repair the boiler"))
    assert 0 < lexicon._words.cache_info().currsize < len(PAIRS) / 5


# Translations


@pytest.mark.parametrize(
    ("word", "language", "meant"),
    [
        ("key", "en", "clé"),
        ("keys", "en", "clé"),
        ("clefs", "fr", "key"),
        ("credit card", "en", "carte bancaire"),
        ("cartes bancaires", "fr", "credit card"),
        ("Rendez-vous", "fr", "appointment"),
        ("pain", "fr", "bread"),
        ("pain", "en", "douleur"),
        ("pain", "", "bread"),
        ("pain", "", "douleur"),
    ],
)
def test_a_word_is_translated_from_its_language(word: str, language: Language, meant: str) -> None:
    assert meant in translations(word, language)


def test_every_pair_is_a_translation_both_ways() -> None:
    missed = [(en, fr) for en, fr in PAIRS if fr not in translations(en, "en") or en not in translations(fr, "fr")]
    assert not missed


def test_a_word_is_not_read_in_the_other_language() -> None:
    assert "bread" not in translations("pain", "en")


def test_a_word_of_many_meanings_keeps_four() -> None:
    assert len(translations("cours", "fr")) == MAX_TRANSLATIONS


def test_translations_of_the_form_as_written_come_first() -> None:
    assert set(translations("cours", "fr")[:3]) == {"class", "course", "lesson"}


def test_a_part_of_an_expression_is_not_the_expression() -> None:
    assert "carte bancaire" not in translations("credit", "en")


def test_a_word_of_an_unknown_expression_is_not_its_translation() -> None:
    assert translations("key zyxwv", "en") == ()


def test_what_stands_far_into_a_long_text_is_not_read() -> None:
    assert translations("-" * 1_000 + "key", "en") == ()


@pytest.mark.parametrize(
    "hostile", ["", " ", "\x00", "\t", "'", "-", "--", "'-'", "\ud800", '" OR 1', "a" * 1_000_000, "- " * 1_000_000]
)
def test_hostile_words_have_no_translation(hostile: str) -> None:
    assert translations(hostile, "") == ()


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    assert len(translations(text, "")) <= MAX_TRANSLATIONS
