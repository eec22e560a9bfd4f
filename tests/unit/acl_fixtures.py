"""Two peers with fixed keys, a message of every kind between them, and hands that break what was signed."""

from __future__ import annotations

from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, settings

from p2p.acl import MESSAGE_PREFIX, Message, Performative, Protocol, SignedMessage
from p2p.canonical import Value
from p2p.content_fields import Price
from p2p.contents import (
    Acceptance,
    Agreement,
    CallForProposals,
    Cancellation,
    Content,
    Disclosure,
    Done,
    Failed,
    NotUnderstood,
    Proposal,
    Refusal,
    Rejection,
    Request,
    Result,
)
from p2p.identity import peer_id
from p2p.letters import LETTER_ONTOLOGY, Letter

# For every property here: a busy machine takes its time, and no test says how long.
unhurried = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def host_key(seed: bytes) -> bytes:
    """The serialised libp2p key whose private half is `seed`."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return bytes.fromhex("08011240") + seed + public


ALICE_KEY, BOB_KEY, EVE_KEY = (host_key(bytes([number]) * 32) for number in (1, 2, 3))
ALICE, BOB, EVE = (peer_id(key) for key in (ALICE_KEY, BOB_KEY, EVE_KEY))
KEYS = {ALICE: ALICE_KEY, BOB: BOB_KEY, EVE: EVE_KEY}
CONVERSATION = bytes(range(16))
NOW = 1_750_000_000_000  # milliseconds
MINUTE = 60_000

INFERENCE = "nuee/inference/1"
CALL = CallForProposals({"prompt": "Why is the sky blue?"}, NOW + 10 * MINUTE, Price(), Disclosure.TYPED)


def cfp(**changes: Any) -> Message:
    """Alice's call to Bob, with some parameters changed."""
    return message(Performative.CFP, CALL, **changes)


def message(performative: Performative, said: Content, **changes: Any) -> Message:
    """A message from Alice to Bob with what its performative needs, and some parameters changed."""
    parameters: dict[str, Any] = {
        "performative": performative,
        "sender": ALICE,
        "receiver": BOB,
        "conversation_id": CONVERSATION,
        "protocol": Protocol.CONTRACT_NET,
        "ontology": INFERENCE,
        "sent": NOW,
        "content": said.to_map(),
    }
    if performative in (Performative.CFP, Performative.PROPOSE, Performative.ACCEPT_PROPOSAL, Performative.REQUEST):
        parameters["reply_with"] = "m1"
    if performative is Performative.CANCEL:
        parameters |= {"reply_with": "c1", "protocol": Protocol.CANCEL_META}
    if performative in (Performative.REQUEST, Performative.AGREE):
        parameters |= {"protocol": Protocol.REQUEST}
    if performative in (Performative.CFP, Performative.PROPOSE):
        parameters["reply_by"] = NOW + MINUTE
    if performative not in (Performative.CFP, Performative.CANCEL, Performative.REQUEST):
        parameters["in_reply_to"] = "m0"
    return Message(**{**parameters, **changes})


def signed(what: Message) -> SignedMessage:
    return SignedMessage.sign(what, KEYS[what.sender])


def wire(what: Message) -> bytes:
    return signed(what).to_bytes()


def forged(fields: dict[str, Any], key: bytes = ALICE_KEY) -> bytes:
    """A message with any body at all, rightly encoded and signed with `key`: what a broken or hostile peer can send."""
    return sealed(cbor2.dumps(fields, canonical=True), key)


def sealed(body: bytes, key: bytes = ALICE_KEY) -> bytes:
    signature = Ed25519PrivateKey.from_private_bytes(key[4:36]).sign(MESSAGE_PREFIX + body)
    return cbor2.dumps([1, body, signature], canonical=True)


def fields_of(what: Message) -> dict[str, Any]:
    """The parameters as they stand on the wire."""
    fields = cbor2.loads(what.body())
    assert isinstance(fields, dict)
    return fields


DIGEST = bytes(range(32))
X: dict[str, Value] = {"bid": {"chain-id": 1}, "unheard-of": [1, "two"]}
EVERY: dict[str, Message] = {
    "cfp": cfp(),
    "propose": message(Performative.PROPOSE, Proposal(Price(10**21, "eip155:1/erc20:0xabc"), 2500)),
    "refuse": message(Performative.REFUSE, Refusal("busy", "Three tasks are running.")),
    "accept-proposal": message(Performative.ACCEPT_PROPOSAL, Acceptance()),
    "accept-proposal-with-input": message(Performative.ACCEPT_PROPOSAL, Acceptance({"prompt": "Why, exactly?"})),
    "reject-proposal": message(Performative.REJECT_PROPOSAL, Rejection("late")),
    "inform-done": message(Performative.INFORM, Done()),
    "inform-result": message(Performative.INFORM, Result({"text": "Rayleigh."}, {"text": DIGEST})),
    "failure": message(Performative.FAILURE, Failed("error", "The model did not load.")),
    "cancel": message(Performative.CANCEL, Cancellation("person")),
    "not-understood": message(Performative.NOT_UNDERSTOOD, NotUnderstood("ontology", DIGEST)),
    "request": message(Performative.REQUEST, Letter("Bonjour Bob !").to_request(), ontology=LETTER_ONTOLOGY),
    "request-other": message(Performative.REQUEST, Request("list", {"what": "offers"}), ontology="nuee/offers/1"),
    "agree": message(Performative.AGREE, Agreement(), ontology=LETTER_ONTOLOGY),
    "cfp-with-x": cfp(content=CallForProposals({}, NOW, x=X).to_map()),
}
