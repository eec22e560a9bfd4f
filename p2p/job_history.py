"""What moved a job on chain, as anybody who asks the chain finds it.  Blocking: for a worker thread."""

from __future__ import annotations

from dataclasses import dataclass

from p2p.chain import Chain, Log, topic
from p2p.jobs import CREATED
from p2p.settlement_terms import CallTerms

PAID = "PaymentReleased(uint256,address,uint256)"

_SPAN = 2_000  # blocks whose events are asked for at once
_SPANS = 100  # how often, at most


@dataclass(frozen=True)
class History:
    """`transactions`: hashes, in the order of the chain, from the award on; the creation, which only one side saw, is
    none.  `paid`: what the provider got, None where the chain tells of no payment."""

    transactions: tuple[str, ...]
    paid: int | None = None


def history(chain: Chain, call: CallTerms, since: int) -> History:
    """`since`: a block before which nothing happened to the job.  Errors: ChainError."""
    created, found = topic(CREATED[call.dialect]), list[Log]()
    last = chain.head().number
    for _ in range(_SPANS):
        logs = chain.logs(call.kernel, [None, call.job.to_bytes(32, "big")], since, min(since + _SPAN - 1, last))
        found += [log for log in logs if log.topics[0] != created]
        since += _SPAN
        if since > last:
            break
    return History(tuple(dict.fromkeys(log.transaction for log in found)), paid(found))


def paid(logs: list[Log]) -> int | None:
    """What these events of a job say that its provider got."""
    amounts = [int.from_bytes(log.data, "big") for log in logs if log.topics[0] == topic(PAID) and len(log.data) == 32]
    return sum(amounts) if amounts else None
