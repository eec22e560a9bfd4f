"""Account, identity and node vouch for one another, and no half of it can be borrowed."""

from __future__ import annotations

from typing import Any

import pytest

from p2p.identity import IdentityError, peer_id_of
from p2p.keyholder import KeyHolder, KeyHolderClosed
from p2p.wallet_binding import SignedWalletBinding
from p2p.wallet_requests import WalletBinding

PEER = peer_id_of(bytes(range(32)))


def holder(seed: bytes = bytes(range(32))) -> KeyHolder:
    found = KeyHolder(seed)
    found.open_wallet(None, lambda _whole: None, lambda: 0.0)
    return found


def binding(seed: bytes = bytes(range(32))) -> dict[str, Any]:
    return holder(seed).bind_wallet(WalletBinding(0, PEER, 1_800_000_000)).to_map()


def test_a_binding_is_believed_by_whoever_reads_it() -> None:
    found = SignedWalletBinding.from_map(binding())
    assert (found.peer_id, found.identity) == (PEER, holder().identity_public())


OTHER = binding(bytes(32))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identity", OTHER["identity"]),
        ("peerId", OTHER["peerId"][:-1]),
        ("address", OTHER["address"]),
        ("created", 1_800_000_001),
        ("identitySignature", OTHER["identitySignature"]),
        ("walletSignature", OTHER["walletSignature"]),
        ("walletSignature", "0x"),
        ("walletSignature", "0xzz"),
        ("address", "0x12"),
        ("created", -1),
        ("created", "1800000000"),
        ("peerId", None),
    ],
)
def test_no_field_of_it_can_be_another(field: str, value: object) -> None:
    with pytest.raises(IdentityError):
        SignedWalletBinding.from_map({**binding(), field: value})


def test_a_closed_holder_binds_nothing() -> None:
    closed = holder()
    closed.close()
    with pytest.raises(KeyHolderClosed):
        closed.bind_wallet(WalletBinding(0, PEER, 0))
