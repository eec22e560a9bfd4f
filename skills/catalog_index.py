"""The index of a catalog, typed; written and parsed strictly (docs/catalog.md).

One line of canonical JSON.  Every field is required, none other is allowed, every text is bounded and visible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from skills.archive import MAX_ARCHIVE
from skills.canonical import NotCanonical, decode, encode
from skills.instructions import MAX_DESCRIPTION
from skills.names import is_slug
from skills.permissions import BadPermission, parse_permission
from skills.signing import RELEASE_PREFIX, Release, SigningError, is_digest, key_id, verify
from skills.versions import is_version, precedence
from skills.wording import hidden_character

MAX_INDEX = 8 * 1024 * 1024  # bytes
MAX_SKILLS, MAX_VERSIONS, MAX_REVOKED, MAX_PERMISSIONS = 2000, 100, 5000, 50
MAX_NAME, MAX_REASON, MAX_LOCATION = 100, 500, 500  # characters
MAX_LIFE = 366 * 86_400  # seconds: how long somebody may hold back a newer index without its being noticed
_LOCATION = re.compile(r"(https://[a-z0-9.-]+(:[1-9][0-9]{0,4})?/)?[A-Za-z0-9._+-]+(/[A-Za-z0-9._+-]+)*")
_INDEX_KEYS = {"created", "expires", "name", "revoked", "sequence", "signed_only", "skills"}
_ENTRY_KEYS = {"description", "digest", "location", "permissions", "signature", "signer", "size", "version"}


class CatalogError(Exception):
    """`code`: catalog-too-large | catalog-malformed | catalog-duplicate | catalog-bad-signature | catalog-wrong-signer
    | catalog-bad-handover | catalog-look-alike | catalog-expired | catalog-rollback."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Entry:
    """One version of a skill.  `size` is that of its archive in bytes; `location` an https address or a path beside the
    catalog; `signer` the author's public key and `signature` theirs over the release, both None when unsigned."""

    version: str
    digest: str
    size: int
    location: str
    permissions: tuple[str, ...]
    description: str
    signer: str | None = None
    signature: str | None = None


@dataclass(frozen=True)
class Revoked:
    """A version of a skill, or a digest; exactly one of them is there."""

    slug: str
    reason: str
    version: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Index:
    """`created` and `expires` are seconds since the epoch, UTC.  The entries of a skill are in the order of versions.

    `signed_only`: every skill of this catalog bears its author's signature, and one that does not is refused.
    `skipped`: "slug version" of those that ask for a permission that this release does not know; they are left out.
    """

    name: str
    created: int
    expires: int
    sequence: int
    skills: Mapping[str, tuple[Entry, ...]]
    revoked: tuple[Revoked, ...] = ()
    signed_only: bool = False
    skipped: tuple[str, ...] = ()


def write_index(index: Index) -> bytes:
    """The one encoding.  Errors: CatalogError for what `parse_index` would refuse."""
    fields = {name: getattr(index, name) for name in _INDEX_KEYS}
    fields["skills"] = {slug: [_entry_fields(e) for e in entries] for slug, entries in index.skills.items()}
    fields["revoked"] = [_revoked_fields(item) for item in index.revoked]
    data = encode(fields) + b"\n"
    if skipped := parse_index(data).skipped:
        _malformed(f"'{skipped[0]}' asks for a permission that does not exist")
    return data


def parse_index(data: bytes) -> Index:
    """Errors: CatalogError."""
    if len(data) > MAX_INDEX:
        raise CatalogError("catalog-too-large", f"The index of a catalog has at most {MAX_INDEX:,} bytes.")
    if not data.endswith(b"\n"):
        _malformed("it does not end with its line")
    try:
        fields = decode(data[:-1])
    except NotCanonical as error:
        if error.code == "repeated-key":
            raise CatalogError("catalog-duplicate", "A skill or a field stands in the catalog twice.") from None
        _malformed("it is not in its one canonical form")
    _keys(fields, _INDEX_KEYS, "the index")
    created, expires = _whole(fields["created"], "created"), _whole(fields["expires"], "expires")
    if not created < expires <= created + MAX_LIFE:
        _malformed(f"it is to be valid for at most {MAX_LIFE // 86_400} days")
    if not isinstance(fields["signed_only"], bool):
        _malformed("'signed_only' is neither true nor false")
    skills, revoked = fields["skills"], fields["revoked"]
    if not isinstance(skills, dict) or len(skills) > MAX_SKILLS:
        _malformed(f"'skills' is no table of at most {MAX_SKILLS:,}")
    read = {slug: _entries(slug, entries) for slug, entries in skills.items()}
    known = {slug: tuple(one for one in entries if _known(one)) for slug, entries in read.items()}
    return Index(
        name=_text(fields["name"], MAX_NAME, "name"),
        created=created,
        expires=expires,
        sequence=_whole(fields["sequence"], "sequence"),
        skills={slug: entries for slug, entries in known.items() if entries},
        revoked=tuple(_revoked(item) for item in _list(revoked, MAX_REVOKED, "revoked")),
        signed_only=fields["signed_only"],
        skipped=tuple(f"{slug} {one.version}" for slug, every in read.items() for one in every if not _known(one)),
    )


def _entry_fields(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _ENTRY_KEYS} | {"permissions": list(entry.permissions)}


def _revoked_fields(item: Revoked) -> dict[str, Any]:
    which = {"version": item.version} if item.version is not None else {"digest": item.digest}
    return {"slug": item.slug, "reason": item.reason, **which}


def _entries(slug: str, items: object) -> tuple[Entry, ...]:
    if not is_slug(slug):
        _malformed("a skill has no valid name")
    entries = tuple(_entry(slug, item) for item in _list(items, MAX_VERSIONS, slug))
    if not entries:
        _malformed(f"'{slug}' has no version")
    order = [precedence(entry.version) for entry in entries]
    if len(set(order)) < len(order):
        raise CatalogError("catalog-duplicate", f"'{slug}' has a version twice.")
    if order != sorted(order):
        _malformed(f"the versions of '{slug}' are not in order")
    return entries


def _entry(slug: str, item: object) -> Entry:
    fields = _keys(item, _ENTRY_KEYS, slug)
    version, digest, location = (_text(fields[key], MAX_LOCATION, key) for key in ("version", "digest", "location"))
    if not is_version(version) or not is_digest(digest):
        _malformed(f"an entry of '{slug}' has no valid version or digest")
    size = _whole(fields["size"], "size")
    if size > MAX_ARCHIVE:
        _malformed(f"an archive of '{slug}' is over the limit of size")
    if not is_location(location):
        _malformed(f"an archive of '{slug}' is at no address or path that is allowed")
    signer, signature = fields["signer"], fields["signature"]
    _check_author(Release(slug, version, digest), signer, signature)
    permissions = _permissions(slug, fields["permissions"])
    description = _text(fields["description"], MAX_DESCRIPTION, "description")
    return Entry(version, digest, size, location, permissions, description, signer, signature)


def authors(skills: Mapping[str, tuple[Entry, ...]]) -> dict[str, str]:
    """By slug, the public key that signed every version of it; others are left out."""
    signers = {slug: {entry.signer for entry in entries} for slug, entries in skills.items()}
    return {slug: key for slug, keys in signers.items() if len(keys) == 1 and (key := next(iter(keys))) is not None}


def is_location(text: str) -> bool:
    """Whether this is an https address or a path that stays beside the catalog, without query and dot segments."""
    return (
        len(text) <= MAX_LOCATION
        and _LOCATION.fullmatch(text) is not None
        and not {".", ".."} & set(text.removeprefix("https://").split("/"))
    )


def _check_author(release: Release, signer: object, signature: object) -> None:
    """A catalog passes the author's signature on; it cannot make one up."""
    if signer is None and signature is None:
        return
    if not isinstance(signer, str) or not isinstance(signature, str):
        _malformed(f"'{release.slug}' has half a signature")
    try:
        key_id(signer)
        verify(signer, RELEASE_PREFIX, release.message(), signature)
    except SigningError:
        where = f"'{release.slug}' {release.version}"
        raise CatalogError("catalog-bad-signature", f"The author's signature of {where} is wrong.") from None


def _permissions(slug: str, items: object) -> tuple[str, ...]:
    listed = _list(items, MAX_PERMISSIONS, "permissions")
    found = tuple(_spelled(_text(item, MAX_LOCATION, "permissions")) for item in listed)
    if len(set(found)) < len(found):
        raise CatalogError("catalog-duplicate", f"'{slug}' asks for a permission twice.")
    return found


def _spelled(permission: str) -> str:
    """In its one spelling; as it stands where this release does not know it."""
    try:
        return str(parse_permission(permission))
    except BadPermission:
        return permission


def _known(entry: Entry) -> bool:
    """Whether this release knows every permission that it asks for: a later one may have more of them."""
    try:
        return all(parse_permission(one) for one in entry.permissions)
    except BadPermission:
        return False


def _revoked(item: object) -> Revoked:
    which = "digest" if isinstance(item, dict) and "digest" in item else "version"
    fields = _keys(item, {"slug", "reason", which}, "revoked")
    slug, reason = _text(fields["slug"], MAX_LOCATION, "slug"), _text(fields["reason"], MAX_REASON, "reason")
    value = _text(fields[which], MAX_LOCATION, which)
    if not is_slug(slug) or not (is_digest(value) if which == "digest" else is_version(value)):
        _malformed("what is revoked is no version of a skill")
    return Revoked(slug, reason, **{which: value})


def _keys(item: object, names: set[str], where: str) -> dict[str, Any]:
    if not isinstance(item, dict) or set(item) != names:
        _malformed(f"{where} does not have exactly the fields it should")
    return item


def _list(value: object, limit: int, where: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > limit:
        _malformed(f"'{where}' is no list of at most {limit:,}")
    return value


def _text(value: object, limit: int, where: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= limit or hidden_character(value):
        _malformed(f"'{where}' is no text of 1 to {limit:,} visible characters")
    return value


def _whole(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        _malformed(f"'{where}' is no whole number above zero")
    return value


def _malformed(why: str) -> NoReturn:
    raise CatalogError("catalog-malformed", f"The catalog is not understood: {why}.")
