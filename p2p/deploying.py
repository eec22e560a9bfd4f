"""Puts this release's contracts on a chain, with a key that is for nothing else: a rehearsal, or a chain of one's own.

Transaction n of the key creates contract n (docs/contracts.md has the order), so that every address is known before
anything is sent (CREATE, yellow paper 7), and what an interruption left over is done by the next call.  Blocking.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from p2p.chain import Chain, ChainError, calldata
from p2p.contracts import artefacts

# role, contract, the roles whose addresses its constructor takes
_CREATED = (
    ("token", "RehearsalToken", ()),
    ("kernel", "JobEscrow", ("token",)),
    ("evaluator", "WindowEvaluator", ("kernel",)),
    ("hook", "BiddingHook", ("kernel", "evaluator")),
    ("identity", "IdentityRegistry", ()),
    ("reputation", "ReputationRegistry", ()),
    ("validation", "ValidationRegistry", ()),
)
_TOLD = ("reputation", "validation")  # which registry they are about
CONTRACTS = {role: name for role, name, _known in _CREATED}  # by role, as in p2p.contracts.artefacts
STEPS = len(_CREATED) + len(_TOLD)
_GAS = 6_000_000  # for one transaction; the largest contract takes less than half
_PATIENCE = 60.0  # seconds until a transaction of ours stands in a block

Step = Callable[[int, int], None]  # how many of how many are done


def deploy(chain: Chain, key: bytes, step: Step = lambda _done, _of: None) -> dict[str, str]:
    """Addresses in lower case by role (p2p.methods.ROLES).  `key` has coins there and never signed anything else.

    Called again, it goes on where it stood, or finds that all is done.  Errors: ChainError.
    """
    maker = address_of(key)
    made = {role: created_by(maker, at) for at, (role, _name, _known) in enumerate(_CREATED)}
    for at in range(chain.nonce(maker), STEPS):
        if at < len(_CREATED):
            _role, name, known = _CREATED[at]
            words = b"".join(bytes.fromhex(made[role][2:]).rjust(32, b"\0") for role in known)
            _send(chain, key, at, None, artefacts.contract(name).bytecode + words)
        else:
            about = calldata("initialize(address)", [made["identity"]])
            _send(chain, key, at, made[_TOLD[at - len(_CREATED)]], about)
        step(at + 1, STEPS)
    return made


def gift(chain: Chain, key: bytes, contracts: Mapping[str, str], address: str, coins: int, tokens: int) -> None:
    """Coins (wei) and rehearsal tokens (their smallest parts) for an account, from the key that deployed the contracts.

    Errors: ChainError.
    """
    if coins:
        _send(chain, key, chain.nonce(address_of(key)), address, b"", coins)
    if tokens:
        minted = calldata("mint(address,uint256)", [address, tokens])
        _send(chain, key, chain.nonce(address_of(key)), contracts["token"], minted)


def address_of(key: bytes) -> str:
    """Lower case."""
    from eth_account import Account

    return str(Account.from_key(key).address).lower()


def created_by(maker: str, nonce: int) -> str:
    """The address of the contract that this transaction of `maker` creates; RLP has a `nonce` below 128 as one byte."""
    from eth_utils.crypto import keccak

    encoded = b"\xd6\x94" + bytes.fromhex(maker[2:]) + bytes([nonce or 0x80])
    return "0x" + keccak(encoded)[12:].hex()


def _send(chain: Chain, key: bytes, nonce: int, to: str | None, data: bytes, value: int = 0) -> None:
    from eth_account import Account

    from p2p.typed_data import checksum

    fees = chain.fees()
    call: dict[str, Any] = {
        "type": 2,
        "chainId": chain.identity().chain_id,
        "nonce": nonce,
        "value": value,
        "gas": _GAS,
        "maxFeePerGas": 2 * fees.base + fees.tip,
        "maxPriorityFeePerGas": fees.tip,
        "data": data,
    }
    if to is not None:
        call["to"] = checksum(to)
    signed = Account.sign_transaction(call, key)
    chain.send(bytes(signed.raw_transaction))
    _wait(chain, "0x" + bytes(signed.hash).hex())


def _wait(chain: Chain, name: str) -> None:
    until = time.monotonic() + _PATIENCE
    while (mined := chain.mined(name)) is None:
        if time.monotonic() > until:
            raise ChainError("chain-unreachable", "No block of the chain takes the transaction.")
        time.sleep(0.05)
    if not mined.ok:
        raise ChainError("chain-reverted", "The contract refuses this call.")
