"""The key-holder: keeps the identity seed and signs typed requests with keys derived from it.

It is meant for a process of its own (`nuee --worker keyholder`).  It never signs bytes that somebody hands it: a
request is a dataclass, the key-holder builds the message itself, and every type has a prefix of its own, so that no
signature can be used as another.  Key derivation, HKDF-SHA256 (RFC 5869) over the 32-byte seed, without salt:

  info label                      32 bytes of output are
  nuee/identity/ed25519/v1        the private key of the person's identity (RFC 8032)

  nuee/wallet/bip32/v1            64 bytes: the seed of BIP-32, see hd.py
  nuee/wallet/state/v1            the key of the wallet's own file, see wallet_state.py

A label is never used for two purposes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from p2p import delegation, wallet_state
from p2p.identity import SignedBinding, binding_message, did_key
from p2p.wallet import Wallet
from p2p.wallet_binding import SignedWalletBinding, identity_message
from p2p.wallet_requests import Bid, Request, Transaction, WalletBinding
from p2p.wallet_state import WalletState

SEED_BYTES = 32
IDENTITY_LABEL = b"nuee/identity/ed25519/v1"


class KeyHolderError(Exception):
    """A request was not served.  `code` is stable; the message is a sentence without any key in it."""

    code = "keyholder"


class BadSeed(KeyHolderError):
    code = "bad-seed"


class UnknownRequest(KeyHolderError):
    code = "unknown-request"


class KeyHolderClosed(KeyHolderError):
    code = "closed"


@dataclass(frozen=True)
class PeerBinding:
    """Ask for: "this peer id speaks for me since `created`" (whole seconds since the epoch, UTC)."""

    peer_id: str
    created: int


class KeyHolder:
    """Owns a copy of the seed until `close`.  Any one thread at a time; no method blocks."""

    def __init__(self, seed: bytes | bytearray) -> None:
        """Errors: BadSeed unless it has exactly 32 bytes."""
        if len(seed) != SEED_BYTES:
            raise BadSeed(f"The identity seed must have {SEED_BYTES} bytes.")
        self._seed = bytearray(seed)
        self._wallet: Wallet | None = None

    def __repr__(self) -> str:
        return f"<KeyHolder {'open' if self._seed else 'closed'}>"

    def __reduce__(self) -> str:
        raise TypeError("a key-holder is never pickled")

    def identity_public(self) -> str:
        """The person's identity as did:key.  Errors: KeyHolderClosed."""
        return did_key(self._identity_key().public_key().public_bytes_raw())

    def sign(self, request: PeerBinding) -> SignedBinding:
        """Sign one request.  Errors: UnknownRequest, KeyHolderClosed; BadPeerId and BadBinding of p2p.identity."""
        if type(request) is not PeerBinding:
            raise UnknownRequest("The key-holder signs no request of this kind.")
        key = self._identity_key()
        public = key.public_key().public_bytes_raw()
        signature = key.sign(binding_message(public, request.peer_id, request.created))
        return SignedBinding(did_key(public), request.peer_id, request.created, signature)

    def bind_wallet(self, request: WalletBinding) -> SignedWalletBinding:
        """Bind an account of the wallet to the identity and the node.  Errors: as `sign`, and BadAccount."""
        key = self._identity_key()
        public = key.public_key().public_bytes_raw()
        mine = did_key(public)
        signed = self._open_wallet().bind(request, mine)
        message = identity_message(public, signed.signer, request.peer_id, request.created)
        return SignedWalletBinding(mine, request.peer_id, signed.signer, request.created, key.sign(message), signed.raw)

    def ask_for(self, request: Request, issued: int) -> tuple[bytes, bytes, str]:
        """Ask the wallet of somebody who gave this identity authority (p2p.delegation): note, signature, did:key.

        It signs nothing that any chain takes.  Errors: UnknownRequest, KeyHolderClosed.
        """
        if not isinstance(request, Transaction | Bid):
            raise UnknownRequest("The key-holder asks nobody for this.")
        text, signature = delegation.note(request, issued, self._identity_key())
        return text, signature, self.identity_public()

    def open_wallet(self, sealed: bytes | None, save: Callable[[bytes], None], clock: Callable[[], float]) -> None:
        """`sealed`: the wallet's file, None where there is none yet; `save` makes the next one durable.

        Errors: KeyHolderClosed; WalletRefused("wallet-state") for a file that cannot be read.
        """
        if not self._seed:
            raise KeyHolderClosed("The key-holder is closed: unlock the vault first.")
        seed = self._seed
        state = WalletState() if sealed is None else wallet_state.opened(sealed, seed)
        self._wallet = Wallet(seed, state, lambda changed: save(wallet_state.sealed(changed, seed)), clock)

    @property
    def wallet(self) -> Wallet:
        """Errors: KeyHolderClosed."""
        return self._open_wallet()

    def _open_wallet(self) -> Wallet:
        if self._wallet is None or not self._seed:
            raise KeyHolderClosed("The key-holder is closed: unlock the vault first.")
        return self._wallet

    def close(self) -> None:
        """Overwrite the seed and refuse whatever is asked later.  May be called again.

        What libraries copied on the way is theirs to clear; that is why this runs in a process that ends on lock.
        """
        _wipe(self._seed)
        self._seed = bytearray()
        self._wallet = None

    def _identity_key(self) -> Ed25519PrivateKey:
        if not self._seed:
            raise KeyHolderClosed("The key-holder is closed: unlock the vault first.")
        derived = bytearray(32)
        HKDF(algorithm=SHA256(), length=32, salt=None, info=IDENTITY_LABEL).derive_into(self._seed, derived)
        key = Ed25519PrivateKey.from_private_bytes(derived)
        _wipe(derived)
        return key


def _wipe(secret: bytearray) -> None:
    for index in range(len(secret)):
        secret[index] = 0
