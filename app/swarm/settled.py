"""What a node keeps of a priced task's job besides its plan (p2p.settling), and what a conversation says to it.  Pure.

A row of storage.settlements holds one `Kept` as CBOR: {version, plan, chain, decimals, symbol, announced, over, calls,
disputed, due, transactions, paid}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import cbor2

from p2p.acl import Message, Performative
from p2p.canonical import Value
from p2p.contractnet import Standing
from p2p.contractnet_terms import BrokenState, exactly
from p2p.deciding import Change
from p2p.initiator_state import Initiator
from p2p.job_seen import JobSeen, Status
from p2p.settling_plan import Plan
from storage.settlements import Settlement

if TYPE_CHECKING:
    from storage.vault import Vault

VERSION = 1
_FIELDS: Mapping[str, Any] = {
    "version": int, "plan": Mapping, "chain": str, "decimals": int, "symbol": str, "announced": bool, "over": bool,
    "calls": Mapping, "disputed": bool, "due": int, "transactions": (list, tuple), "paid": (str, type(None)),
}  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """`chain`: as the person calls it; `decimals`, `symbol`: of its token.

    announced   of ours: the conversation has begun, so that it goes on by itself
    over        the conversation has ended, and nothing was awarded, or nothing will come of it
    calls       of ours: the digest of the call that each peer was sent
    disputed, due   as the chain said last: a second at which a window ends, 0 for none
    transactions, paid    once it has ended: those that moved the job from the award on, as the chain has them in order,
                          and what the provider got, None where the chain tells of no payment
    """

    plan: Plan
    chain: str
    decimals: int
    symbol: str
    announced: bool = False
    over: bool = False
    calls: Mapping[str, bytes] = field(default_factory=dict)
    disputed: bool = False
    due: int = 0
    transactions: tuple[str, ...] = ()
    paid: int | None = None

    @property
    def short(self) -> bool:
        """Whether the provider got another sum than the price: the kernel kept the rest."""
        return self.paid is not None and self.paid != self.plan.amount

    def to_bytes(self) -> bytes:
        return cbor2.dumps(
            {
                "version": VERSION, "plan": self.plan.to_map(), "chain": self.chain, "decimals": self.decimals,
                "symbol": self.symbol, "announced": self.announced, "over": self.over, "calls": dict(self.calls),
                "disputed": self.disputed, "due": self.due, "transactions": list(self.transactions),
                "paid": None if self.paid is None else str(self.paid),
            }
        )  # fmt: skip

    @classmethod
    def from_bytes(cls, stored: bytes) -> Kept:
        """Errors: BrokenState."""
        found = cbor2.loads(stored)
        fields = exactly({"paid": None, **found} if isinstance(found, dict) else found, _FIELDS)
        if fields.pop("version") != VERSION:
            raise BrokenState("What is kept of a job is of another version.")
        fields["transactions"] = tuple(str(name) for name in fields["transactions"])
        if (paid := fields["paid"]) is not None:
            if not (paid.isascii() and paid.isdigit() and len(paid) <= 78):
                raise BrokenState("What is kept of a job says what nobody can be paid.")
            fields["paid"] = int(paid)
        return cls(**{**fields, "plan": Plan.from_map(fields["plan"])})


def kept_of(row: Settlement) -> Kept:
    """Errors: BrokenState."""
    return Kept.from_bytes(row.state)


def with_kept(row: Settlement, kept: Kept) -> Settlement:
    """The row, and in it what is looked for in columns."""
    plan = kept.plan
    return replace(
        row, state=kept.to_bytes(), job=plan.call.job or None, amount=plan.amount or row.amount, token=plan.call.token
    )


def looked(kept: Kept, seen: JobSeen | None) -> Kept:
    """With what a person is told of what the chain shows."""
    if seen is None:
        return kept
    due = seen.ruling_by if seen.disputed else seen.dispute_by
    return replace(kept, disputed=seen.disputed, due=due if seen.status is Status.SUBMITTED else 0)


def heard(kept: Kept, change: Change) -> Kept:
    """With what a step of the conversation says to the job."""
    return _as_client(kept, change) if change.role == "initiator" else _as_provider(kept, change)


def _as_client(kept: Kept, change: Change) -> Kept:
    state = change.state
    assert isinstance(state, Initiator)
    if change.began:
        calls = {one.receiver: one.digest() for one in change.sent if one.performative is Performative.CFP}
        kept = replace(kept, announced=True, calls=calls)
    plan = kept.plan
    standing = {(leg.peer, leg.standing) for leg in state.awarded}
    message = change.received
    if message is not None and _is_result(message) and (message.sender, Standing.DONE) in standing:
        plan = replace(plan, result=plan.result or message.digest())
    if state.awarded and plan.bid is None:  # to somebody who does it for nothing
        plan = replace(plan, stopped=True)
    if change.outcome and not state.awarded:  # nobody has it, so whoever may have been paid in gives it back
        plan = replace(plan, stopped=True, failed=True)
        kept = replace(kept, over=True)
    elif change.outcome and {leg.end for leg in state.awarded} <= {Standing.FAILED, Standing.CANCELLED}:
        plan = replace(plan, stopped=True, failed=True)
    return replace(kept, plan=plan)


def _as_provider(kept: Kept, change: Change) -> Kept:
    plan = kept.plan
    result = next((one for one in change.sent if _is_result(one)), None)
    if change.outcome == "done" and result is not None:
        return replace(kept, plan=replace(plan, result=result.digest()))
    if change.outcome and change.outcome != "done":
        return replace(kept, over=True)
    return kept


def _is_result(message: Message) -> bool:
    """An inform in answer to the award; not the one that answers a cancel."""
    return message.performative is Performative.INFORM and message.in_reply_to == str(Performative.ACCEPT_PROPOSAL)


def given_up(kept: Kept, seen: JobSeen | None) -> Kept:
    """A provider whose conversation is over gives a job back that names it; a bid that nobody took just ends."""
    plan = kept.plan
    if plan.role != "provider" or not kept.over or seen is None or plan.bid is None:
        return kept
    return replace(kept, plan=replace(plan, stopped=True)) if seen.provider == plan.bid.provider else kept


def settlement_of(vault: Vault, task: str) -> dict[str, Value] | None:
    """What stands in a receipt of the job of a task, the same at both ends; None where there was none on chain.

    Worker thread.  Errors: VaultError, BrokenState.
    """
    row = vault.settlements.find(task)
    if row is None or row.job is None:
        return None
    kept = kept_of(row)
    call = kept.plan.call
    return {
        "chain": {"id": call.chain_id, "genesis": call.genesis},
        "contracts": {role: bytes.fromhex(at.removeprefix("0x")) for role, at in call.contracts.items()},
        "job": call.job,
        "outcome": row.outcome,
        "transactions": [bytes.fromhex(name.removeprefix("0x")) for name in kept.transactions],
        **({"paid": kept.paid} if kept.short else {}),
    }
