"""A sender with the real wallet and the real vault's store; what it sends registers agents, which can be counted.

An act is `register(uri)` of the identity registry: every time that one takes effect there is one more agent with that
URI, so "exactly once" is what the chain itself says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
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
from p2p.sender import Sender
from p2p.sending import Rules
from p2p.wallet import Wallet
from p2p.wallet_requests import Transaction
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


def wallet_for(chain_id: int, registry: str, clock: Clock, **changed: Any) -> Wallet:
    """The test's wallet, which may call this registry."""
    network = Network(chain_id, on=True, contracts={registry: "identity"}, limits={}, fee=10**20)
    state = WalletState().with_network(replace(network, **changed))
    return Wallet(bytearray(SEED), state, Kept(), clock)


def sender_for(chain: Chain, rows: Transactions, wallet: Wallet, clock: Clock, rules: Rules = RULES) -> Sender:
    return Sender(chain, chain.identity(), SendingStore(rows), wallet.sign, wallet.address(0), clock, rules)


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


def effects(chain: Chain, registry: str) -> Counter[str]:
    """How many agents there are of each URI."""
    found = chain.logs(registry, [REGISTERED], 0, chain.head().number)
    return Counter(decode(["string"], log.data)[0] for log in found)


def embedded_with_registry(address: str, clock: Clock) -> tuple[Chain, str]:
    """The chain in the process, on which `address` has coins, and the registry's address on it."""
    deployer = Account.from_key(bytes(31) + b"\7")
    embedded = opened(Genesis(EMBEDDED_ID, (deployer.address, address), int(clock())), {}, lambda _written: None, clock)
    chain = Chain([embedded.endpoint])
    return chain, deployed(chain, deployer)


def deployed(chain: Chain, deployer: Any) -> str:
    """The registry's address, in lower case; `deployer` (of eth_account) has coins."""
    signed = deployer.sign_transaction(
        {
            "type": 2,
            "chainId": chain.identity().chain_id,
            "nonce": chain.nonce(deployer.address),
            "value": 0,
            "gas": 5_000_000,
            "maxFeePerGas": 10 * GWEI,
            "maxPriorityFeePerGas": 1,
            "data": contract("IdentityRegistry").bytecode,
        }
    )
    made = get_create_address(deployer.address, chain.nonce(deployer.address))
    chain.send(signed.raw_transaction)
    assert chain.code(made), "the registry was not deployed"
    return made


def get_create_address(sender: str, nonce: int) -> str:
    """Where a contract of this account's comes to stand (Ethereum Yellow Paper, section 7)."""
    return "0x" + keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce]))[12:].hex()
