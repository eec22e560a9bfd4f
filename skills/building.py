"""`catalog build`: an index of the archives in a folder, with the signatures that lie beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skills.api import Manifest
from skills.archive import MAX_ARCHIVE, SUFFIX, BadArchive, read
from skills.catalog_index import Entry, Index, Revoked, authors
from skills.manifest import validate_files
from skills.names import first_look_alikes
from skills.signing import MAX_SIGNATURE_FILE, Release, SigningError, read_signature
from skills.signing import SUFFIX as SIGNATURE_SUFFIX
from skills.versions import precedence


class CannotBuild(Exception):
    """`code`: bad-skill | no-version | wrong-signature | unsigned | repeated-version | look-alike | unreadable, or
    that of BadArchive or SigningError."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Plan:
    """What an index says beside its skills; see Index."""

    name: str
    created: int
    expires: int
    sequence: int
    revoked: tuple[Revoked, ...] = ()
    signed_only: bool = False


def build(folder: Path, plan: Plan) -> Index:
    """An index of all archives right in this folder, each at its file name.  Errors: CannotBuild."""
    skills: dict[str, list[Entry]] = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            slug, entry = _entry(path, plan)
        except OSError as error:
            raise CannotBuild("unreadable", f"{path.name}: it cannot be read: {error.strerror}.") from error
        except (BadArchive, SigningError) as error:
            raise CannotBuild(error.code, f"{path.name}: {error}") from error
        entries = skills.setdefault(slug, [])
        if precedence(entry.version) in [precedence(other.version) for other in entries]:
            raise CannotBuild("repeated-version", f"{path.name}: '{slug}' {entry.version} is there already.")
        entries.append(entry)
    ordered = {slug: tuple(sorted(found, key=lambda e: precedence(e.version))) for slug, found in skills.items()}
    alike = first_look_alikes(ordered, authors(ordered))
    if alike is not None:
        raise CannotBuild("look-alike", f"'{alike[0]}' and '{alike[1]}' could be mistaken for each other.")
    return Index(plan.name, plan.created, plan.expires, plan.sequence, ordered, plan.revoked, plan.signed_only)


def inspect(data: bytes) -> Manifest:
    """The manifest of the skill in an archive.  Errors: BadArchive, CannotBuild."""
    report = validate_files(read(data), None)
    if report.manifest is None:
        problem = report.problems[0]
        raise CannotBuild("bad-skill", f"{problem.where}: {problem.sentence}")
    return report.manifest


def release_of(manifest: Manifest) -> Release:
    """What its author signs.  Errors: CannotBuild for instructions alone, which have no version."""
    if manifest.version is None:
        raise CannotBuild("no-version", f"'{manifest.name}' has no version: it needs a skill.toml.")
    return Release(manifest.name, manifest.version, manifest.digest)


def _entry(path: Path, plan: Plan) -> tuple[str, Entry]:
    with path.open("rb") as stream:
        data = stream.read(MAX_ARCHIVE + 1)
    try:
        manifest = inspect(data)
        release = release_of(manifest)
        signer, signature = _signature(path.with_name(path.name + SIGNATURE_SUFFIX), release)
    except CannotBuild as error:
        raise CannotBuild(error.code, f"{path.name}: {error}") from error
    if signer is None and plan.signed_only:
        raise CannotBuild("unsigned", f"{path.name}: no signature lies beside it.")
    permissions = tuple(str(permission) for permission in manifest.permissions)
    entry = Entry(
        release.version, release.digest, len(data), path.name, permissions, manifest.description, signer, signature
    )
    return release.slug, entry


def _signature(path: Path, release: Release) -> tuple[str | None, str | None]:
    try:
        with path.open("rb") as stream:
            signed, signer, signature = read_signature(stream.read(MAX_SIGNATURE_FILE + 1))
    except FileNotFoundError:
        return None, None
    if signed != release:
        raise CannotBuild("wrong-signature", "the signature beside it is for another skill, version or digest.")
    return signer, signature
