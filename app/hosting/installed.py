"""An installed skill as it runs: what the vault holds of it, read and checked anew.  Blocking; any thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.tools import GUIDE
from app.results import CommandFailed
from skills import archive, references
from skills.api import Manifest, Permission
from skills.manifest import validate_files
from skills.permissions import BadPermission, parse_permission
from skills.program import Program, joined
from storage.skill_store import Skill
from storage.vault import Vault


@dataclass(frozen=True)
class Installed:
    """`permissions`: what the person agreed to, as far as it is asked for.  `since`: when it was first installed.

    `references`: of instructions only, the texts by path that they refer to.
    """

    name: str
    version: str
    digest: str
    permissions: tuple[Permission, ...]
    manifest: Manifest
    program: Program
    since: float
    references: Mapping[str, str] = field(default_factory=dict)

    def guides(self, entry: str) -> bool:
        """Whether it is instructions only, which a model follows: nothing of it runs."""
        return self.manifest.version is None and entry == GUIDE.name

    def function(self, entry: str) -> str:
        """The function that an entry stands for.  Errors: CommandFailed("skill-entry")."""
        for one in self.manifest.entries:
            if one.name == entry:
                return one.function
        raise CommandFailed("skill-entry", name=self.name, entry=entry)


def load(vault: Vault, name: str) -> Installed:
    """Errors: CommandFailed("skill-unknown" | "skill-disabled" | "skill-damaged"), VaultError."""
    found = vault.skills.find(name)
    if found is None:
        raise CommandFailed("skill-unknown", name=name)
    if not found.enabled:
        raise CommandFailed("skill-disabled", name=name)
    return read(found, vault.skills.archive(name))


def read(found: Skill, packed: bytes) -> Installed:
    """Errors: CommandFailed("skill-damaged") where it is not what the person agreed to."""
    try:
        files = archive.read(packed)
        manifest = validate_files(files, found.name).manifest
        agreed = {parse_permission(one) for one in found.permissions}
    except (archive.BadArchive, BadPermission) as error:
        raise CommandFailed("skill-damaged", name=found.name) from error
    if manifest is None or manifest.digest != found.digest:
        raise CommandFailed("skill-damaged", name=found.name)
    granted = tuple(one for one in manifest.permissions if one in agreed)
    program = joined(files, manifest.programs)
    named = references.mentioned(manifest.instructions, files) if manifest.version is None else {}
    return Installed(found.name, found.version, found.digest, granted, manifest, program, found.installed, named)
