"""What the commands on receipts return.  Frozen, standard types only.

Times are ISO 8601 in UTC.  Names and texts of peers are theirs: data, shown as claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ReceiptsChanged:
    """A receipt was made."""


@dataclass(frozen=True)
class ReceiptRow:
    """A receipt in the vault.  `role`: this node's, initiator or participant; `peer_id`: the other side.

    `outcome`: done, failed, cancelled, refused, or "" where nobody had the last word.  `settled`: how its job on chain
    ended, "" without one.  `amount` in the smallest unit of `token`, "" where it was free; `price`: the same for a
    person.  `words`: whether what was said is still there: it goes with a record that is forgotten.
    """

    name: str
    task: str
    role: str
    kind: str
    peer_id: str
    peer_name: str
    outcome: str
    settled: str
    amount: str
    token: str
    created: str
    words: bool
    price: str = ""


@dataclass(frozen=True)
class Spoken:
    """One signed message.  `by`: initiator or participant; `sent`: by its sender's own clock; `says`: its content."""

    by: str
    performative: str
    sent: str
    digest: str
    says: dict[str, Any]


@dataclass(frozen=True)
class ReceiptView:
    """A receipt whose every signature was verified.

    `mine`: initiator or participant where this node is one of the two, else "".  `…_name`: as the profile calls them,
    "" where it does not know them, or where there is no profile.  `asked`: the call's spec and what went with the
    award; `amount`, `token`, `price`: as ReceiptRow has them; `result`: None where there is none; `result_digest`:
    SHA-256 of the provider's signed result, "" without.
    """

    name: str
    kind: str
    conversation: str
    initiator: str
    initiator_name: str
    participant: str
    participant_name: str
    issuer: str
    mine: str
    outcome: str
    asked: dict[str, Any]
    amount: str
    token: str
    result: Any
    result_digest: str
    settlement: dict[str, Any]
    messages: tuple[Spoken, ...]
    bytes: int
    price: str = ""


@dataclass(frozen=True)
class ChainCheck:
    """What the chain says of a receipt's settlement.  `holds`: every claim stands there; `wrong`: codes of what does
    not (p2p.receipt_claims), `reasons`: the same as sentences.  `chain`: its name, "" where the receipt names none."""

    holds: bool
    chain: str = ""
    wrong: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Remains:
    """What is left of a receipt whose words were forgotten.  `job`: how its job on chain stands, in words, "" without.

    `value`: what the person said of the work, None for nothing; `public`: that stands on a chain, and names it.
    """

    row: ReceiptRow
    job: str = ""
    value: int | None = None
    public: bool = False


@dataclass(frozen=True)
class Verified:
    """What came of looking at a file.  `code`, `reason`: why it is not believed; then there is no `receipt`.

    `remains`: where it is one of this profile whose words were forgotten.

    `matches`: whether the result that was shown is the one in the receipt; None where none was shown.
    `chain`: None where no chain was asked.
    """

    holds: bool
    receipt: ReceiptView | None = None
    code: str = ""
    reason: str = ""
    matches: bool | None = None
    chain: ChainCheck | None = None
    remains: Remains | None = None


@dataclass(frozen=True)
class ReceiptSaved:
    name: str
    path: str
    bytes: int
