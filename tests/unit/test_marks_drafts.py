"""Marks on mail and drafts in a real vault: set, found, taken back, forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage import briefs
from storage.database import VaultError
from storage.drafts import Message
from storage.filters import BadFilter
from storage.gaps import GAP
from storage.marks import MAX_LABELS, Mark
from storage.vault import Vault
from tests.unit.vault_fixtures import mail, path_fixture, vault_fixture  # noqa: F401

TEXT = "Meet by the old mill at dusk, wearing the green scarf."


def added(vault: Vault, **fields: object) -> str:
    return vault.library.add([mail(**fields)]).ids[0]  # type: ignore[arg-type]


def titles(vault: Vault, text: str) -> list[str]:
    return [entry.title for entry in vault.library.page(text=text)[0]]


def test_what_is_given_is_set_and_the_rest_stays(vault: Vault) -> None:
    one = added(vault)
    vault.marks.set(one, labels=["Family"], priority="high", skill="triage")
    before, after = vault.marks.set(one, answer=True)
    assert before == Mark(("Family",), "high", False, "triage")
    assert after == vault.marks.get(one) == Mark(("Family",), "high", True, "")


def test_a_mark_is_put_back_as_it_was(vault: Vault) -> None:
    one = added(vault)
    before, _ = vault.marks.set(one, labels=["Family"])
    vault.marks.restore(one, before)
    assert vault.marks.get(one) is None


@pytest.mark.parametrize("labels", [[""], ["x" * 61], ["two\u202elines"], [str(n) for n in range(MAX_LABELS + 1)]])
def test_labels_that_cannot_be_meant_are_refused(vault: Vault, labels: list[str]) -> None:
    with pytest.raises(VaultError) as caught:
        vault.marks.set(added(vault), labels=labels)
    assert caught.value.code == "bad-mark"


def test_a_label_is_searched_for_whatever_its_case_and_accents(vault: Vault) -> None:
    vault.marks.set(added(vault, title="Soup"), labels=["École", "Family"])
    added(vault, title="Bread")
    assert [titles(vault, text) for text in ("label:ecole", "etiquette:FAMILY", "label:fam")] == [
        ["Soup"],
        ["Soup"],
        [],
    ]


def test_a_priority_is_searched_for(vault: Vault) -> None:
    vault.marks.set(added(vault, title="Soup"), priority="high")
    assert [titles(vault, text) for text in ("priority:high", "priorite:haute", "priority:low")] == [
        ["Soup"],
        ["Soup"],
        [],
    ]


def test_a_priority_that_is_none_is_named(vault: Vault) -> None:
    with pytest.raises(BadFilter):
        titles(vault, "priority:purple")


def test_briefs_bear_their_marks(vault: Vault) -> None:
    marked, bare = added(vault, title="Soup"), added(vault, title="Bread")
    vault.marks.set(marked, labels=["Family"], answer=True)
    assert [one.mark for one in briefs.of(vault, [bare, marked])] == [None, Mark(("Family",), "", True)]


def test_sent_mail_is_what_comes_from_an_own_address_and_no_other(vault: Vault) -> None:
    mine = added(vault, sender="Max <MAX@example.org>", recipients=("Ada <ada@example.org>",))
    added(vault, sender="Max <max@example.org.evil.example>", title="Not mine", recipients=("Ada <ada@example.org>",))
    assert briefs.sent(vault, ["max@example.org"], to="ada@example.org") == [mine]
    assert briefs.sent(vault, ["max@example.org"], to="bob@example.org") == []


def test_a_draft_is_kept_as_it_was_written(vault: Vault) -> None:
    one = added(vault)
    message = Message(("ada@example.org",), "Re: Lunch", "Gladly.", ("bob@example.org",))
    draft = vault.drafts.get(vault.drafts.add(message, one, "reply"))
    assert (draft.message, draft.record, draft.skill, draft.state) == (message, one, "reply", "open")


def test_a_draft_that_was_sent_or_dropped_is_not_listed(vault: Vault) -> None:
    message = Message(("ada@example.org",), "Lunch", "Gladly.")
    sent, dropped, open_ = (vault.drafts.add(message) for _ in range(3))
    vault.drafts.sent(sent)
    vault.drafts.drop(dropped)
    assert [draft.id for draft in vault.drafts.list()] == [open_]


def test_a_draft_that_is_not_there_is_said(vault: Vault) -> None:
    with pytest.raises(VaultError) as caught:
        vault.drafts.drop(7)
    assert caught.value.code == "unknown-draft"


def test_forgetting_a_mail_takes_the_draft_that_answers_it(vault: Vault) -> None:
    one = added(vault)
    vault.drafts.add(Message(("ada@example.org",), "Re: Lunch", "Gladly."), one)
    kept = vault.drafts.add(Message(("bob@example.org",), "Rent", "It is paid."))
    forget(vault, one)
    assert [draft.id for draft in vault.drafts.list()] == [kept]


def test_forgetting_a_mail_cuts_its_words_out_of_other_drafts(vault: Vault) -> None:
    one = added(vault, body=TEXT)
    draft = vault.drafts.add(Message(("bob@example.org",), "Rent", f"It is paid. She says: {TEXT} Best, Max"))
    forget(vault, one)
    text = vault.drafts.get(draft).message.text
    assert (GAP in text, "old mill" in text, text.startswith("It is paid.")) == (True, False, True)


def test_forgetting_a_mail_leaves_no_word_of_its_marks_and_drafts_in_any_file(vault: Vault, path: Path) -> None:
    one = added(vault, body=TEXT)
    vault.marks.set(one, labels=["zanzibar"])
    vault.drafts.add(Message(("ada@example.org",), "Re: Lunch", f"quixotic {TEXT}"), one)
    forget(vault, one)
    with vault.read() as connection:
        left = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("mark", "draft")]
    assert left == [0, 0]
    assert path.with_name(path.name + "-wal").stat().st_size == 0


def forget(vault: Vault, name: str) -> None:
    vault.forgetting.forget([one.number for one in vault.forgetting.choose([name])])
