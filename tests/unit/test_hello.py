"""The first words between two nodes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.acl import AclError, BadField, BadMessage, TooLarge, UnknownVersion
from p2p.hello import HELLO_LIMIT, NAME_LIMIT, Hello, WrongBinding
from p2p.keyholder import KeyHolder, PeerBinding
from tests.unit.acl_fixtures import ALICE, BOB, NOW, unhurried

BINDING = KeyHolder(bytes(range(32))).sign(PeerBinding(ALICE, NOW // 1000))
PLAIN = Hello(BINDING, NOW)
WHOLE = Hello(BINDING, NOW, (1, 2), "Aïcha", bytes(16))


def fields(**changes: Any) -> bytes:
    said: dict[str, Any] = cbor2.loads(WHOLE.to_bytes())[1]
    return cbor2.dumps([1, {**said, **changes}], canonical=True)


@pytest.mark.parametrize("hello", [PLAIN, WHOLE])
def test_a_hello_comes_back_as_it_was(hello: Hello) -> None:
    assert Hello.from_bytes(hello.to_bytes(), ALICE) == hello


def test_a_general_encoder_in_canonical_mode_gives_the_same_bytes() -> None:
    assert fields() == WHOLE.to_bytes()


@pytest.mark.parametrize(
    "answer", [PLAIN, WHOLE, Hello(BINDING, NOW, tuple(range(1, 17)), "😀" * NAME_LIMIT, bytes(16))]
)
def test_the_longest_hello_is_within_its_limit(answer: Hello) -> None:
    assert Hello.from_bytes(answer.to_bytes(), ALICE) == answer


def test_somebody_elses_binding_is_not_believed() -> None:
    with pytest.raises(WrongBinding):
        Hello.from_bytes(PLAIN.to_bytes(), BOB)


def test_a_binding_that_nobody_signed_is_not_believed() -> None:
    forged = replace(BINDING, created=BINDING.created + 1)
    with pytest.raises(WrongBinding):
        Hello.from_bytes(replace(PLAIN, binding=forged).to_bytes(), ALICE)


def test_a_hello_of_another_version_is_told_as_such() -> None:
    with pytest.raises(UnknownVersion):
        Hello.from_bytes(cbor2.dumps([2, "bonjour"]), ALICE)


def test_a_longer_hello_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        Hello.from_bytes(bytes(HELLO_LIMIT + 1), ALICE)


@pytest.mark.parametrize(
    "changes",
    [
        {"now": -1},
        {"now": True},
        {"versions": []},
        {"versions": [2, 1]},
        {"versions": [1, 1]},
        {"versions": [0]},
        {"versions": [True]},
        {"versions": ["1"]},
        {"versions": list(range(1, 18))},
        {"name": "a" * (NAME_LIMIT + 1)},
        {"name": None},
        {"name": b"Bob"},
        {"invite": bytes(15)},
        {"invite": "secret"},
        {"more": 1},
    ],
)
def test_a_field_out_of_range_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadField):
        Hello.from_bytes(fields(**changes), ALICE)


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"invite": None}, {"binding": None}, {"versions": 1}, {"now": "now"}]
)
def test_a_hello_in_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadMessage):
        Hello.from_bytes(fields(**changes), ALICE)


def test_the_secret_of_an_invite_is_not_shown() -> None:
    assert "secret" not in repr(replace(WHOLE, invite=b"the secret bytes"))


@unhurried
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_a_code(data: bytes) -> None:
    with pytest.raises(AclError):
        Hello.from_bytes(data, ALICE)


@unhurried
@given(st.integers(0, len(WHOLE.to_bytes()) - 1), st.integers(1, 255))
def test_a_changed_byte_never_raises_anything_else(place: int, change: int) -> None:
    broken = bytearray(WHOLE.to_bytes())
    broken[place] ^= change
    try:
        hello = Hello.from_bytes(bytes(broken), ALICE)
    except AclError:
        return
    assert hello.to_bytes() == bytes(broken)
