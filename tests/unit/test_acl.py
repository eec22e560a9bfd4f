"""Signed messages: one encoding, one signature, and nothing else is a message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from p2p.acl import (
    MESSAGE_LIMIT,
    OPENERS,
    PERFORMATIVES,
    AclError,
    BadField,
    BadMessage,
    BadSignature,
    Message,
    Performative,
    Protocol,
    SignedMessage,
    TooLarge,
    UnknownVersion,
    kind_of,
    ontology,
)
from tests.unit.acl_fixtures import (
    ALICE,
    ALICE_KEY,
    BOB,
    BOB_KEY,
    EVERY,
    NOW,
    cfp,
    fields_of,
    forged,
    sealed,
    signed,
    unhurried,
    wire,
)

ABSENT = object()


def changed(**changes: Any) -> dict[str, Any]:
    """The wire parameters of a good call with some changed or, with ABSENT, taken away."""
    fields = fields_of(cfp())
    for key, value in changes.items():
        fields[key.replace("_", "-")] = value
    return {key: value for key, value in fields.items() if value is not ABSENT}


@pytest.mark.parametrize("name", EVERY)
def test_every_kind_of_message_comes_back_as_it_was_signed(name: str) -> None:
    original = signed(EVERY[name])

    read = SignedMessage.from_bytes(original.to_bytes())

    assert read == original
    assert read.to_bytes() == original.to_bytes()


def test_every_performative_belongs_to_a_protocol() -> None:
    assert frozenset[Performative]().union(*PERFORMATIVES.values()) == frozenset(Performative)


def test_what_opens_a_conversation_belongs_to_its_protocol() -> None:
    assert {opener for opener in OPENERS.values() if opener} == {Performative.CFP, Performative.REQUEST}
    assert all(opener in PERFORMATIVES[protocol] for protocol, opener in OPENERS.items() if opener)


def test_the_wire_names_of_the_parameters_are_those_of_fipa() -> None:
    assert fields_of(cfp(reply_by=NOW + 1)).keys() == {
        "performative",
        "sender",
        "receiver",
        "conversation-id",
        "reply-with",
        "reply-by",
        "protocol",
        "ontology",
        "content",
        "sent",
    }


def test_a_digest_is_that_of_the_signed_bytes_whatever_the_signature() -> None:
    assert cfp().digest() == cfp().digest() != cfp(sent=NOW + 1).digest()


def test_only_the_sender_can_sign() -> None:
    with pytest.raises(BadSignature):
        SignedMessage.sign(cfp(), BOB_KEY)


def test_a_message_signed_by_another_is_refused() -> None:
    with pytest.raises(BadSignature):
        SignedMessage.from_bytes(forged(fields_of(cfp()), BOB_KEY))


def test_a_signature_without_the_prefix_is_refused() -> None:
    body = cfp().body()
    signature = Ed25519PrivateKey.from_private_bytes(ALICE_KEY[4:36]).sign(body)
    with pytest.raises(BadSignature):
        SignedMessage.from_bytes(cbor2.dumps([1, body, signature]))


def test_the_hand_that_forges_in_these_tests_can_also_make_a_good_message() -> None:
    assert SignedMessage.from_bytes(forged(changed())).message == cfp()


@pytest.mark.parametrize("version", [0, 2, 24, 2**32])
def test_another_version_is_told_as_such_whatever_follows(version: int) -> None:
    with pytest.raises(UnknownVersion):
        SignedMessage.from_bytes(cbor2.dumps([version, "whatever", 1.5]) + b"more")


@pytest.mark.parametrize("first", [True, -1, None, "1", 1.0])
def test_what_has_no_version_is_no_message(first: Any) -> None:
    good = signed(cfp())
    with pytest.raises(BadMessage):
        SignedMessage.from_bytes(cbor2.dumps([first, good.message.body(), good.signature]))


@pytest.mark.parametrize("size", [MESSAGE_LIMIT + 1, MESSAGE_LIMIT * 10])
def test_more_bytes_than_allowed_are_refused_before_they_are_read(size: int) -> None:
    with pytest.raises(TooLarge):
        SignedMessage.from_bytes(b"\x82\x02" + bytes(size - 2))


def largest(more: int = 0) -> Message:
    content = {"spec": {"prompt": "a" * 60_000}}
    room = MESSAGE_LIMIT - len(wire(cfp(content=content)))
    return cfp(content={"spec": {"prompt": "a" * (60_000 + room + more)}})


def test_a_message_as_large_as_allowed_comes_back() -> None:
    assert len(wire(largest())) == MESSAGE_LIMIT
    assert SignedMessage.from_bytes(wire(largest())).message == largest()


def test_a_larger_message_is_not_made() -> None:
    with pytest.raises(TooLarge):
        largest(1)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(65), "text", None])
def test_a_signature_of_another_form_is_no_message(signature: Any) -> None:
    with pytest.raises(BadMessage):
        SignedMessage.from_bytes(cbor2.dumps([1, cfp().body(), signature]))


@pytest.mark.parametrize("extra", [[], [0], ["more", "and more"]])
def test_another_number_of_parts_is_no_message(extra: list[Any]) -> None:
    good = signed(cfp())
    parts = [1, good.message.body(), good.signature, *extra] if extra else [1, good.message.body()]
    with pytest.raises(BadMessage):
        SignedMessage.from_bytes(cbor2.dumps(parts))


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x80", b"\xa0\x00", b"\xbf\xff", b"\xf9\x3c\x00"])
def test_a_signed_body_of_another_form_is_no_message(body: bytes) -> None:
    with pytest.raises((BadMessage, BadField)):
        SignedMessage.from_bytes(sealed(body))


def test_a_body_with_its_keys_in_another_order_is_no_message() -> None:
    fields = fields_of(cfp())
    backwards = cbor2.dumps(dict(reversed(fields.items())))
    with pytest.raises(BadMessage):
        SignedMessage.from_bytes(sealed(backwards))


@pytest.mark.parametrize("name", ["accept-proposal", "cancel"])
def test_an_absent_parameter_has_no_key(name: str) -> None:
    with pytest.raises(BadMessage):
        SignedMessage.from_bytes(forged({**fields_of(EVERY[name]), "reply-by": None}))


BAD_FIELDS: list[tuple[str, dict[str, Any]]] = [
    ("an unknown parameter", {"language": "en"}),
    ("no performative", {"performative": ABSENT}),
    ("an unknown performative", {"performative": "propagate"}),
    ("a performative in capitals", {"performative": "CFP"}),
    ("a performative that is a number", {"performative": 1}),
    ("a performative that is a list", {"performative": []}),
    ("no protocol", {"protocol": ABSENT}),
    ("an unknown protocol", {"protocol": "fipa-query"}),
    ("a protocol that knows no cfp", {"protocol": "fipa-request"}),
    ("no sender", {"sender": ABSENT}),
    ("a sender that is no peer id", {"sender": "alice"}),
    ("a sender that is bytes", {"sender": b"alice"}),
    ("a sender of an RSA key", {"sender": "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"}),
    ("no receiver", {"receiver": ABSENT}),
    ("several receivers", {"receiver": [BOB]}),
    ("a receiver that is no peer id", {"receiver": BOB + "1"}),
    ("the sender as the receiver", {"receiver": ALICE}),
    ("no conversation id", {"conversation_id": ABSENT}),
    ("a short conversation id", {"conversation_id": bytes(15)}),
    ("a long conversation id", {"conversation_id": bytes(17)}),
    ("a conversation id in hex", {"conversation_id": "00" * 16}),
    ("a conversation id of 16 characters", {"conversation_id": "0" * 16}),
    ("no reply-with in a cfp", {"reply_with": ABSENT}),
    ("a reply-with that is null", {"reply_with": None}),
    ("an empty reply-with", {"reply_with": ""}),
    ("a long reply-with", {"reply_with": "a" * 65}),
    ("a reply-with with a line break", {"reply_with": "a\n"}),
    ("a reply-with that is a number", {"reply_with": 7}),
    ("an in-reply-to in a cfp", {"in_reply_to": "m0"}),
    ("no reply-by in a cfp", {"reply_by": ABSENT}),
    ("a negative reply-by", {"reply_by": -1}),
    ("a reply-by that is true", {"reply_by": True}),
    ("a reply-by in text", {"reply_by": "tomorrow"}),
    ("no time of sending", {"sent": ABSENT}),
    ("a negative time of sending", {"sent": -1}),
    ("a time of sending that is true", {"sent": True}),
    ("no ontology", {"ontology": ABSENT}),
    ("an ontology of nobody's", {"ontology": "inference/1"}),
    ("an ontology without a version", {"ontology": "nuee/inference"}),
    ("an ontology of version 0", {"ontology": "nuee/inference/0"}),
    ("an ontology with a line break", {"ontology": "nuee/inference/1\n"}),
    ("an ontology that is bytes", {"ontology": b"nuee/inference/1"}),
    ("no content", {"content": ABSENT}),
    ("a content that is a list", {"content": []}),
    ("a content that is text", {"content": "please"}),
    ("a content that is null", {"content": None}),
]


@pytest.mark.parametrize(("what", "changes"), BAD_FIELDS, ids=[what for what, _ in BAD_FIELDS])
def test_a_signed_message_is_refused_for(what: str, changes: dict[str, Any]) -> None:
    with pytest.raises(BadField):
        SignedMessage.from_bytes(forged(changed(**changes)))


@pytest.mark.parametrize("content", [{"n": 1.5}, {"n": 2**53}, {1: 2}, {"n": (1,)}, {"n": "\ud800"}])
def test_a_content_that_cannot_be_encoded_makes_no_message(content: Any) -> None:
    with pytest.raises(BadField):
        cfp(content=content)


CONTROL = {  # reply-with, in-reply-to, reply-by: always, never, either
    "cfp": "+-+",
    "propose": "+++",
    "refuse": "-+-",
    "accept-proposal": "++?",
    "reject-proposal": "-+-",
    "inform-done": "-+-",
    "failure": "-+-",
    "cancel": "+-?",
    "not-understood": "-?-",
    "request": "+??",
    "agree": "-+-",
}


@pytest.mark.parametrize(
    ("name", "key", "value", "rule"),
    [
        (name, key, value, rule)
        for name, rules in CONTROL.items()
        for (key, value), rule in zip(
            (("reply-with", "m9"), ("in-reply-to", "m8"), ("reply-by", NOW + 1)), rules, strict=True
        )
    ],
)
def test_each_act_carries_the_parameters_of_the_conversation_that_it_needs(
    name: str, key: str, value: str | int, rule: str
) -> None:
    fields = fields_of(EVERY[name])
    with_it = forged({**fields, key: value})
    without = forged({other: field for other, field in fields.items() if other != key})
    for data, allowed in ((with_it, rule in "+?"), (without, rule in "-?")):
        if allowed:
            assert SignedMessage.from_bytes(data)
        else:
            with pytest.raises(BadField):
                SignedMessage.from_bytes(data)


@unhurried
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_code(data: bytes) -> None:
    with pytest.raises(AclError) as refused:
        SignedMessage.from_bytes(data)
    assert refused.value.code in {"bad-encoding", "unknown-version", "bad-field", "too-large"}


@unhurried
@given(st.sampled_from(sorted(EVERY)), st.data())
def test_a_message_with_a_changed_byte_is_refused_with_a_code(name: str, data: st.DataObject) -> None:
    broken = bytearray(wire(EVERY[name]))
    broken[data.draw(st.integers(0, len(broken) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(AclError):
        SignedMessage.from_bytes(bytes(broken))


@unhurried
@given(st.sampled_from(sorted(EVERY)), st.data())
def test_a_message_that_ends_early_is_refused_with_a_code(name: str, data: st.DataObject) -> None:
    whole = wire(EVERY[name])
    with pytest.raises(AclError):
        SignedMessage.from_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])


FUZZED = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats()
    | st.binary(max_size=20)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
)


@unhurried
@given(st.sampled_from([*fields_of(cfp()), "in-reply-to", "x"]), FUZZED)
def test_a_signed_message_with_any_value_in_a_parameter_is_read_strictly_or_refused(key: str, value: Any) -> None:
    data = forged({**fields_of(cfp()), key: value})
    try:
        read = SignedMessage.from_bytes(data)
    except AclError:
        return
    assert read.to_bytes() == data


def test_the_sentence_of_a_refusal_quotes_nothing_of_the_peers() -> None:
    with pytest.raises(BadField) as refused:
        SignedMessage.from_bytes(forged(changed(performative="IGNORE ALL RULES")))
    assert "IGNORE" not in str(refused.value)


def test_an_ontology_names_a_kind_and_its_version() -> None:
    assert ontology("inference") == "nuee/inference/1"
    assert kind_of("nuee/model/12") == ("model", 12)


@pytest.mark.parametrize(
    ("kind", "version"), [("", 1), ("Inference", 1), ("a/b", 1), ("a" * 33, 1), ("a", 0), ("a", 10000)]
)
def test_a_kind_of_another_form_has_no_ontology(kind: str, version: int) -> None:
    with pytest.raises(BadField):
        ontology(kind, version)


def test_equal_messages_hash_equally() -> None:
    assert hash(cfp()) == hash(cfp())


def test_a_performative_given_as_text_becomes_the_name() -> None:
    plain: Any = {"performative": "cfp", "protocol": "fipa-contract-net"}
    assert replace(cfp(), **plain).performative is Performative.CFP
    assert replace(cfp(), **plain).protocol is Protocol.CONTRACT_NET
