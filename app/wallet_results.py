"""What the commands on the wallet return, and what it says unasked.  Frozen, standard types only.

Times are ISO 8601 in UTC.  Sentences are in the language of the interface.  Names and texts of others are theirs: data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.chain.amounts import with_worth
from storage.wallet_asks import AskState


@dataclass(frozen=True)
class WalletAsks:
    """Something waits for the person before it is signed, or was answered: `waiting` says how many do now."""

    digest: str
    waiting: int
    task: str = ""


@dataclass(frozen=True)
class WalletChanged:
    """Limits, networks, delegates or watched addresses are others now."""


@dataclass(frozen=True)
class TransactionChanged:
    """An event: something that the wallet sent stands otherwise.  `state`: signed, sent, mined, final, reverted or
    displaced; `task`: what it is for, "" for none.  What it does and what it is worth is asked for, not told here."""

    task: str
    state: str


@dataclass(frozen=True)
class Money:
    """`amount`: in tokens, "12.5".  `token`: its address, "" for the chain's own coin.  `shown`: for people.

    `worth`: at the person's own rate, "" without one.
    """

    amount: str
    symbol: str
    token: str
    shown: str
    worth: str = ""

    @property
    def said(self) -> str:
        """With what it is worth."""
        return with_worth(self.shown, self.worth)


@dataclass(frozen=True)
class LimitsRow:
    """What may be spent without being asked, and what never; of one token, or of every other one (`token` "*")."""

    token: str
    symbol: str
    task: Money
    day: Money
    peer: Money
    ask_above: Money
    spent: Money  # today


@dataclass(frozen=True)
class DelegateRow:
    """Somebody who may ask for signatures.  `until`: a moment.  `over`: it has passed."""

    did: str
    name: str
    network: str
    until: str
    over: bool
    task: Money
    day: Money
    peer: Money
    spent: Money  # today


@dataclass(frozen=True)
class WalletView:
    """`chain`: what the person calls the one in use, "" for none.  `real`: money is on it.

    `on`: the wallet signs for it.  `problem`: why the chain tells nothing now, a sentence or "".
    `fees`: of the network, a day at most.
    """

    chain: str
    kind: str
    chain_id: int | None
    network: str
    real: bool
    on: bool
    worth: str
    problem: str
    account: int
    address: str
    balances: tuple[Money, ...]
    limits: tuple[LimitsRow, ...]
    fees: Money | None
    fees_spent: Money | None
    delegates: tuple[DelegateRow, ...]
    waiting: int
    rate: str


@dataclass(frozen=True)
class AccountView:
    """An account of the wallet, or an address that is looked at; balances are empty where no chain answers."""

    address: str
    name: str
    balances: tuple[Money, ...]
    problem: str


@dataclass(frozen=True)
class HistoryRow:
    """One thing that was signed and sent.  `text`: what it does.  `rows`: every value in full, with its label."""

    key: str
    text: str
    state: str
    state_text: str
    problem: str
    hash: str
    at: str
    network: str
    task: str
    peer: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Movement:
    """A payment that a chain tells of.  `other`: the address it came from or went to."""

    way: Literal["in", "out"]
    money: Money
    other: str
    other_text: str
    hash: str
    block: int
    at: str


@dataclass(frozen=True)
class Movements:
    """`since`: the first block that was looked at."""

    address: str
    name: str
    since: int
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class AskRow:
    """What waits for the person.  `digest` names it; `rows`: every value in full.  `counts`: how long a yes does, in
    words."""

    digest: str
    text: str
    rows: tuple[tuple[str, str], ...]
    state: AskState
    real: bool
    task: str
    peer: str
    peer_name: str
    at: str
    counts: str = ""


@dataclass(frozen=True)
class AuthorityView:
    """What a contact's wallet signs for this person.  `account`: the address that pays.  `until`: seconds since the
    epoch; `over`: it has passed."""

    peer_id: str
    peer_name: str
    network: str
    account: str
    until: int
    over: bool
    task: Money
    day: Money
    peer: Money
    spent: Money


@dataclass(frozen=True)
class AskedFor:
    """Something that a contact's wallet was asked for.  `hash` and `state` once it was sent; `asks` while the owner has
    to agree first: ask with `again` then."""

    peer_id: str
    peer_name: str
    text: str
    rows: tuple[tuple[str, str], ...]
    hash: str
    state: str
    asks: str
    again: int
