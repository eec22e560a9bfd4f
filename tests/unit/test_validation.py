"""Doing an inference again: what has to be named, what is compared, and what is no request."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from p2p.acl import Performative
from p2p.content_fields import FREE
from p2p.contents import Acceptance, CallForProposals, Failed, Result
from p2p.receipts import Receipt
from p2p.validation import NotCheckable, checked, checks, hash_of, made, pinned, prompt_of, read, verdict
from tests.unit.acl_fixtures import ALICE, ALICE_KEY, BOB, BOB_KEY, NOW, message
from tests.unit.receipt_fixtures import OFFER, receipt

MODEL = bytes(range(32))
SPEC: dict[str, Any] = {"max-tokens": 9, "prompt-bytes": 2, "model": MODEL, "seed": 0}


def done(
    text: str = "Hello", prompt: str = "Hi", key: bytes = ALICE_KEY, engine: str = "0.3 AVX2 ab", **spec: Any
) -> Receipt:
    """The receipt of a task that was done; `spec`: what is other in it."""
    whole = {name: value for name, value in {**SPEC, **spec}.items() if value is not None}
    call = message(Performative.CFP, CallForProposals(whole, NOW + 600_000, FREE), reply_with="a1")
    accepted = message(
        Performative.ACCEPT_PROPOSAL, Acceptance({"prompt": prompt}), in_reply_to="b1", reply_with="a2", sent=NOW + 2
    )
    result = message(
        Performative.INFORM,
        Result({"text": text, "engine": engine}),
        sender=BOB,
        receiver=ALICE,
        in_reply_to="a2",
        sent=NOW + 3,
    )
    return receipt((call, OFFER, accepted, result), key)


def test_the_request_holds_digests_and_not_a_word_of_prompt_or_answer() -> None:
    file = made(checked(done("The answer", "My secret prompt")))

    assert b"secret" not in file
    assert b"answer" not in file
    assert json.loads(file)["output"] == hashlib.sha256(b"The answer").hexdigest()
    assert json.loads(file)["prompt"] == hashlib.sha256(b"My secret prompt").hexdigest()


def test_client_and_provider_make_the_same_request_of_their_receipts() -> None:
    ours, theirs = done(key=ALICE_KEY), done(key=BOB_KEY)

    assert ours.data != theirs.data
    assert hash_of(made(checked(ours))) == hash_of(made(checked(theirs)))


def test_two_tasks_that_say_the_same_are_two_requests() -> None:
    """The registry takes a hash once; the call makes them two."""
    again = done(seed=0, check=bytes(32))

    assert hash_of(made(checked(done()))) != hash_of(made(checked(again)))


def test_a_request_is_read_as_it_was_made() -> None:
    assert read(made(checked(done()))) == checked(done())


@pytest.mark.parametrize(
    "file",
    [
        b"", b"[]", b"{}", b"\xff", b"[" * 100_000, made(checked(done())) + b" ",
        made(checked(done())).replace(b"greedy", b"lively"), made(checked(done())).replace(b'"seed":0', b'"seed":"0"'),
        made(checked(done())).replace(b'"seed":0', b'"more":1,"seed":0'),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(file: bytes) -> None:
    with pytest.raises(NotCheckable) as refused:
        read(file)
    assert refused.value.code == "validation-form"


def test_the_same_answer_passes_and_any_other_fails() -> None:
    asked = checked(done("Hello"))

    assert verdict(asked, checked(done("Hello", check=b"\x07" * 32))) == 100
    assert verdict(asked, checked(done("Hello.", check=b"\x07" * 32))) == 0


@pytest.mark.parametrize(
    "other", [{"prompt": "Ho"}, {"model": bytes(32)}, {"max-tokens": 8}, {"seed": 1}, {"engine": "0.3 AVX-512 cd"}]
)
def test_another_task_is_no_check_of_this_one(other: dict[str, Any]) -> None:
    with pytest.raises(NotCheckable) as refused:
        verdict(checked(done("Hello")), checked(done("Hello", **other)))
    assert refused.value.code == "validation-other"


def test_a_task_that_named_no_model_cannot_be_done_again() -> None:
    with pytest.raises(NotCheckable) as refused:
        checked(done(model=None, seed=None))
    assert refused.value.code == "validation-pinned"


def test_a_task_without_a_result_has_nothing_to_check() -> None:
    said = done().messages
    failed = message(Performative.FAILURE, Failed("error"), sender=BOB, receiver=ALICE, in_reply_to="a2", sent=NOW + 3)
    with pytest.raises(NotCheckable) as refused:
        checked(receipt((*(one.message for one in said[:3]), failed)))
    assert refused.value.code == "validation-open"


def test_the_task_of_the_validator_names_the_request_it_checks() -> None:
    assert checks(done(check=b"\x07" * 32)) == b"\x07" * 32
    assert checks(done()) is None
    assert prompt_of(done(prompt="Hi")) == "Hi"


@pytest.mark.parametrize(
    "spec",
    [
        {"model": MODEL}, {"seed": 1}, {"model": "ab" * 32, "seed": 1}, {"model": MODEL[:31], "seed": 1},
        {"model": MODEL, "seed": True}, {"model": MODEL, "seed": -1}, {"model": MODEL, "seed": 2**32},
        {"model": MODEL, "seed": 1, "check": b"short"},
    ],
)  # fmt: skip
def test_half_of_what_is_needed_pins_nothing(spec: dict[str, Any]) -> None:
    assert not pinned(spec)
