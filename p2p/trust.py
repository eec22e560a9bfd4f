"""Whose word counts, seen from one person: trust that flows from them along work that was paid for.  Pure.

A random walk with restart over settled jobs: personalised PageRank, which EigenTrust runs on who was content with whom
(Kamvar, Schlosser, Garcia-Molina, WWW 2003).  It starts at the person and at their contacts and goes from a client to
the providers it paid and was content with, in proportion to the money, and, for a smaller share, from a provider to the
clients who paid it.  However many accounts somebody makes, all of them together have what flows to them over the money
that people on the way really paid them or took from them (no measure that is the same from everywhere can have that:
Cheng and Friedman, P2PECON 2005).  What they pay one another only moves it about among them, and costs fees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

RESTART = 0.3  # of what walks, at each step: how near the person it stays
BACK = 0.2  # of what goes on, to those who paid rather than to those who were paid
VOICE = 25.0  # tasks of one's own that all words of a rater count together, where trust is spread evenly
STEPS = 25  # what is still on its way after these is 0.7 ** 25, about a ten-thousandth


@dataclass(frozen=True)
class Paid:
    """A job that a chain shows as completed.  `amount`: of the escrow's token.  `content`: what its client said of it,
    0 to 1; None where nothing was said, which is half way from indifferent to content."""

    client: str
    provider: str
    amount: int
    content: float | None = None


@dataclass(frozen=True)
class Trust:
    """`reach`: the share of the walk at each address; `spent`: what each client paid to whom.

    `whole`: what the words of all raters together count, in tasks of one's own."""

    reach: Mapping[str, float]
    spent: Mapping[str, Mapping[str, float]]
    whole: float

    def weight(self, rater: str, agent: str) -> float:
        """How much the word of who paid counts, 0 to 1: what is trusted of them, by the money they put into this agent.

        Over any set of raters these add up to at most `whole` times their reach, however many they are and rate."""
        paid = self.spent.get(rater, {})
        if agent not in paid:
            return 0.0
        return min(1.0, self.whole * self.reach.get(rater, 0.0) * paid[agent] / sum(paid.values()))


def trusted(me: str, contacts: Collection[str], jobs: Iterable[Paid]) -> Trust:
    """Whose word counts for `me`.  Addresses in one way of writing them."""
    seeds = _seeds(me, contacts)
    paid = [job for job in jobs if job.client != job.provider and job.amount > 0]
    ways = _ways(paid)
    at = dict(seeds)
    for _ in range(STEPS):
        at = _step(at, ways, seeds)
    spent: dict[str, dict[str, float]] = {}
    for job in paid:
        _add(spent, job.client, job.provider, float(job.amount))
    return Trust(at, spent, VOICE * _breadth(at, seeds))


def _breadth(at: Mapping[str, float], seeds: Collection[str]) -> float:
    """Over how many the trust is spread that went beyond the seeds (inverse Simpson index), for each unit of it.

    Faint accounts hardly change it, however many: what they have is taken to the square."""
    beyond = [held for address, held in at.items() if address not in seeds]
    squares = sum(held * held for held in beyond)
    return sum(beyond) / squares if squares else 0.0


def _seeds(me: str, contacts: Collection[str]) -> dict[str, float]:
    """Half to the person's own jobs, half to their contacts."""
    others = {one for one in contacts if one != me}
    if not others:
        return {me: 1.0}
    return {me: 0.5, **dict.fromkeys(others, 0.5 / len(others))}


def _ways(jobs: Iterable[Paid]) -> dict[str, dict[str, float]]:
    """Where trust goes from each address, in shares of one."""
    paid: dict[str, dict[str, float]] = {}
    earned: dict[str, dict[str, float]] = {}
    for job in jobs:
        content = 0.75 if job.content is None else job.content
        if content > 0.5:  # who was not content does not vouch
            _add(paid, job.client, job.provider, job.amount * (2 * content - 1))
        _add(earned, job.provider, job.client, float(job.amount))
    ways: dict[str, dict[str, float]] = {}
    for address in paid.keys() | earned.keys():
        forth, back = paid.get(address, {}), earned.get(address, {})
        shares = (1 - BACK, BACK) if forth and back else (1.0, BACK)
        for share, edges in zip(shares, (forth, back), strict=True):
            whole = sum(edges.values())
            for other, amount in edges.items():
                _add(ways, address, other, share * amount / whole)
    return ways


def _step(
    at: Mapping[str, float], ways: Mapping[str, Mapping[str, float]], seeds: Mapping[str, float]
) -> dict[str, float]:
    """One step of all that walks; what has nowhere to go begins again."""
    after: dict[str, float] = {}
    for address, held in at.items():
        going = held * (1 - RESTART)
        for other, share in ways.get(address, {}).items():
            after[other] = after.get(other, 0.0) + going * share
    lost = 1.0 - sum(after.values())
    for seed, share in seeds.items():
        after[seed] = after.get(seed, 0.0) + lost * share
    return after


def _add(edges: dict[str, dict[str, float]], start: str, end: str, amount: float) -> None:
    there = edges.setdefault(start, {})
    there[end] = there.get(end, 0.0) + amount
