"""What a receipt says of a chain is believed where it stands there: jobs on the real contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from eth_utils.crypto import keccak

from app.texts import catalogue
from p2p.acl import Message, Performative
from p2p.canonical import Value
from p2p.chain import ChainIdentity, Mined
from p2p.content_fields import Price
from p2p.contents import Acceptance, CallForProposals, Proposal, Result
from p2p.receipt_claims import CODES, claims_of, wrong
from p2p.receipts import Receipt, made, ordered
from p2p.settlement_terms import CallTerms, Dialect
from tests.contracts.settling_world import AMOUNT, GENESIS, LASTS, Deal, EvmChain
from tests.contracts.test_settling import every_form
from tests.contracts.world import World
from tests.unit.acl_fixtures import ALICE, ALICE_KEY, BOB, NOW, message, signed

OTHER = bytes([0x0E]) * 32


def call_message(call: CallTerms) -> Message:
    price = Price(AMOUNT, call.asset)
    said = CallForProposals({"max-tokens": 9}, NOW + 600_000, price, x=call.to_x())
    return message(Performative.CFP, said, reply_with="a1")


RESULT = message(
    Performative.INFORM, Result({"text": "Hello"}), sender=BOB, receiver=ALICE, in_reply_to="a2", sent=NOW + 3
)


class Named(EvmChain):
    """Its transactions have hashes, and are found by them."""

    def mined(self, name: str) -> Mined | None:
        return next((mined for key, mined in self.sent.items() if hash_of(key) == name), None)


def hash_of(key: str) -> str:
    return "0x" + keccak(text=key).hex()


@dataclass
class Ended:
    """A job that has ended, and what can be said of it."""

    deal: Deal

    @property
    def chain(self) -> Named:
        chain = self.deal.chain
        return Named(chain.world, chain.number, chain.kept, chain.times, chain.sent)

    @property
    def identity(self) -> ChainIdentity:
        return ChainIdentity(self.deal.call.chain_id, "0x" + GENESIS.hex())

    @property
    def transactions(self) -> list[str]:
        job = self.deal.call.job.to_bytes(32, "big")
        moved = [key for key, mined in self.deal.chain.sent.items() if any(job in log.topics for log in mined.logs)]
        return [hash_of(key) for key in moved]

    def settlement(self, outcome: str = "settled") -> dict[str, Any]:
        call = self.deal.call
        return {
            "chain": {"id": call.chain_id, "genesis": call.genesis},
            "contracts": {role: bytes.fromhex(at[2:]) for role, at in call.contracts.items()},
            "job": call.job,
            "outcome": outcome,
            "transactions": [bytes.fromhex(name[2:]) for name in self.transactions],
        }

    def receipt(
        self, settlement: Mapping[str, Value], result: Message | None = RESULT, amount: int = AMOUNT
    ) -> Receipt:
        call, plan = self.deal.call, self.deal.provider.plan
        assert plan.bid is not None
        proposal = Proposal(Price(amount, call.asset), 1, x=plan.bid.to_x())
        said = [
            call_message(call),
            message(Performative.PROPOSE, proposal, sender=BOB, receiver=ALICE, in_reply_to="a1", reply_with="b1"),
            message(Performative.ACCEPT_PROPOSAL, Acceptance(), in_reply_to="b1", reply_with="a2"),
            *([] if result is None else [result]),
        ]
        return made(ordered([signed(one) for one in said]), dict(settlement), ALICE_KEY)

    def wrong(self, receipt: Receipt) -> tuple[str, ...]:
        return wrong(self.chain, self.identity, receipt)


def settled(world: World, dialect: Dialect = "prose", *, alone: bool = False) -> Ended:
    deal = Deal(world, dialect, alone)
    deal.delivers(RESULT.digest())
    deal.client.say(result=RESULT.digest())
    deal.client.run()
    deal.provider.run()
    return Ended(deal)


def refunded(world: World) -> Ended:
    deal = Deal(world)
    deal.funds()
    deal.wait(LASTS + 1)
    deal.client.run()
    return Ended(deal)


@every_form
def test_what_was_paid_for_this_result_stands_there(world: World, dialect: Dialect, alone: bool) -> None:
    ended = settled(world, dialect, alone=alone)
    assert ended.wrong(ended.receipt(ended.settlement())) == ()


def test_what_was_refunded_stands_there(world: World) -> None:
    ended = refunded(world)
    assert ended.wrong(ended.receipt(ended.settlement("refunded"), None)) == ()


def test_a_refund_is_no_payment(world: World) -> None:
    ended = refunded(world)
    assert "claim-outcome" in ended.wrong(ended.receipt(ended.settlement("settled"), None))


def test_a_payment_is_no_refund(world: World) -> None:
    ended = settled(world)
    assert ended.wrong(ended.receipt(ended.settlement("refunded"))) == ("claim-outcome",)


def test_another_result_was_not_what_was_paid_for(world: World) -> None:
    ended = settled(world)
    other = replace(RESULT, content=Result({"text": "Hallo"}).to_map())
    assert ended.wrong(ended.receipt(ended.settlement(), other)) == ("claim-result",)


def test_without_the_submission_the_result_is_not_proved(world: World) -> None:
    ended = settled(world)
    settlement = ended.settlement()
    assert ended.wrong(ended.receipt({**settlement, "transactions": settlement["transactions"][:1]})) == (
        "claim-result",
    )


def test_another_price_was_not_paid(world: World) -> None:
    ended = settled(world)
    assert ended.wrong(ended.receipt(ended.settlement(), amount=AMOUNT - 1)) == ("claim-price",)


@pytest.mark.parametrize("what", ["nowhere", "of another job", "reverted"])
def test_a_transaction_that_did_nothing_to_this_job_is_noticed(world: World, what: str) -> None:
    ended = settled(world)
    settlement = ended.settlement()
    name = OTHER
    if what == "of another job":
        ended.deal.chain.sent["aside"] = replace(next(iter(ended.deal.chain.sent.values())), logs=())
        name = bytes.fromhex(hash_of("aside")[2:])
    elif what == "reverted":
        last = list(ended.deal.chain.sent.values())[-1]
        ended.deal.chain.sent["reverted"] = replace(last, ok=False)
        name = bytes.fromhex(hash_of("reverted")[2:])
    claimed = {**settlement, "transactions": [*settlement["transactions"], name]}
    assert ended.wrong(ended.receipt(claimed)) == ("claim-transaction",)


@pytest.mark.parametrize("field", ["chain", "contracts", "job"])
def test_another_job_than_the_signed_call_names_is_noticed_without_asking(world: World, field: str) -> None:
    ended = settled(world)
    settlement = ended.settlement()
    changed: dict[str, Any] = {
        "chain": {"id": 1, "genesis": GENESIS},
        "contracts": {**settlement["contracts"], "token": bytes(20)},
        "job": ended.deal.call.job + 1,
    }
    receipt = ended.receipt({**settlement, field: changed[field]})
    assert wrong(Unasked(), ended.identity, receipt) == ("claim-call",)


class Unasked:
    """A chain that is to be asked nothing."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def test_another_chain_is_asked_nothing(world: World) -> None:
    ended = settled(world)
    elsewhere = ChainIdentity(ended.deal.call.chain_id, "0x" + OTHER.hex())
    assert wrong(Unasked(), elsewhere, ended.receipt(ended.settlement())) == ("claim-chain",)


def test_other_code_at_the_same_address_is_noticed(world: World) -> None:
    ended = settled(world)

    class Changed(Named):
        def code(self, address: str) -> bytes:
            return super().code(address) + b"\0"

    chain = ended.chain
    other = Changed(chain.world, chain.number, chain.kept, chain.times, chain.sent)
    assert wrong(other, ended.identity, ended.receipt(ended.settlement())) == ("claim-contracts",)


def test_what_was_paid_out_is_held_against_the_chain(world: World) -> None:
    ended = settled(world)
    assert ended.wrong(ended.receipt({**ended.settlement(), "paid": AMOUNT})) == ()
    assert ended.wrong(ended.receipt({**ended.settlement(), "paid": AMOUNT - 1})) == ("claim-paid",)


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"outcome": "won"},
        {"job": "1"},
        {"transactions": [b"short"]},
        {"contracts": {"a": 1}},
        {"paid": -1},
        {"paid": "1"},
        {"paid": True},
        {"paid": 1, "outcome": "refunded"},
    ],
)
def test_a_settlement_of_another_form_is_not_guessed(world: World, change: dict[str, Any]) -> None:
    ended = settled(world)
    receipt = ended.receipt({**ended.settlement(), **change})
    assert claims_of(receipt) is None
    assert wrong(Unasked(), ended.identity, receipt) == ("claim-form",)


def test_every_code_is_one_of_those_that_have_a_sentence() -> None:
    assert all(f"error.{code}" in catalogue() for code in CODES)
