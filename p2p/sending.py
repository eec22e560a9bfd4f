"""One transaction from its signature to the block that keeps it: a pure machine, `step(sending, seen, rules)`.

    signed → sent → mined → final | reverted
                ↑______|            a reorganisation took its block away: it is sent again
    sent → displaced                another transaction took its nonce, and has been confirmed

Every attempt has the same nonce, so a chain takes at most one.  Nonce and signed bytes are stored before they are sent
(storage.transactions); what a crash interrupts is sent again, byte for byte.  A transaction that no block takes is
offered again with a higher fee, up to what the person allows; then it waits and is only repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

State = Literal["signed", "sent", "mined", "final", "reverted", "displaced"]
ENDED: frozenset[str] = frozenset({"final", "reverted", "displaced"})


@dataclass(frozen=True)
class Attempt:
    """The transaction as it was signed once.  Fees: wei for a unit of gas; `sent`: seconds, None before it was."""

    name: str
    raw: bytes
    max_fee: int
    priority_fee: int
    sent: float | None = None


@dataclass(frozen=True)
class Place:
    """Where a transaction stands; `ok` is false where it was reverted."""

    name: str
    block: int
    block_hash: str
    ok: bool


@dataclass(frozen=True)
class Sending:
    """`lost_at`: the head when its nonce was first seen to be somebody else's."""

    nonce: int
    attempts: tuple[Attempt, ...]
    state: State = "signed"
    place: Place | None = None
    tried: float = 0.0
    lost_at: int | None = None

    @property
    def ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True)
class Seen:
    """What the chain shows, all of it asked after `now`: the head's number, how many of the account's transactions are
    in blocks (`settled`: in blocks with the confirmations), and the place of the one attempt that is, if one is."""

    now: float
    head: int
    taken: int
    place: Place | None
    settled: int


@dataclass(frozen=True)
class Rules:
    """`confirmations`: blocks, its own counted, until a place is believed; `repeat` and `stuck`: seconds; `most_fee`:
    what the person would pay at most, wei for a unit of gas."""

    confirmations: int = 1
    repeat: float = 15.0
    stuck: float = 60.0
    most_fee: int = 0


@dataclass(frozen=True)
class Send:
    """Hand these bytes to the chain."""

    raw: bytes


@dataclass(frozen=True)
class Raise:
    """Have the same transaction signed with these fees, and give it to `with_attempt`."""

    max_fee: int
    priority_fee: int


Effect: TypeAlias = Send | Raise


def step(sending: Sending, seen: Seen, rules: Rules) -> tuple[Sending, tuple[Effect, ...]]:
    """What is known now, and what is to be done.  An ended one stays as it is."""
    if sending.ended:
        return sending, ()
    if seen.place is not None:
        return _standing(sending, seen.place, seen, rules), ()
    if sending.state == "mined":
        return _again(replace(sending, place=None), seen)
    if seen.taken > sending.nonce:
        return _displaced(sending, seen, rules), ()
    waiting = replace(sending, lost_at=None)
    higher = _higher(waiting, seen, rules)
    if higher is not None:
        return waiting, (higher,)
    if waiting.state == "signed" or seen.now - waiting.tried >= rules.repeat:
        return _again(waiting, seen)
    return waiting, ()


def with_attempt(sending: Sending, attempt: Attempt) -> Sending:
    """Another signature of it, which the next step sends."""
    return replace(sending, attempts=(*sending.attempts, attempt), state="signed")


def next_nonce(taken: int, ours: Sequence[int]) -> int:
    """`taken`: of the chain; `ours`: nonces of what is signed and has not ended.  A gap is filled first."""
    nonce = taken
    used = set(ours)
    while nonce in used:
        nonce += 1
    return nonce


def _standing(sending: Sending, place: Place, seen: Seen, rules: Rules) -> Sending:
    if seen.head - place.block + 1 < rules.confirmations:
        return replace(sending, state="mined", place=place, lost_at=None)
    return replace(sending, state="final" if place.ok else "reverted", place=place, lost_at=None)


def _again(sending: Sending, seen: Seen) -> tuple[Sending, tuple[Effect, ...]]:
    """The newest attempt, which pays most; blocks that know an older one may still take that."""
    newest = sending.attempts[-1]
    sent = replace(newest, sent=newest.sent if newest.sent is not None else seen.now)
    attempts = (*sending.attempts[:-1], sent)
    return replace(sending, attempts=attempts, state="sent", tried=seen.now), (Send(newest.raw),)


def _displaced(sending: Sending, seen: Seen, rules: Rules) -> Sending:
    """Believed once the other has the confirmations that ours would need, and not at first sight: an endpoint may count
    before it finds."""
    since = seen.head if sending.lost_at is None else sending.lost_at
    if seen.head - since < rules.confirmations or seen.settled <= sending.nonce:
        return replace(sending, lost_at=since)
    return replace(sending, state="displaced", lost_at=since)


def _higher(sending: Sending, seen: Seen, rules: Rules) -> Raise | None:
    newest = sending.attempts[-1]
    if sending.state != "sent" or newest.sent is None or seen.now - newest.sent < rules.stuck:
        return None
    if seen.taken < sending.nonce:
        return None  # it waits for the one before it, and more money would not help
    max_fee, priority = _more(newest.max_fee), _more(newest.priority_fee)
    return Raise(max_fee, min(priority, max_fee)) if max_fee <= rules.most_fee else None


def _more(fee: int) -> int:
    """Nodes ask for a tenth more before they take a replacement; an eighth is what most ask for blobs and old ones."""
    return fee + max(1, -(-fee // 8))
