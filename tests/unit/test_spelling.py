"""A word that stands nowhere is read as the nearest word of the vault, and the result says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from storage.search import Searcher
from storage.vault import Vault
from tests.unit.vault_fixtures import mail
from tests.unit.vault_fixtures import path_fixture as path_fixture
from tests.unit.vault_fixtures import vault_fixture as vault_fixture

BODIES = [
    "The boiler was repaired on Monday.",
    "Your insurance policy is renewed.",
    "La réunion de la copropriété est annulée.",
    "Accommodation in Bristol is booked.",
    "The ferry leaves at noon.",
]


@pytest.fixture(name="full")
def full_fixture(vault: Vault) -> Vault:
    vault.library.add([mail(f"Letter {n}", body) for n, body in enumerate(BODIES)])
    return vault


def best(vault: Vault, query: str) -> tuple[str, Sequence[tuple[str, str]]]:
    found = Searcher(vault).find(query)
    return (found.hits[0].text if found.hits else ""), found.corrected


@pytest.mark.parametrize(
    ("query", "body", "corrected"),
    [
        ("boilr", 0, ("boilr", "boiler")),  # a letter too few
        ("bolier", 0, ("bolier", "boiler")),  # two that changed places
        ("boilker", 0, ("boilker", "boiler")),  # a letter too many
        ("insuramce", 1, ("insuramce", "insurance")),  # a wrong one, in an ending
        ("coproprieté", 2, None),  # accents are no slip
        ("copropriétaé", 2, ("copropriétaé", "copropriété")),
        ("acomodation", 3, ("acomodation", "accommodation")),  # two slips in a long word
        ("nsurance", 1, ("nsurance", "insurance")),  # the first letter too
    ],
)
def test_a_slip_is_forgiven_and_named(full: Vault, query: str, body: int, corrected: tuple[str, str] | None) -> None:
    assert best(full, query) == (BODIES[body], (corrected,) if corrected else ())


@pytest.mark.parametrize("query", ["bxyler", "fer", "b01ler", "umbrella", "merry", "boi-lr"])
def test_what_is_too_far_short_or_no_word_is_not_guessed(full: Vault, query: str) -> None:
    assert best(full, query)[1] == ()


def test_a_word_that_stands_somewhere_is_never_corrected(full: Vault) -> None:
    full.library.add([mail("Typo", "The boilr again.")])
    assert best(full, "boilr") == ("The boilr again.", ())


def test_a_word_of_the_other_language_is_no_slip(full: Vault) -> None:
    """ "pomme" is French for apple, not a pump mistyped."""
    full.library.add([mail("Pumps", "La pompe est en panne.")])
    assert best(full, "pomme")[1] == ()


def test_a_word_as_typed_counts_more_than_one_as_meant(full: Vault) -> None:
    assert best(full, "feryr insurance")[0] == BODIES[1]


def test_new_words_are_proposed(full: Vault) -> None:
    best(full, "boilr")
    full.library.add([mail("New", "The chimney smokes.")])
    assert best(full, "chimmney")[1] == (("chimmney", "chimney"),)


def test_what_was_forgotten_is_not_proposed(full: Vault) -> None:
    added = full.library.add([mail("New", "The chimney smokes.")])
    assert best(full, "chimmney")[1] == (("chimmney", "chimney"),)
    full.library.delete(added.ids)
    assert best(full, "chimmney") == ("", ())


@pytest.mark.parametrize("end", [Vault.checkpoint, Vault.close])
def test_no_term_stays_in_memory_after_forgetting_or_locking(full: Vault, end: Callable[[Vault], None]) -> None:
    best(full, "boilr")
    assert len(full.vocabulary) > 0
    end(full)
    assert len(full.vocabulary) == 0


def test_corrections_keep_to_filters(full: Vault) -> None:
    assert Searcher(full).find("boilr from:nobody").hits == []
