"""Search finds the right passage among the first few, in a real encrypted vault."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from storage import ranking, search_rows
from storage.records import Hit, Record
from storage.search import Searcher
from storage.search_rows import Place
from storage.snippets import snippet
from storage.terms import query_terms
from storage.vault import Vault
from storage.vector_index import ExactIndex, Floats, Found, Ids
from tests.unit.index_fixtures import unit_vectors

NOW = datetime(2026, 3, 18, 15).timestamp()


def mail(body: str, day: str = "2026-01-05", sender: str = "Anna Roux <anna@example.org>", **fields: object) -> Record:
    date = datetime.fromisoformat(day).timestamp() + 12 * 3600
    known: dict[str, object] = {"kind": "mail", "title": "", "body": body, "date": date, "sender": sender}
    return Record(**(known | fields))  # type: ignore[arg-type]


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.db", os.urandom(32)) as opened:
        yield opened


def bodies(hits: Sequence[Hit]) -> list[str]:
    return [hit.text for hit in hits]


class FixedEmbedder:
    """Gives every text the vector it is told."""

    ready = True

    def __init__(self, vector: Floats) -> None:
        self._vector = vector

    def encode(self, texts: Sequence[str]) -> Floats:
        return np.stack([self._vector for _ in texts])


def test_words_are_found_in_any_form_and_language(vault: Vault) -> None:
    vault.library.add([mail("Les réunions sont annulées."), mail("The boiler was repaired.")])
    assert bodies(Searcher(vault).search("reunion annulee"))[:1] == ["Les réunions sont annulées."]


def test_a_hit_says_where_it_stands_in_the_body(vault: Vault) -> None:
    body = "> Which plumber?\nThe plumber is called Novak.\n"
    vault.library.add([mail(body)])
    (hit,) = Searcher(vault).search("plumber")
    assert body[hit.start : hit.end] == hit.text == "The plumber is called Novak."


def test_vectors_find_what_shares_no_word(vault: Vault) -> None:
    vault.library.add([mail("The physician called."), mail("Two tickets for the opera.")])
    vectors = unit_vectors(2, 8)
    index = ExactIndex()
    index.add(np.array([chunk for chunk, _ in vault.vectors.pending("m", 9)]), vectors)
    found = Searcher(vault, index, FixedEmbedder(vectors[0])).search("doctor", 1)
    assert bodies(found) == ["The physician called."]


def test_without_an_embedder_words_are_all_there_is(vault: Vault) -> None:
    vault.library.add([mail("The boiler was repaired.")])
    searcher = Searcher(vault, ExactIndex())
    assert (searcher.mode, bodies(searcher.search("boiler"))) == ("words", ["The boiler was repaired."])


class Dead(Exception):
    code = "worker-died"


class Broken(Exception):
    code = "internal"


class FailingIndex:
    count = 1

    def __init__(self, error: Exception) -> None:
        self._error = error

    def query(self, vector: Floats, k: int, allowed: Ids | None = None) -> Found:
        raise self._error


def test_a_worker_that_died_leaves_the_words(vault: Vault) -> None:
    vault.library.add([mail("The boiler was repaired.")])
    searcher = Searcher(vault, FailingIndex(Dead()), FixedEmbedder(unit_vectors(1, 8)[0]))
    assert bodies(searcher.search("boiler")) == ["The boiler was repaired."]


def test_any_other_failure_of_a_worker_is_not_hidden(vault: Vault) -> None:
    searcher = Searcher(vault, FailingIndex(Broken()), FixedEmbedder(unit_vectors(1, 8)[0]))
    with pytest.raises(Broken):
        searcher.search("boiler")


def test_an_answer_in_the_thread_is_found_with_its_question(vault: Vault) -> None:
    question = mail("When does the ferry to Corsica leave?", external_id="q@x")
    answer = mail("At half past six in the evening.", external_id="a@x", references=("q@x",))
    others = [mail(f"Note number {n} about gardens.") for n in range(20)]
    vault.library.add([question, *others, answer])
    assert bodies(Searcher(vault).search("ferry Corsica leave", 2))[1] == "At half past six in the evening."


def test_time_words_prefer_their_days(vault: Vault) -> None:
    mails = [
        mail(f"Choir rehearsal, take {n}.", day) for n, day in enumerate(["2026-01-07", "2026-03-11", "2026-02-04"])
    ]
    vault.library.add(mails)
    assert bodies(Searcher(vault).search("rehearsal last week", now=lambda: NOW))[0] == "Choir rehearsal, take 1."


def test_a_time_word_alone_brings_what_lies_in_it(vault: Vault) -> None:
    vault.library.add([mail("Choir.", "2026-01-07"), mail("Ferry.", "2026-03-11")])
    assert bodies(Searcher(vault).search("qu'est-ce qui s'est passé la semaine dernière ?", now=lambda: NOW)) == [
        "Ferry."
    ]


def test_a_senders_name_prefers_his_mail(vault: Vault) -> None:
    others = [
        mail("The rehearsal is on Friday.", sender=f"{name} <x@example.org>") for name in ("Bruno", "Chloé", "Emma")
    ]
    vault.library.add(others)
    hits = Searcher(vault).search("what did Chloe say about the rehearsal")
    assert hits[0].sender.startswith("Chloé")


def test_a_re_ranker_has_half_a_say(vault: Vault) -> None:
    bodies_of = [f"Choir rehearsal, take {n}." for n in range(3)]
    vault.library.add([mail(body) for body in bodies_of])
    wanted = Searcher(vault).search("choir rehearsal")[-1].text
    asked: list[str] = []

    def rerank(query: str, passages: Sequence[str]) -> Sequence[float]:
        asked.append(query)
        return [float(wanted in passage) for passage in passages]

    found = Searcher(vault).search("choir rehearsal after:2020", rerank=rerank)
    assert (bodies(found)[0], asked) == (wanted, ["choir rehearsal"])


def test_a_re_ranker_that_is_not_done_in_time_changes_nothing(vault: Vault) -> None:
    vault.library.add([mail(f"Choir rehearsal, take {n}.") for n in range(3)])
    plain = Searcher(vault).search("choir rehearsal")
    assert Searcher(vault).search("choir rehearsal", rerank=lambda _query, _passages: []) == plain


def test_a_multilingual_model_counts_in_full_in_french(vault: Vault) -> None:
    vault.library.add([mail("Le médecin a appelé."), mail("La réunion est annulée."), mail("Rien.")])
    vectors = unit_vectors(3, 8)
    index = ExactIndex()
    index.add(np.array([chunk for chunk, _ in vault.vectors.pending("m", 9)]), vectors)
    scores = [
        Searcher(vault, index, multilingual=known).search("qu'a dit le docteur ?", vector=vectors[0])[0].score
        for known in (False, True)
    ]
    assert scores[1] > scores[0]


def test_one_long_record_leaves_room_for_others(vault: Vault) -> None:
    long = mail(
        "The rehearsal takes place in the old church on the hill, as always. " * 80, kind="note", title="Rehearsal"
    )
    vault.library.add([long, mail("No rehearsal tonight.", title="Rehearsal")])
    hits = Searcher(vault).search("rehearsal", 4)
    assert len({hit.id for hit in hits}) == 2


@pytest.mark.parametrize("text", ["", "\0", '" OR *', "NEAR(", "😀", "a" * 100_000, '"' * 100_000, "1/1/1 " * 5000])
def test_hostile_questions_end_in_a_list(vault: Vault, text: str) -> None:
    vault.library.add([mail("The boiler was repaired.")])
    assert isinstance(Searcher(vault).search(text), list)


def test_forgotten_records_are_not_found_while_the_index_still_has_them(vault: Vault) -> None:
    added = vault.library.add([mail("The boiler was repaired."), mail("The ferry leaves.")])
    index = ExactIndex()
    vectors = unit_vectors(2, 8)
    index.add(np.array([chunk for chunk, _ in vault.vectors.pending("m", 9)]), vectors)
    vault.library.delete([added.ids[0]])
    found = Searcher(vault, index, FixedEmbedder(vectors[0])).search("boiler")
    assert "The boiler was repaired." not in bodies(found)


def test_the_same_search_gives_the_same_list(vault: Vault) -> None:
    vault.library.add([mail(f"Rehearsal of the choir, number {n}.") for n in range(40)])
    searcher = Searcher(vault)
    assert searcher.search("choir rehearsal", 20) == searcher.search("choir rehearsal", 20)


def test_a_frequent_word_is_not_ranked_beside_a_rare_one(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranking every mail that says "hello" would take longer the more there are, and say little."""
    vault.library.add([mail(f"Hello everybody, number {n}.") for n in range(30)] + [mail("Hello, the ferry leaves.")])
    monkeypatch.setattr(search_rows, "BUDGET", 20)
    with vault.read() as connection:
        assert len(search_rows.match(connection, query_terms("hello ferry"), 100)) == 1


def test_fusion_prefers_what_both_lists_have() -> None:
    assert ranking.strongest(ranking.fuse([({1: 1.0, 2: 0.9, 3: 0.8}, 1.0), ({4: 1.0, 3: 0.5}, 1.0)]), 1) == [3]


def turn(chunk: int, length: int = 80, *, asks: bool = False) -> Place:
    return Place(chunk, chunk, 1, "mail", "", None, length, asks)


def test_a_list_of_one_counts_in_full() -> None:
    assert ranking.relative([(7, 0.3)]) == {7: 1.0}


def test_a_small_lead_in_score_stays_small() -> None:
    shares = ranking.relative([(1, 10.0), (2, 9.9), (3, 1.0)], 0.0)
    assert shares[1] - shares[2] < 0.02 < shares[2] - shares[3]


def test_a_long_mail_takes_less_from_its_neighbour_than_a_short_turn() -> None:
    shared = ranking.spread({2: 1.0}, [2], [[turn(1, 2000), turn(2), turn(3)]])
    assert shared[1] < 0.5 * shared[3]


def test_what_follows_a_question_gets_more() -> None:
    shared = ranking.spread({2: 1.0}, [2], [[turn(1), turn(2, asks=True), turn(3)]])
    assert shared[3] > shared[1]


def test_a_sender_of_half_the_turns_counts_more_than_a_rare_one() -> None:
    assert ranking.by_sender(0.5) > ranking.by_sender(0.05) >= 1.0


def test_neighbours_never_pass_the_hit_they_stand_beside() -> None:
    shared = ranking.spread({1: 1.0, 2: 0.0, 3: 0.0}, [1], [[turn(1), turn(2), turn(3)]])
    assert shared[1] > shared[2] > shared[3] > 0


def test_a_snippet_shows_what_was_looked_for() -> None:
    text = "Good morning. " * 40 + "The invoices of the plumber are here. " + "Good night. " * 40
    wanted = {term for group in query_terms("invoice plumber") for term in group}
    shown = snippet(text, wanted)
    assert "invoices of the plumber" in shown
    assert len(shown) <= 250
    assert shown.startswith("…")
    assert shown.endswith("…")


def test_a_short_text_is_its_own_snippet() -> None:
    assert snippet("The boiler\nwas repaired.", {"boiler"}) == "The boiler was repaired."
