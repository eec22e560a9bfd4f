"""What the wallet remembers: networks, contracts, limits, the book, delegates; and how that is sealed on disk.

The file belongs to the key-holder process alone.  It is AES-256-GCM under HKDF-SHA256 of the identity seed (info
`STATE_LABEL`), a random nonce of 12 bytes first, over one JSON object.  A file that does not open, or that was made by
another seed, is refused and left alone: nothing is signed then, because the limits are not known.  Somebody with the
person's own rights can put an older file back and so have spent less today; the limits of one task still stand.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from p2p.networks import has_real_value
from p2p.spending import Book, Limits, Spend
from p2p.wallet_requests import WalletRefused, address

STATE_LABEL = b"nuee/wallet/state/v1"
_NONCE = 12
COIN = 10**18  # wei: one of the chain's own
TOKEN = 10**6  # the smallest parts of a token with 6 decimals, as ours and those that stand for currencies have
# Where nothing can be lost: enough to try everything, and still a limit.  For another token the person sets others.
REHEARSAL = Limits(task=1_000 * TOKEN, day=10_000 * TOKEN, counterparty=5_000 * TOKEN, ask_above=100 * TOKEN)
ANY = "*"  # limits for every token of a network that has none of its own


@dataclass(frozen=True)
class Network:
    """A chain as the wallet knows it.  `contracts`: address to role; `limits`: a token's address, or ANY, to limits."""

    chain: int
    on: bool
    contracts: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Limits] = field(default_factory=dict)
    fee: int = 0  # network fees in a day, in the chain's own coin

    def limits_for(self, token: str) -> Limits:
        return replace(self.limits.get(token) or self.limits.get(ANY) or Limits(), fee=self.fee)


@dataclass(frozen=True)
class Delegate:
    """Somebody else's key that may ask for signatures: until a date (seconds), on one chain, within limits."""

    did: str
    name: str
    chain: int
    until: int
    limits: Limits


@dataclass(frozen=True)
class WalletState:
    networks: Mapping[int, Network] = field(default_factory=dict)
    book: Book = field(default_factory=Book)
    delegates: tuple[Delegate, ...] = ()

    def network(self, chain: int) -> Network:
        """Test networks are on from the start; the others when the person turned them on."""
        found = self.networks.get(chain)
        if found is not None:
            return found
        real = has_real_value(chain)
        return Network(chain, on=False) if real else Network(chain, on=True, limits={ANY: REHEARSAL}, fee=COIN)

    def with_network(self, network: Network) -> WalletState:
        return replace(self, networks={**self.networks, network.chain: network})


def network_to_map(network: Network) -> dict[str, Any]:
    return {
        "chain": network.chain,
        "on": network.on,
        "contracts": dict(network.contracts),
        "limits": {token: asdict(limits) for token, limits in network.limits.items()},
        "fee": network.fee,
    }


def network_from_map(found: Mapping[str, Any]) -> Network:
    """The inverse; addresses in lower case.  Errors: WalletRefused, LookupError, TypeError, ValueError."""
    return Network(
        int(found["chain"]),
        bool(found["on"]),
        {address(contract): str(role) for contract, role in found["contracts"].items()},
        {str(token).lower(): Limits(**limits) for token, limits in found["limits"].items()},
        int(found["fee"]),
    )


def sealed(state: WalletState, seed: bytes | bytearray) -> bytes:
    """The file's bytes; others each time."""
    nonce = os.urandom(_NONCE)
    text = json.dumps(_to_map(state), sort_keys=True).encode()
    return nonce + AESGCM(_key(seed)).encrypt(nonce, text, STATE_LABEL)


def opened(data: bytes, seed: bytes | bytearray) -> WalletState:
    """The inverse.  Errors: WalletRefused("wallet-state")."""
    try:
        return _from_map(json.loads(AESGCM(_key(seed)).decrypt(data[:_NONCE], data[_NONCE:], STATE_LABEL)))
    except (InvalidTag, ValueError, KeyError, TypeError) as error:
        raise WalletRefused("wallet-state", "What the wallet remembers cannot be read; nothing is signed.") from error


def _key(seed: bytes | bytearray) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=STATE_LABEL).derive(bytes(seed))


def _to_map(state: WalletState) -> dict[str, Any]:
    return {
        "version": 1,
        "networks": [network_to_map(network) for network in state.networks.values()],
        "book": [asdict(entry) for entry in state.book.entries],
        "delegates": [asdict(delegate) for delegate in state.delegates],
    }


def _from_map(found: dict[str, Any]) -> WalletState:
    if found["version"] != 1:
        raise ValueError("a newer release wrote this")
    networks = [network_from_map(row) for row in found["networks"]]
    delegates = tuple(Delegate(**{**row, "limits": Limits(**row["limits"])}) for row in found["delegates"])
    return WalletState(
        {network.chain: network for network in networks}, Book(tuple(Spend(**row) for row in found["book"])), delegates
    )
