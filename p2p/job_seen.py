"""A job on chain as it was read at one moment: plain values (p2p.jobs reads them, p2p.settling decides by them).

Addresses are 0x and 40 hexadecimal digits in lower case, times seconds since the epoch by the chain's blocks, amounts
units of the token.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

_WHOLE = 10_000  # basis points


class Status(IntEnum):
    """Of ERC-8183."""

    OPEN = 0
    FUNDED = 1
    SUBMITTED = 2
    COMPLETED = 3
    REJECTED = 4
    EXPIRED = 5

    @property
    def ended(self) -> bool:
        return self >= Status.COMPLETED


@dataclass(frozen=True)
class Agreed:
    """The bid that the hook took; `submitted_at` is 0 before the submission."""

    provider: str
    amount: int
    cfp: bytes
    arbiter: str
    validator: str
    dispute_window: int
    arbitration_window: int
    submitted_at: int


@dataclass(frozen=True)
class Toll:
    """What a kernel keeps of a price when it pays out, in basis points: for who runs it, and for the evaluator."""

    platform: int = 0
    evaluator: int = 0

    def paid_out(self, amount: int) -> int:
        """What the provider gets of it."""
        return amount - amount * self.platform // _WHOLE - amount * self.evaluator // _WHOLE

    def price(self, wanted: int) -> int | None:
        """A price of which the provider gets this at the least; None where none is large enough."""
        left = _WHOLE - self.platform - self.evaluator
        return -(-wanted * _WHOLE // left) if left > 0 else None


@dataclass(frozen=True)
class JobSeen:
    """`block` and `time`: the newest block when the reading began.

    `agreed`      None before the hook took a bid, and where there is no hook
    `bid_floor`   bids of the provider in question with a smaller nonce are void
    `deliverable` what was submitted; None before that, and where the chain's events could not be read
    `refunded`    for a rejected job: whether money went back, so whether it had been funded
    `toll`        what the kernel keeps of a price
    `same_code`   False where other code runs in the contracts than when the call was made; looked at until the work is
                  submitted
    `allowance`, `balance`: what the kernel may take of the client, and what the client has, of the job's token
    """

    job: int
    block: int
    time: int
    status: Status
    client: str
    provider: str
    evaluator: str
    hook: str
    budget: int
    expired_at: int
    token: str
    agreed: Agreed | None = None
    bid_floor: int = 0
    deliverable: bytes | None = None
    disputed: bool = False
    refunded: bool = False
    allowance: int = 0
    balance: int = 0
    toll: Toll = Toll()
    same_code: bool = True

    @property
    def dispute_by(self) -> int:
        """The first second at which the client may no longer dispute; 0 before the submission."""
        agreed = self.agreed
        return agreed.submitted_at + agreed.dispute_window if agreed is not None and agreed.submitted_at else 0

    @property
    def ruling_by(self) -> int:
        """The first second at which the arbiter may no longer rule; 0 before the submission."""
        return self.dispute_by + self.agreed.arbitration_window if self.agreed is not None and self.dispute_by else 0
