"""Which transactions moved a job on chain, as anybody who asks the chain finds them.  Blocking: for a worker thread."""

from __future__ import annotations

from p2p.chain import Chain, topic
from p2p.jobs import CREATED
from p2p.settlement_terms import CallTerms

_SPAN = 2_000  # blocks whose events are asked for at once
_SPANS = 100  # how often, at most


def moved(chain: Chain, call: CallTerms, since: int) -> tuple[str, ...]:
    """Their hashes, in the order of the chain, from the award on; the creation, which only one side saw, is none.

    `since`: a block before which nothing happened to the job.  Errors: ChainError.
    """
    created, found = topic(CREATED[call.dialect]), dict[str, None]()
    last = chain.head().number
    for _ in range(_SPANS):
        logs = chain.logs(call.kernel, [None, call.job.to_bytes(32, "big")], since, min(since + _SPAN - 1, last))
        found.update((log.transaction, None) for log in logs if log.topics[0] != created)
        since += _SPAN
        if since > last:
            break
    return tuple(found)
