"""What the commands show of skills and catalogs.  Blocking: they read the vault and the program's own skills."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from app.catalogs import describing, shelf
from app.catalogs.found import BUNDLED, Found, in_archive
from app.catalogs.plans import granted
from app.catalogs.shelf import Offer, Shelf
from app.results import CommandFailed
from app.skill_results import CatalogRow, OfferRow, PermissionView, SkillRow, SkillView
from app.texts import catalogue, text
from skills.api import Manifest, Permission
from skills.permissions import parse_permission
from skills.trust import covers
from skills.versions import precedence
from storage.skill_store import CatalogState, Skill, Skills

_NAMED = 5  # versions that are named in one sentence


def skills(store: Skills, bundled: Iterable[Found], language: str) -> tuple[SkillRow, ...]:
    newer = _newest(shelf.shelves(store.catalogs()), bundled)
    return tuple(_row(skill, _manifest(store, skill), newer, language) for skill in store.list())


def skill(store: Skills, name: str, bundled: Iterable[Found], language: str) -> SkillView:
    """Errors: VaultError `unknown-skill`."""
    one = store.get(name)
    manifest = _manifest(store, one)
    newer = _newest(shelf.shelves(store.catalogs()), bundled)
    views = (PermissionView(str(each), describing.permission(each, language)) for each in granted(one.permissions))
    return SkillView(
        _row(one, manifest, newer, language),
        manifest.instructions if manifest else "",
        tuple(views),
        tuple(describing.entry(manifest, each, language) for each in manifest.entries) if manifest else (),
        one.digest,
        one.signer,
        moment(one.installed),
    )


def catalogs(states: Iterable[CatalogState], language: str) -> tuple[CatalogRow, ...]:
    rows = []
    for state in states:
        (opened,) = shelf.shelves([state]) or (None,)
        rows.append(
            CatalogRow(
                state.id,
                state.address,
                state.name,
                state.trusted,
                None if state.fetched is None else moment(state.fetched),
                moment(opened.catalog.index.expires) if opened else None,
                _problem(state, language) or _skipped(opened, language),
            )
        )
    return tuple(rows)


def offers(store: Skills, bundled: Iterable[Found], language: str) -> tuple[OfferRow, ...]:
    """What comes with the program and is not installed, then what each catalog has, by name."""
    there = {one.name: one for one in store.list()}
    rows = [_bundled_offer(one, language) for one in bundled if one.candidate.slug not in there]
    for opened in shelf.shelves(store.catalogs()):
        for name in sorted(opened.catalog.index.skills):
            offer = shelf.newest(opened, name)
            assert offer is not None, "a name in an index has a version"
            rows.append(_offer(offer, there.get(name), language))
    return tuple(rows)


def moment(seconds: float) -> str:
    """ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _manifest(store: Skills, one: Skill) -> Manifest | None:
    """None where this release finds it valid no more."""
    try:
        return in_archive(store.archive(one.name))[0]
    except CommandFailed:
        return None


def _newest(opened: Iterable[Shelf], bundled: Iterable[Found]) -> dict[tuple[str, str], str]:
    """By source and name, the newest version that may be had."""
    found = {(BUNDLED, one.candidate.slug): one.candidate.version or "" for one in bundled}
    for one in opened:
        for name in one.catalog.index.skills:
            if entry := one.catalog.entry(name):
                found[one.state.address, name] = entry.version
    return found


def _row(one: Skill, manifest: Manifest | None, newest: dict[tuple[str, str], str], language: str) -> SkillRow:
    version = newest.get((one.source, one.name), "")
    newer = version and one.version and precedence(version) > precedence(one.version)
    return SkillRow(
        one.name,
        one.version,
        one.source,
        one.permissions,
        title=describing.title(manifest, language) if manifest else describing.called(one.name),
        about=describing.about(manifest, language) if manifest else "",
        enabled=one.enabled,
        runs=bool(manifest and manifest.entries),
        triggers=describing.triggers(manifest, language) if manifest else (),
        update=version if newer else "",
        revoked=bool(one.revoked),
        reason=one.revoked,
    )


def _problem(state: CatalogState, language: str) -> str:
    if not state.problem:
        return ""
    key = f"error.{state.problem}"
    if key not in catalogue():
        return state.detail
    try:
        return text(key, language, detail=state.detail, path=state.address)
    except KeyError:
        return state.detail


def _skipped(opened: shelf.Shelf | None, language: str) -> str:
    """What of a catalog only a later release of the program can use."""
    skipped = opened.catalog.index.skipped if opened else ()
    more = "…" if len(skipped) > _NAMED else ""
    return text("error.catalog-skipped", language, names=", ".join(skipped[:_NAMED]) + more) if skipped else ""


def _bundled_offer(one: Found, language: str) -> OfferRow:
    return OfferRow(
        0,
        one.candidate.slug,
        one.candidate.version or "",
        describing.title(one.manifest, language),
        describing.about(one.manifest, language),
        text("skillset.publisher", language),
        _views(one.manifest.permissions, (), language),
        "new",
    )


def _offer(offer: Offer, present: Skill | None, language: str) -> OfferRow:
    entry, opened = offer.entry, offer.shelf.catalog
    state = "new"
    if opened.revoked(offer.name, entry.version, entry.digest) is not None:
        state = "revoked"
    elif present is not None and present.source == offer.shelf.state.address:
        newer = precedence(entry.version) > precedence(present.version)
        state = "update" if newer else "installed"
    had = granted(present.permissions) if present else ()
    wanted = tuple(parse_permission(permission) for permission in entry.permissions)
    return OfferRow(
        offer.shelf.state.id,
        offer.name,
        entry.version,
        describing.called(offer.name),
        entry.description,
        offer.signer,
        _views(wanted, had, language),
        state,
    )


def _views(wanted: Iterable[Permission], had: Iterable[Permission], language: str) -> tuple[PermissionView, ...]:
    allowed = tuple(had)
    return tuple(
        PermissionView(
            str(each), describing.permission(each, language), not any(covers(given, each) for given in allowed)
        )
        for each in wanted
    )
