"""Signed messages are kept with the step that sent or took them, one transcript for each peer, and go with the task."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import receipts
from storage.database import VaultError
from storage.outbox import Role
from storage.receipts import MOST_HEARD, Due, Said
from storage.vault import Vault
from tests.unit.raw_pages import decrypted
from tests.unit.vault_fixtures import mail

TASK = "ab" * 16
PRICE = ("250", "credit")


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.db", bytes(32)) as made:
        yield made


def words(
    peer: str = "bob", act: str = "propose", *, outgoing: bool = False, to: str = "cfp", raw: bytes = b"x"
) -> Said:
    return Said(peer, outgoing, act, to, raw)


ACCEPTED = words(act="accept-proposal", outgoing=True, to="propose", raw=b"yes")


def begun(vault: Vault, *said: Said, role: Role = "initiator", peer: str = "") -> int:
    return vault.outbox.begin(TASK, role, peer, "inference", b"", within=[vault.receipts.said(TASK, role, peer, said)])


def ended(vault: Vault, number: int, *said: Said, outcome: str = "done") -> None:
    vault.outbox.step(number, b"", outcome=outcome, within=[vault.receipts.said(TASK, "initiator", "", said)])


def kept(vault: Vault, name: str = "aa" * 32, data: bytes = b"file") -> Due:
    (due,) = vault.receipts.due()
    assert vault.receipts.keep(due, name, "done", PRICE, data)
    return due


def transcript(vault: Vault, number: int, peer: str = "bob") -> list[bytes]:
    return vault.receipts.transcript(Due(number, TASK, "initiator", peer, "inference", 2**60, ""))


def test_messages_come_back_as_they_were_signed_in_their_order(vault: Vault) -> None:
    number = begun(vault, words(raw=b"one"), ACCEPTED)
    assert transcript(vault, number) == [b"one", b"yes"]


def test_each_peer_has_a_transcript_of_its_own(vault: Vault) -> None:
    number = begun(vault, words("bob", raw=b"b"), words("cleo", raw=b"c"))
    assert transcript(vault, number, "cleo") == [b"c"]


def test_what_is_said_again_is_not_kept(vault: Vault) -> None:
    number = begun(vault, words(raw=b"first"))
    ended(vault, number, words(raw=b"second"))
    assert transcript(vault, number) == [b"first"]


def test_one_peer_fills_no_more_than_its_share(vault: Vault) -> None:
    number = begun(vault, *(words(to=str(count), raw=b"x") for count in range(MOST_HEARD + 9)))
    assert len(transcript(vault, number)) == MOST_HEARD


def test_our_own_word_is_kept_however_much_the_other_said(vault: Vault) -> None:
    number = begun(vault, *(words(to=str(count)) for count in range(MOST_HEARD + 9)), ACCEPTED)
    assert transcript(vault, number)[-1] == b"yes"


def test_nothing_is_due_while_the_conversation_goes_on(vault: Vault) -> None:
    begun(vault, ACCEPTED)
    assert vault.receipts.due() == []


def test_nothing_is_due_where_nobody_was_awarded(vault: Vault) -> None:
    ended(vault, begun(vault, words()), outcome="refused")
    assert vault.receipts.due() == []


def test_a_receipt_is_due_when_an_award_has_ended(vault: Vault) -> None:
    ended(vault, begun(vault, ACCEPTED))
    (due,) = vault.receipts.due()
    assert (due.task, due.role, due.peer, due.kind) == (TASK, "initiator", "bob", "inference")


def test_one_conversation_can_be_looked_at_alone(vault: Vault) -> None:
    ended(vault, begun(vault, ACCEPTED))
    assert [due.task for due in vault.receipts.due(TASK)] == [TASK]
    assert vault.receipts.due("cd" * 16) == []


def test_a_participants_task_bears_its_initiators_name(vault: Vault) -> None:
    said = words("alice", "accept-proposal")
    number = begun(vault, said, role="participant", peer="alice")
    vault.outbox.step(number, b"", outcome="done")
    assert [due.task for due in vault.receipts.due()] == [f"alice/{TASK}"]


def test_once_it_is_made_it_is_no_longer_due(vault: Vault) -> None:
    ended(vault, begun(vault, ACCEPTED))
    kept(vault)
    assert vault.receipts.due() == []


def test_what_comes_later_makes_it_due_again_and_the_newest_counts(vault: Vault) -> None:
    number = begun(vault, ACCEPTED)
    ended(vault, number, outcome="expired")
    kept(vault, "aa" * 32)
    ended(vault, number, words(act="inform", to="accept-proposal"))
    kept(vault, "bb" * 32)
    assert [one.name for one in vault.receipts.list()] == ["bb" * 32]


def test_a_message_that_comes_while_it_is_made_is_not_lost(vault: Vault) -> None:
    number = begun(vault, ACCEPTED)
    ended(vault, number, outcome="expired")
    (due,) = vault.receipts.due()
    ended(vault, number, words(act="inform", to="accept-proposal"))
    vault.receipts.keep(due, "aa" * 32, "", PRICE, b"file")
    assert [one.peer for one in vault.receipts.due()] == ["bob"]


def test_the_end_of_its_job_on_chain_makes_it_due_again(vault: Vault) -> None:
    ended(vault, begun(vault, ACCEPTED))
    kept(vault)
    settled(vault, "")
    assert vault.receipts.due() == []
    settled(vault, "settled")
    assert [due.settlement for due in vault.receipts.due()] == ["settled"]
    kept(vault)
    assert [one.settled for one in vault.receipts.list()] == ["settled"]


def settled(vault: Vault, outcome: str) -> None:
    with vault._database.write() as connection:
        connection.execute(
            """INSERT OR REPLACE INTO settlement (task, role, chain_id, genesis, state, outcome, created, changed)
            VALUES (?, 'initiator', 1, '0x', x'', ?, 0, 0)""",
            (TASK, outcome),
        )


def test_it_is_found_by_a_beginning_of_its_name_or_of_its_task(vault: Vault) -> None:
    ended(vault, begun(vault, ACCEPTED))
    kept(vault, "cd" * 32)
    assert vault.receipts.find("cdcd").name == vault.receipts.find(TASK[:8]).name == "cd" * 32


def test_what_is_not_there_is_said(vault: Vault) -> None:
    with pytest.raises(VaultError, match="no such receipt"):
        vault.receipts.find("feed")


def test_messages_go_with_the_task_and_the_receipt_stays(vault: Vault) -> None:
    created = vault.tasks.created(TASK, "initiator", "inference", {}, (), "calling")
    said = vault.receipts.said(TASK, "initiator", "", [ACCEPTED])
    number = vault.outbox.begin(TASK, "initiator", "", "inference", b"", within=[created, said])
    ended(vault, number)
    with vault.outbox.write() as transaction:
        transaction.keep(None, (), None, [vault.tasks.changed(TASK, "done")])
    kept(vault, data=b"file")
    vault.tasks.remove(TASK)
    assert transcript(vault, number) == []
    assert [vault.receipts.data(one.name) for one in vault.receipts.list()] == [b"file"]


def test_messages_go_with_the_conversation(vault: Vault) -> None:
    number = begun(vault, ACCEPTED)
    ended(vault, number)
    vault.tasks.prune(2e10, 2e10)
    assert transcript(vault, number) == []


def test_a_receipt_that_was_removed_does_not_come_back(vault: Vault) -> None:
    ended(vault, begun(vault, ACCEPTED))
    kept(vault)
    vault.receipts.remove("aa" * 32)
    assert (vault.receipts.list(), vault.receipts.due()) == ([], [])


def test_of_one_peers_tasks_that_came_to_nothing_only_the_newest_receipts_stay(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "KEPT_OF_ONE", 3)
    for number in range(9):
        task, outcome = f"{number:032x}", "done" if number < 2 else "cancelled"
        said = vault.receipts.said(task, "participant", "alice", [words("alice", "accept-proposal")])
        dialogue = vault.outbox.begin(task, "participant", "alice", "inference", b"", within=[said])
        vault.outbox.step(dialogue, b"", outcome=outcome)
        (due,) = vault.receipts.due(task)
        assert vault.receipts.keep(due, f"{number:064x}", outcome, PRICE, b"file")
    found = sorted(int(one.name, 16) for one in vault.receipts.list())
    assert found == [0, 1, 5, 6, 7, 8]  # what was done stays, and nothing is made again
    assert vault.receipts.due() == []


def test_a_receipt_of_a_task_that_was_removed_meanwhile_is_not_kept(vault: Vault) -> None:
    number = begun(vault, ACCEPTED)
    ended(vault, number)
    (due,) = vault.receipts.due()
    vault.tasks.prune(2e10, 2e10)
    assert not vault.receipts.keep(due, "aa" * 32, "done", PRICE, b"file")


SECRET = "The quixolotl will be hidden behind the brimbash by Thursday."


def forgotten(vault: Vault, *said: Said, data: bytes) -> int:
    """A record, a conversation that says something, its receipt; then the record is forgotten."""
    vault.library.add([mail("About it", SECRET)])
    number = begun(vault, *said)
    ended(vault, number)
    kept(vault, data=data)
    chosen = vault.forgetting.choose(before=4e9)
    assert vault.forgetting.forget([one.number for one in chosen]).records == 1
    return number


def test_with_a_record_its_words_leave_the_messages_and_the_receipts(vault: Vault) -> None:
    number = forgotten(vault, words(raw=SECRET.encode()), ACCEPTED, data=b"\x58\x3d" + SECRET.encode())
    assert transcript(vault, number) == []
    (left,) = vault.receipts.list()
    assert (left.name, left.size, vault.receipts.data(left.name)) == ("aa" * 32, 0, b"")
    assert vault.receipts.due() == []
    assert not any(b"quixolotl" in page for page in decrypted(vault.path, bytes(32)))


def test_what_was_said_of_other_things_stays(vault: Vault) -> None:
    number = forgotten(vault, words(raw=b"of other things"), ACCEPTED, data=b"of other things")
    assert transcript(vault, number) == [b"of other things", b"yes"]
    assert [one.size for one in vault.receipts.list()] == [15]


def test_how_many_receipts_a_record_stands_in_is_known_before_it_is_forgotten(vault: Vault) -> None:
    vault.library.add([mail("About it", SECRET), mail("Another", "Nothing that anybody signed.")])
    ended(vault, begun(vault, words(raw=SECRET.encode()), ACCEPTED))
    kept(vault, data=b"\x58\x3d" + SECRET.encode())
    about, other = ([one.number] for one in sorted(vault.forgetting.choose(before=4e9), key=lambda one: one.title))
    assert (vault.forgetting.receipts(about), vault.forgetting.receipts(other)) == (1, 0)
    assert [one.size for one in vault.receipts.list()] == [63]
    assert vault.forgetting.forget(about).receipts == 1
    assert vault.forgetting.receipts(about) == 0
