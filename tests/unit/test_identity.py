"""Peer ids, did:key and bindings, against the published vectors and py-libp2p itself."""

from __future__ import annotations

import subprocess
import sys

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.identity import (
    BadBinding,
    BadHostKey,
    BadIdentity,
    BadPeerId,
    IdentityError,
    SignedBinding,
    did_key,
    host_key_seed,
    identity_key_of,
    new_host_key,
    peer_id,
    peer_id_of,
    public_key_of,
    verify_binding,
)
from p2p.keyholder import KeyHolder, PeerBinding
from tests.paths import ROOT

# libp2p specs, peer-ids/peer-ids.md, "Test vectors".
SPEC_HOST_KEY = bytes.fromhex(
    "080112407e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d"
    "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"
)
SPEC_PUBLIC = bytes.fromhex("1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e")
# The key whose private half is 32 zero bytes, which the did:key and libp2p documents both use.
ZERO_PUBLIC = bytes.fromhex("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")
PEER = peer_id_of(SPEC_PUBLIC)


def binding(seed: bytes = bytes(range(32)), created: int = 1_700_000_000) -> SignedBinding:
    return KeyHolder(seed).sign(PeerBinding(PEER, created))


def test_a_host_key_of_the_specification_is_read() -> None:
    assert host_key_seed(SPEC_HOST_KEY) == SPEC_HOST_KEY[4:36]
    assert public_key_of(peer_id(SPEC_HOST_KEY)) == SPEC_PUBLIC


def test_the_peer_id_of_a_known_key_is_the_published_one() -> None:
    assert peer_id_of(ZERO_PUBLIC) == "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"


def test_the_did_key_of_a_known_key_is_the_published_one() -> None:
    assert did_key(ZERO_PUBLIC) == "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"


def test_a_new_host_key_is_different_every_time() -> None:
    assert new_host_key() != new_host_key()


def test_peer_ids_are_computed_without_importing_libp2p() -> None:
    program = (
        "import sys; from p2p.identity import new_host_key, peer_id; peer_id(new_host_key());"
        "sys.exit(any(name.split('.')[0] in ('libp2p', 'trio') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@given(st.binary(min_size=32, max_size=32))
def test_a_peer_id_gives_its_public_key_back(public: bytes) -> None:
    assert public_key_of(peer_id_of(public)) == public


@given(st.binary(min_size=32, max_size=32))
def test_a_did_key_gives_its_public_key_back(public: bytes) -> None:
    assert identity_key_of(did_key(public)) == public


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        SPEC_HOST_KEY[:-1],
        SPEC_HOST_KEY + b"\0",
        b"\x08\x02" + SPEC_HOST_KEY[2:],
        SPEC_HOST_KEY[:-1] + b"\0",
    ],
    ids=["empty", "short", "long", "other-kind", "halves-differ"],
)
def test_a_damaged_host_key_is_refused(damaged: bytes) -> None:
    with pytest.raises(BadHostKey):
        peer_id(damaged)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12D3KooW",
        PEER + "1",
        "1" + PEER,
        PEER.replace("K", "0"),
        PEER.lower(),
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",  # of an RSA key: a hash, no key in it
        "1" * 100_000,
    ],
)
def test_what_is_not_an_ed25519_peer_id_is_refused(text: str) -> None:
    with pytest.raises(BadPeerId):
        public_key_of(text)


@pytest.mark.parametrize("text", ["", "did:key:", "did:web:z6Mk", PEER, "did:key:" + did_key(ZERO_PUBLIC)[9:]])
def test_what_is_not_an_ed25519_did_key_is_refused(text: str) -> None:
    with pytest.raises(BadIdentity):
        identity_key_of(text)


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_refused_in_a_sentence(text: str) -> None:
    for read in (public_key_of, identity_key_of):
        with pytest.raises(IdentityError, match=r"\.$"):
            read(text)


def test_a_binding_holds_as_signed() -> None:
    verify_binding(binding())


@pytest.mark.parametrize(
    "change",
    [
        {"created": 1_700_000_001},
        {"peer_id": peer_id_of(ZERO_PUBLIC)},
        {"identity": did_key(ZERO_PUBLIC)},
        {"signature": bytes(64)},
        {"signature": b""},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_binding_changed_anywhere_is_refused(change: dict[str, object]) -> None:
    signed = binding()
    fields = {"identity": signed.identity, "peer_id": signed.peer_id, "created": signed.created} | {
        "signature": signed.signature
    }
    with pytest.raises(BadBinding):
        verify_binding(SignedBinding(**(fields | change)))  # type: ignore[arg-type]


def test_a_binding_survives_its_encoding() -> None:
    assert SignedBinding.from_bytes(binding().to_bytes()) == binding()


def test_the_encoding_of_a_binding_is_what_earlier_releases_wrote() -> None:
    assert binding().to_bytes().hex() == (
        "8478386469643a6b65793a7a364d6b6f6d6f784152317471713570787858393732547766645654444e36656f59316339736e37515361335a"
        "4345357834313244334b6f6f57427467336161524d6a78776564683833614769556b7753784477555a6b7a754a63666171556d6f37523370"
        "711a6553f10058409c23115af5f6f1faf247a113e369ed282824e0de010e2ba4f24071cac3bb0e38e27a04dbb98329920bcc7e0f0fd85390"
        "9c11dd1c0ff71dc70ce57ae591999506"
    )


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=7))
def test_a_flipped_bit_in_an_encoded_binding_is_refused(place: int, bit: int) -> None:
    data = bytearray(binding().to_bytes())
    data[place % len(data)] ^= 1 << bit
    with pytest.raises(IdentityError):
        SignedBinding.from_bytes(bytes(data))


@given(st.binary(max_size=600))
def test_arbitrary_bytes_are_no_binding(data: bytes) -> None:
    with pytest.raises(IdentityError):
        SignedBinding.from_bytes(data)


def test_a_second_encoding_of_the_same_binding_is_refused() -> None:
    signed = binding()
    longer = b"\x98\x04" + signed.to_bytes()[1:]  # the array's length in two bytes where one is enough
    assert cbor2.loads(longer) == cbor2.loads(signed.to_bytes())
    with pytest.raises(BadBinding, match="one encoding"):
        SignedBinding.from_bytes(longer)


@pytest.mark.parametrize("created", [-1, 2**53, True, 1.5])
def test_a_date_out_of_range_is_not_signed(created: int) -> None:
    with pytest.raises(BadBinding):
        binding(created=created)
