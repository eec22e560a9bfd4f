"""A catalog: a signed index of skills, their versions, digests and permissions (docs/catalog.md has it byte by byte).

The file is two lines of canonical JSON: who signs and the signature, then the index.  The signature is over both lines
and is checked before the index is parsed, so that only the keeper of a trusted key can make the parser work.  Nothing
here reads a clock, a file or the network.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from skills.canonical import NotCanonical, decode, encode
from skills.catalog_index import MAX_INDEX, CatalogError, Entry, Index, authors, parse_index
from skills.names import first_look_alikes
from skills.signing import HANDOVER_PREFIX, INDEX_PREFIX, SigningError, SigningKey, key_id
from skills.signing import verify as verify_signature
from skills.versions import is_prerelease

FORMAT = "nuee-catalog-1"
MAX_HANDOVERS = 16
MAX_HEADER = 8 * 1024  # bytes


@dataclass(frozen=True)
class Handover:
    """One key (public, hexadecimal) names its successor, and signs that."""

    old: str
    new: str
    signature: str


@dataclass(frozen=True)
class Catalog:
    """An index that was verified.  `signer` is a key id.

    `trusted` are the key ids to trust in this catalog from now on: the signer and those it hands over to, no longer
    those that handed over to it.
    """

    index: Index
    signer: str
    trusted: tuple[str, ...]

    def entry(self, slug: str, version: str | None = None) -> Entry | None:
        """That version; without one, the newest that is not revoked and no pre-release, if there is one."""
        entries = self.index.skills.get(slug, ())
        if version is not None:
            return next((entry for entry in entries if entry.version == version), None)
        for entry in reversed(entries):
            if not is_prerelease(entry.version) and self.revoked(slug, entry.version, entry.digest) is None:
                return entry
        return None

    def revoked(self, slug: str, version: str | None, digest: str) -> str | None:
        """The reason why this is revoked, or None.  A digest is revoked under whatever name it comes."""
        for item in self.index.revoked:
            if item.digest == digest or (item.version is not None and (item.slug, item.version) == (slug, version)):
                return item.reason
        return None


def hand_over(old: SigningKey, new: str) -> Handover:
    """The statement of `old` that `new` (a public key) signs the catalog after it.  Errors: SigningError."""
    key_id(new)
    return Handover(old.public, new, old.sign(HANDOVER_PREFIX, _handover_message(old.public, new)))


def sign_index(key: SigningKey, index: bytes, handovers: Iterable[Handover] = ()) -> bytes:
    """The catalog file for an index as catalog_index.py writes it.  Errors: CatalogError when it is not one."""
    read = parse_index(index)
    if read.skipped:
        raise CatalogError("catalog-malformed", f"'{read.skipped[0]}' asks for a permission that does not exist.")
    _check_names(read)
    header: dict[str, Any] = {
        "format": FORMAT,
        "handovers": [{"new": h.new, "old": h.old, "signature": h.signature} for h in handovers],
        "key": key.public,
    }
    signature = key.sign(INDEX_PREFIX, encode(header) + b"\n" + index)
    catalog = encode(header | {"signature": signature}) + b"\n" + index
    _read_header(catalog.partition(b"\n")[0])
    return catalog


def verify(data: bytes, trusted: Collection[str], now: int, last_sequence: int = 0) -> Catalog:
    """The catalog in these bytes, if it may be used.

    `trusted`: key ids; `now`: seconds since the epoch, UTC; `last_sequence`: the highest seen of this catalog, 0 for
    none.  Errors: CatalogError, with what is wrong first: size, form, signer, signature, content, names, age, order.
    """
    if len(data) > MAX_INDEX + MAX_HEADER:
        raise CatalogError("catalog-too-large", f"A catalog has at most {MAX_INDEX + MAX_HEADER:,} bytes.")
    first, _, index_bytes = data.partition(b"\n")
    key, signature, handovers, signed = _read_header(first)
    if not _successors(trusted, handovers) & {key_id(key)}:
        raise CatalogError("catalog-wrong-signer", "The catalog is signed by a key that is not trusted for it.")
    try:
        verify_signature(key, INDEX_PREFIX, signed + b"\n" + index_bytes, signature)
    except SigningError:
        raise CatalogError("catalog-bad-signature", "The signature of the catalog is wrong.") from None
    index = parse_index(index_bytes)
    _check_names(index)
    if now >= index.expires:
        raise CatalogError("catalog-expired", "The catalog has expired: its keeper has to sign a new one.")
    if index.sequence < last_sequence:
        raise CatalogError("catalog-rollback", "The catalog is older than the one that was seen before.")
    return Catalog(index, key_id(key), tuple(sorted(_successors({key_id(key)}, handovers))))


def _check_names(index: Index) -> None:
    alike = first_look_alikes(index.skills, authors(index.skills))
    if alike is not None:
        raise CatalogError("catalog-look-alike", f"'{alike[0]}' and '{alike[1]}' could be mistaken for each other.")


def _read_header(line: bytes) -> tuple[str, str, list[Handover], bytes]:
    """(public key, signature, handovers, the part of the line that is signed)."""
    bad = CatalogError("catalog-malformed", "The file is no catalog.")
    if len(line) > MAX_HEADER:
        raise bad
    try:
        fields = decode(line)
    except NotCanonical:
        raise bad from None
    if not isinstance(fields, dict) or set(fields) != {"format", "handovers", "key", "signature"}:
        raise bad
    key, signature, listed = fields["key"], fields["signature"], fields["handovers"]
    if fields["format"] != FORMAT or not isinstance(key, str) or not isinstance(signature, str):
        raise bad
    if not isinstance(listed, list) or len(listed) > MAX_HANDOVERS:
        raise bad
    handovers = [_read_handover(item) for item in listed]
    try:
        key_id(key)
    except SigningError:
        raise bad from None
    return key, signature, handovers, encode({name: value for name, value in fields.items() if name != "signature"})


def _read_handover(item: object) -> Handover:
    bad = CatalogError("catalog-bad-handover", "A handover of the catalog's key is not signed by the key before.")
    if not isinstance(item, dict) or set(item) != {"new", "old", "signature"}:
        raise bad
    old, new, signature = item["old"], item["new"], item["signature"]
    if not (isinstance(old, str) and isinstance(new, str) and isinstance(signature, str)):
        raise bad
    try:
        key_id(new)
        verify_signature(old, HANDOVER_PREFIX, _handover_message(old, new), signature)
    except SigningError:
        raise bad from None
    return Handover(old, new, signature)


def _handover_message(old: str, new: str) -> bytes:
    return encode({"new": new, "old": old})


def _successors(trusted: Collection[str], handovers: list[Handover]) -> set[str]:
    """The key ids that these lead to, and these."""
    reached = set(trusted)
    for _ in handovers:  # a chain is at most as long as the list
        reached |= {key_id(h.new) for h in handovers if key_id(h.old) in reached}
    return reached
