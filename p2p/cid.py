"""The names of IPFS that say what is behind them: CIDv1, raw, SHA-256, in base32 ("bafkrei…").

Other names are of a tree of blocks, or of a program's choosing: whoever serves what they lead to has to be believed.
Source: github.com/multiformats/cid (CIDv1 = version, codec, multihash) and multibase ("b": RFC 4648 base32, lower case,
no padding).
"""

from __future__ import annotations

import base64
import binascii
import re

_RAW_SHA256 = bytes((0x01, 0x55, 0x12, 0x20))  # version 1, raw, SHA-256, 32 bytes
_NAME = re.compile(r"ipfs://(b[a-z2-7]{58})/?\Z")


def raw_digest(uri: str) -> tuple[str, bytes] | None:
    """The CID in `ipfs://CID` and the SHA-256 of the bytes behind it; None for any other name, or a path in it."""
    found = _NAME.match(uri)
    if found is None:
        return None
    name = found[1]
    try:
        whole = base64.b32decode(name[1:].upper() + "=" * (-len(name[1:]) % 8))
    except binascii.Error:
        return None
    if len(whole) != 36 or whole[:4] != _RAW_SHA256 or name_of(whole[4:]) != name:
        return None
    return name, whole[4:]


def name_of(digest: bytes) -> str:
    """The CID of bytes with this SHA-256."""
    return "b" + base64.b32encode(_RAW_SHA256 + digest).decode().rstrip("=").lower()
