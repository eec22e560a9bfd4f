"""The one encoding of values between peers: everything else that CBOR can say is refused."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.canonical import DEPTH_LIMIT, ITEM_LIMIT, BadEncoding, Value, decode, encode, leading_integer
from tests.unit.acl_fixtures import unhurried

SCALARS = st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.binary(max_size=40) | st.text(max_size=40)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=30), inner, max_size=4)
)


@unhurried
@given(VALUES)
def test_every_value_comes_back_as_it_was(value: Value) -> None:
    assert decode(encode(value)) == value


@unhurried
@given(VALUES)
def test_a_general_encoder_in_canonical_mode_gives_the_same_bytes(value: Value) -> None:
    assert encode(value) == cbor2.dumps(value, canonical=True)


@unhurried
@given(st.binary(max_size=60))
def test_whatever_bytes_are_taken_are_the_one_encoding_of_their_value(data: bytes) -> None:
    try:
        value = decode(data)
    except BadEncoding:
        return
    assert encode(value) == data


@unhurried
@given(VALUES, st.data())
def test_a_changed_byte_gives_another_value_or_none(value: Value, data: st.DataObject) -> None:
    encoded = bytearray(encode(value))
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] ^= data.draw(st.integers(1, 255))
    try:
        changed = decode(bytes(encoded))
    except BadEncoding:
        return
    assert encode(changed) == bytes(encoded) != encode(value)


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("nothing at all", ""),
        ("something after the value", "0000"),
        ("a number of two bytes that fits into one", "1817"),
        ("a number of three bytes that fits into two", "1900ff"),
        ("a number of five bytes that fits into three", "1a0000ffff"),
        ("a number of nine bytes that fits into five", "1b00000000ffffffff"),
        ("a negative number longer than necessary", "3800"),
        ("a byte string with a longer length than necessary", "580161"),
        ("a text with a longer length than necessary", "780161"),
        ("an array with a longer length than necessary", "980100"),
        ("a map with a longer length than necessary", "b801616100"),
        ("a key with a longer length than necessary", "a178016100"),
        ("a byte string without a length", "5f4101ff"),
        ("a text without a length", "7f6161ff"),
        ("an array without a length", "9f01ff"),
        ("a map without a length", "bf616100ff"),
        ("a break alone", "ff"),
        ("keys out of order", "a2616200616100"),
        ("a longer key before a shorter one", "a262616100616200"),
        ("the same key twice", "a2616100616101"),
        ("a key that is a number", "a10000"),
        ("a key that is bytes", "a1416100"),
        ("a half-precision float", "f93c00"),
        ("a single-precision float", "fa3f800000"),
        ("a double-precision float", "fb3ff0000000000000"),
        ("undefined", "f7"),
        ("a simple value nobody assigned", "e0"),
        ("a simple value of two bytes", "f8ff"),
        ("false in two bytes", "f814"),
        ("a date", "c000"),
        ("a large number as a tag", "c24101"),
        ("a shared reference", "d81c80"),
        ("a reserved head", "1c"),
        ("the integer 2^53", "1b0020000000000000"),
        ("the integer -2^53", "3b001fffffffffffff"),
        ("the largest integer", "1bffffffffffffffff"),
        ("a text that is not UTF-8", "61ff"),
        ("a text with half a surrogate pair", "63eda080"),
        ("a text with an overlong slash", "62c0af"),
        ("a text that ends early", "6261"),
        ("an array that ends early", "8200"),
        ("an array of more items than there are bytes", "9affffffff00"),
        ("a map that ends early", "a16161"),
    ],
)
def test_no_other_form_is_taken(what: str, data: str) -> None:
    with pytest.raises(BadEncoding):
        decode(bytes.fromhex(data))


@pytest.mark.parametrize("number", [0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53 - 1])
def test_numbers_at_the_edges_of_their_lengths_come_back(number: int) -> None:
    assert decode(encode([number, -1 - number if number < 2**53 - 1 else -number])) is not None
    assert decode(encode(number)) == number


@pytest.mark.parametrize("value", [1.0, 2**53, -(2**53), (1, 2), {1: 2}, {"a": object()}, "\ud800", {"\ud800": 1}])
def test_a_value_without_an_encoding_is_not_encoded(value: Any) -> None:
    with pytest.raises(BadEncoding):
        encode(value)


def nested(depth: int, kind: type[list[Value]] | type[dict[str, Value]]) -> Value:
    value: Value = 0
    for _ in range(depth):
        value = [value] if kind is list else {"a": value}
    return value


@pytest.mark.parametrize("kind", [list, dict])
def test_values_as_deep_as_allowed_come_back(kind: Any) -> None:
    assert decode(encode(nested(DEPTH_LIMIT, kind))) == nested(DEPTH_LIMIT, kind)


@pytest.mark.parametrize("kind", [list, dict])
def test_deeper_values_are_neither_made_nor_taken(kind: Any) -> None:
    deeper = nested(DEPTH_LIMIT + 1, kind)
    with pytest.raises(BadEncoding):
        encode(deeper)
    with pytest.raises(BadEncoding):
        decode(cbor2.dumps(deeper))


def test_sixty_thousand_open_arrays_are_refused_without_recursion() -> None:
    with pytest.raises(BadEncoding):
        decode(b"\x81" * 60_000)


def test_as_many_values_as_allowed_come_back() -> None:
    value: Value = [0] * (ITEM_LIMIT - 1)
    assert decode(encode(value)) == value


@pytest.mark.parametrize("value", [[0] * ITEM_LIMIT, {f"{n:04}": 0 for n in range(ITEM_LIMIT // 2)}])
def test_more_values_are_neither_made_nor_taken(value: Value) -> None:
    with pytest.raises(BadEncoding):
        encode(value)
    with pytest.raises(BadEncoding):
        decode(cbor2.dumps(value, canonical=True))


@pytest.mark.parametrize(
    ("data", "number"),
    [("8101", 1), ("83186440", 100), ("80", None), ("01", None), ("8120", None), ("811801", None), ("", None)],
)
def test_the_version_is_read_before_anything_else(data: str, number: int | None) -> None:
    assert leading_integer(bytes.fromhex(data)) == number
