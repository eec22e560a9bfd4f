"""Calls, sources and Hypothesis strategies for the tests of policy."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from agent.policy import FUNCTIONS, OWN, HostCall, Limits, call
from agent.rules import ACTS, EFFECTS, Rule
from agent.taint import ORIGINS, Provenance, Taint, Turn
from skills.api import MailSend, NetFetch, Permission, Spend
from skills.permissions import parse_permission

ADA, EVE, BOB = "ada@example.org", "eve@evil.example", "bob@example.org"
CONTACTS = (ADA, BOB)
PAGE, NEWS = "https://example.org/page", "https://example.org/news/"
PLAIN = [
    *("mail.read", "mail.label", "mail.draft", "notes.read", "feeds.read", "calendar.read", "calendar.write"),
    *("contacts.read", "memory.read", "model.use", "keep", "contracts.compile", "peer.ask"),
]
GRANTED: tuple[Permission, ...] = (
    *map(parse_permission, PLAIN),
    MailSend("anyone"),
    NetFetch("example.org", None, "/page", False),
    NetFetch("example.org", None, "/news/", True),
    Spend(Decimal(10)),
)
NO_LIMITS = Limits(None, None)
ARGUMENTS: dict[str, dict[str, Any]] = {
    "mail.search": {"query": "lunch"},
    "mail.get": {"id": "abc"},
    "mail.draft": {"to": [ADA], "subject": "Friday", "text": "Noon."},
    "peer.send": {"peer": "12D3KooWBob", "text": "Noon."},
    "mail.send": {"to": [ADA], "subject": "Friday", "text": "Noon."},
    "event.add": {"title": "Lunch", "start": "2026-03-06", "end": "2026-03-06", "all_day": True},
    "peer.ask": {"peer": "12D3KooW", "task": "meeting"},
    "net.fetch": {"address": NEWS + "today"},
    "wallet.pay": {"to": "0xabc", "amount": "2.5"},
    "wallet.sign": {"to": "0xabc"},
    "skill.install": {"skill": "digest"},
    "vault.search": {"query": "lunch"},
    "vault.forget": {"records": ["abc"]},
    "mcp.call": {"tool": "herons/count", "arguments": {"pond": "Mill"}},
    "memory.write": {"text": "I live in Lyon."},
}
CONSEQUENTIAL = sorted(name for name, function in FUNCTIONS.items() if function.consequential)


def calling(function: str, skill: str = "reply", hour: int = 10, **changes: Any) -> HostCall:
    """A call that permission covers; functions without one are called by the program itself."""
    known = FUNCTIONS.get(function)
    who = OWN if known is not None and known.permission is None else skill
    return call(who, GRANTED, function, {**ARGUMENTS.get(function, {}), **changes}, datetime(2026, 3, 2, hour, 30))


def mail_from(sender: str, authenticated: bool = True) -> Provenance:
    return Provenance("mail", "abc", "Lunch", f"Somebody <{sender}>", authenticated)


def having_read(*sources: Provenance, typed: str = "Do it.") -> Taint:
    turn = Turn()
    turn.typed(typed)
    for one in sources:
        turn.read("text", one)
    return turn.taint


addresses = st.sampled_from([ADA, EVE, BOB])
patterns = st.sampled_from(["", ADA, EVE, BOB, "@example.org", "contact", "0xabc", NEWS + "today", "12D3KooW", "abc"])
provenances = st.builds(
    Provenance,
    st.sampled_from(ORIGINS),
    sender=st.sampled_from([f"A <{ADA}>", EVE, BOB, "", "12D3KooW", "reply"]),
    authenticated=st.booleans(),
    own=st.booleans(),
)
taints = st.builds(
    Taint, st.frozensets(provenances, max_size=4), st.lists(st.sampled_from([NEWS + "today", "Hi"])).map(tuple)
)
names = st.sampled_from(["", *FUNCTIONS])


@st.composite
def rules(draw: st.DrawFn, effects: tuple[str, ...] = EFFECTS) -> Rule:
    """Rules that often apply to the calls below."""
    effect = draw(st.sampled_from(effects))
    origins = ["note"] if effect == "allow" else list(ORIGINS)
    sources = st.lists(st.sampled_from([ADA, EVE, "@example.org", "contact", *origins]), max_size=2)
    return Rule(
        effect,  # type: ignore[arg-type]
        draw(st.sampled_from([None, *ACTS])),
        draw(names),
        draw(st.sampled_from(["", "reply", "digest", OWN])),
        draw(patterns),
        draw(st.sampled_from([None, None, Decimal(1), Decimal(5)])),
        draw(st.sampled_from([None, None, ("08:00", "18:00"), ("22:00", "06:00")])),
        tuple(draw(sources)),
        id=draw(st.integers(1, 99)),
    )


calls = st.builds(
    lambda function, hour, to: calling(function, hour=hour, **({"to": to} if function == "mail.send" else {})),
    st.sampled_from(sorted(FUNCTIONS)),
    st.integers(0, 23),
    st.lists(addresses, min_size=1, max_size=3),
)
