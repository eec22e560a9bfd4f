"""From what a person names to the bytes of a skill, and from a catalog's address to what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from app.catalogs import addresses, bundled, found, shelf
from app.catalogs.found import BUNDLED, Found
from app.catalogs.plans import Planned, plan
from app.catalogs.reading import Reader
from app.catalogs.shelf import Offer
from app.online import network_allowed
from app.results import CommandFailed
from app.stoppable import Flag
from skills.archive import SUFFIX
from skills.catalog import Catalog, verify
from storage.skill_store import Skill
from storage.sources.fetch import Stopped

if TYPE_CHECKING:
    from app.node import Node


async def planned(node: Node, what: str) -> Planned:
    """`what`: [CATALOG:]NAME[@VERSION], the absolute path of a folder or archive, or "bundled:NAME".

    Errors: CommandFailed; SyncFailed where it has to be fetched and cannot be.
    """
    store = node.vault.vault.skills
    one = await _found(node, what)
    name, version = one.candidate.slug, one.candidate.version or ""

    def make() -> Planned:
        opened = shelf.shelves(store.catalogs())
        reason = shelf.revoked(opened, name, version, one.candidate.digest, one.candidate.source)
        return plan(one, store.list(), bundled.names(bundled.folder()), node.language, reason)

    return await node.blocking(make)


async def update_of(node: Node, name: str) -> str:
    """What to name for the update of an installed skill.  Errors: VaultError `unknown-skill`, CommandFailed."""
    store = node.vault.vault.skills
    skill = await node.blocking(store.get, name)
    if skill.source == BUNDLED:
        return f"{BUNDLED}:{name}"
    for state in await node.blocking(store.catalogs):
        if state.address == skill.source:
            return f"{state.id}:{name}"
    if await node.blocking(_is_skill_there, Path(skill.source)):
        return skill.source
    raise CommandFailed("skill-no-source", name=name, source=skill.source)


async def catalog(node: Node, address: str, trusted: Collection[str], sequence: int) -> tuple[bytes, Catalog]:
    """The catalog at an address as it is kept, verified.  Errors: CommandFailed, CatalogError, SyncFailed."""
    data = await _read(node, address, lambda reader: reader.catalog(address))
    now = int(node.surroundings.now())
    return data, await node.blocking(verify, data, trusted, now, sequence)


async def _found(node: Node, what: str) -> Found:
    if what.startswith(f"{BUNDLED}:"):
        return await node.blocking(bundled.found, bundled.folder(), what.removeprefix(f"{BUNDLED}:"))
    if Path(what).is_absolute():
        return await node.blocking(found.at, Path(what))
    number, name, version = shelf.parts(what)
    store = node.vault.vault.skills
    present = await node.blocking(store.find, name)
    if number is None and version is None and await node.blocking(_is_bundled, name, present):
        return await node.blocking(bundled.found, bundled.folder(), name)
    opened = await node.blocking(lambda: shelf.shelves(store.catalogs()))
    return await _fetched(node, shelf.named(what, opened, present))


def _is_skill_there(path: Path) -> bool:
    """A folder or an archive; a catalog that was removed is neither."""
    return path.is_absolute() and (path.is_dir() or (path.is_file() and path.name.endswith(SUFFIX)))


def _is_bundled(name: str, present: Skill | None) -> bool:
    """A plain name is first of all that of the program's own skill."""
    return name in bundled.names(bundled.folder()) and (present is None or present.source == BUNDLED)


async def _fetched(node: Node, offer: Offer) -> Found:
    """Errors: CommandFailed where it is no skill, or not the bytes that the catalog names."""
    source = offer.shelf.state.address
    address = addresses.beside(source, offer.entry.location)
    data = await _read(node, address, lambda reader: reader.archive(address, source))
    if len(data) != offer.entry.size:
        raise CommandFailed("refused-wrong-digest", name=f"{offer.name} {offer.entry.version}")
    manifest, archive = await node.blocking(found.in_archive, data)
    if manifest.name != offer.name or manifest.version != offer.entry.version:
        raise CommandFailed("refused-wrong-digest", name=f"{offer.name} {offer.entry.version}")
    candidate = found.candidate(manifest, source, offer.entry.signer)
    return Found(manifest, candidate, archive, offer.promise(node.surroundings.now()))


async def _read(node: Node, address: str, work: Callable[[Reader], bytes]) -> bytes:
    """While it goes on, airplane mode ends it."""
    web = addresses.is_web(address)
    if web:
        network_allowed(node)
    flag = Flag()
    reader = Reader(lambda: flag.is_set() or (web and node.airplane))
    try:
        return await node.interruptible(lambda: work(reader), flag)
    except Stopped:
        network_allowed(node)
        raise CommandFailed("catalog-slow") from None
