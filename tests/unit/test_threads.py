"""Threads: which messages belong together, whatever the order of arrival."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import threads
from storage.records import Record
from storage.vault import Vault
from tests.unit.vault_fixtures import DAY, KEY, note, path_fixture, vault_fixture  # noqa: F401

ADA, MAX, EVE = "Ada <ada@x.org>", "Max <max@x.org>", "Eve <eve@x.org>"


def mail(title: str, body: str, day: float = 0, by: str = ADA, to: Sequence[str] = (MAX,), **fields: Any) -> Record:
    return Record("mail", title, body, date=day * DAY, sender=by, recipients=tuple(to), **fields)


def groups(vault: Vault, records: Sequence[Record]) -> set[frozenset[str]]:
    """The bodies, by thread, after the records arrived in this order."""
    vault.library.add(records)
    found: dict[int, set[str]] = {}
    for record in records:
        stored = vault.library.get(record.id())
        found.setdefault(stored.thread, set()).add(record.body)
    return {frozenset(bodies) for bodies in found.values()}


def one(*bodies: str) -> frozenset[str]:
    return frozenset(bodies)


QUESTION = mail("Lunch", "question", 1, external_id="q@x")
ANSWER = mail("Re: Lunch", "answer", 2, MAX, [ADA], external_id="a@x", references=("q@x",))
THANKS = mail("Re: Lunch", "thanks", 3, external_id="t@x", references=("q@x", "a@x"))


@pytest.mark.parametrize("order", list(permutations([QUESTION, ANSWER, THANKS])))
def test_references_make_one_thread_in_any_order(vault: Vault, order: Sequence[Record]) -> None:
    assert groups(vault, order) == {one("question", "answer", "thanks")}


def test_two_answers_to_a_mail_that_is_not_there_are_one_thread(vault: Vault) -> None:
    other = mail("Re: Lunch", "other", 2, EVE, [ADA], external_id="o@x", references=("q@x",))
    assert groups(vault, [ANSWER, other]) == {one("answer", "other")}


def test_a_late_mail_joins_two_threads(vault: Vault) -> None:
    left = mail("Left", "left", 1, external_id="l@x")
    right = mail("Right", "right", 1, external_id="r@x")
    assert groups(vault, [left, right]) == {one("left"), one("right")}
    bridge = mail("Both", "bridge", 2, external_id="b@x", references=("l@x", "r@x"))
    assert groups(vault, [left, right, bridge]) == {one("left", "right", "bridge")}


def test_a_thread_is_named_by_its_smallest_number(vault: Vault) -> None:
    groups(vault, [THANKS, QUESTION, ANSWER])
    assert {vault.library.get(record.id()).thread for record in (QUESTION, ANSWER, THANKS)} == {1}


def test_strangers_stay_apart(vault: Vault) -> None:
    assert groups(vault, [QUESTION, mail("Dinner", "dinner", 1, external_id="d@x"), note(body="note")]) == {
        one("question"),
        one("dinner"),
        one("note"),
    }


BARE = mail("RE : lunch", "bare", 2, MAX, [ADA], external_id="bare@x")


@pytest.mark.parametrize("order", list(permutations([QUESTION, BARE])))
def test_a_reply_without_headers_is_joined_by_its_subject(vault: Vault, order: Sequence[Record]) -> None:
    assert groups(vault, order) == {one("question", "bare")}


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("no prefix", mail("Lunch", "other", 2, MAX, [ADA])),
        ("another subject", mail("Re: Dinner", "other", 2, MAX, [ADA])),
        ("before the question", mail("Re: Lunch", "other", 0.5, MAX, [ADA])),
        ("after more than 30 days", mail("Re: Lunch", "other", 31.5, MAX, [ADA])),
        ("from somebody who never got it", mail("Re: Lunch", "other", 2, EVE, [ADA])),
        ("to somebody who never wrote it", mail("Re: Lunch", "other", 2, MAX, [EVE])),
        ("it names what it answers", mail("Re: Lunch", "other", 2, MAX, [ADA], references=("else@x",))),
        ("no date", Record("mail", "Re: Lunch", "other", sender=MAX, recipients=(ADA,))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("late", [True, False])
def test_a_subject_alone_does_not_join(vault: Vault, what: str, other: Record, late: bool) -> None:
    order = [QUESTION, other] if late else [other, QUESTION]
    assert groups(vault, order) == {one("question"), one("other")}


def test_a_forward_without_headers_is_joined_though_it_goes_to_somebody_new(vault: Vault) -> None:
    forward = mail("Fwd: Lunch", "forward", 2, MAX, [EVE])
    assert groups(vault, [forward, QUESTION]) == {one("forward", "question")}


def test_notes_with_the_title_of_a_reply_stay_apart(vault: Vault) -> None:
    assert groups(vault, [QUESTION, note("Re: Lunch", "note", date=2 * DAY)]) == {one("question"), one("note")}


def test_mails_without_a_subject_stay_apart(vault: Vault) -> None:
    assert groups(vault, [mail("", "one", 1), mail("Re:", "two", 2, MAX, [ADA])]) == {one("one"), one("two")}


def test_a_thread_stays_when_its_first_mail_is_forgotten(vault: Vault) -> None:
    groups(vault, [QUESTION, ANSWER])
    vault.library.delete([QUESTION.id()])
    assert groups(vault, [ANSWER, THANKS]) == {one("answer", "thanks")}


def test_a_header_of_thousands_of_ids_is_cut(vault: Vault) -> None:
    flood = mail("Flood", "flood", references=tuple(f"{number}@x" for number in range(5000)))
    vault.library.add([flood])
    with vault._database.read() as connection:
        assert connection.execute("SELECT count(*) FROM thread_key").fetchone()[0] <= 64
    assert threads.named(flood)[0] == "0@x"
    assert threads.named(flood)[-1] == "4999@x"


@pytest.mark.parametrize(
    ("title", "key", "reply", "forward"),
    [
        ("Lunch", "lunch", False, False),
        ("Re: Lunch", "lunch", True, False),
        ("RE : Déjeuner", "dejeuner", True, False),
        ("TR: Re[2]: Lunch", "lunch", True, True),
        ("Fwd: FW: Lunch", "lunch", False, True),
        ("Réf. du dossier", "ref. du dossier", False, False),
        ("Re:", "", True, False),
        ("Regarding: lunch", "regarding: lunch", False, False),
        ("  re:\tLunch  today ", "lunch today", True, False),
        ("", "", False, False),
    ],
)
def test_a_subject_without_its_prefixes(title: str, key: str, reply: bool, forward: bool) -> None:
    assert threads.subject(title) == threads.Subject(key, reply, forward)


NAMES = ["1@x", "2@x", "3@x", "4@x"]
PEOPLE = [ADA, MAX, EVE]


@st.composite
def mailboxes(draw: st.DrawFn) -> list[Record]:
    """Small mailboxes in which ids, subjects and people meet often."""
    made = []
    for number in range(draw(st.integers(2, 6))):
        made.append(
            mail(
                draw(st.sampled_from(["Lunch", "Re: Lunch", "Fwd: lunch", "Re: Dinner", "Dinner"])),
                f"body {number}",
                draw(st.sampled_from([0, 1, 20, 31, 45])),
                draw(st.sampled_from(PEOPLE)),
                draw(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True)),
                external_id=draw(st.sampled_from(["", *NAMES])),
                references=tuple(draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True))),
            )
        )
    return made


def related(a: Record, b: Record) -> bool:
    """The two rules of the module, for one pair, written out again."""
    if ({a.external_id, *a.references} & {b.external_id, *b.references}) - {""}:
        return True
    early, late = sorted((a, b), key=lambda record: record.date or 0)
    pairs = [(early, late), (late, early)] if early.date == late.date else [(early, late)]
    return any(_answered(first, reply) for first, reply in pairs)


def _answered(first: Record, reply: Record) -> bool:
    prefix, _, subject = reply.title.lower().rpartition(": ")
    wrote, got = {first.sender, *first.recipients}, {reply.sender, *reply.recipients}
    return (
        bool(prefix)
        and not reply.references
        and subject == first.title.lower().rpartition(": ")[2]
        and (reply.date or 0) - (first.date or 0) <= 30 * DAY
        and reply.sender in wrote
        and (prefix == "fwd" or len(wrote) == 1 or len(wrote & got) > 1)
    )


def components(records: Sequence[Record]) -> set[frozenset[str]]:
    left, found = list(records), set()
    while left:
        group = [left.pop()]
        for member in group:
            near = [record for record in left if related(member, record)]
            left = [record for record in left if record not in near]
            group += near
        found.add(frozenset(record.body for record in group))
    return found


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mailboxes(), st.randoms(use_true_random=False))
def test_threads_are_the_connected_components_in_every_order_of_arrival(records: list[Record], random: Any) -> None:
    expected = components(records)
    random.shuffle(records)
    with TemporaryDirectory() as folder, Vault.create(Path(folder) / "vault.db", KEY) as vault:
        assert groups(vault, records) == expected
