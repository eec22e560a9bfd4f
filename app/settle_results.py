"""What is shown of a task's job on chain.  Frozen, standard types only; addresses and hashes begin with 0x."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

JobState = Literal[
    "preparing", "open", "offered", "paying", "funded", "submitted", "disputed", "settled", "refunded", "rejected",
    "void",
]  # fmt: skip


@dataclass(frozen=True)
class SentRow:
    """One of our transactions.  `what`: the name of the method; `state`: signed, sent, mined, final, reverted, …"""

    what: str
    hash: str
    state: str


@dataclass(frozen=True)
class SettlementView:
    """`amount`: with the token's symbol, as the person writes numbers; the price, and before it is agreed to the most.

    `chain`: as the person calls it.  `judged_by`: client (who has the work and the money) or arbiter, whose address is
    `judge`; `judge_name`: whose that is, "" where nobody known here has it.  `by`: when the window ends that runs now,
    ISO 8601, "" for none.  `problem`: code of why it waits; `why`: the same as a sentence, with what to do.
    `dispute_window`, `ruling_window`: how long the client has to dispute what was handed in, and the arbiter to decide,
    seconds, 0 where the client judges.  `paid`: what the provider got, where that is another sum than the price; ""
    else.
    """

    state: JobState
    amount: str
    chain: str
    chain_id: int
    job: int | None
    judged_by: Literal["client", "arbiter"]
    judge: str
    by: str = ""
    problem: str = ""
    why: str = ""
    transactions: tuple[SentRow, ...] = ()
    dispute_window: int = 0
    ruling_window: int = 0
    judge_name: str = ""
    paid: str = ""
