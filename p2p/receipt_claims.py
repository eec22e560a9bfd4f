"""What a receipt says of a chain, held against that chain.  Blocking, for a worker thread; nothing but questions.

The signed call in a receipt names chain, contracts and job, the accepted proposal price and provider; the settlement
says how the job ended and by which transactions.  Whoever made the receipt may have written any settlement into it:
`wrong` says what of it does not stand on the chain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from p2p import jobs
from p2p.acl import AclError
from p2p.chain import ChainIdentity, Log, Mined, topic
from p2p.contents import CallForProposals, content_of
from p2p.contract_code import codes
from p2p.job_history import paid as paid_by
from p2p.job_seen import JobSeen, Status
from p2p.receipts import Receipt
from p2p.settlement_terms import BidTerms, CallTerms

CODES = (
    "claim-form", "claim-call", "claim-chain", "claim-contracts", "claim-transaction", "claim-party", "claim-price",
    "claim-paid", "claim-result", "claim-outcome",
)  # fmt: skip
ENDS: Mapping[str, frozenset[Status]] = {
    "settled": frozenset({Status.COMPLETED}),
    "refunded": frozenset({Status.EXPIRED, Status.REJECTED}),
    "rejected": frozenset({Status.REJECTED}),
    "void": frozenset(Status),
}


class Asked(jobs.Reader, Protocol):
    """See p2p.chain.Chain."""

    def mined(self, name: str) -> Mined | None: ...


@dataclass(frozen=True)
class Claims:
    """A settlement, read.  `transactions`: 0x and 64 hexadecimal digits each.  `paid`: what the provider got, where
    that is not the price."""

    chain_id: int
    genesis: bytes
    contracts: Mapping[str, str]
    job: int
    outcome: str
    transactions: tuple[str, ...]
    paid: int | None = None


def claims_of(receipt: Receipt) -> Claims | None:
    """None where the settlement is none, or of a form that is unknown here."""
    match receipt.settlement:
        case {
            "chain": {"id": int(chain), "genesis": bytes(genesis)},
            "contracts": dict(contracts),
            "job": int(job),
            "outcome": str(outcome),
            "transactions": list(names),
            **more,
        } if more.keys() <= {"paid"} and outcome in ENDS:
            paid = more.get("paid")
            told = not more or (type(paid) is int and paid >= 0 and outcome == "settled")
        case _:
            return None
    at = {role: f"0x{address.hex()}" for role, address in contracts.items() if isinstance(address, bytes)}
    transactions = tuple(f"0x{name.hex()}" for name in names if isinstance(name, bytes) and len(name) == 32)
    whole = len(at) == len(contracts) and len(transactions) == len(names) and told
    got = paid if type(paid) is int else None
    return Claims(chain, genesis, at, job, outcome, transactions, got) if whole else None


def call_of(receipt: Receipt) -> CallTerms | None:
    """What the signed call says of a chain; None where it says nothing that is understood."""
    try:
        content = content_of(receipt.messages[0].message)
        return CallTerms.from_x(content.x) if isinstance(content, CallForProposals) else None
    except AclError:
        return None


def wrong(chain: Asked, identity: ChainIdentity, receipt: Receipt) -> tuple[str, ...]:
    """Which of CODES do not hold; () where everything that the receipt says of the chain stands there.

    `identity`: of the chain that is asked; another than the receipt names is asked nothing.  Errors: ChainError.
    """
    claims, call = claims_of(receipt), call_of(receipt)
    if claims is None:
        return ("claim-form",)
    if call is None or not _of_the_call(claims, call):
        return ("claim-call",)
    genesis = bytes.fromhex(identity.genesis.removeprefix("0x"))
    if (identity.chain_id, genesis) != (call.chain_id, call.genesis):
        return ("claim-chain",)
    if codes(chain, call.contracts) != dict(call.code):
        return ("claim-contracts",)
    seen = jobs.seen(chain, call, call.job)
    if seen is None or (seen.client, seen.evaluator, seen.hook) != (call.client, call.evaluator, call.hook):
        return ("claim-call",)
    return tuple(_of_the_job(chain, receipt, claims, call, seen))


def _of_the_call(claims: Claims, call: CallTerms) -> bool:
    said = (claims.chain_id, claims.genesis, dict(claims.contracts), claims.job)
    return said == (call.chain_id, call.genesis, call.contracts, call.job)


def _of_the_job(chain: Asked, receipt: Receipt, claims: Claims, call: CallTerms, seen: JobSeen) -> Iterator[str]:
    logs = [_logs(chain, call, name) for name in claims.transactions]
    if not all(logs):
        yield "claim-transaction"
    agreed, bid = receipt.agreed, _bid(receipt)
    settled = claims.outcome == "settled"
    if settled and (bid is None or seen.provider != bid.provider):
        yield "claim-party"
    if settled and (agreed is None or (agreed.price.amount, agreed.price.token) != (seen.budget, call.asset)):
        yield "claim-price"
    got = paid_by([log for found in logs for log in found])
    if settled and got is not None and got != (seen.budget if claims.paid is None else claims.paid):
        yield "claim-paid"
    submitted = [log.data for found in logs for log in found if log.topics[0] == topic(jobs.SUBMITTED)]
    if (settled and not submitted) or any(data != receipt.result_digest for data in submitted):
        yield "claim-result"
    if seen.status not in ENDS[claims.outcome]:
        yield "claim-outcome"


def _logs(chain: Asked, call: CallTerms, name: str) -> list[Log]:
    """What a transaction did to this job; nothing where it is not there, was reverted, or is about another."""
    mined = chain.mined(name)
    if mined is None or not mined.ok:
        return []
    job = call.job.to_bytes(32, "big")
    return [log for log in mined.logs if log.address == call.kernel and len(log.topics) > 1 and log.topics[1] == job]


def _bid(receipt: Receipt) -> BidTerms | None:
    agreed = receipt.agreed
    try:
        return None if agreed is None else BidTerms.from_x(agreed.x)
    except AclError:
        return None
