"""Sealed dumps: what was suspended goes on only as it was stored, where it belongs."""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest

from skills.outcome import Finished
from skills.sandbox import ENGINE, Sandbox
from skills.suspended import Binding, NotSealed, seal, unseal
from tests.unit.sandbox_fixtures import suspended

KEY = bytes(range(32))
BINDING = Binding(ENGINE, "a" * 64, "run-1", 1)
OTHERS = {
    "engine": replace(BINDING, engine="monty 1.3.0"),
    "skill": replace(BINDING, skill="b" * 64),
    "run": replace(BINDING, run="run-2"),
    "call": replace(BINDING, call=2),
    "parts that run together": replace(BINDING, skill="a" * 63, run="arun-1"),
}


def test_what_was_sealed_goes_on_in_another_process() -> None:
    with Sandbox() as sandbox:
        dump = suspended(sandbox, "return search('x') + 1").dump
    sealed = seal(KEY, BINDING, dump)
    with Sandbox() as sandbox:
        assert sandbox.resume(unseal(KEY, BINDING, sealed), 41) == Finished(42)


@pytest.mark.parametrize("other", OTHERS)
def test_a_seal_is_good_for_what_it_was_made_for_alone(other: str) -> None:
    sealed = seal(KEY, BINDING, b"dump")
    with pytest.raises(NotSealed) as refused:
        unseal(KEY, OTHERS[other], sealed)
    assert refused.value.code == "suspended-damaged"


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(NotSealed):
        unseal(os.urandom(32), BINDING, seal(KEY, BINDING, b"dump"))


def test_no_flipped_bit_is_taken() -> None:
    with Sandbox() as sandbox:
        sealed = seal(KEY, BINDING, suspended(sandbox, "return search('x')").dump)
    dice = random.Random(4)
    for _ in range(500):
        changed = bytearray(sealed)
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        with pytest.raises(NotSealed):
            unseal(KEY, BINDING, bytes(changed))


@pytest.mark.parametrize("cut", [0, 1, 8, 9, 40, 41, 44])
def test_what_was_cut_short_is_not_taken(cut: int) -> None:
    with pytest.raises(NotSealed):
        unseal(KEY, BINDING, seal(KEY, BINDING, b"dump")[:cut])


def test_what_was_added_to_is_not_taken() -> None:
    with pytest.raises(NotSealed):
        unseal(KEY, BINDING, seal(KEY, BINDING, b"dump") + b"!")


def test_a_dump_without_a_seal_is_not_taken() -> None:
    with pytest.raises(NotSealed):
        unseal(KEY, BINDING, b"MONTY\0" + bytes(100))


def test_another_format_is_told_apart() -> None:
    sealed = bytearray(seal(KEY, BINDING, b"dump"))
    sealed[8] = 2
    with pytest.raises(NotSealed) as refused:
        unseal(KEY, BINDING, bytes(sealed))
    assert refused.value.code == "suspended-format"


@pytest.mark.parametrize("key", [b"", b"short", bytes(31)])
def test_a_short_key_seals_nothing_and_opens_nothing(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(key, BINDING, b"dump")
    with pytest.raises(ValueError, match="32 bytes"):
        unseal(key, BINDING, seal(KEY, BINDING, b"dump"))
