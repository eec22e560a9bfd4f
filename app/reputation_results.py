"""What the commands on reputation and feedback return.  Frozen, standard types only.  Times are ISO 8601 in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Word = Literal["unknown", "good", "mixed", "poor"]


@dataclass(frozen=True)
class ReasonRow:
    """`code`: see p2p.reputation.REASONS.  `sentence`: the same in words."""

    code: str
    sentence: str
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ReputationView:
    """What is known of a peer.  `likely`, `low`, `high`: 0 to 100, how well the next task goes; `sentence` says it.

    `weight`: of the evidence, in tasks of one's own.  `agent`: its number in the registry, None where none is believed.
    `naked`: the registry's plain average, 0 to 100, which anybody may have written; None for none.
    `network`: the chain that was read; "" for none, and `problem` is the code of why.  `rateable`: receipts of
    tasks that it did and of which nothing was said yet, newest first.
    """

    peer_id: str
    name: str
    word: Word
    sentence: str
    likely: int
    low: int
    high: int
    weight: float
    reasons: tuple[ReasonRow, ...]
    agent: int | None
    naked: int | None
    naked_count: int
    naked_sentence: str
    network: str
    problem: str
    rateable: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeedbackRow:
    """What the person said of a task.  `value`: 0 to 100.

    `state`: here (on no chain), going (waits for the wallet or a block), public.  `network` and `agent` where it is, or
    goes; `transaction`: its hash once it stands there.
    """

    receipt: str
    task: str
    peer_id: str
    name: str
    value: int
    tag: str
    state: Literal["here", "going", "public"]
    agent: int | None
    transaction: str
    created: str


@dataclass(frozen=True)
class FeedbackChanged:
    """Something was said of somebody's work, or taken back."""

    peer_id: str
