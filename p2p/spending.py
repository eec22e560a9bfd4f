"""What the wallet may spend without being asked, and what it never may: limits, and the book of what was signed.

Pure: no clock, no files, no keys.  Amounts are in a token's smallest parts; a day is a date in UTC.  A signed
transaction counts when it is signed, whether or not a chain ever takes it: what cannot be taken back has been spent.

A replacement (the same payment again with a higher fee) has the account and nonce of the first.  A chain takes only one
of the two, so it counts once, with the larger amount and fee.  Another payment under the same nonce counts beside it.

What an escrow is allowed to take is spent when it is allowed: from then on it is the escrow that decides.  What is paid
in for the same task, at the same escrow, is that money and does not count again; of the two the larger counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

KEPT_DAYS = 60  # of the book; a task does not last longer


@dataclass(frozen=True)
class Limits:
    """What was not set is 0, and 0 lets nothing through: there is no "without limit"."""

    task: int = 0  # for one task
    day: int = 0  # for everything in a day
    counterparty: int = 0  # for one counterparty in a day
    ask_above: int = 0  # a single amount above this is shown to the person first
    fee: int = 0  # network fees in a day, in the chain's own coin, whatever the token


@dataclass(frozen=True)
class Spend:
    """What one signature may cost.  `token`: its address in lower case; `day`: YYYY-MM-DD.

    `kernel`: the escrow that is allowed to take it (`allows`), or is paid in to; "" for what goes anywhere else.
    """

    chain: int
    account: int
    nonce: int
    token: str
    amount: int
    fee: int
    counterparty: str
    task: str
    day: str
    by: str = ""  # the did:key of whoever asked by delegation; "": the person's own node
    approval: str = ""  # what the person agreed to for it, which is used up by it
    kernel: str = ""
    allows: bool = False

    @property
    def slot(self) -> tuple[object, ...]:
        """Equal for a payment and its replacement."""
        return (*self.purpose, self.nonce, self.allows)

    @property
    def purpose(self) -> tuple[object, ...]:
        """Equal for an allowance and what is paid in of it."""
        return (self.chain, self.account, self.token, self.counterparty, self.task, self.by, self.kernel)


@dataclass(frozen=True)
class Denied:
    """`limit`: which one, as named in Limits; `left`: what it would still let through."""

    limit: str
    left: int


@dataclass(frozen=True)
class Book:
    """Immutable: `with_entry` gives another one."""

    entries: tuple[Spend, ...] = field(default=())

    def denied(self, spend: Spend, limits: Limits) -> Denied | None:
        """The first limit that `spend` would break; None where it breaks none."""
        now = self._merged(spend)
        others = [entry for entry in self.entries if entry.slot != spend.slot and entry.chain == spend.chain]
        token = [entry for entry in others if entry.token == spend.token]
        today = [entry for entry in token if entry.day == spend.day]
        counted = {
            "task": [entry for entry in token if entry.task == spend.task],
            "day": today,
            "counterparty": [entry for entry in today if entry.counterparty == spend.counterparty],
        }
        used = {limit: (total(entries), total([*entries, now])) for limit, entries in counted.items()}
        fees = sum(entry.fee for entry in others if entry.day == spend.day)
        for limit, (before, after) in {**used, "fee": (fees, fees + now.fee)}.items():
            most = int(getattr(limits, limit))
            if after > before and after > most:
                return Denied(limit, max(0, most - before))
        return None

    def allowed(self, spend: Spend) -> int:
        """How much of what was allowed for the purpose of `spend`, a payment in, is not paid in yet."""
        return max(0, sum(entry.amount for entry in self._allowances(spend)) - self._paid_in(spend))

    def covered(self, spend: Spend) -> bool:
        """Whether `spend` pays in what was allowed before, and no more than was allowed at once."""
        at_once = max((entry.amount for entry in self._allowances(spend)), default=0)
        return bool(spend.kernel) and not spend.allows and 0 < spend.amount <= min(at_once, self.allowed(spend))

    def used(self, spend: Spend) -> bool:
        """Whether what the person agreed to was for another transaction already."""
        same = [entry for entry in self.entries if entry.approval == spend.approval and entry.slot != spend.slot]
        return bool(spend.approval and same)

    def of(self, did: str) -> Book:
        """What one delegate has spent."""
        return Book(tuple(entry for entry in self.entries if entry.by == did))

    def with_entry(self, spend: Spend) -> Book:
        """The book with `spend` in it; what it replaces, and what is too old to count, is gone."""
        kept = [entry for entry in self.entries if entry.slot != spend.slot and _recent(entry.day, spend.day)]
        return Book((*kept, self._merged(spend)))

    def _allowances(self, spend: Spend) -> list[Spend]:
        return [entry for entry in self.entries if entry.allows and entry.purpose == spend.purpose]

    def _paid_in(self, spend: Spend) -> int:
        """Beside `spend` and what it replaces."""
        same = [entry for entry in self.entries if entry.purpose == spend.purpose and not entry.allows]
        return sum(entry.amount for entry in same if entry.slot != spend.slot)

    def _merged(self, spend: Spend) -> Spend:
        same = [entry for entry in self.entries if entry.slot == spend.slot]
        amount = max([spend.amount, *(entry.amount for entry in same)])
        return replace(spend, amount=amount, fee=max([spend.fee, *(entry.fee for entry in same)]))


def total(entries: Iterable[Spend]) -> int:
    """What these may cost together."""
    found: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    for entry in entries:
        found[entry.purpose][entry.allows] += entry.amount
    return sum(max(both) for both in found.values())


def _recent(day: str, today: str) -> bool:
    """Days to come count too: a clock that was set back forgets nothing."""
    return (date.fromisoformat(today) - date.fromisoformat(day)).days <= KEPT_DAYS
