"""Taint: whatever a turn has read follows everything it makes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.taint import USER, Provenance, Taint, Tainted, Turn, address, join
from tests.unit.policy_fixtures import mail_from, provenances, taints

MAIL = mail_from("ada@example.org")


def test_what_the_person_types_is_trusted() -> None:
    turn = Turn()
    assert turn.typed("Write to Ada.").taint.untrusted == ()
    assert turn.taint.untrusted == ()


def test_what_was_read_taints_all_that_is_made_afterwards() -> None:
    turn = Turn()
    turn.read("text", MAIL)
    assert MAIL in turn.made("answer", Provenance("model")).taint.untrusted


def test_what_the_person_types_stays_trusted_in_a_turn_that_read_something() -> None:
    turn = Turn()
    turn.read("text", MAIL)
    assert turn.typed("Yes.").taint.untrusted == ()
    assert turn.taint.untrusted == (MAIL,)


def test_what_a_model_made_is_remembered_as_its_making() -> None:
    turn = Turn()
    turn.made("answer", Provenance("model"))
    assert turn.taint.untrusted == (Provenance("model"),)


def test_content_without_a_source_is_not_trusted() -> None:
    turn = Turn()
    assert turn.read("text").taint.untrusted
    assert turn.taint.untrusted


@given(st.lists(provenances, min_size=1, max_size=8))
def test_nothing_that_was_read_is_ever_unread(sources: list[Provenance]) -> None:
    turn = Turn()
    for one in sources:
        before = turn.taint
        turn.read("text", one)
        assert before.sources | {one} == turn.taint.sources


def test_a_value_made_of_several_rests_on_all_of_them() -> None:
    one, two = Tainted("a", Taint(frozenset({MAIL}))), Tainted("b", Taint(frozenset({USER})))
    assert join([one, two], "".join) == Tainted("ab", Taint(frozenset({MAIL, USER})))
    assert one.map(len) == Tainted(1, one.taint)


@given(taints)
def test_a_suspended_turn_comes_back_as_it_was(taint: Taint) -> None:
    assert Taint.from_plain(taint.to_plain()) == taint


def test_an_origin_that_is_not_known_does_not_come_back_as_trusted() -> None:
    with pytest.raises(ValueError, match="origin"):
        Taint.from_plain({"sources": [["USER", "", "", "", True]], "typed": []})


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("Ada Byron <Ada@Example.org>", "ada@example.org"),
        ("ada@example.org", "ada@example.org"),
        ('"ada@example.org" <eve@evil.example>', "eve@evil.example"),
        ("ada@example.org <eve@evil.example>", "eve@evil.example"),
        ("<ada@example.org> <eve@evil.example>", ""),
        ("ada@example.org, eve@evil.example", ""),
        ("ada@example.org>", ""),
        ("<ada@example.org", ""),
        ("ada@eve@example.org", ""),
        ("Ada", ""),
        ("", ""),
    ],
)
def test_a_sender_has_one_plain_address_or_none(sender: str, expected: str) -> None:
    assert address(sender) == expected


@pytest.mark.parametrize("text", ["See https://a.example/x.", "(https://a.example/x)", "“https://a.example/x”, no?"])
def test_an_address_that_the_person_wrote_is_named(text: str) -> None:
    assert Taint(typed=(text,)).named("https://a.example/x")


@pytest.mark.parametrize("value", ["https://a.example/", "https://a.example/xy", "a.example", ""])
def test_a_part_of_what_the_person_wrote_is_not(value: str) -> None:
    assert not Taint(typed=("See https://a.example/x now",)).named(value)
