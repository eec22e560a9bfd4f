"""What commands tell of a record beyond its text: marks, the end of an event, its source, links both ways."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import present
from storage.ledger import Item
from storage.records import Record
from storage.vault import Vault


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.nuee", secrets.token_bytes(32)) as made:
        yield made


def test_a_mail_of_a_source_tells_its_marks_and_its_source(vault: Vault) -> None:
    source = vault.sources.add("imap", "Work", {}, {})
    mail = Record("mail", "Hello", "Text.", 1.0, flags=("seen", "flagged"))
    vault.sources.ledger(source).store("INBOX", [Item("1", "1", mail)])
    shown = present.record(vault, mail.id())
    assert (shown.source, set(shown.flags)) == ("Work", {"seen", "flagged"})


def test_what_was_imported_by_hand_has_no_source(vault: Vault) -> None:
    mail = Record("mail", "Hello", "Text.", 1.0)
    vault.library.add([mail])
    assert present.record(vault, mail.id()).source == ""


def test_an_event_tells_when_it_ends(vault: Vault) -> None:
    event = Record("event", "Dinner", "Le Bistrot", 0.0, ends=5400.0)
    vault.library.add([event])
    assert present.record(vault, event.id()).ends == "1970-01-01T01:30:00+00:00"


def test_notes_tell_what_they_link_to_and_what_links_to_them(vault: Vault) -> None:
    birds = Record("note", "Birds", "See [[Gulls]] and [[Cormorants]].", 1.0, name="Birds",
                   links=("Gulls", "Cormorants"))  # fmt: skip
    diving = Record("note", "Cormorants", "They dive.", 2.0, name="Cormorants")
    vault.library.add([birds, diving])
    assert present.record(vault, birds.id()).links == (("Gulls", ""), ("Cormorants", diving.id()))
    assert present.record(vault, diving.id()).backlinks == (("Birds", birds.id()),)


def test_a_mail_tells_what_it_was_found_to_be(vault: Vault) -> None:
    mail = Record("mail", "Hello", "Text.", 1.0)
    vault.library.add([mail])
    assert present.record(vault, mail.id()).labels == ()
    vault.marks.set(mail.id(), labels=["travel"], priority="high", answer=True, skill="mail-triage")
    shown = present.record(vault, mail.id())
    assert (shown.labels, shown.priority, shown.needs_answer) == (("travel",), "high", True)
