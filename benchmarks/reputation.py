"""`python -m benchmarks reputation`: does the score find the good ones among as many sybils?

1,000 honest agents with a true quality, drawn evenly from 0 to 1, who hire and rate one another, and 1,000 sybils who
are worth nothing and rate one another.  Spearman's rank correlation with the true quality, over all 2,000 and over the
honest alone, for the score as several people see it and for the registry's plain average, in one run, seeded.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import mean

from p2p.reputation import Own, Said, Standing, standing
from p2p.trust import Paid, trusted

HIRES = 15  # jobs that an honest agent gives in all
CONTACTS = 5
RING = 20  # others that a sybil rates
SMALL = 2  # tokens: what a sybil's real job is worth; an honest one is worth about 20
FAINT = 1e-3  # of what goes through the agent that is judged, for speed: a node follows all of it
JOB_GAS = 1_064_000  # createJob … accept and giveFeedback, docs/contracts.md


@dataclass
class World:
    """Agents are numbers as text; honest ones first."""

    quality: dict[str, float]
    honest: list[str]
    sybils: list[str]
    contacts: dict[str, frozenset[str]]
    jobs: list[Paid] = field(default_factory=list)
    said: dict[str, list[Said]] = field(default_factory=dict)
    staged: int = 0  # jobs that sybils paid one another, or honest agents, for nothing but a rating

    def rate(self, rater: str, agent: str, value: float, amount: int) -> None:
        """`amount` 0: said without any work."""
        value = min(1.0, max(0.0, value))
        if amount:
            self.jobs.append(Paid(rater, agent, amount, value))
        self.said.setdefault(agent, []).append(Said(rater, value, "paid" if amount else "none", amount))


def honest_world(count: int, sybils: int, random: random.Random) -> World:
    honest = [str(number) for number in range(count)]
    others = [str(number) for number in range(count, count + sybils)]
    quality = {one: random.random() for one in honest} | dict.fromkeys(others, 0.0)
    contacts = {one: frozenset(random.sample([other for other in honest if other != one], CONTACTS)) for one in honest}
    world = World(quality, honest, others, contacts)
    for client in honest:
        for _ in range(HIRES):
            provider = random.choice(honest)
            if provider != client:
                amount = 1 + int(random.expovariate(1 / 20))
                world.rate(client, provider, random.gauss(quality[provider], 0.15), amount)
    return world


def ring(world: World, random: random.Random) -> None:
    """They praise one another, for nothing."""
    _praise(world, random, 0)


def paid_ring(world: World, random: random.Random) -> None:
    """They pay one another for jobs that nobody does, a hundred times what honest jobs cost."""
    _praise(world, random, 2000)


def camouflage(world: World, random: random.Random) -> None:
    """One in ten does a few small jobs well for honest agents; all praise one another besides."""
    for sybil in world.sybils[::10]:
        for client in random.sample(world.honest, 3):
            world.rate(client, sybil, random.gauss(0.9, 0.1), SMALL)
    paid_ring(world, random)


def champions(world: World, random: random.Random) -> None:
    """One in ten does small jobs well, and all of them praise ten alone."""
    for sybil in world.sybils[::10]:
        for client in random.sample(world.honest, 3):
            world.rate(client, sybil, random.gauss(0.9, 0.1), SMALL)
    for sybil in world.sybils:
        for other in world.sybils[1:11]:
            if other != sybil:
                world.rate(sybil, other, 1.0, 2000)
                world.staged += 1


def puppets(world: World, random: random.Random) -> None:
    """One in ten does small jobs well, and then pays its own nine puppets, and is paid by them, and praised."""
    for start in range(0, len(world.sybils), 10):
        master, *theirs = world.sybils[start : start + 10]
        for client in random.sample(world.honest, 3):
            world.rate(client, master, random.gauss(0.9, 0.1), SMALL)
        for puppet in theirs:
            world.rate(master, puppet, 1.0, 2000)
            world.rate(puppet, master, 1.0, 2000)
            world.staged += 2


def slander(world: World, random: random.Random) -> None:
    """Each buys three small jobs of the better honest agents and runs them down; all praise one another."""
    better = [one for one in world.honest if world.quality[one] > 0.5]
    for sybil in world.sybils:
        for provider in random.sample(better, 3):
            world.rate(sybil, provider, 0.0, SMALL)
            world.staged += 1
    paid_ring(world, random)


def whitewash(world: World, random: random.Random) -> None:
    """Half of them worked badly for honest agents; the other half are the same people under new names, praised."""
    half = len(world.sybils) // 2
    for sybil in world.sybils[:half]:
        for client in random.sample(world.honest, 2):
            world.rate(client, sybil, random.gauss(0.1, 0.1), 10)
    paid_ring(world, random)


def everything(world: World, random: random.Random) -> None:
    camouflage(world, random)
    slander(world, random)
    whitewash(world, random)


Attack = Callable[[World, random.Random], None]
ATTACKS: dict[str, Attack] = {
    "ring": ring, "paid ring": paid_ring, "camouflage": camouflage, "champions": champions, "puppets": puppets,
    "slander": slander, "whitewash": whitewash, "everything": everything,
}  # fmt: skip


def _praise(world: World, random: random.Random, amount: int) -> None:
    for sybil in world.sybils:
        for other in random.sample(world.sybils, min(RING, len(world.sybils))):
            if other != sybil:
                world.rate(sybil, other, 1.0, amount)
                world.staged += bool(amount)


def seen(world: World, observer: str) -> dict[str, Standing]:
    """Every agent as one honest agent sees it."""
    contacts = world.contacts[observer]
    trust = trusted(observer, contacts, world.jobs)
    found = {}
    for agent in world.quality:
        said = world.said.get(agent, [])
        mine = tuple(one.value for one in said if one.rater == observer)
        others = [one for one in said if one.rater != observer]
        found[agent] = standing(Own(len(mine), 0, mine), others, trust.towards(agent, FAINT), contacts)
    return found


def averages(world: World) -> dict[str, float]:
    """The registry's plain average, 0 for whom nobody rated."""
    return {agent: mean([one.value for one in world.said.get(agent, [])] or [0.0]) for agent in world.quality}


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Rank correlation; equal values share the mean of their ranks.  0 where one of them says nothing."""
    a, b = _ranks(first), _ranks(second)
    middle = (len(a) - 1) / 2
    over = sum((x - middle) * (y - middle) for x, y in zip(a, b, strict=True))
    under = sum((x - middle) ** 2 for x in a) * sum((y - middle) ** 2 for y in b)
    return float(over / under**0.5) if under else 0.0


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for at in order[start:end]:
            ranks[at] = (start + end - 1) / 2
        start = end
    return ranks


@dataclass(frozen=True)
class Outcome:
    """Rank correlations; `ours` and `ours_honest`: (mean over the observers, the worst of them).

    `reached`: sybils that an observer takes for good, of all, on average.  `fees`: gas that the attack took."""

    ours: tuple[float, float]
    plain: float
    ours_honest: tuple[float, float]
    plain_honest: float
    reached: float
    praised: float  # the same by the plain average: above 0.6
    fees: int


def outcome(world: World, observers: Sequence[str]) -> Outcome:
    truth, plain = world.quality, averages(world)
    whole, honest, taken = [], [], []
    for observer in observers:
        views = seen(world, observer)
        whole.append(spearman([views[one].low for one in truth], list(truth.values())))
        honest.append(spearman([views[one].low for one in world.honest], [truth[one] for one in world.honest]))
        taken.append(sum(views[one].word == "good" for one in world.sybils) / len(world.sybils))
    return Outcome(
        (mean(whole), min(whole)),
        spearman([plain[one] for one in truth], list(truth.values())),
        (mean(honest), min(honest)),
        spearman([plain[one] for one in world.honest], [truth[one] for one in world.honest]),
        mean(taken),
        sum(plain[one] >= 0.6 for one in world.sybils) / len(world.sybils),
        world.staged * JOB_GAS,
    )


def run(count: int, sybils: int, observers: int, seed: int) -> dict[str, Outcome]:
    """By attack; "none": the sybils are there and say nothing."""
    found = {}
    for name, attack in {"none": None, **ATTACKS}.items():
        chance = random.Random(seed)
        world = honest_world(count, sybils, chance)
        if attack is not None:
            attack(world, chance)
        found[name] = outcome(world, chance.sample(world.honest, observers))
    return found


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks reputation")
    parser.add_argument("--agents", type=int, default=1000, help="honest ones, and as many sybils")
    parser.add_argument("--observers", type=int, default=10)
    parser.add_argument("--seed", type=int, default=8004)
    options = parser.parse_args(argv)
    begun = time.perf_counter()
    found = run(options.agents, options.agents, options.observers, options.seed)
    print(f"{'':12} {'all: ours (worst)':>20} {'plain':>7} {'honest: ours (worst)':>22} {'plain':>7}"
          f" {'sybils good':>12} {'plain':>7} {'gas paid':>9}")  # fmt: skip
    for name, one in found.items():
        print(
            f"{name:12} {one.ours[0]:12.3f} ({one.ours[1]:.3f}) {one.plain:7.3f}"
            f" {one.ours_honest[0]:14.3f} ({one.ours_honest[1]:.3f}) {one.plain_honest:7.3f}"
            f" {one.reached:12.1%} {one.praised:7.1%} {one.fees / 1e9:7.1f} G"
        )
    seconds = time.perf_counter() - begun
    print(
        json.dumps({**vars(options), "seconds": round(seconds, 1), "attacks": {k: vars(v) for k, v in found.items()}})
    )
    return 0
