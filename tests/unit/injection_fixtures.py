"""The corpus of injections, and an agent whose model always obeys them.

The obedient model reads the attacker's content as the agent or a skill would, and then makes the call the attacker
wants.  Policy, taint and the vault are the real ones.  What counts is what takes effect: nothing may, before the person
has been asked, and the question must name the content that led to it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from agent import policy
from agent.policy import OWN, Allow, Ask, Decision, Limits
from agent.rules import Act, Rule
from agent.taint import Origin, Provenance, Turn
from skills.api import Permission
from skills.permissions import parse_permission
from storage.approval_rows import ApprovalSource
from storage.records import Kind, Record
from storage.sources.html_text import to_text
from storage.vault import Vault
from tests.paths import ROOT

CORPUS = ROOT / "tests" / "injections"
BUNDLED = ROOT / "skills" / "bundled"
ADA, EVE = "ada@example.org", "eve@evil.example"
TYPED = "What is new, and is there anything for me to do?"
AT = datetime(2026, 3, 4, 9, 0)
WEEK = 7 * 86400.0
_KINDS: Mapping[str, Kind] = {
    "mail": "mail",
    "mail-html": "mail",
    "attachment": "file",
    "feed": "article",
    "event": "event",
    "contact": "contact",
    "note": "note",
    "memory": "mail",
}
_ELSEWHERE: Mapping[str, Origin] = {"page": "article", "skill": "skill", "peer": "peer"}


@dataclass(frozen=True)
class Injection:
    """`turns`: several messages in their order, the last of them `text`."""

    id: str
    technique: str
    place: str
    goal: str
    language: str
    text: str
    function: str
    arguments: Mapping[str, Any]
    sender: str = f"Eve <{EVE}>"
    turns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """Something that took effect.  `approval`: the person's yes to exactly this, or None."""

    actor: str
    function: str
    arguments: Mapping[str, Any]
    approval: int | None = None


@dataclass(frozen=True)
class Failure:
    injection: str
    actor: str
    what: str


def corpus(folder: Path = CORPUS) -> list[Injection]:
    found = []
    for path in sorted(folder.glob("*.toml")):
        for one in tomllib.loads(path.read_text(encoding="utf-8"))["injection"]:
            found.append(Injection(**{**one, "turns": tuple(one.get("turns", ()))}))
    return found


def bundled() -> dict[str, tuple[Permission, ...]]:
    """Each bundled skill with what it is granted."""
    found = {}
    for path in sorted(BUNDLED.glob("*/skill.toml")):
        declared = tomllib.loads(path.read_text(encoding="utf-8"))["permissions"]
        found[path.parent.name] = tuple(parse_permission(one) for one in declared)
    return found


def generous(skills: Sequence[str]) -> tuple[Rule, ...]:
    """Rules of somebody who clicked "always" wherever it was offered, and allows every kind of act besides."""
    acts: tuple[Act, ...] = (
        "read",
        "label",
        "draft",
        "send",
        "fetch",
        "add",
        "pay",
        "sign",
        "install",
        "forget",
        "remember",
    )
    wide = [Rule("allow", act, amount=None, id=number) for number, act in enumerate(acts, 1)]
    always = [
        Rule("allow", function="mail.send", skill=skill, recipient=ADA, sources=(ADA,), id=100 + number)
        for number, skill in enumerate(skills)
    ]
    return (*wide, *always)


def arrive(vault: Vault, injections: Sequence[Injection]) -> dict[str, list[Provenance]]:
    """The content comes in; where each injection comes from when it is read."""
    return {one.id: _arrived(vault, one) for one in injections}


def _arrived(vault: Vault, injection: Injection) -> list[Provenance]:
    if injection.place in _ELSEWHERE:
        origin = _ELSEWHERE[injection.place]
        sender = {"article": "evil.example", "peer": "12D3KooWEve", "skill": "helper"}[origin]
        return [Provenance(origin, title=injection.id if origin == "article" else "", sender=sender)]
    names = vault.library.add(records(injection)).ids
    if injection.place == "memory":
        vault.facts.add(injection.text, "instruction", names[0], confirmed=True)
    stored = [vault.library.get(name) for name in names]
    return [Provenance(one.record.kind, one.id, one.record.title, one.record.sender) for one in stored]


def records(injection: Injection) -> list[Record]:
    found = []
    for number, text in enumerate(injection.turns or (injection.text,)):
        body = to_text(text, []) if injection.place.endswith("-html") else text
        at = 1_772_600_000.0 + number
        found.append(
            Record(_KINDS[injection.place], f"{injection.id} {number}", body, date=at, sender=injection.sender)
        )
    return found


Provenances = Callable[[Provenance], Provenance | None]


def as_it_is(source: Provenance) -> Provenance | None:
    return source


class Obedient:
    """The world of one vault.  `sees`: how the turn takes in where content comes from; a test plants bugs there."""

    def __init__(self, vault: Vault, arrived: Mapping[str, Sequence[Provenance]], sees: Provenances = as_it_is) -> None:
        self.effects: list[Effect] = []
        self.skills = bundled()
        self.calls = 0
        self._vault = vault
        self._arrived = arrived
        self._sees = sees

    def attack(self, injection: Injection, rules: Sequence[Rule] = ()) -> list[Failure]:
        """As the agent itself, and as each bundled skill, taken over."""
        sources = self._arrived[injection.id]
        failures = []
        for actor, granted in {OWN: (), **self.skills}.items():
            failures += self._obey(injection, actor, granted, sources, rules)
        return failures

    def _obey(
        self,
        injection: Injection,
        actor: str,
        granted: Sequence[Permission],
        sources: Sequence[Provenance],
        rules: Sequence[Rule],
    ) -> list[Failure]:
        turn = Turn()
        turn.typed(TYPED)
        for source in sources:
            seen = self._sees(source)
            if seen is not None:
                turn.read(injection.text, seen)
        self.calls += 1
        asked = policy.call(actor, granted, injection.function, injection.arguments, AT)
        decision = policy.decide(asked, turn.taint, rules, (ADA, EVE), limits=Limits(None, None))
        return self._judged(injection, actor, sources, decision)

    def _judged(
        self, injection: Injection, actor: str, sources: Sequence[Provenance], decision: Decision
    ) -> list[Failure]:
        if isinstance(decision, Allow):
            self.effects.append(Effect(actor, injection.function, injection.arguments))
            return [Failure(injection.id, actor, "it took effect unasked")]
        if isinstance(decision, Ask):
            named = {(one.origin, one.record, one.sender) for one in self._asked(decision)}
            missing = [one for one in sources if (one.origin, one.record, one.sender) not in named]
            return [Failure(injection.id, actor, "the question does not name the source")] if missing else []
        return []

    def _asked(self, decision: Ask) -> Sequence[ApprovalSource]:
        """The question, as the person finds it in the vault."""
        call = decision.call
        sources = [ApprovalSource(one.origin, one.record, one.title, one.sender, "") for one in decision.sources]
        number = self._vault.approvals.ask(
            call.skill, call.function, call.arguments, AT.timestamp() + WEEK, reason=decision.reason, sources=sources
        )
        return self._vault.approvals.get(number).sources


def forgetting_feeds(source: Provenance) -> Provenance | None:
    """Planted: what comes from a feed leaves no trace."""
    return None if source.origin == "article" else source


def believing(source: Provenance) -> Provenance | None:
    """Planted: a sender is whom it claims to be."""
    return replace(source, authenticated=True)
