"""A receipt proves what two nodes said to each other, to anybody, and not a byte of it can be another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2p.acl import Message, Performative, Protocol
from p2p.canonical import encode
from p2p.content_fields import FREE
from p2p.contents import Acceptance, Agreement, CallForProposals, Cancellation, Failed, Proposal, Refusal, Result
from p2p.receipts import BadReceipt, Receipt, made, ordered, verified
from tests.unit.acl_fixtures import ALICE, ALICE_KEY, BOB, BOB_KEY, EVE, EVE_KEY, NOW, message, signed

CALL = message(Performative.CFP, CallForProposals({"max-tokens": 9}, NOW + 600_000, FREE), reply_with="a1")
OFFER = message(Performative.PROPOSE, Proposal(FREE, 1), sender=BOB, receiver=ALICE, in_reply_to="a1", reply_with="b1")
ACCEPTED = message(Performative.ACCEPT_PROPOSAL, Acceptance({"prompt": "Hi"}), in_reply_to="b1", reply_with="a2")
RESULT = message(Performative.INFORM, Result({"text": "Hello"}), sender=BOB, receiver=ALICE, in_reply_to="a2")
WHOLE = [CALL, OFFER, ACCEPTED, RESULT]


def receipt(said: list[Message] | None = None, key: bytes = ALICE_KEY, **settlement: Any) -> Receipt:
    return made([signed(one) for one in (WHOLE if said is None else said)], settlement, key)


def refusal(said: list[Message], key: bytes = ALICE_KEY) -> str:
    with pytest.raises(BadReceipt) as refused:
        receipt(said, key)
    return refused.value.code


def test_a_receipt_is_believed_by_whoever_reads_it() -> None:
    found = verified(receipt().data)
    assert (found.initiator, found.participant, found.outcome) == (ALICE, BOB, "done")


def test_both_parties_have_the_same_name_for_it() -> None:
    assert receipt(key=ALICE_KEY).name == receipt(key=BOB_KEY).name


CANCEL = message(Performative.CANCEL, Cancellation("person"), reply_with="c1")


@given(st.permutations([CALL, OFFER, ACCEPTED, RESULT, CANCEL]))
def test_words_that_crossed_have_one_order(said: list[Message]) -> None:
    """A cancel and a result that pass each other arrive in different orders at the two ends."""
    theirs = ordered([signed(one) for one in said])
    assert theirs == ordered([signed(one) for one in [CALL, OFFER, ACCEPTED, CANCEL, RESULT]])
    assert made(theirs, {}, BOB_KEY).name == made(theirs, {}, ALICE_KEY).name


def test_what_is_dated_first_stands_first_where_either_could() -> None:
    later = message(Performative.CANCEL, Cancellation("person"), reply_with="c1", sent=NOW + 1)
    said = ordered([signed(one) for one in [CALL, later, OFFER]])
    assert [one.message.performative for one in said] == ["cfp", "propose", "cancel"]


def test_an_answer_to_what_nobody_said_has_no_place() -> None:
    assert ordered([signed(CALL), signed(ACCEPTED)]) == [signed(CALL)]


def test_what_was_accepted_is_known() -> None:
    agreed = receipt().agreed
    assert agreed is not None
    assert agreed.price == FREE
    assert receipt([CALL, OFFER]).agreed is None


def test_what_settled_it_belongs_to_its_name() -> None:
    assert receipt(chain=5, job=7).name != receipt(chain=5, job=8).name


def test_the_result_has_the_digest_of_the_providers_words() -> None:
    assert receipt().result_digest == RESULT.digest()


FAILURE = message(Performative.FAILURE, Failed("error"), sender=BOB, receiver=ALICE, in_reply_to="a2")
REFUSED = message(Performative.REFUSE, Refusal("busy"), sender=BOB, receiver=ALICE, in_reply_to="a1")
CANCELLED = message(
    Performative.INFORM, Agreement(), sender=BOB, receiver=ALICE, in_reply_to="c1", protocol=Protocol.CANCEL_META
)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ([CALL, OFFER, ACCEPTED, FAILURE], "failed"),
        ([CALL, REFUSED], "refused"),
        ([CALL, OFFER, ACCEPTED], ""),
        ([CALL], ""),
    ],
    ids=["failed", "refused", "accepted", "called"],
)
def test_the_outcome_is_the_last_word_of_whoever_had_it(said: list[Message], outcome: str) -> None:
    assert receipt(said).outcome == outcome


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_byte_of_it_can_be_another(data: st.DataObject) -> None:
    whole = bytearray(receipt(chain=5).data)
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadReceipt):
        verified(bytes(whole))


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_receipt_that_was_cut_off_is_none(length: int) -> None:
    with pytest.raises(BadReceipt):
        verified(receipt().data[:length])


def test_messages_cannot_be_left_out() -> None:
    short = receipt([CALL, OFFER, ACCEPTED])
    forged = encode([1, receipt().core, ALICE, short.data[-64:]])
    with pytest.raises(BadReceipt):
        verified(forged)


REFUSAL = Refusal("busy")
ASIDE = message(Performative.REFUSE, REFUSAL, sender=EVE, receiver=ALICE, in_reply_to="a1")
ELSEWHERE = message(
    Performative.REFUSE, REFUSAL, sender=BOB, receiver=ALICE, in_reply_to="a1", conversation_id=bytes(16)
)
STRANGE = {
    "in another order": [CALL, ACCEPTED, OFFER, RESULT],
    "without the call": [OFFER, ACCEPTED, RESULT],
    "with an answer to nothing": [CALL, OFFER, RESULT],
    "with two calls": [CALL, CALL, OFFER],
    "with a word said twice": [CALL, OFFER, OFFER],
    "with a third party": [
        CALL,
        message(Performative.REFUSE, Refusal("busy"), sender=EVE, receiver=ALICE, in_reply_to="a1"),
    ],
    "of two conversations": [
        CALL,
        message(
            Performative.REFUSE,
            Refusal("busy"),
            sender=BOB,
            receiver=ALICE,
            in_reply_to="a1",
            conversation_id=bytes(16),
        ),
    ],
}


@pytest.mark.parametrize("what", sorted(STRANGE))
def test_what_is_no_conversation_of_two_has_no_receipt(what: str) -> None:
    assert refusal(STRANGE[what]) == "receipt-order"


def test_somebody_elses_receipt_is_none() -> None:
    assert refusal(WHOLE, EVE_KEY) == "receipt-signature"


def test_a_message_that_its_sender_did_not_sign_is_noticed() -> None:
    core = encode({"messages": [b"\x83\x01\x40\x40"], "links": bytes(32), "settlement": {}})
    with pytest.raises(BadReceipt) as refused:
        verified(encode([1, core, ALICE, bytes(64)]))
    assert refused.value.code == "receipt-message"


@pytest.mark.parametrize("version", [0, 2, True])
def test_another_version_is_not_guessed(version: int) -> None:
    with pytest.raises(BadReceipt) as refused:
        verified(encode([version, receipt().core, ALICE, bytes(64)]))
    assert refused.value.code == "receipt-encoding"


def test_a_task_that_was_called_off_says_so() -> None:
    said = ordered([signed(one) for one in (CALL, OFFER, ACCEPTED, CANCEL, CANCELLED)])
    assert made(said, {}, ALICE_KEY).outcome == "cancelled"
