"""The contents of messages: one strict form for each performative, with room for what comes later under `x` alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.acl import BadField, Performative, Protocol, SignedMessage
from p2p.canonical import Value
from p2p.content_fields import AMOUNT_LIMIT, FREE, SENTENCE_LIMIT, Price
from p2p.contents import (
    DIGESTS_LIMIT,
    CallForProposals,
    Content,
    Disclosure,
    Done,
    Failed,
    NotUnderstood,
    Proposal,
    Refusal,
    Request,
    Result,
    content_of,
)
from p2p.letters import LETTER_LIMIT, LETTER_ONTOLOGY, Author, Letter
from tests.unit.acl_fixtures import CALL, DIGEST, EVERY, NOW, X, cfp, message, signed, unhurried


@pytest.mark.parametrize("name", EVERY)
def test_every_content_comes_back_from_its_message_as_the_same_bytes(name: str) -> None:
    read = SignedMessage.from_bytes(signed(EVERY[name]).to_bytes()).message
    assert content_of(read).to_map() == EVERY[name].content


@pytest.mark.parametrize("name", EVERY)
def test_an_unknown_field_is_refused(name: str) -> None:
    grown = replace(EVERY[name], content={**EVERY[name].content, "more": 1})
    with pytest.raises(BadField):
        content_of(grown)


@pytest.mark.parametrize("name", EVERY)
def test_what_lies_under_x_is_passed_over_and_kept(name: str) -> None:
    grown = replace(EVERY[name], content={**EVERY[name].content, "x": X})
    assert content_of(grown).x == X
    assert content_of(grown).to_map() == grown.content


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("x", [{}, None, [], "x", 1])
def test_an_x_that_is_empty_or_no_map_is_refused(name: str, x: Any) -> None:
    with pytest.raises(BadField):
        content_of(replace(EVERY[name], content={**EVERY[name].content, "x": x}))


REQUIRED = [
    (name, key)
    for name, what in EVERY.items()
    for key in what.content
    if key not in ("x", "sentence", "digests", "digest", "input")
]


@pytest.mark.parametrize(("name", "key"), REQUIRED)
def test_a_field_that_is_absent_is_refused(name: str, key: str) -> None:
    content = {other: value for other, value in EVERY[name].content.items() if other != key}
    with pytest.raises(BadField):
        content_of(replace(EVERY[name], content=content))


@pytest.mark.parametrize(("name", "key"), [pair for pair in REQUIRED if pair[1] != "result"])
@pytest.mark.parametrize("value", [None, True, -1, "\n", b"", [], 2**53 - 1])
def test_a_field_of_another_type_is_refused(name: str, key: str, value: Any) -> None:
    if key == "result-by" and value == 2**53 - 1:
        return
    if key == "eta" and value == 2**53 - 1:
        return
    with pytest.raises(BadField):
        content_of(replace(EVERY[name], content={**EVERY[name].content, key: value}))


FUZZ = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.binary(max_size=33) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@unhurried
@given(st.sampled_from(sorted(EVERY)), st.data())
def test_any_value_in_any_field_is_read_strictly_or_refused(name: str, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from([*EVERY[name].content, "x", "sentence", "digests", "inform"]))
    changed = replace(EVERY[name], content={**EVERY[name].content, key: data.draw(FUZZ)})
    try:
        content = content_of(changed)
    except BadField:
        return
    assert replace(changed, content=content.to_map()).body() == changed.body()


# --- prices


def test_nothing_costs_nothing() -> None:
    assert FREE.to_map() == {"amount": "0", "token": "none"}


@pytest.mark.parametrize("amount", [0, 1, 2**53, 10**21, AMOUNT_LIMIT - 1])
def test_an_amount_of_any_token_comes_back_exactly(amount: int) -> None:
    assert Price.from_value(Price(amount, "wei").to_map()) == Price(amount, "wei")


@pytest.mark.parametrize(
    "amount", ["", "00", "01", "-1", "+1", "1.0", "1e3", " 1", "1_0", "١", str(AMOUNT_LIMIT), "9" * 79]
)
def test_an_amount_in_another_form_is_refused(amount: str) -> None:
    with pytest.raises(BadField):
        Price.from_value({"amount": amount, "token": "wei"})


@pytest.mark.parametrize("token", ["", "a b", "a\n", "-a", "a" * 129, "é"])
def test_a_token_in_another_form_is_refused(token: str) -> None:
    with pytest.raises(BadField):
        Price.from_value({"amount": "1", "token": token})


def test_an_amount_of_nothing_is_refused() -> None:
    with pytest.raises(BadField):
        Price(1)


@pytest.mark.parametrize("value", [0, "0", None, [], {}, {"amount": "0"}, {"amount": "0", "token": "none", "x": 1}])
def test_what_is_no_price_is_refused(value: Any) -> None:
    with pytest.raises(BadField):
        Price.from_value(value)


# --- the call


def test_a_call_says_what_a_provider_would_see() -> None:
    assert {name.value for name in Disclosure} == {"nothing", "typed", "records"}
    with pytest.raises(BadField):
        content_of(cfp(content={**CALL.to_map(), "disclosure": "everything"}))


# --- the acceptance


@pytest.mark.parametrize("given", [{}, None, [], "prompt", 1])
def test_an_input_that_is_empty_or_no_map_is_refused(given: Any) -> None:
    with pytest.raises(BadField):
        content_of(replace(EVERY["accept-proposal"], content={"input": given}))


# --- inform


def test_an_inform_is_done_or_a_result() -> None:
    assert isinstance(content_of(EVERY["inform-done"]), Done)
    assert isinstance(content_of(EVERY["inform-result"]), Result)


@pytest.mark.parametrize("content", [{}, {"inform": "maybe"}, {"inform": 1}, {"result": 1}])
def test_an_inform_of_neither_is_refused(content: Any) -> None:
    with pytest.raises(BadField):
        content_of(replace(EVERY["inform-done"], content=content))


def test_the_answer_to_a_cancel_is_done_and_never_a_result() -> None:
    done = message(Performative.INFORM, Done(), protocol=Protocol.CANCEL_META)
    assert content_of(done) == Done()
    with pytest.raises(BadField):
        content_of(replace(done, content=Result(1).to_map()))


def test_a_result_may_be_any_value_even_none() -> None:
    values: list[Value] = [None, 0, "", [], {"a": [b"b"]}]
    for value in values:
        assert content_of(message(Performative.INFORM, Result(value))) == Result(value)


@pytest.mark.parametrize(
    "digests", [{}, {"": DIGEST}, {"a" * 129: DIGEST}, {"a": DIGEST[:-1]}, {"a": "00" * 32}, [], None]
)
def test_digests_of_another_form_are_refused(digests: Any) -> None:
    content = {**Result(1).to_map(), "digests": digests}
    with pytest.raises(BadField):
        content_of(replace(EVERY["inform-result"], content=content))


def test_a_result_has_a_bounded_number_of_digests() -> None:
    many = {str(number): DIGEST for number in range(DIGESTS_LIMIT + 1)}
    with pytest.raises(BadField):
        Result(1, many)


# --- reasons


@pytest.mark.parametrize("reason", ["", "Busy", "busy!", "-busy", "a" * 33, "busy\n", 1, None])
def test_a_reason_is_a_word(reason: Any) -> None:
    with pytest.raises(BadField):
        Refusal(reason)
    with pytest.raises(BadField):
        NotUnderstood(reason, DIGEST)


def test_an_unknown_reason_is_taken_as_it_is() -> None:
    refused = message(Performative.REFUSE, Refusal("full-moon"))
    assert content_of(refused) == Refusal("full-moon")
    assert "full-moon" not in Refusal.KNOWN


def test_an_empty_sentence_has_no_key() -> None:
    assert "sentence" not in Failed("error").to_map()
    with pytest.raises(BadField):
        Failed.from_map({"reason": "error", "sentence": ""})


def test_a_sentence_is_bounded() -> None:
    assert Failed("error", "a" * SENTENCE_LIMIT)
    with pytest.raises(BadField):
        Failed("error", "a" * (SENTENCE_LIMIT + 1))


@pytest.mark.parametrize("digest", [b"", bytes(31), bytes(33), "00" * 32])
def test_what_was_not_understood_has_a_whole_digest_or_none(digest: Any) -> None:
    assert NotUnderstood("act").to_map() == {"reason": "act"}
    with pytest.raises(BadField):
        NotUnderstood("act", digest)


def test_an_absent_digest_has_no_key() -> None:
    with pytest.raises(BadField):
        NotUnderstood.from_map({"reason": "act", "digest": None})


# --- letters


@pytest.mark.parametrize("author", list(Author))
def test_a_letter_says_whether_a_person_or_an_agent_wrote_it(author: Author) -> None:
    letter = Letter("À demain !", author)
    assert letter.to_request().arguments["author"] == author.value
    assert Letter.from_request(letter.to_request()) == letter


@pytest.mark.parametrize("character", ["a", "é", "€", "😀"])
def test_the_longest_letter_fits_into_a_message(character: str) -> None:
    longest = Letter(character * LETTER_LIMIT).to_request()
    assert signed(message(Performative.REQUEST, longest, ontology=LETTER_ONTOLOGY)).to_bytes()


@pytest.mark.parametrize("text", ["", "a" * (LETTER_LIMIT + 1), 1, None])
def test_an_empty_or_longer_letter_is_refused(text: Any) -> None:
    with pytest.raises(BadField):
        Letter(text)


@pytest.mark.parametrize(
    "request_",
    [
        Request("read", {"text": "a", "author": "person"}),
        Request("deliver", {"text": "a"}),
        Request("deliver", {"text": "a", "author": "ghost"}),
        Request("deliver", {"text": "a", "author": "person", "bcc": "eve"}),
        Request("deliver", {"text": b"a", "author": "person"}),
    ],
)
def test_a_request_of_another_form_is_no_letter(request_: Request) -> None:
    with pytest.raises(BadField):
        Letter.from_request(request_)


# --- construction


@pytest.mark.parametrize(
    "make",
    [
        lambda: CallForProposals([], NOW),  # type: ignore[arg-type]
        lambda: CallForProposals({}, -1),
        lambda: CallForProposals({}, 1.5),  # type: ignore[arg-type]
        lambda: CallForProposals({}, NOW, x={1: 2}),  # type: ignore[dict-item]
        lambda: Proposal(FREE, -1),
        lambda: Request("do", None),  # type: ignore[arg-type]
        lambda: Price(-1, "wei"),
        lambda: Price(True, "wei"),
    ],
)
def test_a_content_with_a_broken_field_is_not_made(make: Any) -> None:
    with pytest.raises(BadField):
        make()


def test_every_content_is_a_value() -> None:
    contents: list[Content] = [content_of(what) for what in EVERY.values()]
    assert contents == [content_of(replace(what)) for what in EVERY.values()]
