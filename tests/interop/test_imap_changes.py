"""What happens in a mailbox, on a real Dovecot that tells it in each of three ways: QRESYNC, CONDSTORE, neither."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interop.imap_fixtures import DAY, Mail, box_fixture, serve, users_fixture, vault_fixture
from tests.servers.dovecot import Dovecot

__all__ = ["box_fixture", "users_fixture", "vault_fixture"]

WAYS = {"qresync": "", "condstore": "CONDSTORE", "plain": ""}
BASE = "IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE NAMESPACE UIDPLUS MOVE LIST-EXTENDED SPECIAL-USE"


@pytest.fixture(scope="module", params=["qresync", "condstore", "plain"])
def server(request: pytest.FixtureRequest) -> Iterator[Dovecot]:
    offered = {"qresync": "", "condstore": f"imap_capability = {BASE} CONDSTORE\n"}
    yield from serve(extra=offered.get(request.param, f"imap_capability = {BASE}\n"))


def test_a_second_sync_finds_nothing_new(box: Mail) -> None:
    box.append("one", "two")
    assert box.sync().new == 2
    second = box.sync()
    assert (second.new, second.changed, second.gone, second.failed) == (0, 0, 0, ())


def test_only_what_came_since_is_fetched(box: Mail) -> None:
    box.append("one", "two")
    box.sync()
    box.append("three")
    read: list[int] = []
    assert box.sync(lambda done, total, what: read.append(total)).new == 1
    assert set(read) == {1}
    assert box.titles() == ["one", "three", "two"]


def test_flags_follow_the_server(box: Mail) -> None:
    box.append("one", "two")
    box.sync()
    with box.client() as client:
        client.add_flags([1], [b"\\Seen", b"\\Flagged", b"\\Answered", b"Custom"])
    assert box.sync().changed == 1
    assert box.record("one").flags == ("answered", "flagged", "seen")
    with box.client() as client:
        client.remove_flags([1], [b"\\Seen"])
    assert box.sync().changed == 1
    assert box.record("one").flags == ("answered", "flagged")
    assert box.record("two").flags == ()


def test_flags_that_changed_while_the_first_sync_was_cut_off_are_not_missed(box: Mail) -> None:
    box.append(*(f"m{number}" for number in range(120)))
    calls = iter([False] * 8)
    box.stop = lambda: bool(box.vault.library.counts().records) or next(calls, False)
    box.sync()
    assert 0 < box.vault.library.counts().records < 120
    box.stop = bool
    with box.client() as client:
        client.add_flags([120], [b"\\Flagged"])
    box.sync()
    assert box.record("m119").flags == ("flagged",)


def test_what_was_deleted_goes_after_a_week(box: Mail) -> None:
    box.append("one", "two", "three")
    box.sync()
    with box.client() as client:
        client.delete_messages([2])
        client.expunge()
    assert box.sync().gone == 0
    box.now += 6 * DAY
    assert box.sync().gone == 0
    assert box.titles() == ["one", "three", "two"]
    box.now += DAY + 1
    assert box.sync().gone == 1
    assert box.titles() == ["one", "three"]


def test_a_moved_message_is_one_record_in_its_new_folder(box: Mail) -> None:
    box.append("one", "two")
    box.append("other", folder="Archive")
    box.sync()
    with box.client() as client:
        client.move([1], "Archive")
    moved = box.sync()
    assert (moved.new, moved.failed) == (0, ())
    assert box.record("one").folder == "Archive"
    box.now += 8 * DAY
    assert box.sync().gone == 0
    assert box.titles() == ["one", "other", "two"]


def test_a_folder_made_anew_is_read_anew_and_nothing_is_there_twice(box: Mail) -> None:
    """Its UIDVALIDITY changes, and the same UIDs mean other messages."""
    box.append("one", "two", "three", folder="Archive")
    box.sync()
    with box.client() as client:
        client.delete_folder("Archive")
    box.append("three", "four", "one", folder="Archive")
    assert box.sync().new == 1
    assert box.titles() == ["four", "one", "three", "two"]
    box.now += 8 * DAY
    assert box.sync().gone == 1
    assert box.titles() == ["four", "one", "three"]


def test_a_folder_that_is_suddenly_emptied_is_not_believed_at_once(box: Mail) -> None:
    box.append(*(f"m{number}" for number in range(24)))
    box.sync()
    with box.client() as client:
        client.delete_messages(list(range(1, 15)))
        client.expunge()
    box.append("new")
    first = box.sync()
    assert (first.new, first.gone) == (1, 0)
    ((where, why),) = first.failed
    assert where == "INBOX"
    assert "14 of 24 messages are gone from the server at once" in why
    assert len(box.ledger.known("INBOX")) == 25
    for _ in range(3):
        box.now += DAY / 4
        box.sync()
    assert len(box.ledger.known("INBOX")) == 25, "many syncs within a day are not enough"
    box.now += DAY / 4 + 1
    assert box.sync().failed == ()
    assert len(box.ledger.known("INBOX")) == 11
    box.now += 8 * DAY
    assert box.sync().gone == 14


def test_a_day_alone_is_not_enough_to_believe_it(box: Mail) -> None:
    box.append(*(f"m{number}" for number in range(24)))
    box.sync()
    with box.client() as client:
        client.delete_messages(list(range(1, 15)))
        client.expunge()
    box.sync()
    box.now += 2 * DAY
    assert len(box.sync().failed) == 1
    assert len(box.ledger.known("INBOX")) == 24


def test_a_folder_that_came_back_is_not_held_against_it(box: Mail) -> None:
    box.append(*(f"m{number}" for number in range(24)), folder="Archive")
    box.sync()
    with box.client() as client:
        client.delete_folder("Archive")
    box.append("m0", folder="Archive")
    assert len(box.sync().failed) == 1, "one of 24 under another UIDVALIDITY"
    assert len(box.ledger.known("Archive")) == 24
    box.append(*(f"m{number}" for number in range(1, 24)), folder="Archive")
    assert box.sync().failed == ()
    assert box.vault.library.counts().records == 24
    box.now += 8 * DAY
    assert box.sync().gone == 0


def test_what_was_deleted_stays_where_the_person_wants_it(box: Mail) -> None:
    box.append("one", "two")
    box.vault.sources.edit(box.source, "Mail", {**box.account.config, "deleted": "keep"})
    box.sync()
    with box.client() as client:
        client.delete_messages([1])
        client.expunge()
    box.sync()
    box.now += 8 * DAY
    assert box.sync().gone == 0
    assert box.titles() == ["one", "two"]
