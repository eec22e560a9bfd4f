"""A sender with the real wallet and the real vault's store; what it sends registers agents, which can be counted.

An act is `register(uri)` of the identity registry: every time that one takes effect there is one more agent with that
URI, so "exactly once" is what the chain itself says.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_abi.abi import decode
from eth_account import Account
from eth_utils.crypto import keccak

from app.chain.sending_store import SendingStore
from p2p.chain import Chain, topic
from p2p.contracts.artefacts import contract
from p2p.embedded import COIN, Genesis, opened
from p2p.networks import EMBEDDED
from p2p.sender import Entry, Sender
from p2p.sending import Rules
from p2p.wallet import Wallet
from p2p.wallet_requests import NOBODY, Transaction
from p2p.wallet_state import Network, WalletState
from storage.transactions import Transactions
from tests.unit.wallet_fixtures import SEED, Kept

__all__ = ["COIN"]

GWEI = 10**9
REGISTERED = topic("Registered(uint256,string,address)")
RULES = Rules(confirmations=1, repeat=15, stuck=60, most_fee=100 * GWEI)
EMBEDDED_ID = EMBEDDED.start + 7


class Clock:
    """Seconds since the epoch, as the test sets them."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class World:
    """One account, its wallet and its vault, on a chain that `open_chain` opens anew, as after a restart."""

    open_chain: Callable[[], Chain]
    registry: str
    wallet: Wallet
    rows: Transactions
    clock: Clock

    def __post_init__(self) -> None:
        self.chain = self.open_chain()
        self.identity = self.chain.identity()

    def sender(self, chain: Chain | None = None, **rules: Any) -> Sender:
        return Sender(
            chain or self.open_chain(),
            self.identity,
            SendingStore(self.rows),
            self.wallet.sign,
            self.wallet.address(0),
            self.clock,
            replace(RULES, **rules),
        )

    def act(self, uri: str, **changed: Any) -> Transaction:
        return registering(self.registry, uri, **{"chain": self.identity.chain_id, **changed})

    def effects(self) -> Counter[str]:
        """How many agents there are of each URI, by what the chain says now."""
        found = self.chain.logs(self.registry, [REGISTERED], 0, self.chain.head().number)
        return Counter(decode(["string"], log.data)[0] for log in found)

    def entry(self, key: str) -> Entry:
        found = SendingStore(self.rows).find(key)
        assert found is not None, "nothing was submitted"
        return found

    def state(self, key: str) -> tuple[str, str]:
        """Its state, and why it waits."""
        entry = self.entry(key)
        return entry.sending.state, entry.problem

    def elsewhere(self, uri: str) -> None:
        """Another program of the same wallet does this with the next nonce of the chain."""
        request = self.act(uri, nonce=self.chain.nonce(self.wallet.address(0)), gas=500_000)
        signed = self.wallet.sign(replace(request, max_fee=20 * GWEI, priority_fee=9 * GWEI))
        self.chain.send(signed.raw)


def registering(registry: str, uri: str, **changed: Any) -> Transaction:
    """The act; what the sender chooses is left at nothing."""
    made = Transaction(
        account=0,
        chain=0,
        nonce=0,
        contract=registry,
        role="identity",
        signature="register(string)",
        args=(uri,),
        gas=0,
        max_fee=0,
        priority_fee=0,
        task="a" * 32,
    )
    return replace(made, **changed)


def wallet_for(chain_id: int, registry: str, clock: Clock, **changed: Any) -> Wallet:
    """The test's wallet, which may call this registry."""
    network = Network(chain_id, on=True, contracts={registry: "identity"}, limits={}, fee=10**20)
    state = WalletState().with_network(replace(network, **changed))
    return Wallet(bytearray(SEED), state, Kept(), clock)


def embedded_world(rows: Transactions) -> World:
    """On the chain in the process, where every transaction has a block at once."""
    clock = Clock()
    deployer = Account.from_key(bytes(31) + b"\7")
    rich = (deployer.address, wallet_for(EMBEDDED_ID, NOBODY, clock).address(0))
    embedded = opened(Genesis(EMBEDDED_ID, rich, int(clock())), {}, lambda _written: None, clock)
    registry = deployed(Chain([embedded.endpoint]), deployer)
    return World(lambda: Chain([embedded.endpoint]), registry, wallet_for(EMBEDDED_ID, registry, clock), rows, clock)


def deployed(chain: Chain, deployer: Any) -> str:
    """The registry's address, in lower case; `deployer` (of eth_account) has coins."""
    nonce = chain.nonce(deployer.address)
    signed = deployer.sign_transaction(
        {
            "type": 2,
            "chainId": chain.identity().chain_id,
            "nonce": nonce,
            "value": 0,
            "gas": 5_000_000,
            "maxFeePerGas": 10 * GWEI,
            "maxPriorityFeePerGas": 1,
            "data": contract("IdentityRegistry").bytecode,
        }
    )
    chain.send(signed.raw_transaction)
    made = created_by(deployer.address, nonce)
    until = time.monotonic() + 60
    while not chain.code(made):  # a node answers before its block is there
        assert time.monotonic() < until, "the registry was not deployed"
        time.sleep(0.01)
    return made


def created_by(sender: str, nonce: int) -> str:
    """Where a contract of this account's comes to stand (Ethereum Yellow Paper, section 7)."""
    return "0x" + bytes(keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce])))[12:].hex()
