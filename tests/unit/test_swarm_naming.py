"""What a peer that names itself is called here: two people are never shown under names that look alike."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.swarm.naming import likeness, told_apart, visible
from storage.peers import MAX_NAME, Peer

FRIEND, OTHER = "12D3KooWFriendFriendQWERTY", "12D3KooWOtherOtherASDFGH"


def known(*names: str) -> list[Peer]:
    return [
        Peer(FRIEND if not number else f"{FRIEND}{number}", name, "contact", "", False, 0.0, None, "", None, ())
        for number, name in enumerate(names)
    ]


@pytest.mark.parametrize(
    "claimed",
    [
        "Bob",
        "BOB",
        " Bob ",
        "B\u200bob",  # a space without width
        "\u202eBob",  # what follows is turned around
        "Bob\x00",
        "Bob\u3164",  # a letter without a shape
        "В\u043eb",  # Cyrillic Ve and o
        "Β\u03bfb",  # Greek Beta and omicron
        "B0b",
        "\U0001d401\U0001d428\U0001d41b",  # mathematical bold
        "Ｂｏｂ",  # of full width
        "Bo\u0301b",
        "B.o.b",
    ],
)
def test_who_calls_themselves_nearly_as_a_friend_does_is_told_from_the_friend(claimed: str) -> None:
    assert told_apart(claimed, OTHER, known("Bob")).endswith(" (2)")


@pytest.mark.parametrize("claimed", ["Rob", "Bobby", "Ob", "波布"])
def test_another_name_is_taken_as_it_is(claimed: str) -> None:
    assert told_apart(claimed, OTHER, known("Bob")) == claimed


@pytest.mark.parametrize(("one", "other"), [("Torn", "Tom"), ("BiII", "Bill"), ("vvendy", "wendy"), ("l0", "IO")])
def test_letters_that_make_another_together_are_seen(one: str, other: str) -> None:
    assert likeness(one) == likeness(other)


def test_the_third_of_a_name_is_the_third() -> None:
    assert told_apart("Bob", OTHER, known("Bob", "bob (2)")) == "Bob (3)"


def test_a_peer_keeps_its_own_name() -> None:
    assert told_apart("Bob", FRIEND, known("Bob")) == "Bob"


def test_a_name_that_is_the_end_of_anothers_peer_id_is_not_taken() -> None:
    """By it a person may name the other: `--to QWERTY`."""
    assert told_apart("qwerty", OTHER, known("Bob")) == "qwerty (2)"


@pytest.mark.parametrize("claimed", ["", "  ", "\u200b\u202e\x00", "\u3164"])
def test_who_says_no_name_is_called_by_the_end_of_the_peer_id(claimed: str) -> None:
    assert told_apart(claimed, OTHER, known("Bob")) == "? ASDFGH"


@pytest.mark.parametrize(
    ("claimed", "shown"),
    [("Bob\x1b[2J", "Bob [2J"), ("a\nb", "a b"), ("\u202egnp.exe", "gnp.exe"), ("\ud800x", "x"), ("x\u2028y", "x y")],
)
def test_nothing_that_a_screen_would_obey_is_left_in_a_name(claimed: str, shown: str) -> None:
    assert visible(claimed) == shown


@given(st.text(max_size=200), st.lists(st.text(max_size=90), max_size=3))
def test_any_name_comes_out_visible_short_and_nobody_elses(claimed: str, others: list[str]) -> None:
    found = told_apart(claimed, OTHER, known(*others))
    assert 0 < len(found) <= MAX_NAME
    assert not any(unicodedata.category(character)[0] == "C" for character in found)
    assert likeness(found) not in {likeness(other) for other in others}
