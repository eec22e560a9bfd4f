"""The answer to a message: taken, or not and why; one encoding each, and never longer than it must be."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.acknowledgement import (
    ACKNOWLEDGEMENT_LIMIT,
    CODES,
    DETAIL_LIMIT,
    RETRIED,
    Ack,
    Refused,
    answer_from_bytes,
    answer_to_bytes,
)
from p2p.acl import AclError, BadField, BadMessage, TooLarge, UnknownVersion
from tests.unit.acl_fixtures import DIGEST, NOW, unhurried

REFUSED = Refused("clock-ahead", "The message was sent in the future by our clock.", NOW)


@pytest.mark.parametrize("answer", [Ack(DIGEST), REFUSED, Refused("a", "", 0)])
def test_an_answer_comes_back_as_it_was(answer: Ack | Refused) -> None:
    assert answer_from_bytes(answer_to_bytes(answer)) == answer


def test_a_general_encoder_in_canonical_mode_gives_the_same_bytes() -> None:
    assert answer_to_bytes(Ack(DIGEST)) == cbor2.dumps([1, "ack", DIGEST], canonical=True)
    assert answer_to_bytes(REFUSED) == cbor2.dumps(
        [1, "refused", REFUSED.code, REFUSED.detail, REFUSED.now], canonical=True
    )


@pytest.mark.parametrize("character", ["a", "😀"])
def test_the_longest_refusal_is_within_the_limit(character: str) -> None:
    longest = answer_to_bytes(Refused("a" * 32, character * DETAIL_LIMIT, 2**53 - 1))
    assert len(longest) <= ACKNOWLEDGEMENT_LIMIT
    assert isinstance(answer_from_bytes(longest), Refused)


def test_a_longer_answer_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        answer_from_bytes(bytes(ACKNOWLEDGEMENT_LIMIT + 1))


def test_an_answer_of_another_version_is_told_as_such() -> None:
    with pytest.raises(UnknownVersion):
        answer_from_bytes(cbor2.dumps([2, "perhaps"]))


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [1],
        {},
        "ack",
        [True, "ack", DIGEST],
        [1, "nack", DIGEST],
        [1, "ack"],
        [1, "ack", DIGEST, 0],
        [1, "ack", DIGEST.hex()],
        [1, "refused", "busy", ""],
        [1, "refused", "busy", "", NOW, 0],
        [1, "refused", "busy", None, NOW],
        [1, "refused", b"busy", "", NOW],
    ],
)
def test_what_is_no_answer_is_refused(fields: Any) -> None:
    with pytest.raises(BadMessage):
        answer_from_bytes(cbor2.dumps(fields))


@pytest.mark.parametrize(
    "fields",
    [
        [1, "ack", DIGEST[:-1]],
        [1, "refused", "Busy", "", NOW],
        [1, "refused", "", "", NOW],
        [1, "refused", "a" * 33, "", NOW],
        [1, "refused", "busy", "a" * (DETAIL_LIMIT + 1), NOW],
        [1, "refused", "busy", "", -1],
        [1, "refused", "busy", "", True],
    ],
)
def test_an_answer_with_a_field_out_of_range_is_refused(fields: Any) -> None:
    with pytest.raises(BadField):
        answer_from_bytes(cbor2.dumps(fields))


def test_an_answer_in_another_encoding_is_refused() -> None:
    with pytest.raises(BadMessage):
        answer_from_bytes(b"\x9f" + answer_to_bytes(Ack(DIGEST))[1:] + b"\xff")


def test_a_detail_with_half_a_character_is_not_sent() -> None:
    with pytest.raises(BadMessage):
        answer_to_bytes(Refused("busy", "\ud800", NOW))


@unhurried
@given(st.binary(max_size=100))
def test_any_bytes_are_read_strictly_or_refused(data: bytes) -> None:
    try:
        answer = answer_from_bytes(data)
    except AclError:
        return
    assert answer_to_bytes(answer) == data


def test_what_is_sent_again_later_is_known() -> None:
    assert {code for code in CODES if Refused(code, "", NOW).retried} == RETRIED


def test_an_unknown_code_is_a_refusal_for_good() -> None:
    assert not Refused("on-strike", "", NOW).retried
