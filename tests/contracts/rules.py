"""What ERC-8183, the bid and the windows say may happen to a job, written down once more and beside the contracts.

A walk holds the contracts against this: where the rules say yes the call goes through and does what they say, and where
they say no it reverts, whoever tries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.contracts.evm import NOBODY
from tests.contracts.world import (
    ARBITER,
    CLIENT,
    COMPLETED,
    EXPIRED,
    FUNDED,
    OPEN,
    PROVIDER,
    REJECTED,
    RIVAL,
    STRANGER,
    SUBMITTED,
    WHY,
    WORK,
    Offer,
    World,
    address,
)

PEOPLE = (CLIENT, PROVIDER, RIVAL, ARBITER, STRANGER)
MARGIN = 600
TRANSITIONS = {
    (OPEN, FUNDED), (OPEN, REJECTED), (FUNDED, SUBMITTED), (FUNDED, REJECTED), (FUNDED, EXPIRED),
    (SUBMITTED, COMPLETED), (SUBMITTED, REJECTED), (SUBMITTED, EXPIRED),
}  # fmt: skip
LIVE = (FUNDED, SUBMITTED)


@dataclass(frozen=True)
class Known:
    """A job as the rules see it. `kind`: "plain", "bids" (our evaluator) or "alone" (bids, the client evaluates)."""

    kind: str
    client: str
    provider: str
    evaluator: str
    expired_at: int
    budget: int = 0
    status: int = OPEN
    agreed: Offer | None = None
    submitted_at: int = 0
    disputed: bool = False

    @property
    def dispute_by(self) -> int:
        return self.submitted_at + (self.agreed.dispute_window if self.agreed else 0)

    @property
    def ruling_by(self) -> int:
        return self.dispute_by + (self.agreed.arbitration_window if self.agreed else 0)

    def in_time(self, now: int, offer: Offer | None) -> bool:
        """Were the work submitted now, its windows would end in time."""
        if self.kind == "plain":
            return True
        if self.kind == "alone":
            return now < self.expired_at
        return offer is not None and (now + offer.dispute_window + offer.arbitration_window + MARGIN <= self.expired_at)


@dataclass(frozen=True)
class Call:
    """Something somebody does to a job: whether they may, what the job is then, and how it is done."""

    name: str
    may: Callable[[Known, str, int], bool]
    then: Callable[[Known, int], Known]
    do: Callable[[World, int, str], object]


def ending(status: int) -> Callable[[Known, int], Known]:
    return lambda job, now: replace(job, status=status)


CALLS = (
    Call(
        "submit",
        lambda job, by, now: job.status == FUNDED and by == job.provider and job.in_time(now, job.agreed),
        lambda job, now: replace(job, status=SUBMITTED, submitted_at=now),
        lambda world, job, by: world.kernel.submit(job, WORK, by=by),
    ),
    Call(
        "complete",
        lambda job, by, now: job.status == SUBMITTED and by == job.evaluator,
        ending(COMPLETED),
        lambda world, job, by: world.kernel.complete(job, WHY, by=by),
    ),
    Call(
        "reject",
        lambda job, by, now: (job.status == OPEN and by == job.client)
        or (job.status in LIVE and by == job.evaluator),
        ending(REJECTED),
        lambda world, job, by: world.kernel.reject(job, WHY, by=by),
    ),
    Call(
        "claimRefund",
        lambda job, by, now: job.status in LIVE and now >= job.expired_at,
        ending(EXPIRED),
        lambda world, job, by: world.kernel.claimRefund(job, by=by),
    ),
    Call(
        "accept",
        lambda job, by, now: job.kind == "bids" and job.status == SUBMITTED and by == job.client,
        ending(COMPLETED),
        lambda world, job, by: world.evaluator.accept(job, WHY, by=by),
    ),
    Call(
        "decline",
        lambda job, by, now: job.kind == "bids" and job.status in LIVE and by == job.provider,
        ending(REJECTED),
        lambda world, job, by: world.evaluator.decline(job, WHY, by=by),
    ),
    Call(
        "dispute",
        lambda job, by, now: job.kind == "bids" and job.status == SUBMITTED and by == job.client
        and not job.disputed and now < job.dispute_by,
        lambda job, now: replace(job, disputed=True),
        lambda world, job, by: world.evaluator.dispute(job, WHY, by=by),
    ),
    Call(
        "rule for",
        lambda job, by, now: _may_rule(job, by, now),
        ending(COMPLETED),
        lambda world, job, by: world.evaluator.rule(job, True, WHY, by=by),
    ),
    Call(
        "rule against",
        lambda job, by, now: _may_rule(job, by, now),
        ending(REJECTED),
        lambda world, job, by: world.evaluator.rule(job, False, WHY, by=by),
    ),
    Call(
        "settle",
        lambda job, by, now: job.kind == "bids" and job.status == SUBMITTED
        and now >= (job.ruling_by if job.disputed else job.dispute_by),
        ending(COMPLETED),
        lambda world, job, by: world.evaluator.settle(job, by=by),
    ),
)  # fmt: skip


def _may_rule(job: Known, by: str, now: int) -> bool:
    return (
        job.kind == "bids"
        and job.status == SUBMITTED
        and job.disputed
        and job.agreed is not None
        and by == job.agreed.arbiter
        and now < job.ruling_by
    )


def budgeting(amount: int) -> Call:
    """`setBudget` without a bid."""

    def may(job: Known, by: str, now: int) -> bool:
        party = by == job.client or by == job.provider
        if job.status != OPEN or not party:
            return False
        if job.kind == "plain" or (job.agreed is None and job.provider == NOBODY):
            return True
        return job.agreed is not None and amount == job.agreed.amount

    return Call(
        f"setBudget {amount}",
        may,
        lambda job, now: replace(job, budget=amount),
        lambda world, job, by: world.kernel.setBudget(job, amount, by=by),
    )


def funding(expected: int) -> Call:
    def may(job: Known, by: str, now: int) -> bool:
        ready = job.status == OPEN and by == job.client and job.provider != NOBODY and now < job.expired_at
        if not ready or job.budget == 0 or job.budget != expected:
            return False
        if job.kind == "plain":
            return True
        return job.agreed is not None and job.budget == job.agreed.amount and job.in_time(now, job.agreed)

    return Call(
        f"fund {expected}",
        may,
        lambda job, now: replace(job, status=FUNDED),
        lambda world, job, by: world.kernel.fund(job, expected, by=by),
    )


def awarding(offer: Offer, signer: str, provider: str) -> Call:
    """`setProvider` with a bid for which `signer` (a name) signed; a plain job looks at no bid."""

    def may(job: Known, by: str, now: int) -> bool:
        if job.status != OPEN or by != job.client or job.provider != NOBODY:
            return False
        if job.kind == "plain":
            return True
        judged = offer.arbiter == NOBODY if job.kind == "alone" else offer.arbiter not in (NOBODY, job.client, provider)
        return judged and address(signer) == provider != job.client and now <= offer.expiry and job.in_time(now, offer)

    return Call(
        f"setProvider {signer}",
        may,
        lambda job, now: replace(job, provider=provider, agreed=None if job.kind == "plain" else offer),
        lambda world, job, by: world.kernel.setProvider(
            job, provider, world.bid(job, offer, signer=signer, provider=provider), by=by
        ),
    )
