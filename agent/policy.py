"""Policy: whether a host call happens, is asked first, or does not happen.  Pure: the same question, the same answer.

It does not depend on a model being clever.  In order: an unknown function or malformed call is denied; then one that
the granted permission does not cover; then one above a spending limit; then the rules speak (see agent.rules), for each
recipient, the strictest answer counting; and an act with consequences, in a turn that has read untrusted content, is
asked whatever the rules allow, unless a rule of the person names exactly that skill, function and recipient and covers
everybody whose content was read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

from agent.rules import CONTACT, EFFECTS, Act, BadRule, Circumstance, Effect, Rule, applies, covers, deciding
from agent.taint import Provenance, Taint
from skills import api

OWN = "(nuee)"  # the program itself; no skill can bear this name
_TYPED = MappingProxyType({"memory.write": "text", "memory.forget": "words"})  # what the person has to have typed
_MAIL = re.compile(r"[^<>\s,;:\"()\\@]{1,64}@[a-z0-9.-]{1,253}", re.IGNORECASE)
_WHO = re.compile(r"[^\s<>,;\"]{1,2000}")  # of a rule: an address, @domain, "contact", a peer or a tool
_SKILL = re.compile(r"[a-z0-9:-]{1,64}")
_NAME = re.compile(r"[^\s\x00-\x1f\x7f]{1,2000}")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,18})?")
_DOTS = re.compile(r"(/|%2f)(\.|%2e){1,2}(/|%2f|\?|$)", re.IGNORECASE)


@dataclass(frozen=True)
class HostFunction:
    """`permission` covers it, one of several kinds where it is a tuple; None: the program's own features alone may
    call it.  `to`: the arguments that say to whom or to what."""

    act: Act
    permission: type[api.Permission] | tuple[type[api.Permission], ...] | None
    to: tuple[str, ...] = ()
    consequential: bool = True


FUNCTIONS: Mapping[str, HostFunction] = MappingProxyType(
    {
        "mail.search": HostFunction("read", api.MailRead, consequential=False),
        "mail.get": HostFunction("read", api.MailRead, consequential=False),
        "mail.thread": HostFunction("read", api.MailRead, consequential=False),
        "mail.sent": HostFunction("read", api.MailRead, consequential=False),
        "mail.label": HostFunction("label", api.MailLabel, consequential=False),
        "mail.draft": HostFunction("draft", api.MailDraft, consequential=False),
        "mail.send": HostFunction("send", api.MailSend, ("to", "cc", "bcc")),
        "note.search": HostFunction("read", api.NotesRead, consequential=False),
        "note.get": HostFunction("read", api.NotesRead, consequential=False),
        "feed.items": HostFunction("read", api.FeedsRead, consequential=False),
        "event.list": HostFunction("read", api.CalendarRead, consequential=False),
        "event.add": HostFunction("add", api.CalendarWrite),
        "contact.find": HostFunction("read", api.ContactsRead, consequential=False),
        "memory.list": HostFunction("read", api.MemoryRead, consequential=False),
        "memory.write": HostFunction("remember", None),
        "memory.forget": HostFunction("forget", None),
        "net.fetch": HostFunction("fetch", (api.NetFetch, api.NetFetchAsked), ("address",)),
        "model.write": HostFunction("compute", api.ModelUse, consequential=False),
        "model.choose": HostFunction("compute", api.ModelUse, consequential=False),
        "kept.get": HostFunction("keep", api.Keep, consequential=False),
        "kept.set": HostFunction("keep", api.Keep, consequential=False),
        "kept.keys": HostFunction("keep", api.Keep, consequential=False),
        "contract.compile": HostFunction("compute", api.ContractsCompile, consequential=False),
        "peer.ask": HostFunction("send", api.PeerAsk, ("peer",)),
        "peer.send": HostFunction("send", None, ("peer",)),
        "wallet.pay": HostFunction("pay", api.Spend, ("to",)),
        "wallet.sign": HostFunction("sign", None, ("to",)),
        "skill.install": HostFunction("install", None, ("skill",)),
        "vault.search": HostFunction("read", None, consequential=False),
        "vault.recall": HostFunction("read", None, consequential=False),
        "vault.show": HostFunction("read", None, consequential=False),
        "vault.forget": HostFunction("forget", None, ("records",)),
        "mcp.call": HostFunction("mcp", None, ("tool",)),
    }
)
DEFAULTS: tuple[Rule, ...] = (
    *(Rule("allow", act) for act in ("read", "label", "draft", "keep", "compute")),
    Rule("allow", "add"),  # to the person's own calendar, on this machine; after reading anything it is asked
    Rule("allow", "fetch"),  # the permission names the address, and the person granted it
    *(Rule("ask", act) for act in ("send", "pay", "sign", "install", "forget", "remember", "mcp")),
)


@dataclass(frozen=True)
class HostCall:
    """`permission`: the granted one it is called under, or None.  `amount`: in the wallet's currency.  `at`: local."""

    skill: str
    permission: api.Permission | None
    function: str
    arguments: Mapping[str, Any]
    recipients: tuple[str, ...]
    amount: Decimal | None
    at: datetime


@dataclass(frozen=True)
class Spent:
    """Amounts so far: in this run, and today."""

    run: Decimal = Decimal(0)
    today: Decimal = Decimal(0)


@dataclass(frozen=True)
class Limits:
    """What the person lets be spent at most, whatever permissions and rules say; None: no limit of this kind."""

    call: Decimal | None = Decimal(0)
    day: Decimal | None = Decimal(0)


@dataclass(frozen=True)
class Allow:
    """`rules`: the ids of those that decided; 0 is built in."""

    rules: tuple[int, ...] = ()


@dataclass(frozen=True)
class Ask:
    """`call` is exactly what will happen.  `sources`: the untrusted content that the turn has read."""

    reason: Literal["default", "rule", "tainted"]
    sources: tuple[Provenance, ...]
    call: HostCall
    rules: tuple[int, ...] = ()


@dataclass(frozen=True)
class Deny:
    """`code`: unknown-function | malformed | not-permitted | not-a-contact | over-limit | rule."""

    code: str
    sentence: str = field(compare=False)
    rules: tuple[int, ...] = ()


Decision = Allow | Ask | Deny


def call(
    skill: str, granted: Sequence[api.Permission], function: str, arguments: Mapping[str, Any], at: datetime
) -> HostCall:
    """A call as policy looks at it: recipients and amount are taken from the arguments, the permission from those that
    were granted: the widest for mail, for an address the one that names it most exactly."""
    to, known = recipients(function, arguments), FUNCTIONS.get(function)
    kind = known.permission if known else None
    fitting = [one for one in granted if kind is not None and isinstance(one, kind)]
    fitting.sort(key=lambda one: _preference(one, to))
    return HostCall(skill, next(iter(fitting), None), function, arguments, to, amount(function, arguments), at)


def _preference(permission: api.Permission, to: Sequence[str]) -> int:
    match permission:
        case api.MailSend(to="contact"):
            return 1
        case api.NetFetch():
            return int(permission.prefix) + 3 * (not fetches(permission, to))
        case api.NetFetchAsked():
            return 2
        case api.Spend(maximum):
            return -int(maximum)
        case _:
            return 0


def exist(granted: Collection[api.Permission]) -> frozenset[str]:
    """The functions that are there for a skill to which this was granted; any other is no name it can call."""
    return frozenset(
        name
        for name, known in FUNCTIONS.items()
        if known.permission is not None and any(isinstance(one, known.permission) for one in granted)
    )


def recipients(function: str, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """To whom or to what: a text or a list of texts under each key of the table; anything else becomes a name that no
    recipient can have."""
    known = FUNCTIONS.get(function)
    found: list[str] = []
    for key in known.to if known else ():
        value = arguments.get(key)
        held = value if isinstance(value, list | tuple) else [] if value is None else [value]
        found += [one if isinstance(one, str) else "" for one in held]
    return tuple(found)


def amount(function: str, arguments: Mapping[str, Any]) -> Decimal | None:
    """What a payment costs: its argument "amount", a plain decimal number as text; None where that is none."""
    known, value = FUNCTIONS.get(function), arguments.get("amount")
    if known is None or known.act != "pay" or not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        return None
    return Decimal(value)


def decide(
    asked: HostCall,
    taint: Taint,
    rules: Sequence[Rule],
    contacts: Collection[str],
    spent: Spent = Spent(),
    limits: Limits = Limits(),
) -> Decision:
    """`rules`: the person's; the built-in ones are added.  `contacts`: addresses in any case."""
    known = FUNCTIONS.get(asked.function)
    if known is None:
        return Deny("unknown-function", "There is no such function.")
    if not _well_formed(asked, known):
        return Deny("malformed", "It is not plain to whom, to what or how much this is.")
    people = frozenset(one.lower() for one in contacts)
    if not _permitted(asked, known, people, taint, spent):
        if isinstance(asked.permission, api.MailSend) and asked.skill != OWN:
            return Deny("not-a-contact", "This skill may write to your contacts only.")
        return Deny("not-permitted", "No permission that was granted covers this.")
    if not _within(asked, spent, limits):
        return Deny("over-limit", "This is above the spending limit.")
    if own_reading(asked.function, taint):
        return Allow((0,))
    own = tuple(rule for rule in rules if rule.id > 0)
    return _by_rules(asked, known, taint, (*DEFAULTS, *own), people)


def own_reading(function: str, taint: Taint) -> bool:
    """Whether the person, who typed something in this turn, reads what is theirs: rules are about the agent, skills and
    other programs, and none is looked at."""
    known = FUNCTIONS.get(function)
    return known is not None and known.act == "read" and known.permission is None and bool(taint.typed)


def _by_rules(
    asked: HostCall, known: HostFunction, taint: Taint, rules: Sequence[Rule], people: frozenset[str]
) -> Decision:
    parts = [
        Circumstance(asked.skill, known.act, asked.function, who, asked.amount, asked.at.time(), taint, people)
        for who in asked.recipients or ("",)
    ]
    decided = [deciding(rules, part) for part in parts]
    found = [rule for rule in decided if rule is not None]
    effect: Effect = max((rule.effect for rule in found), key=EFFECTS.index, default="deny")
    if effect == "deny" or len(found) < len(parts):
        return Deny("rule", "A rule says never.", _ids(found, "deny"))
    if effect == "allow" and (not _dangerous(asked, known, taint) or all(_excepted(rules, part) for part in parts)):
        return Allow(_ids(found, "allow"))
    tainted = known.consequential and bool(taint.untrusted)
    asking = _ids(found, "ask")
    if not any(asking) and _told(asked, taint):
        return Allow()
    reason: Literal["default", "rule", "tainted"] = "tainted" if tainted else "rule" if any(asking) else "default"
    return Ask(reason, taint.untrusted, asked, asking)


def _told(asked: HostCall, taint: Taint) -> bool:
    """Whether the person typed, word for word in this turn, what is to be kept or forgotten: to type it is to agree."""
    words = asked.arguments.get(_TYPED.get(asked.function, ""))
    if asked.skill != OWN or not isinstance(words, str) or not words.strip():
        return False
    whole = re.compile(rf"(?<!\w){re.escape(words.strip())}(?!\w)")
    return any(whole.search(text) for text in taint.typed)


def _dangerous(asked: HostCall, known: HostFunction, taint: Taint) -> bool:
    """An act with consequences in a turn that has read untrusted content.  An address to fetch that the person typed,
    or that the permission fixes to the letter, was not found in that content and carries nothing of it."""
    if not known.consequential or not taint.untrusted:
        return False
    if known.act == "fetch":
        fixed = isinstance(asked.permission, api.NetFetch) and not asked.permission.prefix
        return not (fixed or all(taint.named(address) for address in asked.recipients))
    return True


def _excepted(rules: Sequence[Rule], part: Circumstance) -> bool:
    """Whether a rule of the person allows exactly this act to exactly this recipient, after what was read."""
    return any(
        rule.id > 0
        and rule.effect == "allow"
        and (rule.skill, rule.function) == (part.skill, part.function)
        and bool(part.recipient)
        and rule.recipient.lower() != CONTACT
        and not rule.recipient.startswith("@")
        and bool(rule.recipient)
        and (part.act != "pay" or rule.amount is not None)
        and applies(rule, part)
        and all(covers(rule, one, part.skill, part.contacts) for one in part.taint.untrusted)
        for rule in rules
    )


def _well_formed(asked: HostCall, known: HostFunction) -> bool:
    if asked.recipients != recipients(asked.function, asked.arguments) or (known.to and not asked.recipients):
        return False
    pattern = _MAIL if asked.function == "mail.send" else _NAME
    if not all(pattern.fullmatch(one) for one in asked.recipients):
        return False
    if asked.amount != amount(asked.function, asked.arguments):
        return False
    return known.act != "pay" or (asked.amount is not None and asked.amount > 0)


def _permitted(asked: HostCall, known: HostFunction, people: frozenset[str], taint: Taint, spent: Spent) -> bool:
    if known.permission is None or asked.skill == OWN:
        return asked.skill == OWN
    permission = asked.permission
    if permission is None or not isinstance(permission, known.permission):
        return False
    match permission:
        case api.MailSend(to="contact"):
            return all(one.lower() in people for one in asked.recipients)
        case api.NetFetch():
            return fetches(permission, asked.recipients)
        case api.NetFetchAsked():
            return all(taint.named(address) for address in asked.recipients)
        case api.Spend(maximum):
            return asked.amount is not None and spent.run + asked.amount <= maximum
        case _:
            return True


def fetches(permission: api.NetFetch, addresses: Sequence[str]) -> bool:
    """Whether the permission names these addresses; one with dot segments or a backslash is never what it seems."""
    named = str(permission).removeprefix("net.fetch:")
    return all(
        one.startswith(named[:-1]) and not _DOTS.search(one) and not set(one) & set("\\#")
        if permission.prefix
        else one == named
        for one in addresses
    )


def _within(asked: HostCall, spent: Spent, limits: Limits) -> bool:
    if asked.amount is None:
        return True
    within_call = limits.call is None or asked.amount <= limits.call
    return within_call and (limits.day is None or spent.today + asked.amount <= limits.day)


def _ids(rules: Sequence[Rule], effect: Effect) -> tuple[int, ...]:
    return tuple(dict.fromkeys(rule.id for rule in rules if rule.effect == effect))


def standing(asked: HostCall, taint: Taint, effect: Literal["allow", "deny"]) -> list[Rule]:
    """What "always for this" and "never" leave behind: exactly this skill, function and recipient, one rule for each.

    `allow` covers the senders that were authenticated, and no others: it is no use in a turn that read more.  It holds
    up to this amount; `deny` holds for every amount.  Ids are given when they are stored.
    """
    checked = [one for one in taint.untrusted if one.authenticated and not one.own]
    senders = {one.sender if one.origin == "peer" else one.address for one in checked}
    covered = tuple(sorted(senders - {""})) if effect == "allow" else ()
    most = asked.amount if effect == "allow" else None
    return [
        Rule(effect, function=asked.function, skill=asked.skill, recipient=who, amount=most, sources=covered)
        for who in asked.recipients or ("",)
    ]


def sensible(rule: Rule) -> Rule:
    """A rule as a person may set it: one that could never speak, while they rely on it, is none.  Errors: BadRule."""
    if rule.function and rule.function not in FUNCTIONS:
        raise BadRule("There is no such function.", "function")
    if rule.skill and rule.skill != OWN and not _SKILL.fullmatch(rule.skill):
        raise BadRule("A skill's name is of small letters, digits and hyphens.", "skill")
    if not all(_WHO.fullmatch(one) for one in (rule.recipient, *rule.sources) if one):
        raise BadRule("Whom a rule names is one plain address, @domain or contact, without a name.", "who")
    return rule
