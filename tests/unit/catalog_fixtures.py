"""A signed catalog of one skill to begin from, and keys that are the same in every run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skills.catalog import sign_index
from skills.catalog_index import Entry, Index, write_index
from skills.signing import RELEASE_PREFIX, Release, SigningKey

NOW = 1_790_000_000
DAY = 86_400
SKILL = "---\nname: {name}\ndescription: Sums up.\n---\n"
PROGRAM = "def run(): ...\n"


def key(number: int) -> SigningKey:
    return SigningKey(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


KEEPER, NEXT, AUTHOR, STRANGER = key(1), key(2), key(3), key(4)


def entry(slug: str = "digest", version: str = "1.0.0", author: SigningKey | None = AUTHOR, **changes: Any) -> Entry:
    release = Release(slug, version, "ab" * 32)
    signature = author.sign(RELEASE_PREFIX, release.message()) if author else None
    signer = author.public if author else None
    made = Entry(
        version, release.digest, 1000, f"{slug}-{version}.nskill", ("mail.read",), "Sums up.", signer, signature
    )
    return replace(made, **changes)


def index(**changes: Any) -> Index:
    return replace(Index("Ours", NOW - DAY, NOW + DAY, 7, {"digest": (entry(),)}), **changes)


def signed(by: SigningKey = KEEPER, **changes: Any) -> bytes:
    return sign_index(by, write_index(index(**changes)))


def files(name: str = "digest", version: str = "1.0.0", permissions: str = '"mail.read"') -> dict[str, bytes]:
    toml = f'version = "{version}"\npermissions = [{permissions}]\n[entry]\nrun = "main.py:run"\n'
    return {"SKILL.md": SKILL.format(name=name).encode(), "skill.toml": toml.encode(), "main.py": PROGRAM.encode()}
