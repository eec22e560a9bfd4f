"""What a source brought in: linked, replaced, moved, missed, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import tombstones
from storage.ledger import Item, Ledger
from storage.records import Record
from storage.vault import Vault

KEY = bytes(range(32))


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.nuee", KEY) as vault:
        yield vault


@pytest.fixture
def ledger(vault: Vault) -> Ledger:
    return vault.sources.ledger(vault.sources.add("imap", "Work", {}, {}))


def mail(name: str, text: str = "Hello.") -> Record:
    return Record("mail", name, text, date=1.0, external_id=f"{name}@example.org", folder="INBOX")


def test_an_item_sent_twice_is_stored_once(vault: Vault, ledger: Ledger) -> None:
    item = Item("1", "a", mail("one"))
    assert ledger.store("INBOX", [item, item]).new == 1
    assert ledger.store("INBOX", [item]).new == 0
    assert vault.library.counts().records == 1


def test_state_is_stored_with_its_items(ledger: Ledger) -> None:
    ledger.store("INBOX", [Item("1", "a", mail("one"))], {"uid": 1})
    assert ledger.state("INBOX") == {"uid": 1}
    assert ledger.known("INBOX") == {"1": "a"}


def test_a_changed_item_replaces_its_record(vault: Vault, ledger: Ledger) -> None:
    ledger.store("notes", [Item("a.md", "1", Record("note", "A", "before"))])
    assert ledger.store("notes", [Item("a.md", "2", Record("note", "A", "after"))]).changed == 1
    (line,), _ = vault.library.page()
    assert vault.library.get(line.id).record.body == "after"


def test_a_moved_message_is_one_record_in_its_new_folder(vault: Vault, ledger: Ledger) -> None:
    ledger.store("INBOX", [Item("1", "", mail("one"))])
    moved = Record("mail", "one", "Hello.", date=1.0, external_id="one@example.org", folder="Archive")
    ledger.store("Archive", [Item("9", "", moved)])
    ledger.missing("INBOX", ["1"])
    assert ledger.sweep(before=1e12) == 0
    (line,), _ = vault.library.page()
    assert vault.library.get(line.id).record.folder == "Archive"


def test_what_the_source_lost_goes_once_its_time_is_over(vault: Vault, ledger: Ledger) -> None:
    ledger.store("INBOX", [Item("1", "", mail("one")), Item("2", "", mail("two"))])
    ledger.missing("INBOX", ["1"])
    assert ledger.sweep(before=1.0) == 0
    assert ledger.sweep(before=1e12) == 1
    assert [line.title for line in vault.library.page()[0]] == ["two"]


def test_what_came_back_stays(vault: Vault, ledger: Ledger) -> None:
    ledger.store("INBOX", [Item("1", "", mail("one"))])
    ledger.missing("INBOX", ["1"])
    ledger.store("INBOX", [Item("1", "", mail("one"))])
    assert ledger.sweep(before=1e12) == 0


def test_what_was_imported_by_hand_is_never_swept(vault: Vault, ledger: Ledger) -> None:
    ledger.store("INBOX", [Item("1", "", mail("one"))])
    vault.library.add([mail("one")])
    ledger.missing("INBOX", ["1"])
    assert ledger.sweep(before=1e12) == 0


def test_a_part_read_anew_finds_its_records_again(vault: Vault, ledger: Ledger) -> None:
    ledger.store("INBOX", [Item("1", "", mail("one")), Item("2", "", mail("two"))], {"uidvalidity": 1})
    ledger.drop_part("INBOX")
    assert ledger.state("INBOX") == {}
    assert ledger.store("INBOX", [Item("77", "", mail("one"))]).new == 0
    assert ledger.sweep(before=1e12) == 1
    assert [line.title for line in vault.library.page()[0]] == ["one"]


def test_what_was_forgotten_does_not_come_back(vault: Vault, ledger: Ledger) -> None:
    one = mail("one")
    with vault._database.write() as connection:
        tombstones.bury(connection, tombstones.key(connection), one.external_id, one.digest())
    ledger.store("INBOX", [Item("1", "", one)])
    assert vault.library.counts().records == 0
    assert ledger.known("INBOX") == {"1": ""}


def test_importing_by_hand_takes_forgetting_back(vault: Vault, ledger: Ledger) -> None:
    one = mail("one")
    with vault._database.write() as connection:
        tombstones.bury(connection, tombstones.key(connection), one.external_id, one.digest())
    assert len(vault.library.add([one]).ids) == 1
    assert ledger.store("INBOX", [Item("1", "", one)]).new == 0


def test_flags_follow_the_source(vault: Vault, ledger: Ledger) -> None:
    ledger.store("INBOX", [Item("1", "", mail("one"))])
    assert ledger.set_flags("INBOX", [("1", ["seen", "answered"]), ("404", ["seen"])]) == 1
    (line,), _ = vault.library.page()
    assert vault.library.get(line.id).record.flags == ("answered", "seen")


def test_a_removed_source_takes_its_records_and_secrets_with_it(vault: Vault) -> None:
    source = vault.sources.add("imap", "Work", {"host": "mail.example.org"}, {"password": "hunter2"})
    vault.sources.ledger(source).store("INBOX", [Item("1", "", mail("one"))])
    account = vault.sources.account(source)
    assert account.secret("password") == "hunter2"
    assert vault.sources.remove(source, keep=False) == 1
    assert (account.secret("password"), vault.library.counts().records) == (None, 0)


def test_a_removed_source_can_leave_its_records(vault: Vault) -> None:
    source = vault.sources.add("feed", "News", {}, {})
    vault.sources.ledger(source).store("", [Item("1", "", Record("article", "A", "b"))])
    assert vault.sources.remove(source, keep=True) == 0
    assert vault.library.counts().articles == 1


def test_a_repr_of_an_account_shows_no_secret(vault: Vault) -> None:
    source = vault.sources.add("imap", "Work", {}, {"password": "hunter2"})
    assert "hunter2" not in repr(vault.sources.account(source))
