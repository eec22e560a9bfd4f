"""Authority within limits for a second key: a device of the person's, or somebody whom they trust.

A delegate is an Ed25519 key, written as a did:key.  It asks by a signed note, and the key-holder signs what it asks
for if the delegate is named in the wallet, not over, and within limits of its own besides the wallet's.  The delegate
never holds the wallet's key, so it loses its authority by being taken off the list.

    note = {"request": map, "issued": seconds}     signed: "nuee delegated request v1" ‖ 00 ‖ canonical JSON of the note
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from p2p.identity import BadIdentity, identity_key_of
from p2p.wallet_requests import Bid, Request, Transaction, WalletRefused
from p2p.wallet_state import Delegate, WalletState
from p2p.wallet_wire import request_from_map, request_to_map

PREFIX = b"nuee delegated request v1\0"
WINDOW = 600  # seconds that a note counts, before and after it was issued
_LIMIT = 64 * 1024


def note(request: Request, issued: int, key: Ed25519PrivateKey) -> tuple[bytes, bytes]:
    """The delegate's side: the note and its signature."""
    text = json.dumps({"request": request_to_map(request), "issued": issued}, sort_keys=True).encode()
    return text, key.sign(PREFIX + text)


def asked_by(state: WalletState, did: str, text: bytes, signature: bytes, now: float) -> Request:
    """What a delegate asks for, if it may ask.  Errors: WalletRefused."""
    delegate = _delegate(state, did)
    try:
        Ed25519PublicKey.from_public_bytes(identity_key_of(did)).verify(signature, PREFIX + text)
        found = json.loads(text) if len(text) <= _LIMIT else {}
        issued, request = int(found["issued"]), request_from_map(found["request"])
    except (InvalidSignature, BadIdentity, ValueError, KeyError, TypeError) as error:
        raise WalletRefused("wallet-delegate", "This was not asked by the delegate.") from error
    if abs(now - issued) > WINDOW:
        raise WalletRefused("wallet-delegate-late", "This was asked too long ago.")
    if not isinstance(request, Transaction | Bid) or request.chain != delegate.chain or now >= delegate.until:
        raise WalletRefused("wallet-delegate-authority", "The delegate has no authority for this.")
    return request


def with_delegate(state: WalletState, delegate: Delegate) -> WalletState:
    """Give authority, in place of what this key had.  Errors: BadIdentity."""
    identity_key_of(delegate.did)
    return replace(without_delegate(state, delegate.did), delegates=(*_others(state, delegate.did), delegate))


def without_delegate(state: WalletState, did: str) -> WalletState:
    """Take it away: the next note is refused."""
    return replace(state, delegates=_others(state, did))


def _others(state: WalletState, did: str) -> tuple[Delegate, ...]:
    return tuple(delegate for delegate in state.delegates if delegate.did != did)


def _delegate(state: WalletState, did: Any) -> Delegate:
    for delegate in state.delegates:
        if delegate.did == did:
            return delegate
    raise WalletRefused("wallet-delegate", "This key has no authority.")
