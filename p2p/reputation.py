"""What is known of a peer, as one person sees it: an estimate, how sure it is, and what it rests on.  Pure.

Evidence is a sum of weights, good and bad.  It comes from
  own experience   each task of the person's own counts 1, as it was kept or broken, or as they rated it
  contacts         what a contact said of a task with a receipt counts 1 a contact
  provable work    what somebody said who paid for that work, as the chain shows, counts as much as p2p.trust lets their
                   word count, and once for each of them however often they said it, by the money that they paid
  re-execution     what a validator found who did its work again counts 1 for each that is the person or a contact of
                   theirs, and for others as much as p2p.trust lets them vouch
and from nothing else: what anybody may have written is counted in `Naked`, is shown as that, and moves no estimate.

The estimate is Laplace's rule of succession on these weights (the mean of a beta distribution: Jøsang and Ismail,
2002), as the award of tasks has it; the bounds are Wilson's of 1927, so that nothing known is anything from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Literal

Proof = Literal["paid", "receipt", "none"]
Word = Literal["unknown", "good", "mixed", "poor"]
Z = 1.645  # nine in ten
UNKNOWN = 0.7  # bounds that are further apart than this say nothing yet
FAINT = 0.01  # of a task: whose word counts for less is nobody's that the person trusts
DUST = 0.5  # tasks: what others who paid say counts for nothing below it, so that many faint voices are no loud one
GOOD = 0.6  # what is surely above it
POOR = 0.5  # what is surely below it


@dataclass(frozen=True)
class Said:
    """One entry of feedback that stands.  `rater`: address; `value`: 0 to 1.

    `proof`: "paid", the chain shows that the rater paid the agent `amount` for a job that was completed; "receipt", it
    names the receipt of a task that was paid for nowhere; "none" of these.
    """

    rater: str
    value: float
    proof: Proof
    amount: int = 0


@dataclass(frozen=True)
class Redone:
    """A task of the agent's that a validator did again.  `value`: 1 for the same, 0 for something else; `share`: which
    part of all that this validator is asked is about this agent, 0 to 1."""

    validator: str
    value: float
    share: float = 1.0


@dataclass(frozen=True)
class Own:
    """The person's own tasks with the peer.  `good` + `bad` are as many as there were: kept, broken, or as rated."""

    done: int = 0
    undone: int = 0
    rated: tuple[float, ...] = ()  # of those that were done, 0 to 1

    @property
    def good(self) -> float:
        return self.done - sum(1 - value for value in self.rated)

    @property
    def bad(self) -> float:
        return self.undone + sum(1 - value for value in self.rated)


NOTHING = Own()


@dataclass(frozen=True)
class Naked:
    """The registry's plain average, 0 to 1: anybody may have written these.  None where there are none."""

    count: int
    mean: float | None


@dataclass(frozen=True)
class Reason:
    """`code` of a sentence, and what it says: see REASONS."""

    code: str
    values: dict[str, float] = field(default_factory=dict)


# Each counts, or says why something does not.  Means are 0 to 1, weights in tasks of one's own.
REASONS = (
    "own-kept",  # count
    "own-broken",  # count
    "own-rated",  # count, mean
    "contacts",  # count, mean
    "paid",  # count (of raters), mean, weight
    "strangers",  # count: paid, but hardly anybody the person trusts has paid work with them
    "unproven",  # count: without proof
    "redone",  # count (of validators: the person, and contacts), mean
    "redone-paid",  # count, mean, weight: other validators
    "redone-strangers",  # count: validators with whom hardly anybody the person trusts has paid work
    "nothing",  # there is no evidence at all
)


@dataclass(frozen=True)
class Standing:
    """`likely`: how well the next task goes, 0 to 1; `low` and `high`: where that lies, nine times in ten.

    `weight`: of all evidence, in tasks of one's own."""

    word: Word
    likely: float
    low: float
    high: float
    weight: float
    reasons: tuple[Reason, ...]
    naked: Naked


def expected(good: float, bad: float) -> float:
    """How well the next task goes: Laplace's rule of succession, so that one task proves little."""
    return (good + 1) / (good + bad + 2)


def bounds(good: float, bad: float) -> tuple[float, float]:
    """Wilson's score interval, which is from 0 to 1 where there is no evidence."""
    weight = good + bad
    if weight <= 0:
        return 0.0, 1.0
    middle = (good + Z * Z / 2) / (weight + Z * Z)
    reach = Z * sqrt(good * bad / weight + Z * Z / 4) / (weight + Z * Z)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def standing(
    own: Own,
    said: Sequence[Said],
    weight: Callable[[str], float],
    contacts: Collection[str],
    redone: Sequence[Redone] = (),
    vouches: Callable[[str], float] = lambda _: 0.0,
) -> Standing:
    """`said`: of this peer, without what was revoked and without the person's own; `weight`: of a rater who paid
    it, 0 to 1 (p2p.trust); `contacts`: their addresses.  `redone`: by anybody but the peer itself; `vouches`: how much
    of a validator who is no contact is trusted, 0 to 1; 1 for the person."""
    near = [one for one in said if one.rater in contacts and one.proof != "none"]
    paid = [one for one in said if one.rater not in contacts and one.proof == "paid"]
    voices = [(1.0, value) for value in _voices(near).values()]
    far = [(weight(rater), value) for rater, value in _voices(paid).items()]
    counted = [(share, value) for share, value in far if share >= FAINT]
    if sum(share for share, _ in counted) < DUST:
        counted = []
    again, others, strange = _validators(redone, vouches, contacts)
    everything = voices + counted + again + others
    good = own.good + sum(share * value for share, value in everything)
    bad = own.bad + sum(share * (1 - value) for share, value in everything)
    low, high = bounds(good, bad)
    reasons = (
        *_own_reasons(own),
        *_reason("contacts", voices),
        *_reason("paid", counted, weight=True),
        *_reason("redone", again),
        *_reason("redone-paid", others, weight=True),
        *_count("strangers", len(far) - len(counted)),
        *_count("redone-strangers", strange),
        *_count("unproven", len(said) - len(near) - len(paid)),
    )
    if good + bad <= 0:
        reasons = (Reason("nothing"), *reasons)
    values = [one.value for one in said]
    naked = Naked(len(values), sum(values) / len(values) if values else None)
    return Standing(_word(low, high), expected(good, bad), low, high, good + bad, reasons, naked)


def _validators(
    redone: Sequence[Redone], vouches: Callable[[str], float], contacts: Collection[str]
) -> tuple[list[tuple[float, float]], list[tuple[float, float]], int]:
    """What each found in all, with its weight: those near the person, others; and how many are not counted."""
    found: dict[str, list[Redone]] = {}
    for one in redone:
        found.setdefault(one.validator, []).append(one)
    near: list[tuple[float, float]] = []
    far: list[tuple[float, float]] = []
    for validator, answers in found.items():
        value = sum(min(1.0, max(0.0, one.value)) for one in answers) / len(answers)
        trust = 1.0 if validator in contacts else vouches(validator)
        if trust >= 1.0:
            near.append((1.0, value))
        elif (share := trust * min(1.0, max(0.0, answers[0].share))) >= FAINT:
            far.append((share, value))
    if sum(share for share, _ in far) < DUST:
        far = []
    return near, far, len(found) - len(near) - len(far)


def _voices(said: Sequence[Said]) -> dict[str, float]:
    """What each rater says in all: the mean, by the money where they paid any."""
    sums: dict[str, tuple[float, float]] = {}
    for one in said:
        share = float(max(one.amount, 1))
        total, weight = sums.get(one.rater, (0.0, 0.0))
        sums[one.rater] = (total + share * min(1.0, max(0.0, one.value)), weight + share)
    return {rater: total / weight for rater, (total, weight) in sums.items()}


def _word(low: float, high: float) -> Word:
    if high - low > UNKNOWN:
        return "unknown"
    if low >= GOOD:
        return "good"
    return "poor" if high <= POOR else "mixed"


def _own_reasons(own: Own) -> tuple[Reason, ...]:
    rated = _reason("own-rated", [(1.0, value) for value in own.rated])
    return *_count("own-kept", own.done), *_count("own-broken", own.undone), *rated


def _count(code: str, count: int) -> tuple[Reason, ...]:
    return (Reason(code, {"count": count}),) if count else ()


def _reason(code: str, voices: Sequence[tuple[float, float]], *, weight: bool = False) -> tuple[Reason, ...]:
    if not voices:
        return ()
    whole = sum(share for share, _ in voices)
    mean = sum(share * value for share, value in voices) / whole
    values = {"count": len(voices), "mean": mean}
    return (Reason(code, {**values, "weight": whole} if weight else values),)
