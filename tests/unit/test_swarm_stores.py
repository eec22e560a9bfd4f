"""Tasks, offers and letters as the vault keeps them, and what forgetting does to them."""

from __future__ import annotations

import pytest

from storage.gaps import GAP
from storage.offers import Offer
from storage.outbox import Effect, Heard
from storage.tasks import TaskState
from storage.vault import Vault, VaultError
from tests.unit.vault_fixtures import mail, path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]

TASK = "ab" * 16
WORDS = "Zoé must never eat any walnuts at all"
SOURCE = mail("Allergies", f"Please remember that {WORDS}.", external_id="a@x")


def begun(vault: Vault, prompt: str = "Hello?", role: str = "initiator") -> None:
    name = TASK if role == "initiator" else f"bob/{TASK}"
    vault.outbox.begin(
        TASK,
        role,  # type: ignore[arg-type]
        "" if role == "initiator" else "bob",
        "inference",
        prompt.encode(),
        [Effect("a", "send", prompt.encode(), 4e9, "bob")],
        within=[vault.tasks.created(name, role, "inference", {"prompt": prompt}, ["bob"], "calling")],  # type: ignore[arg-type]
    )


def write(vault: Vault, *writes: object) -> None:
    (dialogue,) = vault.outbox.live()
    vault.outbox.step(dialogue.number, b"next", within=writes)  # type: ignore[arg-type]


def forget(vault: Vault) -> None:
    (chosen,) = vault.forgetting.choose([SOURCE.id()])
    vault.forgetting.forget([chosen.number])


@pytest.mark.parametrize("role", ["initiator", "participant"])
def test_a_task_knows_its_conversation(vault: Vault, role: str) -> None:
    begun(vault, role=role)
    (dialogue,) = vault.outbox.live()
    assert vault.tasks.list()[0].dialogue == dialogue.number


def test_a_task_is_found_by_the_beginning_of_its_id(vault: Vault) -> None:
    begun(vault)
    assert vault.tasks.get(TASK[:6]).spec == {"prompt": "Hello?"}


def test_an_ended_task_says_how_long_it_took(vault: Vault) -> None:
    begun(vault)
    write(vault, vault.tasks.changed(TASK, "done", provider="bob", result={"text": "Hi"}))
    task = vault.tasks.get(TASK)
    assert (task.state, task.provider, task.result) == ("done", "bob", {"text": "Hi"})
    assert task.ms is not None


def test_an_ended_task_does_not_go_on(vault: Vault) -> None:
    begun(vault)
    write(vault, vault.tasks.changed(TASK, "cancelled"), vault.tasks.changed(TASK, "working"))
    assert vault.tasks.get(TASK).state == "cancelled"


def test_news_that_come_late_are_told(vault: Vault) -> None:
    begun(vault)
    write(vault, vault.tasks.changed(TASK, "expired"), vault.tasks.changed(TASK, "done"))
    assert vault.tasks.get(TASK).state == "done"


def test_calls_that_came_to_nothing_do_not_pile_up(vault: Vault) -> None:
    begun(vault, role="participant")
    (dialogue,) = vault.outbox.live()
    ended = vault.tasks.changed(f"bob/{TASK}", "refused")
    vault.outbox.step(dialogue.number, b"end", outcome="refused", within=[ended])
    vault.tasks.prune(9e9, 0)
    assert vault.tasks.list() == []
    assert vault.outbox.find(TASK, "participant", "bob") is None


def test_of_one_peers_calls_that_came_to_nothing_the_newest_are_kept(vault: Vault) -> None:
    for number, peer in enumerate(["bob"] * 6 + ["carol"] * 2):
        name = f"{number:032x}"
        made = vault.tasks.created(f"{peer}/{name}", "participant", "inference", {}, [peer], "deciding")
        outcome = "done" if number == 0 else "refused"
        begun_ = vault.outbox.begin(name, "participant", peer, "inference", b"", within=[made])
        ended = vault.tasks.changed(f"{peer}/{name}", outcome)  # type: ignore[arg-type]
        trimmed = vault.tasks.trimmed(peer, 3)
        vault.outbox.step(begun_, b"", outcome=outcome, within=[ended, trimmed])
    assert {task.id for task in vault.tasks.list()} == {
        *(f"bob/{number:032x}" for number in (0, 3, 4, 5)),
        *(f"carol/{number:032x}" for number in (6, 7)),
    }
    assert vault.outbox.find(f"{1:032x}", "participant", "bob") is None


def test_what_was_done_for_others_is_kept_without_its_conversation(vault: Vault) -> None:
    begun(vault, role="participant")
    (dialogue,) = vault.outbox.live()
    ended = vault.tasks.changed(f"bob/{TASK}", "done")
    vault.outbox.step(dialogue.number, b"end", outcome="done", within=[ended])
    vault.tasks.prune(9e9, 0)
    (task,) = vault.tasks.list()
    assert task.dialogue is None
    assert vault.outbox.find(TASK, "participant", "bob") is None


@pytest.mark.parametrize(("outcome", "left"), [("refused", 0), ("expired", 0), ("done", 1)])
def test_own_calls_that_came_to_nothing_go_later_than_others(vault: Vault, outcome: TaskState, left: int) -> None:
    begun(vault)
    (dialogue,) = vault.outbox.live()
    vault.outbox.step(dialogue.number, b"end", outcome=outcome, within=[vault.tasks.changed(TASK, outcome)])
    vault.tasks.prune(9e9, 0)
    assert vault.outbox.find(TASK, "initiator") is not None
    vault.tasks.prune(9e9, 9e9)
    assert vault.outbox.find(TASK, "initiator") is None
    assert len(vault.tasks.list()) == left


def test_what_goes_on_and_what_left_are_never_pruned(vault: Vault) -> None:
    begun(vault)
    write(vault, vault.disclosures.left("bob", "inference", b"x", "typed", task=TASK))
    vault.tasks.prune(9e9, 9e9)
    vault.outbox.prune(2**50)
    assert len(vault.outbox.live()) == len(vault.tasks.list()) == len(vault.disclosures.list()) == 1


def test_the_messages_of_a_task_come_in_their_order(vault: Vault) -> None:
    begun(vault)
    write(
        vault,
        vault.tasks.message(TASK, "bob", ("cfp", ""), outgoing=True),
        vault.tasks.message(TASK, "bob", ("propose", ""), outgoing=False),
    )
    assert [one.performative for one in vault.tasks.messages(TASK)] == ["cfp", "propose"]


def test_a_task_that_goes_on_is_not_removed(vault: Vault) -> None:
    begun(vault)
    with pytest.raises(VaultError) as failure:
        vault.tasks.remove(TASK)
    assert failure.value.code == "task-goes-on"


def test_what_a_peer_has_had_today_adds_up(vault: Vault) -> None:
    vault.offers.record("bob", "inference", 5)
    vault.offers.record("bob", "inference", 7)
    assert vault.offers.used("bob", "inference") == 12


def test_a_reservation_that_was_too_high_is_given_back(vault: Vault) -> None:
    vault.offers.record("bob", "inference", 5)
    vault.offers.record("bob", "inference", -9)
    assert vault.offers.used("bob", "inference") == 0


def test_an_offer_is_changed_in_place(vault: Vault) -> None:
    vault.offers.set(Offer("inference", "contacts", 100))
    vault.offers.set(Offer("inference", "nobody", 100))
    assert [one.audience for one in vault.offers.list()] == ["nobody"]


def test_a_letter_that_comes_twice_is_one(vault: Vault) -> None:
    for digest in (b"1" * 32, b"2" * 32):
        vault.outbox.take(Heard("bob", digest, 1), [vault.letters.kept("cd" * 16, "bob", "Hello", outgoing=False)])
    assert [one.state for one in vault.letters.list("bob")] == ["new"]


def test_reading_takes_letters_off_the_badge(vault: Vault) -> None:
    vault.outbox.take(Heard("bob", bytes(32), 1), [vault.letters.kept("cd" * 16, "bob", "Hello", outgoing=False)])
    assert vault.letters.unread() == 1
    vault.letters.read("bob")
    assert vault.letters.unread() == 0


def test_forgetting_cuts_a_record_out_of_letters(vault: Vault) -> None:
    vault.library.add([SOURCE])
    vault.outbox.take(
        Heard("bob", bytes(32), 1), [vault.letters.kept("cd" * 16, "bob", f"Hear: {WORDS}!", outgoing=True)]
    )
    forget(vault)
    (letter,) = vault.letters.list()
    assert "walnuts" not in letter.text
    assert GAP in letter.text


def test_forgetting_cuts_a_record_out_of_tasks_and_of_what_was_to_be_sent(vault: Vault) -> None:
    vault.library.add([SOURCE])
    begun(vault, f"Is it so that {WORDS}?")
    forget(vault)
    assert "walnuts" not in vault.tasks.get(TASK).spec["prompt"]
    assert vault.outbox.due(4e9) == []


def test_a_conversation_that_cannot_go_on_without_its_words_ends(vault: Vault) -> None:
    vault.library.add([SOURCE])
    begun(vault, f"Is it so that {WORDS}?")
    forget(vault)
    assert vault.outbox.live() == []
    assert vault.tasks.get(TASK).state == "cancelled"


def test_forgetting_leaves_other_conversations_alone(vault: Vault) -> None:
    vault.library.add([SOURCE])
    begun(vault)
    forget(vault)
    assert len(vault.outbox.live()) == len(vault.outbox.due(4e9)) == 1
