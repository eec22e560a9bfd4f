"""Forgetting: afterwards a copy of the profile, opened with the key, holds neither words nor vectors of it."""

from __future__ import annotations

import secrets
import shutil
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from storage import forget
from storage.conversations import Citation
from storage.database import Database
from storage.gaps import GAP
from storage.ledger import Item
from storage.records import Attachment, Record
from storage.vault import Vault, VaultError
from storage.vectors import Vectors
from tests.unit.raw_pages import decrypted, journal
from tests.unit.vault_fixtures import KEY, mail, note, path_fixture, vault_fixture  # noqa: F401

WORDS = ("quixolotl", "brimbash", "zanzibarium", "plinthor", "oktavogel", "gribouillax")
BODY = "The quixolotl will be hidden behind the brimbash by Thursday. Please tell nobody else about it."
RAW = b"Subject: plinthor\n\n" + BODY.encode() + secrets.token_bytes(400)
SECRET = mail(
    "About the plinthor",
    BODY,
    sender="Zanzibarium Max <zanzibarium@example.org>",
    external_id="oktavogel@example.org",
    attachments=(Attachment("gribouillax.txt", "text/plain", 9, "The oktavogel sings at night in the garden."),),
    raw=RAW,
    origin="/home/ada/plinthor.eml",
)
CITATION = Citation(1, SECRET.id(), SECRET.title, SECRET.sender, SECRET.date, BODY[:62], 0, 62)


def others(count: int) -> list[Record]:
    return [
        mail(f"Lunch {n}", f"We meet at noon in the garden, table {n}. " * (n % 40 + 1), external_id=f"{n}@example.org")
        for n in range(count)
    ]


def fill(vault: Vault) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
    """The secret among other records, with vectors and a conversation about it.  Returns the secret's vectors."""
    vault.library.add(others(60))
    vault.library.add([SECRET])
    vault.library.add(others(120)[60:])
    found: dict[int, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = {}
    while todo := vault.vectors.pending("m", 100):
        matrix = np.random.default_rng(len(found)).normal(size=(len(todo), 384)).astype(np.float32)
        vault.vectors.store("m", [chunk for chunk, _ in todo], matrix)
        found.update(zip((chunk for chunk, _ in todo), matrix, strict=True))
    talk = vault.conversations.create("Where is it hidden?")
    vault.conversations.append(talk, "user", "Where is it hidden?")
    vault.conversations.append(
        talk, "assistant", f"Behind the brimbash [1].\n\n> {BODY[:62]}\n>\n> — Max [1]", [CITATION]
    )
    mine = [hit.chunk for hit in vault.library.record_chunks(SECRET.id())]
    return np.array([found[chunk] for chunk in mine]).astype("<f2")


def numbers(vault: Vault, *names: str) -> list[int]:
    return [one.number for one in vault.forgetting.choose(names or (SECRET.id(),))]


def needles(vectors: np.ndarray[tuple[int, ...], np.dtype[np.float16]]) -> list[bytes]:
    """What may not be found: words as typed and as stemmed, pieces of the vectors and of the packed original."""
    packed = zlib.compress(RAW)
    return [
        *(word.encode() for word in WORDS),
        *(b"quixolot", b"brimbash", b"gribouil"),
        *(row.tobytes()[at : at + 32] for row in vectors for at in (0, 300, 700)),
        *(packed[at : at + 24] for at in (60, 200, 350)),
    ]


def leaks(path: Path, vectors: np.ndarray[tuple[int, ...], np.dtype[np.float16]]) -> list[bytes]:
    """Needles found in a copy of the profile, opened with the key: in any page, free or not, or frame of the journal,
    or in what SQL reads of any table."""
    copy = path.with_name("copy") / path.name
    shutil.rmtree(copy.parent, ignore_errors=True)
    copy.parent.mkdir()
    for file in path.parent.glob(path.name + "*"):
        shutil.copy(file, copy.parent / file.name)
    places = [*decrypted(copy, KEY), *journal(copy, KEY), dump(copy)]
    return [
        needle for needle in needles(vectors) if any(needle in place.lower() or needle in place for place in places)
    ]


def dump(path: Path) -> bytes:
    """Every row of every table, the shadow tables of the full-text index among them."""
    database = Database(path, KEY)
    try:
        with database.read() as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            assert "chunk_terms_data" in tables
            found = [connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables]
    finally:
        database.close()
    cells = [cell for rows in found for row in rows for cell in row]
    return b"\0".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)


def test_neither_words_nor_vectors_can_be_found_with_the_key(vault: Vault, path: Path) -> None:
    vectors = fill(vault)
    assert set(leaks(path, vectors)) == set(needles(vectors))  # so that the line below could fail
    done = vault.forgetting.forget(numbers(vault))
    assert leaks(path, vectors) == []
    assert (done.records, done.conversations) == (1, 1)


def test_nor_after_closing(path: Path) -> None:
    with Vault.create(path, KEY) as vault:
        vectors = fill(vault)
        vault.forgetting.forget(numbers(vault))
    assert leaks(path, vectors) == []


def test_nor_among_many_that_come_and_go(path: Path) -> None:
    """Pages split, merge and are used again; nothing of a row that was moved may stay where it was."""
    with Vault.create(path, KEY) as vault:
        vectors = fill(vault)
        vault.library.add([note(f"n{n}", f"Tomato {n} " * (n * 37 % 400 + 1)) for n in range(300)])
        every = vault.forgetting.choose(before=2e9)
        vault.forgetting.forget([one.number for one in every[::2] if one.id != SECRET.id()])
        vault.forgetting.forget(numbers(vault))
        vault.library.add([note(f"new {n}", f"Leek {n}") for n in range(50)])
        assert leaks(path, vectors) == []


@pytest.mark.parametrize("rebuild", [0, 10**9], ids=["term by term", "index built anew"])
def test_both_ways_to_clean_the_full_text_leave_nothing_and_the_rest_findable(
    vault: Vault, path: Path, monkeypatch: pytest.MonkeyPatch, rebuild: int
) -> None:
    vectors = fill(vault)
    monkeypatch.setattr(forget, "_REBUILD", rebuild)
    vault.forgetting.forget(numbers(vault))
    assert leaks(path, vectors) == []
    assert vault.library.match('"oktavogel"', 5) == []
    assert len(vault.library.match('"garden"', 500)) == len(vault.library.chunks(range(1, 2000)))
    vault.check()
    with vault.read() as connection:
        assert ("secure-delete", 1) in connection.execute("SELECT k, v FROM chunk_terms_config").fetchall()


def plant_kept_pages(vault: Vault, _patch: pytest.MonkeyPatch) -> None:
    vault._database._writer.execute("PRAGMA secure_delete = OFF").fetchall()


def plant_kept_terms(vault: Vault, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(forget, "_REBUILD", 0)  # building the index anew would clean it
    with vault._database.write() as connection:
        connection.execute("INSERT INTO chunk_terms (chunk_terms, rank) VALUES ('secure-delete', 0)")


def plant_kept_answer(_vault: Vault, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(forget, "_clean_messages", lambda *_: set())


def plant_kept_vector(_vault: Vault, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Vectors, "remove", lambda *_: None)


def plant_kept_journal(_vault: Vault, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Database, "checkpoint", lambda _: None)


@pytest.mark.parametrize(
    "plant", [plant_kept_pages, plant_kept_terms, plant_kept_answer, plant_kept_vector, plant_kept_journal]
)
def test_every_leak_that_is_planted_is_found(
    vault: Vault, path: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[Vault, pytest.MonkeyPatch], None]
) -> None:
    vectors = fill(vault)
    vault.checkpoint()
    plant(vault, monkeypatch)
    vault.forgetting.forget(numbers(vault))
    assert leaks(path, vectors)


def test_a_conversation_shows_the_gap_where_it_quoted_it(vault: Vault) -> None:
    fill(vault)
    vault.forgetting.forget(numbers(vault))
    (entry,) = vault.conversations.list()
    question, answer = vault.conversations.get(entry.id).messages
    assert (question.text, answer.text) == ("Where is it hidden?", GAP)
    assert answer.citations == (Citation(1, "", "", "", None, "", 0, 0),)


def test_an_answer_keeps_what_rests_on_other_records(vault: Vault) -> None:
    (kept, *_), _ = vault.library.add(others(1)).ids, vault.library.add([SECRET])
    other = Citation(2, kept, "Lunch 0", "Ada", None, "We meet at noon", 0, 15)
    talk = vault.conversations.create("Both")
    vault.conversations.append(talk, "assistant", "Behind the brimbash [1].\n\nAt noon [2].", [CITATION, other])
    vault.forgetting.forget(numbers(vault))
    (message,) = vault.conversations.get(talk).messages
    assert message.text == f"{GAP}\n\nAt noon [2]."
    assert message.citations[1] == other


def test_another_conversation_that_repeats_it_loses_its_answer(vault: Vault) -> None:
    vault.library.add([SECRET, *others(3)])
    talk = vault.conversations.create("Other")
    vault.conversations.append(talk, "assistant", "It will be hidden behind the wall.")
    vault.conversations.append(talk, "assistant", "Something about a quixolotl.")
    vault.conversations.append(talk, "assistant", "We meet at noon in the garden.")
    vault.forgetting.forget(numbers(vault))
    said = [message.text for message in vault.conversations.get(talk).messages]
    assert said == [GAP, GAP, "We meet at noon in the garden."]


def test_what_the_program_itself_says_stays(vault: Vault) -> None:
    vault.library.add([SECRET])
    talk = vault.conversations.create("Hello")
    vault.conversations.append(talk, "assistant", "Please tell me what you want to know.")
    vault.forgetting.forget(numbers(vault), own={"Please tell me what you want to know."})
    assert vault.conversations.get(talk).messages[0].text == "Please tell me what you want to know."


def test_a_question_stays_as_typed_but_for_what_was_pasted(vault: Vault) -> None:
    vault.library.add([SECRET])
    talk = vault.conversations.create("The quixolotl will be hidden behind what?")
    vault.conversations.append(talk, "user", "What is a quixolotl?")
    vault.conversations.append(talk, "user", f"Explain: {BODY}")
    vault.forgetting.forget(numbers(vault))
    kept = vault.conversations.get(talk)
    assert kept.title == f"{GAP} what?"
    assert [message.text for message in kept.messages] == ["What is a quixolotl?", f"Explain: {GAP}."]


def test_no_source_brings_it_back(vault: Vault) -> None:
    ledger = vault.sources.ledger(vault.sources.add("imap", "Work", {}, {}))
    ledger.store("INBOX", [Item("7", "", SECRET)])
    vault.forgetting.forget(numbers(vault))
    assert ledger.known("INBOX") == {"7": ""}  # not fetched again
    ledger.drop_part("INBOX")
    ledger.store("INBOX", [Item("8", "", SECRET)])
    assert vault.library.counts().records == 0


def test_the_name_of_its_file_goes_with_it(vault: Vault, path: Path) -> None:
    ledger = vault.sources.ledger(vault.sources.add("notes", "Notes", {}, {}))
    ledger.store("", [Item("gribouillax.md", "oktavogel", SECRET)])
    vault.library.note_failures([(SECRET.origin + "#2", "plinthor"), ("/home/ada/other.eml", "broken")])
    vault.forgetting.forget(numbers(vault))
    assert not any(word.encode() in dump(path) for word in WORDS)
    assert [failure.path for failure in vault.library.failures()] == ["/home/ada/other.eml"]
    assert ledger.known("") == {}


def test_a_kill_in_between_leaves_all_or_nothing(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """The transaction breaks at the last step: the record, its vectors and the conversation are as they were."""
    fill(vault)
    before = dump(vault.path)

    def fail(*_: object) -> set[int]:
        raise RuntimeError

    monkeypatch.setattr(forget, "_clean_titles", fail)
    with pytest.raises(RuntimeError):
        vault.forgetting.forget(numbers(vault))
    assert dump(vault.path) == before


def test_forgetting_twice_is_forgetting(vault: Vault) -> None:
    vault.library.add([SECRET])
    chosen = numbers(vault)
    assert vault.forgetting.forget(chosen).records == 1
    assert vault.forgetting.forget(chosen).records == 0


def test_a_number_is_found_by_the_beginning_of_its_id(vault: Vault) -> None:
    vault.library.add([SECRET])
    assert [one.title for one in vault.forgetting.choose([SECRET.id()[:6]])] == ["About the plinthor"]
    with pytest.raises(VaultError) as caught:
        vault.forgetting.choose(["m0000000"])
    assert caught.value.code == "unknown-id"


@pytest.mark.parametrize("asked", ["zanzibarium", "MAX ZANZIBARIUM", "zanzibarium@example.org", "Zanzíbarium"])
def test_a_sender_is_found_by_words_of_the_name_or_address(vault: Vault, asked: str) -> None:
    vault.library.add([SECRET, *others(3)])
    assert [one.id for one in vault.forgetting.choose(sender=asked)] == [SECRET.id()]


def test_sender_and_date_together_narrow_the_choice(vault: Vault) -> None:
    old, new = datetime(2020, 1, 1, tzinfo=UTC).timestamp(), datetime(2024, 1, 1, tzinfo=UTC).timestamp()
    vault.library.add([mail("a", date=old), mail("b", date=new), mail("c", date=old, sender="Max"), note("d")])
    assert [one.title for one in vault.forgetting.choose(sender="ada", before=new)] == ["a"]
    assert {one.title for one in vault.forgetting.choose(before=new)} == {"a", "c"}


def test_nothing_asked_for_is_nothing_chosen(vault: Vault) -> None:
    vault.library.add(others(2))
    assert vault.forgetting.choose() == []


def test_it_can_be_imported_again_by_hand(vault: Vault) -> None:
    vault.library.add([SECRET])
    vault.forgetting.forget(numbers(vault))
    assert vault.library.add([SECRET]).ids == (SECRET.id(),)
