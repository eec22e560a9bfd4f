"""The skills that come with the program."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Collection
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from app.catalogs import shelf
from app.catalogs.found import BUNDLED, Found, in_folder, read_files
from app.catalogs.plans import plan
from app.results import CommandFailed
from app.skill_results import SkillsChanged
from skills.folder import digest_files
from skills.trust import Install, Refuse
from storage.database import VaultError
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

_SETTLED = "bundled-skills"  # the setting: of which files a vault was given what it should have; nothing where never
log = logging.getLogger(__name__)


def folder() -> Path:
    """Where they lie."""
    return Path(str(resources.files("skills"))) / BUNDLED


def names(where: Path) -> tuple[str, ...]:
    """Sorted.  Blocking."""
    return tuple(sorted(path.parent.name for path in where.glob("*/SKILL.md")))


def found(where: Path, name: str) -> Found:
    """Blocking.  Errors: CommandFailed."""
    if name not in names(where):
        raise CommandFailed("skill-not-bundled", name=name)
    return in_folder(where / name, BUNDLED)


def all_found(where: Path, known: Collection[str] = ()) -> list[Found]:
    """Those that are valid and not among the digests in `known`; of what is not valid the log speaks.  Blocking."""
    there = []
    for name in names(where):
        digest = digest_files(read_files(where / name)[0])
        if digest in known:
            continue
        try:
            there.append(_understood(where / name, digest))
        except CommandFailed:
            log.warning("the bundled skill %s is not valid", name)
    return there


@functools.lru_cache(maxsize=32)
def _understood(folder: Path, _digest: str) -> Found:
    """A folder whose files have this digest: to read and check one takes 6 ms, its digest 0.2 ms.

    Errors: CommandFailed, which is not kept.
    """
    return in_folder(folder, BUNDLED)


async def settle(node: Node, where: Path | None = None) -> None:
    """After each unlock: a new vault is given the bundled skills, with what they ask for; later ones are only offered.

    What the person removed stays away.  One that came with an older program is updated, unless the new one asks for
    more: then the old one stays until the person has agreed.  Errors: CommandFailed("locked" | "absent"), VaultError.
    """
    vault = node.vault.vault
    if await node.blocking(_settle, vault, where or folder(), node.language):
        node.listener(SkillsChanged())


def _fingerprint(where: Path) -> str:
    """Of all their files; reading them costs a tenth of understanding them."""
    hasher = hashlib.sha256()
    for name in names(where):
        hasher.update(f"{name} {digest_files(read_files(where / name)[0])}\n".encode())
    return hasher.hexdigest()


def _settle(vault: Vault, where: Path, language: str) -> bool:
    known, present_files = vault.settings.get(_SETTLED), _fingerprint(where)
    if known == present_files:
        return False
    fresh, changed = known is None, False
    there = all_found(where)
    for one in there:
        present = vault.skills.find(one.candidate.slug)
        if present is None and not fresh:
            continue
        if present is not None and present.digest == one.candidate.digest:
            continue
        made = plan(one, vault.skills.list(), (), language)
        if isinstance(made.decision, Refuse) or (present is not None and not isinstance(made.decision, Install)):
            continue
        try:
            vault.skills.put(made.coming, made.before)
        except VaultError as error:
            if error.code != "skill-changed":
                raise
            continue  # the person was faster
        changed = True
    if there:
        vault.settings.set(_SETTLED, present_files)
    return revoke(vault) or changed


def revoke(vault: Vault) -> bool:
    """Switch off what a catalog revokes, and on again what none does any more.  Whether that changed anything.

    Blocking.  Errors: VaultError.
    """
    opened = shelf.shelves(vault.skills.catalogs())
    reasons = {
        skill.name: reason
        for skill in vault.skills.list()
        if (reason := shelf.revoked(opened, skill.name, skill.version, skill.digest, skill.source))
    }
    return vault.skills.set_revoked(reasons)
