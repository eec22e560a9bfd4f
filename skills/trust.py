"""What installing or updating a skill means: install it, ask for what is new, or refuse.  A pure decision.

Trust binds to slug, version and digest.  It goes on to another version only where the same author signs it or it comes
from where the installed one came from, and never to more permissions without the person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from skills.api import MailSend, NetFetch, Permission, Spend
from skills.names import look_alike
from skills.versions import Precedence, precedence


@dataclass(frozen=True)
class Installed:
    """`source` names where it came from (a catalog, a folder); `signer` is the author's key id, None when unsigned."""

    slug: str
    version: str | None
    digest: str
    source: str
    signer: str | None
    permissions: tuple[Permission, ...]


@dataclass(frozen=True)
class Candidate:
    """What the files themselves say, and where they are from; `signer` only after its signature was verified."""

    slug: str
    version: str | None
    digest: str
    source: str
    signer: str | None
    permissions: tuple[Permission, ...]


@dataclass(frozen=True)
class Promise:
    """What the catalog said of the candidate before it was fetched.  `revoked` is the reason, None when it is not."""

    digest: str
    permissions: tuple[Permission, ...]
    signed_only: bool = False
    revoked: str | None = None
    expired: bool = False


@dataclass(frozen=True)
class Install:
    """Nothing is asked.  `dropped` are permissions that the installed version had and this one does not ask for."""

    dropped: tuple[Permission, ...] = ()


@dataclass(frozen=True)
class Ask:
    """The person decides.  `added` is what is new to them, in the author's order; for a first install, all of it."""

    added: tuple[Permission, ...]
    dropped: tuple[Permission, ...] = ()


@dataclass(frozen=True)
class Refuse:
    """`code`: expired | revoked | wrong-digest | other-permissions | unsigned | look-alike | other-signer
    | other-source | downgrade | changed-version."""

    code: str
    sentence: str


Decision = Install | Ask | Refuse


def decide(candidate: Candidate, installed: Iterable[Installed], promise: Promise | None = None) -> Decision:
    """`promise` is None where there is no catalog: a folder or a file that the person chose."""
    others = tuple(installed)
    present = next((skill for skill in others if skill.slug == candidate.slug), None)
    refusal = _against_promise(candidate, promise) if promise else None
    if refusal is None:
        refusal = _against_present(candidate, present) if present else _squatting(candidate, others)
    if refusal is not None:
        return refusal
    had = present.permissions if present else ()
    added = tuple(p for p in candidate.permissions if not any(covers(granted, p) for granted in had))
    dropped = tuple(p for p in had if not any(covers(asked, p) for asked in candidate.permissions))
    return Ask(added, dropped) if added else Install(dropped)


def covers(granted: Permission, wanted: Permission) -> bool:
    """Whether whoever has `granted` may do all that `wanted` allows."""
    match granted, wanted:
        case MailSend(), MailSend():
            return granted.to == "anyone" or granted == wanted
        case Spend(), Spend():
            return wanted.maximum <= granted.maximum
        case NetFetch(prefix=True), NetFetch():
            # Paths hold no dot segments and no escapes, so that text that begins alike is a place that lies within.
            same_host = (granted.host, granted.port) == (wanted.host, wanted.port)
            return same_host and wanted.path.startswith(granted.path)
    return granted == wanted


def _against_promise(candidate: Candidate, promise: Promise) -> Refuse | None:
    name = _name(candidate)
    if promise.expired:
        return Refuse("expired", f"The catalog that offers {name} has expired.")
    if promise.revoked is not None:
        return Refuse("revoked", f"{name} was revoked: {promise.revoked}")
    if promise.digest != candidate.digest:
        return Refuse("wrong-digest", f"What was fetched is not the {name} that the catalog lists.")
    if set(promise.permissions) != set(candidate.permissions):
        return Refuse("other-permissions", f"{name} asks for other permissions than the catalog says.")
    if promise.signed_only and candidate.signer is None:
        return Refuse("unsigned", f"{name} is not signed by its author, and its catalog requires that.")
    return None


def _against_present(candidate: Candidate, present: Installed) -> Refuse | None:
    name = _name(candidate)
    if present.signer is not None and candidate.signer != present.signer:
        return Refuse("other-signer", f"{name} is not signed by the author of the installed {_name(present)}.")
    if present.signer is None and candidate.source != present.source:
        return Refuse("other-source", f"{name} is from another source than the installed {_name(present)}.")
    if candidate.digest == present.digest:
        return None
    order = _order(candidate.version), _order(present.version)
    if order[0] < order[1]:
        return Refuse("downgrade", f"{name} is older than the installed {_name(present)}.")
    if order[0] == order[1] and candidate.version is not None:
        return Refuse("changed-version", f"{name} holds other files than the installed one of the same version.")
    return None


def _squatting(candidate: Candidate, others: Iterable[Installed]) -> Refuse | None:
    for skill in others:
        same_author = candidate.signer is not None and candidate.signer == skill.signer
        if skill.source != candidate.source and not same_author and look_alike(skill.slug, candidate.slug):
            sentence = f"'{candidate.slug}' could be mistaken for the installed '{skill.slug}', from another source."
            return Refuse("look-alike", sentence)
    return None


def _order(version: str | None) -> Precedence | tuple[()]:
    """Instructions alone have no version: they come before all that have one."""
    return () if version is None else precedence(version)


def _name(skill: Installed | Candidate) -> str:
    return f"'{skill.slug}' {skill.version}" if skill.version else f"'{skill.slug}'"
