"""TLS as a client: whom we trust, and in plain words why not."""

from __future__ import annotations

import ipaddress
import ssl

# X509_V_ERR_* of OpenSSL's x509_vfy.h, as `SSLCertVerificationError.verify_code` gives them.
_NOT_YET, _EXPIRED, _SELF_SIGNED = 9, 10, 18
_OTHER_NAME = (62, 64)
_UNKNOWN_ISSUER = (2, 19, 20, 21)


def context(ca_file: str = "") -> ssl.SSLContext:
    """A context that verifies name and certificate, with TLS 1.2 or later.

    `ca_file`: a PEM file whose certificates are trusted in place of the system's.  ValueError where it cannot be read.
    """
    # Not `ssl.create_default_context`: it writes session keys to the file that SSLKEYLOGFILE names.
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if not ca_file:
        made.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return made
    try:
        made.load_verify_locations(cafile=ca_file)
    except OSError as error:
        raise ValueError(f"The file of certificates {ca_file} cannot be read.") from error
    return made


def problem(error: ssl.SSLError | ssl.CertificateError, host: str) -> str:
    """What is wrong with the connection to `host`, in a sentence."""
    code = getattr(error, "verify_code", None)
    if code == _EXPIRED:
        return f"The certificate of {host} has expired."
    if code == _NOT_YET:
        return f"The certificate of {host} is not valid yet; is this computer's clock right?"
    if code in _OTHER_NAME:
        return f"The certificate that the server shows is not for {host}."
    if code == _SELF_SIGNED or code in _UNKNOWN_ISSUER:
        return f"The certificate of {host} was not issued by anybody this computer trusts."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {host} is not valid."
    return f"No encrypted connection to {host} could be made; does this port speak TLS?"


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine alone: "localhost", or an address of its own."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False
