"""Who is at the other end of a QUIC connection: TLS certificates that carry a libp2p key (libp2p specs, tls/tls.md).

Each end shows one certificate, of a key made for this run and signed by itself, with one extension: the host's public
key, and that key's signature over the certificate's.  Only Ed25519 host keys are taken, as everywhere in this program.

py-libp2p 0.8.1 reads these certificates and then drops the outcome of checking the signature in the extension: `verify`
returns a bool there, and nobody looks at it.  Whoever copied a public key would pass for its owner.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from p2p.identity import peer_id_of

EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.53594.1.1")
_SIGNED = b"libp2p-tls-handshake:"
# SEQUENCE { publicKey OCTET STRING, signature OCTET STRING } in DER, with a protobuf PublicKey of type Ed25519: of one
# length, so that everything but the key (32 bytes) and the signature (64) is constant.
_HEAD, _BETWEEN = bytes.fromhex("306804240801" + "1220"), bytes.fromhex("0440")
_KEY, _SIGNATURE = 32, 64
_FROM = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)  # constant: they say nothing of this machine's clock
_UNTIL = datetime.datetime(4096, 1, 1, tzinfo=datetime.UTC)


class NotProved(Exception):
    """The certificate does not prove a host key."""


@dataclass(frozen=True)
class Credentials:
    """What one end of a TLS handshake shows and signs with."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def credentials(host_seed: bytes) -> Credentials:
    """A new certificate for the host key with this seed (32 bytes)."""
    host = Ed25519PrivateKey.from_private_bytes(host_seed)
    key = ec.generate_private_key(ec.SECP256R1())
    public = host.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    value = _HEAD + public + _BETWEEN + host.sign(_SIGNED + _public_key_info(key.public_key()))
    name = x509.Name([])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.UnrecognizedExtension(EXTENSION, value), critical=True)
    )
    return Credentials(builder.sign(key, hashes.SHA256()), key)


def proved_peer(shown: Sequence[x509.Certificate | None], today: datetime.datetime | None = None) -> str:
    """The peer id that the certificates of a handshake prove, given that TLS has proved the key of the first.

    Errors: NotProved.
    """
    now = today or datetime.datetime.now(datetime.UTC)
    match shown:
        case [x509.Certificate() as certificate]:
            pass
        case _:
            raise NotProved("There must be one certificate.")
    try:
        certificate.verify_directly_issued_by(certificate)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise NotProved("The certificate is not of this time.")
        public, signature = _claimed(certificate)
        Ed25519PublicKey.from_public_bytes(public).verify(
            signature, _SIGNED + _public_key_info(certificate.public_key())
        )
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise NotProved("The certificate proves no host key.") from error
    return peer_id_of(public)


def _claimed(certificate: x509.Certificate) -> tuple[bytes, bytes]:
    """The public key and the signature in the extension.  Errors: NotProved, ValueError."""
    value = b""
    for extension in certificate.extensions:
        if extension.oid == EXTENSION and isinstance(extension.value, x509.UnrecognizedExtension):
            value = extension.value.value
        elif extension.critical:
            raise NotProved("A critical extension of the certificate is unknown.")
    public = value[len(_HEAD) : len(_HEAD) + _KEY]
    if value != _HEAD + public + _BETWEEN + value[-_SIGNATURE:] or len(public) != _KEY:
        raise NotProved("The certificate carries no Ed25519 host key.")
    return public, value[-_SIGNATURE:]


def _public_key_info(key: object) -> bytes:
    encoded: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return encoded
