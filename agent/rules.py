"""Standing rules: plain data, read in plain words, and which of them speaks.

A rule applies where each of its conditions holds.  Of those that apply the most telling one decides: the person's own
before a built-in one; then by recipient (one, then a domain, then "contacts", then none), skill, act (a function, then
a kind of act, then none), amount, time of day.  Between equals deny wins over ask, and ask over allow.

What was read only ever tightens.  For `allow`, `sources` are whose content the turn may have read at most; `ask` and
`deny` with `sources` stand outside that order: they apply, above every `allow`, as soon as one of them was read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args

from agent.ports import Phrases
from agent.taint import ORIGINS, Provenance, Taint

Effect = Literal["allow", "ask", "deny"]
Act = Literal[
    "read",
    "label",
    "draft",
    "keep",
    "compute",
    "add",
    "send",
    "pay",
    "sign",
    "install",
    "fetch",
    "forget",
    "remember",
    "mcp",
]
EFFECTS: tuple[Effect, ...] = get_args(Effect)  # from lax to strict
ACTS: tuple[Act, ...] = get_args(Act)
CONTACT = "contact"
COVERABLE = ("note",)  # origins that an allowing rule may name whole: nobody else writes there
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_KEYS = ("effect", "act", "function", "skill", "recipient", "amount", "hours", "sources")


class BadRule(Exception):
    """A rule was not understood.  The message is a sentence.  `code`: bad-rule, or what of it was not, as
    bad-rule-amount."""

    def __init__(self, sentence: str, what: str = "") -> None:
        super().__init__(sentence)
        self.code = f"bad-rule-{what}" if what else "bad-rule"


@dataclass(frozen=True)
class Rule:
    """Empty conditions hold always.  `id` 0: built in.

    `recipient`: an address, "@domain" for a mail domain (no other below it), or "contact".  `amount`: allow up to, ask
    or deny above.  `hours`: ("HH:MM", "HH:MM"), local, the end not in it; may pass midnight.  `sources`: addresses,
    "@domain", "contact" or an origin.
    """

    effect: Effect
    act: Act | None = None
    function: str = ""
    skill: str = ""
    recipient: str = ""
    amount: Decimal | None = None
    hours: tuple[str, str] | None = None
    sources: tuple[str, ...] = ()
    id: int = 0

    def __post_init__(self) -> None:
        """Errors: BadRule."""
        if self.effect not in EFFECTS or (self.act is not None and self.act not in ACTS):
            raise BadRule("A rule allows, asks or denies an act that is known.", "act")
        if self.amount is not None and not (self.amount.is_finite() and self.amount >= 0):
            raise BadRule("The amount of a rule is zero or more.", "amount")
        if self.hours is not None and not (len(self.hours) == 2 and all(map(_HOURS.fullmatch, self.hours))):
            raise BadRule("The hours of a rule are two times of day, HH:MM.", "hours")
        if self.effect == "allow" and any(one in ORIGINS and one not in (CONTACT, *COVERABLE) for one in self.sources):
            raise BadRule("A rule that allows names whose content may be read, not a whole kind.", "sources")

    def to_plain(self) -> dict[str, Any]:
        """As JSON holds it, without what is empty and without the id."""
        plain = {key: getattr(self, key) for key in _KEYS if getattr(self, key) not in (None, "", ())}
        if self.amount is not None:
            plain["amount"] = f"{self.amount:f}"
        return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}


def from_plain(plain: Mapping[str, Any], number: int) -> Rule:
    """Errors: BadRule.  `number`: of the stored rule, above 0."""
    try:
        given = dict(plain)
        if set(given) - set(_KEYS) or number < 1:
            raise BadRule("A rule has a condition that is not known.")
        if not all(isinstance(given.get(key, ""), str) for key in ("function", "skill", "recipient", "amount")):
            raise BadRule("The conditions of a rule are texts.")
        for key in ("hours", "sources"):
            if key in given:
                if not isinstance(given[key], list) or not all(isinstance(one, str) for one in given[key]):
                    raise BadRule("The hours and sources of a rule are lists of texts.")
                given[key] = tuple(given[key])
        if "amount" in given:
            given["amount"] = _amount(given["amount"])
        return Rule(**given, id=number)
    except TypeError as error:
        raise BadRule("A rule is incomplete.") from error


def _amount(given: str) -> Decimal:
    try:
        return Decimal(given)
    except InvalidOperation as error:
        raise BadRule("The amount of a rule is a number.", "amount") from error


@dataclass(frozen=True)
class Circumstance:
    """One recipient of a call, as rules see it.  `recipient` is empty where an act has none."""

    skill: str
    act: Act
    function: str
    recipient: str
    amount: Decimal | None
    at: time  # local time of day
    taint: Taint
    contacts: Collection[str]  # addresses in lower case


def applies(rule: Rule, to: Circumstance) -> bool:
    """Whether each condition holds."""
    plain = (
        rule.act in (None, to.act)
        and rule.function in ("", to.function)
        and rule.skill in ("", to.skill)
        and (not rule.recipient or fits(rule.recipient, to.recipient, to.contacts))
    )
    return plain and _amount_applies(rule, to.amount) and _hours_apply(rule, to.at) and _sources_apply(rule, to)


def fits(pattern: str, recipient: str, contacts: Collection[str]) -> bool:
    """Whether an address is the one, of the domain, or among the contacts."""
    who, wanted = recipient.lower(), pattern.lower()
    if wanted == CONTACT:
        return who in contacts
    if wanted.startswith("@"):
        return "@" in who and who.rpartition("@")[2] == wanted[1:]
    return bool(who) and (recipient == pattern if "://" in pattern else who == wanted)


def covers(rule: Rule, one: Provenance, skill: str, contacts: Collection[str]) -> bool:
    """Whether an allowing rule lets this have been read.  What the person wrote is covered, and a sender that was not
    authenticated is nobody's; what the model or the skill itself made of the rest is covered with the rest.  An answer
    of an earlier turn, which has a title, is not: what it was made of is not all known here."""
    made_here = one.origin == "model" and not one.title
    if one.trusted or one.own or made_here or (one.origin == "skill" and one.sender == skill):
        return True
    if one.origin in COVERABLE and one.origin in rule.sources:
        return True
    who = one.sender if one.origin == "peer" else one.address
    checked = one.origin in ("mail", "peer") and one.authenticated and bool(who)
    return checked and any(fits(pattern, who, contacts) for pattern in rule.sources)


def touches(rule: Rule, one: Provenance, contacts: Collection[str]) -> bool:
    """Whether a rule that asks or denies speaks of this content; whoever claims to be the sender counts."""
    if one.trusted:
        return False
    named = (one.sender, one.address)
    return any(
        pattern == one.origin or any(who and fits(pattern, who, contacts) for who in named) for pattern in rule.sources
    )


def order(rule: Rule) -> tuple[int, ...]:
    """How telling a rule is: a greater one decides."""
    recipient = {"": 0, CONTACT: 1}.get(rule.recipient.lower(), 2 if rule.recipient.startswith("@") else 3)
    act = 2 if rule.function else int(rule.act is not None)
    more = (recipient, int(bool(rule.skill)), act, int(rule.amount is not None), int(rule.hours is not None))
    return (int(rule.id > 0), *more)


def deciding(rules: Iterable[Rule], to: Circumstance) -> Rule | None:
    """The rule that decides, or None where none applies."""
    found = [rule for rule in rules if applies(rule, to)]
    tightening = [rule for rule in found if rule.sources and rule.effect != "allow"]
    others = [rule for rule in found if rule not in tightening]
    best = max(others, key=lambda rule: (order(rule), EFFECTS.index(rule.effect)), default=None)
    return max([*([best] if best else []), *tightening], key=lambda rule: EFFECTS.index(rule.effect), default=None)


def _amount_applies(rule: Rule, amount: Decimal | None) -> bool:
    if rule.amount is None:
        return True
    if rule.effect == "allow":
        return amount is not None and amount <= rule.amount
    return amount is None or amount > rule.amount


def _hours_apply(rule: Rule, at: time) -> bool:
    if rule.hours is None:
        return True
    begin, end = (time.fromisoformat(one) for one in rule.hours)
    now = at.replace(second=0, microsecond=0, tzinfo=None)
    return begin <= now < end if begin <= end else (now >= begin or now < end)


def _sources_apply(rule: Rule, to: Circumstance) -> bool:
    if not rule.sources:
        return True
    read = to.taint.untrusted
    if rule.effect == "allow":
        return all(covers(rule, one, to.skill, to.contacts) for one in read)
    return any(touches(rule, one, to.contacts) for one in read)


def describe(rule: Rule, phrases: Phrases, language: str) -> str:
    """The rule in plain words, one sentence."""
    act = f"agent.act.{rule.act or 'any'}" if not rule.function else f"agent.function.{rule.function.replace('.', '-')}"
    said = phrases(f"agent.rule.{rule.effect}", language, act=phrases(act, language))
    allow = rule.effect == "allow"
    if rule.skill:
        said += phrases("agent.rule.skill", language, skill=rule.skill)
    if rule.recipient:
        said += phrases("agent.rule.recipient", language, who=_who(rule.recipient, phrases, language))
    if rule.amount is not None:
        said += phrases(f"agent.rule.{'upto' if allow else 'above'}", language, amount=f"{rule.amount:f}")
    if rule.hours is not None:
        said += phrases("agent.rule.hours", language, begin=rule.hours[0], end=rule.hours[1])
    if rule.sources:
        who = ", ".join(_who(one, phrases, language) for one in rule.sources)
        said += phrases(f"agent.rule.{'covers' if allow else 'reads'}", language, who=who)
    return said + "."


def _who(pattern: str, phrases: Phrases, language: str) -> str:
    if pattern == CONTACT:
        return phrases("agent.rule.contacts", language)
    if pattern in ORIGINS:
        return phrases(f"agent.origin.{pattern}", language)
    if pattern.startswith("@"):
        return phrases("agent.rule.domain", language, domain=pattern[1:])
    return pattern
