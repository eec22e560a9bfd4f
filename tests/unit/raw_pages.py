"""The pages of a vault, decrypted here and not by SQLCipher: what lies in free pages and between the rows is seen too.

SQLCipher 4 with a raw key (https://www.zetetic.net/sqlcipher/design/): AES-256-CBC, for each page a random IV and an
HMAC-SHA512 in its last 80 bytes; the first 16 bytes of the file are the salt, from which the key of the HMAC comes.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE = 16 * 1024
RESERVED = 80
_SALT = 16
_WAL_HEADER = 32
_FRAME_HEADER = 24


def decrypted(path: Path, key: bytes) -> list[bytes]:
    """Every page of the database, whole, without its reserved bytes.  Fails where an HMAC does not hold."""
    whole = path.read_bytes()
    assert whole
    assert len(whole) % PAGE == 0
    mac_key = _mac_key(key, whole[:_SALT])
    return [_page(whole[at : at + PAGE], at // PAGE + 1, key, mac_key) for at in range(0, len(whole), PAGE)]


def journal(path: Path, key: bytes) -> Iterator[bytes]:
    """Every frame of the WAL beside `path`, valid for SQLite or left over."""
    log = path.with_name(path.name + "-wal")
    whole = log.read_bytes() if log.exists() else b""
    mac_key = _mac_key(key, path.read_bytes()[:_SALT])
    for at in range(_WAL_HEADER, len(whole) - PAGE, _FRAME_HEADER + PAGE):
        (number,) = struct.unpack(">I", whole[at : at + 4])
        yield _page(whole[at + _FRAME_HEADER : at + _FRAME_HEADER + PAGE], number, key, mac_key)


def _mac_key(key: bytes, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", key, bytes(byte ^ 0x3A for byte in salt), 2, 32)


def _page(page: bytes, number: int, key: bytes, mac_key: bytes) -> bytes:
    start = _SALT if number == 1 else 0
    sealed, iv, mac = page[start:-RESERVED], page[-RESERVED:-64], page[-64:]
    made = hmac.digest(mac_key, sealed + iv + struct.pack("<I", number), "sha512")
    assert hmac.compare_digest(made, mac), f"the HMAC of page {number} does not hold"
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return cipher.update(sealed) + cipher.finalize()
