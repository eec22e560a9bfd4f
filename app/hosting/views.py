"""Runs and questions as the person sees them.  Blocking; any thread.  Errors: VaultError."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from agent import policy, rules
from agent.rules import Rule
from agent.taint import Taint
from app.hosting import offers
from app.phrases import phrase, written
from app.present import readable
from app.skill_results import ApprovalRow, CallView, RunRow, RunView, SourceView
from app.texts import catalogue, text
from storage.approval_rows import Approval, ApprovalSource
from storage.runs import Run
from storage.vault import Vault

_TEXTS = ("text", "body")  # arguments that are read as a text, with its lines
_JOINER = "\u200d"  # between the parts of an emoji


def run(vault: Vault, number: int, language: str) -> RunView:
    found = vault.runs.get(number)
    calls = tuple(
        CallView(one.function, dict(one.arguments), one.decision, one.reason, moment(one.at))
        for one in vault.runs.calls(number)
    )
    printed = tidy(found.printed, language)
    return RunView(run_row(found, language), found.value, _cited(found, language), calls, printed)


def run_row(found: Run, language: str) -> RunRow:
    value = found.value
    said = value.get("text", "") if isinstance(value, dict) else value
    return RunRow(
        id=found.id,
        skill=found.skill,
        version=found.version,
        entry=found.entry,
        occasion=found.occasion,
        state=found.state,
        started=moment(found.started),
        ended=None if found.ended is None else moment(found.ended),
        text=tidy(said, language) if isinstance(said, str) else "",
        error=_error(found, language),
        approval=found.approval,
    )


def approval(vault: Vault, number: int, language: str) -> ApprovalRow:
    """Errors: VaultError `unknown-approval`."""
    return approval_row(vault, vault.approvals.get(number), language)


def approval_row(vault: Vault, found: Approval, language: str, grants: offers.Granted | None = None) -> ApprovalRow:
    """`grants`: of a whole listing, so that no skill is read for each row."""
    asking = vault.runs.waiting_for(found.id) if found.state == "pending" else None
    always: list[Rule] = offers.always(vault, found, asking, grants) if found.state == "pending" else []
    never = offers.rules(found, asking, "deny") if found.state == "pending" else []
    taint = Taint() if asking is None else Taint.from_plain(asking.taint)
    return ApprovalRow(
        id=found.id,
        state=found.state,
        skill=found.skill,
        function=found.function,
        title=_title(found, language),
        fields=fields(found.arguments, language),
        because=_because(found.reason, language),
        sources=tuple(_source(one, taint, language) for one in found.sources),
        created=moment(found.created),
        expires=moment(found.expires),
        outcome=tidy(found.outcome, language),
        digest=found.digest,
        always=words(always, language),
        never=words(never, language),
    )


def words(made: Sequence[Rule], language: str) -> str:
    """Rules in plain words."""
    return "\n".join(rules.describe(rule, _phrase, language) for rule in made)


def fields(arguments: Mapping[str, Any], language: str) -> tuple[tuple[str, str], ...]:
    """Every argument that says something, with its label.  What a screen would hide is shown by its number."""
    known = [key for key in _ORDER if key in arguments]
    others = sorted(key for key in arguments if key not in _ORDER)
    given = [key for key in (*known, *others) if arguments[key] not in ("", [], None)]
    return tuple((_label(key, language), readable(_shown(key, arguments[key], language), language)) for key in given)


def moment(seconds: float) -> str:
    """ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def tidy(said: str, language: str) -> str:
    """As it reads: without what a screen or a terminal would obey instead of showing, gaps in words."""
    return "".join(one for one in readable(said, language) if _seen(one, lines=True))


def visible(said: str, *, lines: bool = False) -> str:
    """With every character that would not be seen spelled out."""
    return "".join(one if _seen(one, lines) else f"⟦U+{ord(one):04X}⟧" for one in said)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
_ORDER = (
    "to",
    "cc",
    "bcc",
    "subject",
    "title",
    "start",
    "end",
    "all_day",
    "place",
    "text",
    "reply_to",
    "peer",
    "address",
    "amount",
    "skill",
    "records",
)


def _seen(one: str, lines: bool) -> bool:
    if one in "\n\t" or one == _JOINER:
        return lines
    return unicodedata.category(one) not in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def _shown(key: str, value: Any, language: str) -> str:
    if isinstance(value, bool):
        return text(f"agent.field.{'true' if value else 'false'}", language)
    value = written(key, value, language)
    if isinstance(value, str):
        told = value.replace("T", " ") if _MOMENT.fullmatch(value) else value
        return visible(told, lines=key in _TEXTS)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(visible(one) for one in value)
    return visible(json.dumps(value, ensure_ascii=False, sort_keys=True))


def _phrase(key: str, language: str, /, **values: Any) -> str:
    """What has no words, as a function of another release, is named as it is stored."""
    return phrase(key, language, **values) if key in catalogue() else visible(key.rpartition(".")[2])


def _label(key: str, language: str) -> str:
    named = f"agent.field.{key}"
    return text(named, language) if named in catalogue() else visible(key)


def _title(found: Approval, language: str) -> str:
    named = f"agent.function.{found.function.replace('.', '-')}"
    what = text(named, language) if named in catalogue() else found.function
    to = ", ".join(visible(one) for one in policy.recipients(found.function, found.arguments))
    titled = found.arguments.get("title")
    to = to or (visible(titled) if isinstance(titled, str) else "")
    return what[:1].upper() + what[1:] + (f"{text('agent.field.colon', language)}{to}" if to else "")


def _because(reason: str, language: str) -> str:
    named = f"agent.because.{reason}"
    return text(named, language) if named in catalogue() else ""


def _source(one: ApprovalSource, taint: Taint, language: str) -> SourceView:
    checked = any(
        known.authenticated and (known.record, known.sender) == (one.record, one.sender) for known in taint.sources
    )
    title, sender, quote = (tidy(said, language) for said in (one.title, one.sender, one.quote))
    return SourceView(one.origin, one.record, title, sender, quote, checked)


def _cited(found: Run, language: str) -> tuple[SourceView, ...]:
    """What it names as its sources, as far as it has read them: a skill cannot cite what it did not see."""
    named = found.value.get("sources") if isinstance(found.value, dict) else None
    if not isinstance(named, list):
        return ()
    known = {one.record: one for one in Taint.from_plain(found.taint).sources if one.record} if found.taint else {}
    views = []
    for name in named:
        one = known.get(name) if isinstance(name, str) else None
        if one is None:
            views.append(SourceView("", "", "", ""))  # keeps its number
        else:
            title, sender = tidy(one.title, language), tidy(one.sender, language)
            views.append(SourceView(one.origin, one.record, title, sender, "", one.authenticated))
    return tuple(views)


def _error(found: Run, language: str) -> str:
    if not found.code:
        return ""
    named = f"error.{found.code}"
    if named not in catalogue():
        return tidy(found.sentence, language) or text("error.run-failed", language)
    return text(named, language, detail=tidy(found.sentence, language), name=found.skill, reason=found.sentence)
