"""What policy says of one call, with all that it wants to know from the vault.  Blocking; any thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from agent import policy, rules
from agent.policy import Decision, HostCall, Limits, Spent
from agent.rules import CONTACT, Rule
from agent.taint import Taint
from app.functions import people
from skills.api import Permission
from storage.vault import Vault

_PAY = "wallet.pay"
CALL_LIMIT, DAY_LIMIT = "spend_call", "spend_day"  # settings: decimal numbers as text; nothing may be spent unless set


def decide(
    vault: Vault,
    skill: str,
    granted: Sequence[Permission],
    function: str,
    arguments: Mapping[str, Any],
    taint: Taint,
    at: datetime,
    run: int | None = None,
    more: Sequence[Rule] = (),
) -> tuple[HostCall, Decision]:
    """`at`: local.  `more`: rules that are looked at as if they stood.  Errors: VaultError; BadRule where a stored rule
    is not understood: then nothing is allowed."""
    asked = policy.call(skill, granted, function, arguments, at)
    standing = (*standing_rules(vault), *more)
    contacts = people.contacts(vault).keys() if _wanted(asked, standing) else frozenset()
    spent = _spent(vault, at, run) if function == _PAY else Spent()
    return asked, policy.decide(asked, taint, standing, contacts, spent, _limits(vault))


def standing_rules(vault: Vault) -> tuple[Rule, ...]:
    """The person's.  Errors: VaultError, BadRule."""
    return tuple(rules.from_plain(one.rule, one.id) for one in vault.approvals.rules())


def _wanted(asked: HostCall, standing: Sequence[Rule]) -> bool:
    """Whether it matters who is a contact."""
    named = (one.lower() for rule in standing for one in (rule.recipient, *rule.sources))
    return bool(asked.recipients) or CONTACT in named


def _spent(vault: Vault, at: datetime, run: int | None) -> Spent:
    """What was paid, or may have been."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    today = _sum(vault.runs.acts(_PAY, since=midnight))
    return Spent(_sum(vault.runs.acts(_PAY, run=run)) if run is not None else Decimal(0), today)


def _sum(acts: Sequence[Mapping[str, Any]]) -> Decimal:
    return sum((policy.amount(_PAY, arguments) or Decimal(0) for arguments in acts), Decimal(0))


def _limits(vault: Vault) -> Limits:
    return Limits(_limit(vault, CALL_LIMIT), _limit(vault, DAY_LIMIT))


def _limit(vault: Vault, key: str) -> Decimal:
    try:
        found = Decimal(str(vault.settings.get(key, "0")))
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)
