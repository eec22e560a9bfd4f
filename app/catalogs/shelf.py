"""All catalogs of a vault, read and verified: what they offer and what they revoke.  Pure but for the store."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.results import CommandFailed
from skills.catalog import Catalog, verify
from skills.catalog_index import CatalogError, Entry
from skills.permissions import BadPermission, parse_permission
from skills.signing import key_id
from skills.trust import Promise
from storage.skill_store import CatalogState, Skill

_NAMED = re.compile(
    r"(?:(?P<catalog>[1-9][0-9]{0,8}):)?(?P<name>[a-z0-9-]{1,64})(?:@(?P<version>[0-9A-Za-z.+-]{1,64}))?"
)


@dataclass(frozen=True)
class Shelf:
    """One catalog: how the vault keeps it, and what stands in it."""

    state: CatalogState
    catalog: Catalog


@dataclass(frozen=True)
class Offer:
    shelf: Shelf
    name: str
    entry: Entry

    def promise(self, now: float) -> Promise:
        """`now`: seconds since the epoch, UTC."""
        index = self.shelf.catalog.index
        return Promise(
            self.entry.digest,
            tuple(parse_permission(permission) for permission in self.entry.permissions),
            signed_only=index.signed_only,
            revoked=self.shelf.catalog.revoked(self.name, self.entry.version, self.entry.digest),
            expired=now >= index.expires,
        )

    @property
    def signer(self) -> str:
        """The author's key id, or empty."""
        return key_id(self.entry.signer) if self.entry.signer else ""


def shelves(states: Iterable[CatalogState]) -> list[Shelf]:
    """Those that were read at least once.  What the vault keeps was verified with the clock when it came."""
    opened = []
    for state in states:
        if state.index is None:
            continue
        try:
            opened.append(Shelf(state, verify(state.index, state.trusted, now=0)))
        except (CatalogError, BadPermission):
            continue  # this release understands less of it than the one that kept it: the next refresh says so
    return opened


def newest(shelf: Shelf, name: str) -> Offer | None:
    """The newest that is not revoked; where all are, the newest, so that it can be said why it is not to be had."""
    entry = shelf.catalog.entry(name)
    if entry is None and (entries := shelf.catalog.index.skills.get(name)):
        entry = entries[-1]
    return None if entry is None else Offer(shelf, name, entry)


def named(what: str, opened: Iterable[Shelf], present: Skill | None) -> Offer:
    """The version that `[CATALOG:]NAME[@VERSION]` means.  `present`: what is installed under the name.

    Where several catalogs offer the name, the one that the installed skill came from is meant.  Errors: CommandFailed.
    """
    catalog, name, version = parts(what)
    chosen = [shelf for shelf in opened if catalog is None or shelf.state.id == catalog]
    offers = [offer for shelf in chosen if (offer := newest(shelf, name)) is not None]
    if not offers:
        raise CommandFailed("skill-not-offered", name=name)
    if version is not None:
        found = ((offer.shelf, offer.shelf.catalog.entry(name, version)) for offer in offers)
        offers = [Offer(shelf, name, entry) for shelf, entry in found if entry is not None]
        if not offers:
            raise CommandFailed("skill-no-version", name=name, version=version)
    same = [offer for offer in offers if present is not None and offer.shelf.state.address == present.source]
    if same:
        return same[0]
    if len({offer.entry.digest for offer in offers}) > 1:
        addresses = ", ".join(f"{offer.shelf.state.id} ({offer.shelf.state.address})" for offer in offers)
        example = f"{offers[0].shelf.state.id}:{name}"
        raise CommandFailed("skill-offered-twice", name=name, addresses=addresses, example=example)
    return offers[0]


def parts(what: str) -> tuple[int | None, str, str | None]:
    """(number of the catalog, name, version).  Errors: CommandFailed."""
    found = _NAMED.fullmatch(what)
    if found is None:
        raise CommandFailed("skill-not-offered", name=what[:100])
    return int(found["catalog"]) if found["catalog"] else None, found["name"], found["version"]


def revoked(opened: Iterable[Shelf], name: str, version: str, digest: str, source: str) -> str:
    """The reason why a skill is revoked, or empty.

    A digest is revoked wherever it came from.  A version is revoked by the catalog it came from alone: a name in
    another catalog is another skill.
    """
    for shelf in opened:
        own = shelf.state.address == source
        for item in shelf.catalog.index.revoked:
            if item.digest == digest or (
                own and item.version is not None and (item.slug, item.version) == (name, version)
            ):
                return item.reason
    return ""
