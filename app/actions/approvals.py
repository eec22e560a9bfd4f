"""What waits for a click, standing rules, and what the agent did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from agent import policy
from agent.rules import Rule, from_plain
from agent.taint import Taint
from app.actions.group import Requests
from app.functions import undo as taking_back
from app.functions.port import Context
from app.hosting import offers, views
from app.hosting.host import Settled
from app.node import Node
from app.reports import Report
from app.results import CommandFailed, as_json
from app.skill_results import ActivityRow, ApprovalRow, ApprovalState, RuleRow, SourceView
from app.texts import catalogue, text
from storage.activity import Deed
from storage.approvals import DECISIONS
from storage.vault import Vault

MOST = 500
_OPEN: tuple[ApprovalState, ...] = ("pending", "unknown")
_SETTLED: dict[str, Settled] = {"happened": "happened", "again": "again", "not": "given-up", "given-up": "given-up"}


async def approvals(node: Node, all: bool = False) -> tuple[ApprovalRow, ...]:
    """What waits for an answer and what nobody knows the end of, newest first; `all`: what is over, too."""
    return await node.blocking(_listed, node.vault.vault, all, node.language)


async def approval(node: Node, id: int) -> ApprovalRow:
    """Errors: VaultError `unknown-approval`."""
    return await node.blocking(views.approval, node.vault.vault, id, node.language)


async def approvals_waiting(node: Node) -> int:
    """The badge."""
    return await node.blocking(node.vault.vault.approvals.count)


async def answer_approval(node: Node, id: int, decision: str, shown: str) -> ApprovalRow:
    """`decision`: once, always, no or never; of an effect that nobody knows the end of happened, again or not.

    `shown`: the digest of what was shown.  Errors: as SkillHost.answer's; CommandFailed("approval-answer").
    """
    if decision in _SETTLED:
        return await node.skills.settle(id, _SETTLED[decision], shown)
    for known in DECISIONS:
        if known == decision:
            return await node.skills.answer(id, known, shown)
    raise CommandFailed("approval-answer")


async def rules(node: Node) -> tuple[RuleRow, ...]:
    """The person's in the order they were made, then the built-in ones."""
    stored = await node.blocking(node.vault.vault.approvals.rules)
    own = [_rule(one.id, from_plain(one.rule, one.id), one.created, node.language) for one in stored]
    return (*own, *(_rule(0, rule, None, node.language) for rule in policy.DEFAULTS))


async def add_rule(node: Node, rule: Mapping[str, Any]) -> None:
    """Errors: BadRule."""
    made = policy.sensible(from_plain(rule, 1)).to_plain()
    await node.blocking(node.vault.vault.approvals.add_rule, made)


async def edit_rule(node: Node, id: int, rule: Mapping[str, Any]) -> None:
    """Errors: BadRule, VaultError `unknown-rule`."""
    made = policy.sensible(from_plain(rule, 1)).to_plain()
    await node.blocking(node.vault.vault.approvals.edit_rule, id, made)


async def remove_rule(node: Node, id: int) -> None:
    """Errors: VaultError `unknown-rule`."""
    await node.blocking(node.vault.vault.approvals.remove_rule, id)


async def activity(node: Node, limit: int = 100) -> tuple[ActivityRow, ...]:
    """What the agent did, newest first."""
    found = await node.blocking(node.vault.vault.activity.list, max(1, min(limit, MOST)))
    return tuple(_deed(one, node.language) for one in found)


async def undo(node: Node, id: int) -> None:
    """Take back what the agent did.  Errors: VaultError `unknown-activity`, `not-undoable`; FunctionFailed."""
    store = node.vault.vault.activity
    deed = await node.blocking(store.get, id)
    back = deed.undo or {}
    function = taking_back.TABLE.get(str(back.get("function")))
    if function is None:
        raise CommandFailed("not-undoable")
    await node.blocking(store.taken_back, id)  # of two clicks only one goes on
    context = Context(deed.actor, node.language, node.skills.local(), Taint(), deed.run, approved=True)
    try:
        await function(node, context, back["arguments"])
    except Exception:
        await node.blocking(store.still_there, id)
        raise


def _rule(number: int, rule: Rule, created: float | None, language: str) -> RuleRow:
    return RuleRow(
        number, views.words([rule], language), rule.to_plain(), None if created is None else views.moment(created)
    )


def _listed(vault: Vault, everything: bool, language: str) -> tuple[ApprovalRow, ...]:
    """In a worker thread."""
    states = get_args(ApprovalState) if everything else _OPEN
    grants = offers.Granted(vault)
    return tuple(views.approval_row(vault, one, language, grants) for one in vault.approvals.list(states, MOST))


def _deed(one: Deed, language: str) -> ActivityRow:
    because = tuple(
        SourceView(kind, record, views.tidy(title, language), views.tidy(sender, language))
        for kind, record, title, sender in one.because
    )
    undone = None if one.undone is None else views.moment(one.undone)
    return ActivityRow(
        id=one.id,
        at=views.moment(one.at),
        actor=one.actor,
        sentence=_did(one, language),
        because=because,
        run=one.run,
        approval=one.approval,
        undo=one.undo is not None and one.undone is None,
        undone=undone,
    )


def _did(one: Deed, language: str) -> str:
    key = f"agent.did.{one.function.replace('.', '-')}"
    if key not in catalogue():
        return one.function
    try:
        return views.tidy(text(key, language, **one.values), language)
    except KeyError:  # a sentence of another release
        return one.function


async def _list(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"approvals": [as_json(one) for one in await approvals(node, bool(args.get("all")))]}


async def _show(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return as_json(await approval(node, args["id"]))


async def _answer(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    shown = args.get("shown") or (await approval(node, args["id"])).digest  # a question never changes under its number
    return as_json(await answer_approval(node, args["id"], args["decision"], shown))


async def _rules(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"rules": [as_json(one) for one in await rules(node)]}


async def _rule_add(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await add_rule(node, args["rule"])
    return {"rules": [as_json(one) for one in await rules(node) if one.id]}


async def _rule_remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await remove_rule(node, args["id"])
    return {"removed": args["id"]}


async def _activity(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"activity": [as_json(one) for one in await activity(node, args.get("limit") or 100)]}


async def _undo(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await undo(node, args["id"])
    return {"undone": args["id"]}


REQUESTS: Requests = {
    "approvals": (_list, True),
    "approval": (_show, True),
    "approval-answer": (_answer, True),
    "rules": (_rules, True),
    "rule-add": (_rule_add, True),
    "rule-remove": (_rule_remove, True),
    "activity": (_activity, True),
    "activity-undo": (_undo, True),
}
