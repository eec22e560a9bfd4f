"""What installing something would do, and the word by which exactly that is agreed to.  Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from app.catalogs import describing, refusals
from app.catalogs.found import BUNDLED, Found
from app.skill_results import InstallPlan, PermissionView, Verdict
from skills.api import Permission
from skills.names import look_alike
from skills.permissions import BadPermission, parse_permission
from skills.trust import Ask, Candidate, Decision, Install, Installed, Promise, Refuse, decide
from storage.skill_store import Coming, Skill


@dataclass(frozen=True)
class Planned:
    """`before`: the digest of what is installed under the name, None for nothing."""

    plan: InstallPlan
    coming: Coming
    before: str | None
    decision: Decision


def plan(found: Found, there: Iterable[Skill], bundled: Collection[str], language: str, reason: str = "") -> Planned:
    """`bundled`: names that come with the program, installed or not.  `reason`: why it is revoked, empty where not."""
    skills = tuple(there)
    present = next((skill for skill in skills if skill.name == found.candidate.slug), None)
    others = [installed(skill) for skill in skills]
    names = {skill.name for skill in skills} | {found.candidate.slug}
    others += [Installed(name, None, "", BUNDLED, None, ()) for name in bundled if name not in names]
    promise = found.promise
    if reason:
        honest = promise or Promise(found.candidate.digest, found.candidate.permissions)
        promise = replace(honest, revoked=honest.revoked or reason)
    decision = decide(found.candidate, _before(found, others), promise)
    return _planned(found, present, decision, language, promise, others)


def installed(skill: Skill) -> Installed:
    """As trust sees it."""
    return Installed(
        skill.name, skill.version or None, skill.digest, skill.source, skill.signer or None, granted(skill.permissions)
    )


def granted(texts: Iterable[str]) -> tuple[Permission, ...]:
    """What was agreed to; what this release does not know any more allows nothing."""
    found = []
    for text in texts:
        try:
            found.append(parse_permission(text))
        except BadPermission:
            continue
    return tuple(found)


def _before(found: Found, others: list[Installed]) -> list[Installed]:
    """A bundled skill is what the program brings: under the same version too, as in a program that is being written."""
    if found.candidate.source != BUNDLED:
        return others
    same = [one.slug == found.candidate.slug and one.version == found.candidate.version for one in others]
    return [replace(one, version=None) if equal else one for one, equal in zip(others, same, strict=True)]


def _planned(
    found: Found,
    present: Skill | None,
    decision: Decision,
    language: str,
    promise: Promise | None,
    others: Iterable[Installed],
) -> Planned:
    candidate = found.candidate
    added = decision.added if isinstance(decision, Ask) else ()
    dropped = () if isinstance(decision, Refuse) else decision.dropped
    reasons = (_reason(decision, candidate, promise, others, language),) if isinstance(decision, Refuse) else ()
    coming = _coming(found)
    before = present.digest if present else None
    made = InstallPlan(
        name=candidate.slug,
        version=coming.version,
        before=present.version if present else "",
        verdict=_verdict(decision),
        reasons=reasons,
        permissions=tuple(
            PermissionView(str(permission), describing.permission(permission, language), permission in added)
            for permission in candidate.permissions
        ),
        lost=tuple(describing.permission(permission, language) for permission in dropped),
        source=candidate.source,
        signer=coming.signer,
        agreed=_agreed(coming, before, decision),
    )
    return Planned(made, coming, before, decision)


def _coming(found: Found) -> Coming:
    candidate = found.candidate
    permissions = tuple(str(permission) for permission in candidate.permissions)
    version, signer = candidate.version or "", candidate.signer or ""
    return Coming(candidate.slug, version, candidate.digest, candidate.source, signer, permissions, found.archive)


def _reason(
    refusal: Refuse, candidate: Candidate, promise: Promise | None, others: Iterable[Installed], language: str
) -> str:
    other = next((one.slug for one in others if look_alike(one.slug, candidate.slug)), "")
    reason = (promise.revoked if promise else None) or ""
    name = f"{candidate.slug} {candidate.version}" if candidate.version else candidate.slug
    return refusals.sentence(refusal, language, name=name, other=other, reason=reason)


def _verdict(decision: Decision) -> Verdict:
    match decision:
        case Install():
            return "install"
        case Ask():
            return "ask"
        case Refuse():
            return "refuse"


def _agreed(coming: Coming, before: str | None, decision: Decision) -> str:
    """SHA-256, hexadecimal, of what would be installed, in the place of what, and what it would be granted anew."""
    new = sorted(map(str, decision.added)) if isinstance(decision, Ask) else []
    said = [coming.name, coming.version, coming.digest, coming.source, coming.signer, sorted(coming.permissions)]
    return hashlib.sha256(json.dumps([said, before, new]).encode()).hexdigest()
