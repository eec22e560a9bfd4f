"""The key-holder signs typed requests only and does not give its seed away."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from p2p.identity import BadPeerId, binding_message, identity_key_of, new_host_key, peer_id
from p2p.keyholder import BadSeed, KeyHolder, KeyHolderClosed, PeerBinding, UnknownRequest

SEED = bytes(range(32))
PEER = peer_id(new_host_key())


def test_the_identity_of_a_seed_never_changes() -> None:
    assert KeyHolder(SEED).identity_public() == "did:key:z6MkomoxAR1tqq5pxxX972TwfdVTDN6eoY1c9sn7QSa3ZCE5"


def test_another_seed_is_another_identity() -> None:
    assert KeyHolder(SEED).identity_public() != KeyHolder(bytes(32)).identity_public()


def test_the_seed_itself_is_not_the_identity_key() -> None:
    direct = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
    assert identity_key_of(KeyHolder(SEED).identity_public()) != direct


def test_a_binding_names_the_holder_and_the_request() -> None:
    holder = KeyHolder(SEED)
    signed = holder.sign(PeerBinding(PEER, 1_700_000_000))
    assert (signed.identity, signed.peer_id, signed.created) == (holder.identity_public(), PEER, 1_700_000_000)


@pytest.mark.parametrize("request_", [b"sign this", "sign this", {"peer_id": PEER, "created": 0}, None])
def test_nothing_but_a_typed_request_is_signed(request_: object) -> None:
    with pytest.raises(UnknownRequest):
        KeyHolder(SEED).sign(request_)  # type: ignore[arg-type]


def test_a_subclass_of_a_request_is_not_the_request() -> None:
    @dataclass(frozen=True)
    class Dressed(PeerBinding):
        extra: str = ""

    with pytest.raises(UnknownRequest):
        KeyHolder(SEED).sign(Dressed(PEER, 0))


@pytest.mark.parametrize("name", ["", "not a peer id", b"bytes", None, 7])
def test_only_real_peer_ids_are_bound(name: str) -> None:
    with pytest.raises(BadPeerId):
        KeyHolder(SEED).sign(PeerBinding(name, 0))


def test_what_is_signed_begins_with_the_purpose_of_the_signature() -> None:
    assert binding_message(bytes(32), PEER, 0).startswith(b"nuee peer binding v1\0")


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(BadSeed):
        KeyHolder(bytes(length))


def test_the_seed_is_not_in_the_repr() -> None:
    shown = repr(KeyHolder(SEED)) + str(KeyHolder(SEED))
    assert SEED.hex() not in shown
    assert repr(SEED)[2:-1] not in shown


def test_a_key_holder_cannot_be_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(KeyHolder(SEED))


def test_closing_overwrites_the_seed_in_place() -> None:
    holder = KeyHolder(SEED)
    memory = holder._seed
    holder.close()
    assert memory == bytes(32)


def test_a_closed_key_holder_neither_signs_nor_says_who_it_is() -> None:
    holder = KeyHolder(SEED)
    holder.close()
    with pytest.raises(KeyHolderClosed):
        holder.sign(PeerBinding(PEER, 0))
    with pytest.raises(KeyHolderClosed):
        holder.identity_public()


def test_closing_twice_is_closing() -> None:
    holder = KeyHolder(SEED)
    holder.close()
    holder.close()
    assert repr(holder) == "<KeyHolder closed>"
