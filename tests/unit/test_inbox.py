"""Which messages are taken: a rule and a code for each way in which one can be out of place or out of time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.acknowledgement import RETRIED, Ack, Refused
from p2p.acl import AclError, Message, Performative, Protocol, SignedMessage
from p2p.contents import Cancellation, Proposal, Rejection
from p2p.inbox import (
    AHEAD_LIMIT,
    DIGESTS_PER_PEER,
    LONGEST_WAIT,
    WINDOW,
    Conversation,
    Memory,
    Verdict,
    WrongReceiver,
    WrongSender,
    judge,
    read,
    refusal_of,
)
from tests.unit.acl_fixtures import (
    ALICE,
    BOB,
    EVE,
    EVERY,
    MINUTE,
    NOW,
    cfp,
    message,
    signed,
    unhurried,
    wire,
)

BY_ALICE = Conversation(Protocol.CONTRACT_NET, frozenset({ALICE}))


def judged(
    what: Message, memory: Memory | None = None, conversation: Conversation | None = None, now: int = NOW
) -> Verdict:
    return judge(signed(what), memory or Memory(), conversation, now)


def code(verdict: Verdict) -> str:
    assert isinstance(verdict.answer, Refused)
    assert verdict.delivered is None
    return verdict.answer.code


# --- the bytes


def test_a_good_message_of_the_connections_peer_is_read() -> None:
    assert read(wire(cfp()), me=BOB, remote=ALICE) == signed(cfp())


def test_a_message_for_somebody_else_is_refused() -> None:
    with pytest.raises(WrongReceiver):
        read(wire(cfp(receiver=EVE)), me=BOB, remote=ALICE)


def test_a_message_that_another_peer_passes_on_is_refused() -> None:
    with pytest.raises(WrongSender):
        read(wire(cfp()), me=BOB, remote=EVE)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x83\x02\x00\x00", "unknown-version"),
        (b"garbage", "bad-encoding"),
        (bytes(70_000), "too-large"),
        (wire(cfp())[:-1] + b"\xff", "bad-signature"),
        (wire(cfp(receiver=EVE)), "wrong-receiver"),
        (wire(cfp(sender=EVE)), "wrong-sender"),
    ],
)
def test_whatever_is_wrong_with_the_bytes_has_an_answer_with_its_code(data: bytes, expected: str) -> None:
    with pytest.raises(AclError) as error:
        read(data, me=BOB, remote=ALICE)
    answer = refusal_of(error.value, NOW)
    assert (answer.code, answer.now) == (expected, NOW)


# --- repeated


def test_a_new_message_is_delivered_acknowledged_and_remembered() -> None:
    verdict = judged(cfp())

    assert verdict.answer == Ack(cfp().digest())
    assert verdict.delivered == signed(cfp())
    assert verdict.memory.digests == {cfp().digest(): NOW}


def test_a_repeated_message_gets_the_same_answer_and_is_not_delivered_again() -> None:
    first = judged(cfp())

    second = judged(cfp(), first.memory, BY_ALICE)

    assert second.answer == first.answer
    assert second.delivered is None
    assert second.memory is first.memory


def test_the_same_body_with_another_signature_is_the_same_message() -> None:
    first = judged(cfp())
    again = SignedMessage(cfp(), bytes(64))  # as a sender could make one that verifies, with a nonce of its own
    assert judge(again, first.memory, BY_ALICE, NOW).delivered is None


def test_a_repeated_message_is_acknowledged_even_after_its_time() -> None:
    first = judged(cfp())
    assert judged(cfp(), first.memory, BY_ALICE, NOW + LONGEST_WAIT).answer == first.answer


def test_a_refused_message_is_not_remembered() -> None:
    early = message(Performative.REJECT_PROPOSAL, Rejection("lost"))
    assert judged(early).memory == Memory()
    assert judged(early, conversation=BY_ALICE).delivered is not None


# --- reordered


def test_what_overtakes_the_opening_message_is_refused_for_now_and_taken_afterwards() -> None:
    cancel = message(Performative.CANCEL, Cancellation("person"))
    overtaking = judged(cancel)
    assert code(overtaking) == "unknown-conversation"
    assert "unknown-conversation" in RETRIED

    opened = judged(cfp(), overtaking.memory)

    assert judged(cancel, opened.memory, BY_ALICE).delivered is not None


def test_a_message_sent_earlier_than_the_last_one_is_taken() -> None:
    later = judged(cfp(sent=NOW))
    earlier = message(Performative.REJECT_PROPOSAL, Rejection("lost"), sent=NOW - MINUTE)
    assert judged(earlier, later.memory, BY_ALICE).delivered is not None


# --- clocks


def test_a_clock_a_little_ahead_is_taken() -> None:
    assert judged(cfp(sent=NOW + AHEAD_LIMIT, reply_by=NOW + 2 * AHEAD_LIMIT)).delivered is not None


def test_a_clock_too_far_ahead_is_refused_and_told_our_time() -> None:
    verdict = judged(cfp(sent=NOW + AHEAD_LIMIT + 1, reply_by=NOW + 2 * AHEAD_LIMIT))
    assert code(verdict) == "clock-ahead"
    assert isinstance(verdict.answer, Refused)
    assert verdict.answer.now == NOW


def test_a_message_as_old_as_digests_are_kept_is_taken() -> None:
    assert judged(cfp(sent=NOW - WINDOW)).delivered is not None


def test_an_older_message_is_refused() -> None:
    assert code(judged(cfp(sent=NOW - WINDOW - 1))) == "too-old"


def test_no_message_is_taken_twice_however_the_digests_expire() -> None:
    first = judged(cfp(sent=NOW, reply_by=NOW + LONGEST_WAIT))
    for later in (NOW + WINDOW, NOW + WINDOW + 1):
        tidied = first.memory.without_expired(later)
        assert judged(cfp(sent=NOW, reply_by=NOW + LONGEST_WAIT), tidied, BY_ALICE, later).delivered is None


def test_a_clock_set_back_after_tidying_lets_nothing_in_twice() -> None:
    first = judged(cfp())
    tidied = first.memory.without_expired(NOW + WINDOW + MINUTE)
    assert code(judged(cfp(), tidied, None, NOW)) == "too-old"


def test_a_clock_set_back_after_tidying_lets_none_of_several_in_twice() -> None:
    several = [replace(EVERY["request"], sent=NOW + number) for number in range(3)]
    memory = Memory()
    for one in several:
        memory = judged(one, memory).memory
    tidied = memory.without_expired(NOW + WINDOW + MINUTE)
    assert [code(judged(one, tidied)) for one in several] == ["too-old"] * 3


def test_a_clock_that_once_stood_years_ahead_closes_no_door() -> None:
    years = 20 * 365 * 24 * 60 * MINUTE
    tidied = judged(cfp()).memory.without_expired(NOW + years)
    assert judged(cfp(sent=NOW + 1), tidied).delivered is not None


# --- deadlines


def test_a_message_is_taken_in_the_last_millisecond_of_its_reply_by() -> None:
    assert judged(cfp(reply_by=NOW)).delivered is not None


def test_a_message_after_its_reply_by_is_refused() -> None:
    assert code(judged(cfp(reply_by=NOW - 1))) == "expired"


@pytest.mark.parametrize("reply_by", [NOW - 1, NOW + LONGEST_WAIT + 1])
def test_within_a_conversation_its_machine_judges_what_is_late(reply_by: int) -> None:
    proposal = message(Performative.PROPOSE, Proposal(), reply_by=reply_by)
    assert judged(proposal, conversation=BY_ALICE).delivered is not None


def test_a_reply_by_beyond_what_is_remembered_is_refused() -> None:
    assert judged(cfp(reply_by=NOW + LONGEST_WAIT)).delivered is not None
    assert code(judged(cfp(reply_by=NOW + LONGEST_WAIT + 1))) == "too-far"


# --- conversations

OPENING = {"cfp", "cfp-with-x", "request", "request-other"}


@pytest.mark.parametrize("name", sorted(EVERY))
def test_only_a_call_and_a_request_open_a_conversation(name: str) -> None:
    verdict = judged(EVERY[name])
    if name in OPENING:
        assert verdict.delivered is not None
    else:
        assert code(verdict) == "unknown-conversation"


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_peer_without_a_part_in_the_conversation_is_refused(name: str) -> None:
    others = Conversation(EVERY[name].protocol, frozenset({EVE}))
    assert code(judged(EVERY[name], conversation=others)) == "wrong-conversation"


def test_a_second_call_in_a_conversation_is_refused() -> None:
    assert code(judged(cfp(sent=NOW + 1), judged(cfp()).memory, BY_ALICE)) == "conversation-exists"


def test_a_second_request_goes_on_with_its_conversation() -> None:
    letters = Conversation(Protocol.REQUEST, frozenset({ALICE}))
    assert judged(EVERY["request"], conversation=letters).delivered is not None


def test_a_message_of_another_protocol_is_refused() -> None:
    assert code(judged(EVERY["request"], conversation=BY_ALICE)) == "wrong-protocol"


@pytest.mark.parametrize("protocol", [Protocol.CONTRACT_NET, Protocol.REQUEST])
def test_a_cancel_belongs_to_the_conversation_that_it_ends(protocol: Protocol) -> None:
    conversation = Conversation(protocol, frozenset({ALICE}))
    assert judged(EVERY["cancel"], conversation=conversation).delivered is not None


# --- bounds


def full(start: int = NOW) -> Memory:
    return Memory(-1, {number.to_bytes(32, "big"): start + number for number in range(DIGESTS_PER_PEER)})


def test_the_digests_of_a_peer_are_bounded() -> None:
    memory = full()
    for number in range(3):
        memory = memory.with_message(bytes([number]) * 32, NOW + DIGESTS_PER_PEER + number)
        assert len(memory.digests) <= DIGESTS_PER_PEER


def test_the_digests_of_a_peer_whose_clock_stands_still_are_bounded() -> None:
    memory = Memory(-1, dict.fromkeys(full().digests, NOW)).with_message(b"x" * 32, NOW)
    assert len(memory.digests) <= DIGESTS_PER_PEER


def test_what_was_forgotten_for_want_of_room_is_refused_not_taken_again() -> None:
    first = judged(cfp(sent=NOW - 1))
    crowded = Memory(-1, {**full().digests, **first.memory.digests}).with_message(b"x" * 32, NOW + MINUTE)

    assert cfp(sent=NOW - 1).digest() not in crowded.digests
    assert code(judged(cfp(sent=NOW - 1), crowded, None)) == "too-old"


def test_a_full_memory_takes_what_is_sent_now() -> None:
    crowded = full(NOW - DIGESTS_PER_PEER).with_message(b"x" * 32, NOW)
    assert judged(cfp(sent=NOW), crowded).delivered is not None


def test_a_memory_in_which_nothing_expired_stays_as_it_is() -> None:
    memory = judged(cfp()).memory
    assert memory.without_expired(NOW + WINDOW) is memory


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 5),  # which message
        st.integers(-WINDOW * 2, WINDOW * 2),  # how the clock moves before it comes
        st.booleans(),  # whether somebody tidies up first
    ),
    max_size=12,
)


@unhurried
@given(EVENTS)
def test_no_sequence_of_repeats_clock_jumps_and_tidying_delivers_a_message_twice(events: Any) -> None:
    messages = [replace(EVERY["request"], sent=NOW + n * MINUTE) for n in range(6)]
    memory, now, delivered = Memory(), NOW, []
    for which, jump, tidy in events:
        now = max(0, now + jump)
        if tidy:
            memory = memory.without_expired(now)
        verdict = judged(messages[which], memory, None, now)
        memory = verdict.memory
        if verdict.delivered is not None:
            delivered.append(which)
    assert len(delivered) == len(set(delivered))
