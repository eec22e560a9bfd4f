"""A conversation of two, from call to result, and the receipt of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from p2p.acl import Message, Performative
from p2p.content_fields import FREE, Price
from p2p.contents import Acceptance, CallForProposals, Proposal, Result
from p2p.receipts import Receipt, made, ordered
from tests.unit.acl_fixtures import ALICE, ALICE_KEY, BOB, NOW, message, signed

CALL = message(Performative.CFP, CallForProposals({"max-tokens": 9}, NOW + 600_000, FREE), reply_with="a1")
OFFER = message(
    Performative.PROPOSE, Proposal(Price(250, "credit"), 1),
    sender=BOB, receiver=ALICE, in_reply_to="a1", reply_with="b1", sent=NOW + 1,
)  # fmt: skip
ACCEPTED = message(Performative.ACCEPT_PROPOSAL, Acceptance({"prompt": "Hi"}), in_reply_to="b1", reply_with="a2",
                   sent=NOW + 2)  # fmt: skip
RESULT = message(Performative.INFORM, Result({"text": "Hello"}), sender=BOB, receiver=ALICE, in_reply_to="a2",
                 sent=NOW + 3)  # fmt: skip
WHOLE = (CALL, OFFER, ACCEPTED, RESULT)


def receipt(said: tuple[Message, ...] = WHOLE, key: bytes = ALICE_KEY, **settlement: Any) -> Receipt:
    return made(ordered([signed(one) for one in said]), settlement, key)


def said_again(one: Message) -> Message:
    """The same, dated later: another message that says the same."""
    return replace(one, sent=one.sent + 10)
