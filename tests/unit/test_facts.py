"""Memory: facts and standing instructions, with their source, visible, editable, forgettable."""

from __future__ import annotations

from typing import Any

import pytest

from storage.gaps import GAP
from storage.vault import Vault, VaultError
from tests.unit.vault_fixtures import mail, path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]

SOURCE = mail("Allergies", "Please remember that Zoé must never eat any walnuts at all.", external_id="a@x")


def refused(step: Any, *given: Any) -> str:
    with pytest.raises(VaultError) as failure:
        step(*given)
    return failure.value.code


def forget_source(vault: Vault) -> None:
    (chosen,) = vault.forgetting.choose([SOURCE.id()])
    vault.forgetting.forget([chosen.number])


def test_what_the_person_tells_is_confirmed_and_rests_on_them(vault: Vault) -> None:
    fact = vault.facts.get(vault.facts.add("My  sister is\nÉlodie."))
    assert (fact.kind, fact.text, fact.source, fact.confirmed) == ("fact", "My sister is Élodie.", "you", True)
    assert fact.created == fact.changed > 0


def test_what_a_record_says_waits_for_confirmation(vault: Vault) -> None:
    vault.library.add([SOURCE])
    number = vault.facts.add("Zoé eats no walnuts.", source=SOURCE.id())
    fact = vault.facts.get(number)
    assert (fact.source, fact.title, fact.confirmed) == (SOURCE.id(), "Allergies", False)
    assert vault.facts.list(confirmed=True) == []
    vault.facts.confirm(number)
    assert [one.id for one in vault.facts.list(confirmed=True)] == [number]


def test_a_fact_names_a_record_that_is_there(vault: Vault) -> None:
    assert refused(vault.facts.add, "Something.", "fact", SOURCE.id()) == "unknown-id"


def test_instructions_are_listed_apart(vault: Vault) -> None:
    vault.facts.add("I live in Lyon.")
    number = vault.facts.add("Never answer newsletters.", "instruction")
    assert [one.id for one in vault.facts.list("instruction")] == [number]
    assert len(vault.facts.list()) == 2


def test_the_same_words_twice_are_one_and_saying_them_again_confirms(vault: Vault) -> None:
    vault.library.add([SOURCE])
    number = vault.facts.add("Zoé eats no walnuts.", source=SOURCE.id())
    assert vault.facts.add("Zoé eats no walnuts.") == number
    assert vault.facts.get(number).confirmed


def test_an_edited_fact_rests_on_the_person(vault: Vault) -> None:
    vault.library.add([SOURCE])
    number = vault.facts.add("Zoé eats nuts.", source=SOURCE.id())
    vault.facts.edit(number, "Zoé eats no nuts.")
    fact = vault.facts.get(number)
    assert (fact.text, fact.source, fact.confirmed) == ("Zoé eats no nuts.", "you", True)


def test_a_removed_fact_is_gone_from_the_file(vault: Vault) -> None:
    number = vault.facts.add("I live in Lyon.")
    vault.facts.remove(number)
    assert vault.facts.list() == []
    assert refused(vault.facts.get, number) == "unknown-fact"
    assert not vault.path.with_name(vault.path.name + "-wal").read_bytes()


@pytest.mark.parametrize("step", ["get", "confirm", "remove"])
def test_a_fact_that_is_not_there_is_said_to_be_unknown(vault: Vault, step: str) -> None:
    assert refused(getattr(vault.facts, step), 7) == "unknown-fact"
    assert refused(vault.facts.edit, 7, "words") == "unknown-fact"


def test_nothing_is_no_fact(vault: Vault) -> None:
    assert refused(vault.facts.add, " \n ") == "empty-fact"


def test_search_takes_words_in_any_case_and_counts_them(vault: Vault) -> None:
    one = vault.facts.add("My sister Élodie lives in Lyon.")
    two = vault.facts.add("Élodie is born in May.")
    vault.facts.add("I am a vegetarian.")
    assert [fact.id for fact in vault.facts.search("ELODIE lyon")] == [one, two]
    assert [fact.id for fact in vault.facts.search("sist")] == [one]
    assert vault.facts.search("the") == vault.facts.search("") == []


def test_a_fact_goes_with_the_record_it_rests_on(vault: Vault) -> None:
    vault.library.add([SOURCE])
    number = vault.facts.add("Zoé eats no walnuts.", source=SOURCE.id(), confirmed=True)
    vault.facts.add("I live in Lyon.")
    forget_source(vault)
    assert [fact.text for fact in vault.facts.list()] == ["I live in Lyon."]
    assert refused(vault.facts.get, number) == "unknown-fact"


def test_words_copied_from_a_forgotten_record_are_cut_out(vault: Vault) -> None:
    vault.library.add([SOURCE])
    vault.facts.add("Zoé must never eat any walnuts")
    vault.facts.add("Mum says Zoé must never eat any walnuts")
    forget_source(vault)
    assert [fact.text for fact in vault.facts.list()] == [f"Mum says {GAP}"]


def test_a_fact_says_when_its_source_is_gone_otherwise(vault: Vault) -> None:
    source = vault.sources.add("imap", "Work", {}, {})
    from storage.ledger import Item

    vault.sources.ledger(source).store("INBOX", [Item("1", "1", SOURCE)])
    number = vault.facts.add("Zoé eats no walnuts.", source=SOURCE.id())
    vault.sources.remove(source, keep=False)
    assert (vault.facts.get(number).source, vault.facts.get(number).title) == ("", "")
