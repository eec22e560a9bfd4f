"""Conversations and settings, kept in the vault."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from storage.conversations import Citation, Conversations
from storage.vault import Vault, VaultError
from tests.unit.vault_fixtures import KEY, path_fixture, vault_fixture  # noqa: F401

CITATION = Citation(1, "m0123456789ab", "Déjeuner", "Élodie <e@x.fr>", 1.75e9, "à midi", 10, 16)


@pytest.fixture
def talks(vault: Vault) -> Conversations:
    ticks = count(1)
    return Conversations(vault._database, clock=lambda: float(next(ticks)))


def code_of_unknown(action: object) -> str:
    with pytest.raises(VaultError) as caught:
        action()  # type: ignore[operator]
    return caught.value.code


def test_a_conversation_is_there_after_locking(path: Path) -> None:
    with Vault.create(path, KEY) as vault:
        talk = vault.conversations.create("Lunch")
        vault.conversations.append(talk, "user", "When do we meet?")
        vault.conversations.append(talk, "assistant", "At noon [1].", [CITATION], model="smollm")
    with Vault.open(path, KEY) as vault:
        kept = vault.conversations.get(talk)
    assert kept.title == "Lunch"
    assert [(message.role, message.text) for message in kept.messages] == [
        ("user", "When do we meet?"),
        ("assistant", "At noon [1]."),
    ]
    assert kept.messages[1].citations == (CITATION,)
    assert kept.messages[1].model == "smollm"


def test_the_last_changed_comes_first(talks: Conversations) -> None:
    first, second = talks.create("first"), talks.create("second")
    assert [entry.id for entry in talks.list()] == [second, first]
    talks.append(first, "user", "again")
    assert [(entry.id, entry.messages) for entry in talks.list()] == [(first, 1), (second, 0)]


def test_the_list_is_searched_in_titles_and_messages(talks: Conversations) -> None:
    lunch, other = talks.create("About lunch"), talks.create("Other")
    talks.append(other, "user", "100% Tomatoes")
    assert [entry.id for entry in talks.list("LUNCH")] == [lunch]
    assert [entry.id for entry in talks.list("0% tom")] == [other]
    assert talks.list("%lunch") == []


def test_renaming_changes_the_title_and_not_the_order(talks: Conversations) -> None:
    first, second = talks.create("first"), talks.create("second")
    talks.rename(first, "renamed")
    assert [(entry.id, entry.title) for entry in talks.list()] == [(second, "second"), (first, "renamed")]


def test_a_deleted_conversation_leaves_no_message(vault: Vault, talks: Conversations) -> None:
    talk = talks.create("gone")
    talks.append(talk, "user", "secret")
    talks.delete(talk)
    assert talks.count() == 0
    with vault._database.read() as connection:
        assert connection.execute("SELECT count(*) FROM message").fetchone() == (0,)


def test_the_id_of_a_deleted_conversation_is_never_given_again(talks: Conversations) -> None:
    gone = talks.create("gone")
    talks.delete(gone)
    assert talks.create("new") > gone


def test_the_last_answer_is_dropped_for_a_retry_and_a_question_is_not(talks: Conversations) -> None:
    talk = talks.create("retry")
    talks.append(talk, "user", "question")
    talks.append(talk, "assistant", "answer")
    assert talks.drop_last(talk, "assistant")
    assert not talks.drop_last(talk, "assistant")
    assert [message.text for message in talks.get(talk).messages] == ["question"]


def test_an_unknown_conversation_is_refused_everywhere(talks: Conversations) -> None:
    for action in (
        lambda: talks.get(7),
        lambda: talks.append(7, "user", "hello"),
        lambda: talks.rename(7, "name"),
        lambda: talks.delete(7),
    ):
        assert code_of_unknown(action) == "unknown-conversation"


def test_a_models_broken_character_does_not_lose_the_answer(talks: Conversations) -> None:
    talk = talks.create("broken")
    talks.append(talk, "assistant", "half \ud83d of an emoji")
    assert talks.get(talk).messages[0].text == "half \ufffd of an emoji"


def test_settings_keep_what_json_holds(vault: Vault) -> None:
    value = {"theme": "dark", "sizes": [1, 2.5, None, True], "name": "Nuée"}
    vault.settings.set("look", value)
    assert vault.settings.get("look") == value
    assert vault.settings.get("absent", 3) == 3
    vault.settings.unset("look")
    assert vault.settings.get("look") is None


def test_a_setting_that_is_not_json_is_refused(vault: Vault) -> None:
    with pytest.raises(TypeError):
        vault.settings.set("look", b"bytes")
    with pytest.raises(ValueError, match="JSON"):
        vault.settings.set("look", float("nan"))


def test_secrets_keep_bytes(vault: Vault) -> None:
    assert vault.settings.secret("host-key") is None
    vault.settings.set_secret("host-key", b"\x00\xff")
    vault.settings.set_secret("host-key", b"\x00\xfe")
    assert vault.settings.secret("host-key") == b"\x00\xfe"
