"""Whose word counts, seen from one person: trust that flows from them along work that was paid for.  Pure.

A random walk with restart over settled jobs: personalised PageRank, which EigenTrust runs on who was content with whom
(Kamvar, Schlosser, Garcia-Molina, WWW 2003).  It starts at the person and at their contacts and goes from a client to
the providers it paid and was content with, in proportion to the money, and, for a smaller share, from a provider to the
clients who paid it.  However many accounts somebody makes, all of them together have what flows to them over the money
that people on the way really paid them or took from them (no measure that is the same from everywhere can have that:
Cheng and Friedman, P2PECON 2005).  What they pay one another only moves it about among them, and costs fees.

Where somebody is judged, no trust flows through themselves: whom they paid, or had pay them, they could have chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

RESTART = 0.3  # of what walks, at each step: how near the person it stays
BACK = 0.2  # of what goes on, to those who paid rather than to those who were paid
VOICE = 25.0  # tasks of one's own that all words of a rater count together, where trust is spread evenly
MOST = 0.99  # of a task: what is trusted of somebody who is no contact
STEPS = 25  # what goes on after these is 0.7 ** 25, about a ten-thousandth


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
    """`visits`: how often the walk comes by each address until it ends; `ways`: where it goes from there, in shares.

    `spent`: what each client paid to whom; `whole`: what a visit is worth, in tasks of one's own."""

    visits: Mapping[str, float]
    ways: Mapping[str, Mapping[str, float]]
    spent: Mapping[str, Mapping[str, float]]
    whole: float

    def towards(self, agent: str, least: float = 0.0) -> Callable[[str], float]:
        """How much the word of each client counts on this agent, 0 to 1: what is trusted of them, without what came
        through the agent itself, by the part of their money that they put into it.

        Over any set of raters, and all agents, these add up to at most `whole` times their visits.  `least`: what is
        fainter is not followed through the agent."""
        reached = self._reached(agent, least)

        def weight(rater: str) -> float:
            paid = self.spent.get(rater, {})
            if agent not in paid or rater == agent:
                return 0.0
            return min(1.0, self.whole * reached(rater) * paid[agent] / sum(paid.values()))

        return weight

    def beside(self, agent: str) -> Callable[[str], float]:
        """How much is trusted of somebody who speaks of this agent without having paid it, 0 to less than 1, again
        without what came through it.  Who speaks of several is to be counted in parts, so that these add up as above.
        """
        reached = self._reached(agent, 0.0)
        return lambda other: 0.0 if other == agent else min(MOST, self.whole * reached(other))

    def _reached(self, agent: str, least: float) -> Callable[[str], float]:
        """How often the walk comes by somebody without having come by the agent."""
        there = self.visits.get(agent, 0.0)
        through = _visits({agent: 1.0}, self.ways, least) if there else {agent: 1.0}
        passed = there / through[agent]  # as often as it comes there for the first time
        return lambda other: max(0.0, self.visits.get(other, 0.0) - passed * through.get(other, 0.0))


def trusted(me: str, contacts: Collection[str], jobs: Iterable[Paid]) -> Trust:
    """Whose word counts for `me`.  Addresses in one way of writing them."""
    seeds = _seeds(me, contacts)
    paid = [job for job in jobs if job.client != job.provider and job.amount > 0]
    ways = _ways(paid)
    visits = _visits(seeds, ways)
    spent: dict[str, dict[str, float]] = {}
    for job in paid:
        _add(spent, job.client, job.provider, float(job.amount))
    return Trust(visits, ways, spent, VOICE * _breadth(visits, seeds))


def _breadth(visits: Mapping[str, float], seeds: Collection[str]) -> float:
    """Over how many the trust is spread that went beyond the seeds (inverse Simpson index), for each visit.

    Faint accounts hardly change it, however many: what they have is taken to the square."""
    beyond = [often for address, often in visits.items() if address not in seeds]
    squares = sum(often * often for often in beyond)
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


def _visits(
    start: Mapping[str, float], ways: Mapping[str, Mapping[str, float]], least: float = 0.0
) -> dict[str, float]:
    """How often a walk comes by each address until it is broken off or has nowhere to go."""
    at, visits = dict(start), dict(start)
    for _ in range(STEPS):
        after: dict[str, float] = {}
        for address, held in at.items():
            for other, share in ways.get(address, {}).items():
                after[other] = after.get(other, 0.0) + held * (1 - RESTART) * share
        at = {address: held for address, held in after.items() if held > least}
        for address, held in at.items():
            visits[address] = visits.get(address, 0.0) + held
    return visits


def _add(edges: dict[str, dict[str, float]], start: str, end: str, amount: float) -> None:
    there = edges.setdefault(start, {})
    there[end] = there.get(end, 0.0) + amount
