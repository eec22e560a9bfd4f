"""Which standing rules a click may leave behind.  Blocking; any thread."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from agent import policy
from agent.policy import OWN, Allow, HostCall
from agent.rules import Rule
from agent.taint import Taint
from app.hosting import gate, installed
from app.results import CommandFailed
from skills.api import Permission
from storage.approval_rows import Approval
from storage.runs import Run
from storage.vault import Vault

_EACH_TIME = ("install", "forget", "sign")  # acts that no yes is given to beforehand


class Granted:
    """What each skill was granted, looked up once: for one listing or one click.  One thread's at a time."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: dict[str, tuple[Permission, ...] | None] = {}

    def to(self, skill: str) -> tuple[Permission, ...] | None:
        """None where it cannot run.  Errors: VaultError."""
        if skill not in self._known:
            try:
                self._known[skill] = () if skill == OWN else installed.load(self._vault, skill).permissions
            except CommandFailed:
                self._known[skill] = None
        return self._known[skill]


def rules(found: Approval, run: Run | None, effect: Literal["allow", "deny"]) -> list[Rule]:
    """Exactly this skill, function and recipient, one rule for each."""
    taint = Taint() if run is None else Taint.from_plain(run.taint)
    return policy.standing(_call(found, ()), taint, effect)


def always(vault: Vault, found: Approval, run: Run | None, grants: Granted | None = None) -> list[Rule]:
    """Those of "always for this", where they would be of use: the same call would not be asked again.  Else none.

    `grants`: of a whole listing.  Errors: VaultError, BadRule.
    """
    known = policy.FUNCTIONS.get(found.function)
    if known is None or known.act in _EACH_TIME:
        return []
    granted = (grants or Granted(vault)).to(found.skill)
    if granted is None:
        return []
    made = [_numbered(rule) for rule in rules(found, run, "allow")]
    taint = Taint() if run is None else Taint.from_plain(run.taint)
    at = datetime.now().astimezone()
    decided = gate.decide(vault, found.skill, granted, found.function, found.arguments, taint, at, more=made)[1]
    return made if isinstance(decided, Allow) else []


def _call(found: Approval, granted: tuple[Permission, ...]) -> HostCall:
    return policy.call(found.skill, granted, found.function, found.arguments, datetime.now().astimezone())


def _numbered(rule: Rule) -> Rule:
    """As it would be once it is stored: a rule without a number is built in."""
    return Rule(**{**vars(rule), "id": 1})
