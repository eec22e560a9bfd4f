"""A wallet with one rehearsal network, and the requests that it is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from p2p.networks import EMBEDDED
from p2p.spending import Limits
from p2p.wallet import Wallet
from p2p.wallet_requests import NOBODY, Bid, Transaction
from p2p.wallet_state import Network, WalletState

SEED = bytes(range(32))
NOW = 1_800_000_000.0
CHAIN = EMBEDDED.start + 7
KERNEL = "0x" + "1e" * 20
TOKEN = "0x" + "2e" * 20
HOOK = "0x" + "3e" * 20
EVALUATOR = "0x" + "4e" * 20
REGISTRY = "0x" + "5e" * 20
CLIENT = "0x" + "6e" * 20
STRANGER = "0x" + "99" * 20
LIMITS = Limits(task=100, day=250, counterparty=150, ask_above=60)
NETWORK = Network(
    CHAIN,
    on=True,
    contracts={KERNEL: "kernel", TOKEN: "token", HOOK: "hook", EVALUATOR: "evaluator", REGISTRY: "identity"},
    limits={TOKEN: LIMITS},
    fee=10**18,
)


class Kept:
    """Where a wallet's states go; `broken` as a full disk."""

    def __init__(self) -> None:
        self.states: list[WalletState] = []
        self.broken = False

    def __call__(self, state: WalletState) -> None:
        if self.broken:
            raise OSError(28, "No space left on device")
        self.states.append(state)


def wallet(kept: Kept | None = None, now: float = NOW, **changed: Any) -> Wallet:
    state = WalletState().with_network(replace(NETWORK, **changed))
    return Wallet(bytearray(SEED), state, kept or Kept(), lambda: now)


def fund(amount: int = 50, **changed: Any) -> Transaction:
    return call("kernel", KERNEL, "fund(uint256,uint256,bytes)", 7, amount, b"", token=TOKEN, **changed)


def create_job(evaluator: str = EVALUATOR, hook: str = HOOK) -> Transaction:
    return call(
        "kernel",
        KERNEL,
        "createJob(address,address,uint256,string,address)",
        NOBODY,
        evaluator,
        int(NOW) + 600,
        "a job",
        hook,
    )


def call(role: str, contract: str, signature: str, *args: Any, **changed: Any) -> Transaction:
    made = Transaction(
        account=0,
        chain=CHAIN,
        nonce=0,
        contract=contract,
        role=role,
        signature=signature,
        args=args,
        gas=100_000,
        max_fee=10,
        priority_fee=1,
        task="a" * 32,
        counterparty="12D3KooWPeer",
    )
    return replace(made, **changed)


def bid(**changed: Any) -> Bid:
    made = Bid(
        account=0,
        chain=CHAIN,
        hook=HOOK,
        job=7,
        client=CLIENT,
        evaluator=EVALUATOR,
        token=TOKEN,
        amount=50,
        job_expires=int(NOW) + 9000,
        cfp=bytes(32),
        arbiter=STRANGER,
        validator=NOBODY,
        dispute_window=600,
        arbitration_window=600,
        expires=int(NOW) + 600,
        task="a" * 32,
        counterparty="12D3KooWPeer",
    )
    return replace(made, **changed)
