"""Notes at a meeting point: two contacts find each other's, and nobody else makes or reads one."""

from __future__ import annotations

from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from p2p import meeting
from p2p.canonical import encode
from p2p.identity import peer_id_of
from p2p.meeting import (
    AT_ONCE,
    KEPT,
    NAME_BYTES,
    NOTE_BYTES,
    SKEW,
    BadNote,
    BadRequest,
    Find,
    Forget,
    Keep,
    day_of,
    days_to_ask,
    name_of,
    read_found,
    read_kept,
    read_request,
    request_bytes,
    seal,
    shared_secret,
    unseal,
)
from p2p.meeting_point import ALL, EACH, MeetingPoint
from tests.unit.swarm_fixtures import VALUES

NOW = 1_800_000_000.0
ADDRESSES = ("/ip4/192.0.2.7/tcp/4001", "/ip4/192.0.2.7/udp/4001/quic-v1")


def peer(number: int) -> tuple[bytes, str]:
    """A seed and the peer id that follows from it."""
    seed = bytes([number]) * 32
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return seed, peer_id_of(public.public_bytes(Encoding.Raw, PublicFormat.Raw))


ADA, BEN, EVE = peer(1), peer(2), peer(3)
SHARED = shared_secret(ADA[0], ADA[1], BEN[1])
NAME = name_of(SHARED, ADA[1], day_of(NOW))


# What two contacts share


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_two_contacts_compute_the_same_secret(one: bytes, other: bytes) -> None:
    ids = [
        peer_id_of(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        for seed in (one, other)
    ]
    assert shared_secret(one, *ids) == shared_secret(other, *reversed(ids))


def test_a_third_peer_computes_another_secret() -> None:
    assert SHARED not in (shared_secret(EVE[0], EVE[1], ADA[1]), shared_secret(EVE[0], EVE[1], BEN[1]))


def test_the_secret_of_two_known_keys_stays_what_it_is() -> None:
    assert SHARED.hex() == "8b44a5896a06f295b099e143af1271bafc3a8a29b989857445a0ee5866753474"


@pytest.mark.parametrize("low", [bytes([1]) + bytes(31), bytes(32), b"\xec" + b"\xff" * 30 + b"\x7f"])
def test_of_a_key_that_gives_every_secret_away_none_is_made(low: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        shared_secret(ADA[0], ADA[1], peer_id_of(low))


def test_a_name_is_another_one_the_next_day_and_in_the_other_direction() -> None:
    names = {name_of(SHARED, who, day) for who in (ADA[1], BEN[1]) for day in (1, 2)}
    assert len(names) == 4
    assert {len(name) for name in names} == {NAME_BYTES}


def test_a_note_is_read_by_the_one_it_is_for() -> None:
    note = seal(SHARED, ADA[1], NAME, NOW, ADDRESSES)
    theirs = shared_secret(BEN[0], BEN[1], ADA[1])
    assert unseal(theirs, ADA[1], NAME, NOW + 60, note) == (NOW, ADDRESSES)


def test_every_note_has_the_same_length() -> None:
    many = [f"/ip4/192.0.2.{number}/tcp/4001" for number in range(8)]
    long = ["/dns4/" + "a" * 180 + f"/tcp/{number}" for number in range(8)]
    notes = [seal(SHARED, ADA[1], NAME, NOW, addresses) for addresses in ((), ADDRESSES, many, long)]
    assert {len(note) for note in notes} == {NOTE_BYTES}
    assert len(unseal(SHARED, ADA[1], NAME, NOW, notes[3])[1]) == 5


@given(st.integers(0, NOTE_BYTES - 1), st.integers(1, 255))
def test_a_note_with_one_byte_changed_is_refused(place: int, change: int) -> None:
    note = bytearray(seal(SHARED, ADA[1], NAME, NOW, ADDRESSES))
    note[place] ^= change
    with pytest.raises(BadNote):
        unseal(SHARED, ADA[1], NAME, NOW, bytes(note))


@pytest.mark.parametrize("length", [0, 11, 12, 28, NOTE_BYTES - 1])
def test_what_is_too_short_is_no_note(length: int) -> None:
    with pytest.raises(BadNote):
        unseal(SHARED, ADA[1], NAME, NOW, bytes(length))


def test_a_note_under_another_name_is_refused() -> None:
    note = seal(SHARED, ADA[1], NAME, NOW, ADDRESSES)
    with pytest.raises(BadNote):
        unseal(SHARED, ADA[1], name_of(SHARED, ADA[1], day_of(NOW) + 1), NOW, note)


def test_ones_own_note_does_not_come_back_as_the_others() -> None:
    with pytest.raises(BadNote):
        unseal(SHARED, BEN[1], NAME, NOW, seal(SHARED, ADA[1], NAME, NOW, ADDRESSES))


def test_a_note_of_a_third_peer_is_refused() -> None:
    forged = seal(shared_secret(EVE[0], EVE[1], BEN[1]), ADA[1], NAME, NOW, ADDRESSES)
    with pytest.raises(BadNote):
        unseal(SHARED, ADA[1], NAME, NOW, forged)


@pytest.mark.parametrize("later", [-SKEW - 1, KEPT + SKEW + 1])
def test_a_note_of_another_time_is_refused(later: float) -> None:
    note = seal(SHARED, ADA[1], NAME, NOW, ADDRESSES)
    with pytest.raises(BadNote):
        unseal(SHARED, ADA[1], NAME, NOW + later, note)


def test_whatever_the_hour_the_name_of_a_note_that_is_kept_is_asked_for() -> None:
    for asked in range(int(NOW), int(NOW) + 86_400, 60):
        for age in (0, KEPT // 2, KEPT):
            for skew in (-SKEW, 0, SKEW):
                assert day_of(asked - age + skew) in days_to_ask(asked)


# What is said to a point


@pytest.mark.parametrize("request_", [Keep(((NAME, bytes(NOTE_BYTES)),)), Find((NAME, bytes(16))), Forget()])
def test_a_request_is_read_as_it_was_written(request_: meeting.Request) -> None:
    assert read_request(request_bytes(request_)) == request_


def test_the_largest_request_and_answer_fit_in_a_frame() -> None:
    notes = [bytes(NOTE_BYTES)] * AT_ONCE
    assert len(request_bytes(Keep(tuple((bytes(16), note) for note in notes)))) <= 65_536
    assert len(meeting.found_bytes(notes)) <= 65_536


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([2, "find", [NAME]], "unknown-version"),
        ([1, "find", []], "bad-field"),
        ([1, "find", [NAME] * (AT_ONCE + 1)], "bad-field"),
        ([1, "find", [NAME[:-1]]], "bad-field"),
        ([1, "find", ["a name"]], "bad-field"),
        ([1, "keep", [[NAME, bytes(NOTE_BYTES + 1)]]], "bad-field"),
        ([1, "keep", [[NAME, bytes(NOTE_BYTES), 0]]], "bad-field"),
        ([1, "keep", [[NAME, bytes(NOTE_BYTES)]] * (AT_ONCE + 1)], "bad-field"),
        ([1, "take"], "bad-field"),
        ([1, "forget", 1], "bad-field"),
        ({}, "bad-field"),
    ],
)
def test_a_request_that_is_none_is_refused_with_its_reason(said: object, code: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read_request(encode(said))  # type: ignore[arg-type]
    assert caught.value.code == code


@given(VALUES | st.binary(max_size=40))
def test_no_bytes_break_the_reader(said: object) -> None:
    data = said if isinstance(said, bytes) else encode(said)  # type: ignore[arg-type]
    for reader in (read_request, read_kept, lambda one: read_found(one, 1)):
        with suppress(BadRequest):
            reader(data)


@pytest.mark.parametrize("said", [[1, []], [1, [None, None]], [1, [bytes(5)]], [2, [None]], [1, None]])
def test_an_answer_with_other_notes_than_asked_for_is_refused(said: object) -> None:
    with pytest.raises(BadRequest):
        read_found(encode(said), 1)  # type: ignore[arg-type]


# The point


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def note(number: int) -> bytes:
    return number.to_bytes(4, "big") * (NOTE_BYTES // 4)


def name(number: int) -> bytes:
    return number.to_bytes(NAME_BYTES, "big")


def everybody(_: str) -> bool:
    return True


def keep(point: MeetingPoint, who: str, *numbers: int) -> int:
    """How many of these notes are kept."""
    kept = 0
    for start in range(0, len(numbers), AT_ONCE):
        notes = tuple((name(number), note(number)) for number in numbers[start : start + AT_ONCE])
        kept += read_kept(point.answer(who, request_bytes(Keep(notes)), everybody))
    return kept


def find(point: MeetingPoint, *numbers: int) -> tuple[bytes | None, ...]:
    names = tuple(name(number) for number in numbers)
    return read_found(point.answer("asker", request_bytes(Find(names)), everybody), len(names))


def test_a_note_that_was_left_is_found_by_its_name() -> None:
    point = MeetingPoint(Clock())
    assert keep(point, "ada", 1, 2) == 2
    assert find(point, 2, 3, 1) == (note(2), None, note(1))


def test_a_note_is_gone_when_its_time_is_over() -> None:
    clock = Clock()
    point = MeetingPoint(clock)
    keep(point, "ada", 1)
    clock.now = KEPT + 1
    assert find(point, 1) == (None,)


def test_nobody_takes_the_place_of_anothers_note() -> None:
    point = MeetingPoint(Clock())
    keep(point, "ada", 1)
    notes = ((name(1), note(9)),)
    assert read_kept(point.answer("eve", request_bytes(Keep(notes)), everybody)) == 0
    assert find(point, 1) == (note(1),)


def test_whoever_left_a_note_may_leave_a_newer_one() -> None:
    point = MeetingPoint(Clock())
    keep(point, "ada", 1)
    point.answer("ada", request_bytes(Keep(((name(1), note(9)),))), everybody)
    assert find(point, 1) == (note(9),)


def test_a_contact_leaves_a_bounded_number_of_notes() -> None:
    point = MeetingPoint(Clock())
    assert keep(point, "ada", *range(EACH + 10)) == EACH
    assert keep(point, "ben", 100_000) == 1


def test_a_note_that_is_left_again_counts_once() -> None:
    point = MeetingPoint(Clock())
    for other in (2, 3):  # twice: counting anew when all is full comes once in a while
        for _ in range(EACH + 1):
            assert keep(point, "ada", 1) == 1
        assert keep(point, "ada", other) == 1


def test_all_contacts_together_leave_a_bounded_number_of_notes() -> None:
    point = MeetingPoint(Clock())
    for author in range(ALL // EACH + 2):
        keep(point, f"peer{author}", *range(author * EACH, (author + 1) * EACH))
    assert len(point) == ALL


def test_old_notes_make_room_for_new_ones() -> None:
    clock = Clock()
    point = MeetingPoint(clock)
    keep(point, "ada", *range(EACH))
    clock.now = KEPT + 1
    assert keep(point, "ada", *range(1000, 1000 + EACH)) == EACH
    assert len(point) == EACH


def test_forgetting_takes_ones_own_notes_away_and_no_others() -> None:
    point = MeetingPoint(Clock())
    keep(point, "ada", 1)
    keep(point, "ben", 2)
    point.answer("ada", request_bytes(Forget()), everybody)
    assert find(point, 1, 2) == (None, note(2))


def test_notes_of_who_is_no_contact_any_more_are_not_handed_out() -> None:
    point = MeetingPoint(Clock())
    keep(point, "ada", 1)
    answer = point.answer("ben", request_bytes(Find((name(1),))), lambda peer_id: peer_id != "ada")
    assert read_found(answer, 1) == (None,)
