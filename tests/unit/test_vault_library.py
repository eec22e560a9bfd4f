"""The records of a vault: what is one record and what is two, finding, reading back, forgetting."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from storage.records import Attachment, Record
from storage.vault import Vault, VaultError
from tests.unit.vault_fixtures import DAY, KEY, mail, note, path_fixture, vault_fixture  # noqa: F401


def test_a_record_comes_back_as_it_went_in(vault: Vault) -> None:
    record = mail(
        external_id="one@example.org",
        references=("zero@example.org",),
        attachments=(Attachment("café.txt", "text/plain", 12, "du texte"), Attachment("a.pdf", "application/pdf", 9)),
        folder="Inbox",
        origin="/mail/inbox#1",
        warnings=("the charset was guessed",),
    )
    (name,) = vault.library.add([record]).ids
    stored = vault.library.get(name)
    assert stored.record == record
    assert stored.id == record.id()


def test_the_original_comes_back_byte_for_byte(vault: Vault) -> None:
    raw = bytes(range(256)) * 10
    (name,) = vault.library.add([note(raw=raw)]).ids
    assert vault.library.original(name) == raw


def test_a_record_without_an_original_has_an_empty_one(vault: Vault) -> None:
    (name,) = vault.library.add([note()]).ids
    assert vault.library.original(name) == b""


def test_the_same_record_twice_is_one(vault: Vault) -> None:
    vault.library.add([mail(external_id="a@x")])
    again = vault.library.add([mail(external_id="a@x"), mail(external_id="a@x", folder="Archive")])
    assert (again.ids, again.duplicates) == ((), 2)
    assert vault.library.counts().records == 1


def test_the_same_record_twice_in_one_batch_is_one(vault: Vault) -> None:
    added = vault.library.add([note(), note()])
    assert (len(added.ids), added.duplicates) == (1, 1)


def test_the_same_message_id_with_other_content_is_another_record(vault: Vault) -> None:
    added = vault.library.add([mail(external_id="a@x"), mail(external_id="a@x", body="Something else.")])
    assert len(added.ids) == 2


def test_the_same_content_under_another_message_id_is_another_record(vault: Vault) -> None:
    assert len(vault.library.add([mail(external_id="a@x"), mail(external_id="b@x")]).ids) == 2


def test_two_records_that_share_an_id_are_both_kept(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id is 48 bits: whoever makes two mails collide must not be able to hide one behind the other."""
    monkeypatch.setattr(Record, "id", lambda self: "m0123456789ab")
    added = vault.library.add([mail(), mail(body="Other.")])
    again = vault.library.add([mail(), mail(body="Other.")])
    assert added.ids == ("m0123456789ab", "m0123456789ab-2")
    assert again.duplicates == 2
    assert vault.library.get("m0123456789ab-2").record.body == "Other."


def test_a_record_is_found_by_the_beginning_of_its_id(vault: Vault) -> None:
    (name,) = vault.library.add([note()]).ids
    assert vault.library.get(name[:4]).id == name


@pytest.mark.parametrize("name", ["", "n", "nffffffffffff", "n' OR 1=1 --", "\ud800\ud800\ud800\ud800"])
def test_an_unknown_id_is_refused(vault: Vault, name: str) -> None:
    vault.library.add([note()])
    with pytest.raises(VaultError) as caught:
        vault.library.get(name)
    assert caught.value.code == "unknown-id"


def test_a_beginning_that_two_ids_share_is_refused(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Record, "id", lambda self: "n0000" + self.body)
    vault.library.add([note(body="1"), note(body="2")])
    with pytest.raises(VaultError) as caught:
        vault.library.get("n0000")
    assert caught.value.code == "ambiguous-id"


def test_broken_characters_are_replaced_one_for_one(vault: Vault) -> None:
    (name,) = vault.library.add([note("\ud800title", "a\udfffb\x00c")]).ids
    stored = vault.library.get(name).record
    assert (stored.title, stored.body) == ("\ufffdtitle", "a\ufffdb\x00c")
    assert vault.library.add([note("\ud800title", "a\udfffb\x00c")]).duplicates == 1


def test_the_list_is_newest_first_with_the_undated_last(vault: Vault) -> None:
    vault.library.add([mail("old", date=1.0), note("undated"), mail("new", date=2 * DAY), mail("middle", date=DAY)])
    rows, total = vault.library.page()
    assert [row.title for row in rows] == ["new", "middle", "old", "undated"]
    assert total == 4


def test_the_list_comes_in_pages(vault: Vault) -> None:
    vault.library.add([mail(f"{day}", date=day * DAY) for day in range(5)])
    rows, total = vault.library.page(offset=3, limit=10)
    assert [row.title for row in rows] == ["1", "0"]
    assert total == 5


def test_the_list_shows_one_kind(vault: Vault) -> None:
    vault.library.add([mail(), note("Garden"), Record("file", "plan.txt", "dig")])
    rows, total = vault.library.page(kind="note")
    assert ([row.title for row in rows], total) == (["Garden"], 1)


@pytest.mark.parametrize("text", ["déjeuner", "DEJEUNER", "jeune elodie", "Élodie"])
def test_the_filter_ignores_case_and_accents_and_takes_words_in_any_order(vault: Vault, text: str) -> None:
    vault.library.add([mail("Le Déjeuner", sender="Élodie <e@x.fr>"), mail("Dinner")])
    rows, total = vault.library.page(text=text)
    assert ([row.title for row in rows], total) == (["Le Déjeuner"], 1)


@pytest.mark.parametrize("text", ["%", "_", "\\", "'"])
def test_the_filter_takes_wildcards_as_they_are(vault: Vault, text: str) -> None:
    vault.library.add([mail("plain"), mail(f"with {text} in it")])
    rows, _ = vault.library.page(text=text)
    assert [row.title for row in rows] == [f"with {text} in it"]


def test_counts_tell_the_kinds_apart(vault: Vault) -> None:
    vault.library.add([mail(), mail("Other"), note(), Record("file", "a", "b")])
    counts = vault.library.counts()
    assert (counts.records, counts.mails, counts.notes, counts.files, counts.threads) == (4, 2, 1, 1, 4)


def test_a_word_finds_the_chunk_that_holds_another_form_of_it(vault: Vault) -> None:
    (name,) = vault.library.add([note("Réunions", "Les réunions se tiennent le mardi, dans la grande salle.")]).ids
    ((chunk, _),) = vault.library.match('"reunion"', 5)
    (hit,) = vault.library.chunks([chunk])
    assert hit.id == name
    assert hit.text == vault.library.get(name).record.body[hit.start : hit.end]


def test_the_better_match_comes_first(vault: Vault) -> None:
    best, _ = vault.library.add(
        [note("Soup", "Leek, leek and leek again."), note("Shopping", "Bread, milk, eggs, a leek, some tea and salt.")]
    ).ids
    first, *_ = vault.library.match('"leek"', 5)
    assert vault.library.chunks([first[0]])[0].id == best


def test_no_words_match_nothing(vault: Vault) -> None:
    vault.library.add([note()])
    assert vault.library.match("", 5) == []


def test_chunks_come_in_the_order_asked_and_skip_what_is_gone(vault: Vault) -> None:
    vault.library.add([note("One", "1"), note("Two", "2"), note("Three", "3")])
    numbers = [number for number, _ in vault.vectors.pending("m", 9)]
    hits = vault.library.chunks([numbers[2], 10**9, numbers[0]])
    assert [hit.chunk for hit in hits] == [numbers[2], numbers[0]]


def long_note() -> Record:
    return note("Long", "\n\n".join(f"Paragraph {number}. " + "Words and more words. " * 30 for number in range(6)))


def test_neighbours_are_the_chunks_around_one(vault: Vault) -> None:
    (name,) = vault.library.add([long_note()]).ids
    vault.library.add([note()])
    around = [hit.chunk for hit in vault.library.record_chunks(name)]
    assert len(around) > 3
    assert [hit.chunk for hit in vault.library.neighbours(around[1])] == [around[0], around[2]]
    assert [hit.chunk for hit in vault.library.neighbours(around[0], after=2)] == around[1:3]


def test_the_chunks_of_a_thread_are_oldest_first(vault: Vault) -> None:
    ids = vault.library.add(
        [
            mail("Re: Lunch", "Late answer.", date=3 * DAY, external_id="c@x", references=("a@x",)),
            mail("Lunch", "Question.", date=1 * DAY, external_id="a@x"),
            mail("Re: Lunch", "Early answer.", date=2 * DAY, external_id="b@x", references=("a@x",)),
            mail("Other", date=2 * DAY, external_id="o@x"),
        ]
    ).ids
    assert [hit.text for hit in vault.library.thread_chunks(ids[0])] == ["Question.", "Early answer.", "Late answer."]
    thread = vault.library.thread(vault.library.get(ids[0]).thread)
    assert [entry.id for entry in thread] == [ids[1], ids[2], ids[0]]


def embed(vault: Vault) -> None:
    while found := vault.vectors.pending("m", 100):
        matrix = np.zeros((len(found), 4), np.float32)
        matrix[:, 0] = 1
        vault.vectors.store("m", [number for number, _ in found], matrix)


def test_a_forgotten_record_leaves_nothing(vault: Vault) -> None:
    kept, gone = vault.library.add([note("Kept", "A tomato."), note("Gone", "A secret pumpkin.", raw=b"raw")]).ids
    embed(vault)
    assert vault.library.delete([gone]) == 1
    assert [row.id for row in vault.library.page()[0]] == [kept]
    assert vault.library.match('"pumpkin"', 5) == []
    assert vault.vectors.count("m") == vault.library.counts().chunks == 1
    with vault._database.read() as connection:
        left = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("original", "chunk", "chunk_terms", "embedded", "thread_key")
        }
        dump = repr(connection.execute("SELECT * FROM chunk_terms_data").fetchall())
    assert left == {"original": 0, "chunk": 1, "chunk_terms": 1, "embedded": 1, "thread_key": 0}
    assert "pumpkin" not in dump
    assert "tomato" in dump  # so that the line above could fail


def test_forgetting_empties_the_journal(vault: Vault, path: Path) -> None:
    (name,) = vault.library.add([note()]).ids
    vault.library.delete([name])
    assert path.with_name("vault.db-wal").stat().st_size == 0


def test_forgetting_what_is_not_there_does_nothing(vault: Vault) -> None:
    vault.library.add([note()])
    assert vault.library.delete(["nffffffffffff"]) == 0
    assert vault.library.counts().records == 1


def test_numbers_of_the_forgotten_are_never_given_again(vault: Vault) -> None:
    (name,) = vault.library.add([note("Gone")]).ids
    ((gone, _),) = vault.vectors.pending("m", 9)
    thread = vault.library.get(name).thread
    vault.library.delete([name])
    (name,) = vault.library.add([note("New")]).ids
    ((fresh, _),) = vault.vectors.pending("m", 9)
    assert fresh > gone
    assert vault.library.get(name).thread > thread


def test_a_forgotten_record_may_be_imported_again(vault: Vault) -> None:
    (name,) = vault.library.add([note()]).ids
    vault.library.delete([name])
    assert vault.library.add([note()]).ids == (name,)


def test_failures_are_kept_with_the_last_reason_for_each_path(path: Path) -> None:
    with Vault.create(path, KEY) as vault:
        vault.library.note_failures([("a", "first"), ("b", "other")])
        vault.library.note_failures([("a", "second")])
    with Vault.open(path, KEY) as vault:
        assert {(one.path, one.reason) for one in vault.library.failures()} == {("a", "second"), ("b", "other")}
        vault.library.clear_failures()
        assert vault.library.failures() == []
