"""What the commands about chains return.  As app.results: frozen, standard types, field names are a public format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Code = Literal["ours", "other", "none", "unknown"]


@dataclass(frozen=True)
class ContractView:
    """`code`: of this release, somebody else's, none there, not seen.  `known`: whether the wallet signs for it."""

    role: str
    address: str
    code: Code
    known: bool


@dataclass(frozen=True)
class PendingView:
    """`state`: signed, sent or mined.  `problem`: why it does not go on, a sentence; "" where nothing is in its way."""

    key: str
    state: str
    nonce: int
    problem: str
    task: str


@dataclass(frozen=True)
class ChainRowView:
    """`network`: a name for the chain id.  `real_value`: what is signed there may cost money."""

    name: str
    kind: str  # embedded, rpc, peer
    chain_id: int
    network: str
    genesis: str
    endpoints: tuple[str, ...]
    used: bool
    real_value: bool


@dataclass(frozen=True)
class ChainStatus:
    """`row`: None where no chain is in use.  `head`: None where it cannot be seen, and `problem` says why.

    `on`: whether the wallet signs for this network.  `wrong`: endpoints that are not asked, with what they showed.
    `jobs`: of tasks, that are not settled.  `hosting`: contacts may use the chain in this process; `kept`, `most`: as
    Hosting's.
    """

    row: ChainRowView | None
    head: int | None
    confirmations: int
    address: str
    dialect: str
    on: bool
    contracts: tuple[ContractView, ...]
    pending: tuple[PendingView, ...]
    jobs: int
    wrong: tuple[tuple[str, str], ...]
    problem: str
    hosting: bool
    kept: int = 0
    most: int = 0


@dataclass(frozen=True)
class Holding:
    """`value`: in the smallest parts, decimal; `text`: in words, in the interface's language."""

    token: str  # address; "" for the chain's own coin
    symbol: str
    decimals: int
    value: str
    text: str


@dataclass(frozen=True)
class Balance:
    chain: str
    address: str
    holdings: tuple[Holding, ...]


@dataclass(frozen=True)
class ChainUsed:
    """`proof`: the passphrase is needed first: money may be lost there.  `on`: the wallet signs for the network."""

    name: str
    kind: str
    network: str
    real_value: bool
    on: bool
    proof: bool = False


@dataclass(frozen=True)
class Hosting:
    """`hosted`: whether contacts may use the chain in this process.  `kept`, `most`: bytes that it takes in the vault,
    and from which on contacts write nothing to it."""

    hosted: bool
    chain_id: int
    genesis: str
    kept: int = 0
    most: int = 0


@dataclass(frozen=True)
class ChainChanged:
    """An event: another chain is in use, or what is known of this one."""
