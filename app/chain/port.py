"""What the program asks of a chain, whichever it is: the port between app.chain.chains and everything above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from p2p.chain import Chain, ChainIdentity, Mined

T = TypeVar("T")


@dataclass(frozen=True)
class Connected:
    """The chain in use, as it showed itself.  `contracts`: by role (p2p.methods.ROLES), addresses in lower case.

    `chain` blocks: use it through `ChainPort.ask`.  `account` is the wallet's, `address` what it is on chain.
    """

    name: str
    kind: Literal["embedded", "rpc", "peer"]
    chain: Chain
    identity: ChainIdentity
    contracts: Mapping[str, str]
    dialect: Literal["prose", "printed"]
    confirmations: int
    address: str
    account: int = 0


@dataclass(frozen=True)
class Call:
    """A call to one of the known contracts, as p2p.methods has it.  `token`: what the amount is of, its address.

    `task` and `peer`: for limits and for the history.
    """

    role: str
    signature: str
    args: tuple[Any, ...]
    token: str = ""
    task: str = ""
    peer: str = ""


class ChainPort(Protocol):
    """Trio thread only."""

    async def connected(self) -> Connected:
        """Errors: CommandFailed("chain-none" | "airplane" | "locked"), ChainError."""
        ...

    async def ask(self, question: Callable[..., T], /, *args: Any) -> T:
        """Run a blocking question to the chain in a worker thread.  Errors: ChainError."""
        ...

    async def call(self, key: str, call: Call) -> Mined:
        """Have it signed, sent and confirmed: the transaction as it stands in its block, its logs with it.

        The same `key` twice is one transaction, after a restart too; `key` says what it is for, such as
        "<task>/fund".  May wait long; cancelled or killed, it goes on by itself and a later call with the key waits for
        the same transaction.  Where another transaction of the account took its place, nothing of it happened: that is
        raised as chain-displaced, once (after a restart once more); whoever calls with the key after that has it done
        anew, with a nonce of its own.  Errors: ApprovalNeeded (it stands among what waits for the person: call again
        after they agreed), WalletRefused, ChainError("chain-reverted" | "chain-displaced" | …), VaultError,
        CommandFailed.
        """
        ...
