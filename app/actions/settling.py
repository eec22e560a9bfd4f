"""A task's job on chain: what the person can say about its result, and what an arbiter says."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from typing import Any

from app.actions.group import Requests
from app.chain.port import Call
from app.node import Node
from app.reports import Report
from app.results import CommandFailed
from app.settle_results import SettlementView
from app.swarm.job_view import view_of
from app.swarm.settled import Kept, kept_of
from p2p.job_seen import Status
from p2p.jobs import NO_REASON
from storage.settlements import Settlement


async def dispute_task(node: Node, name: str, reason: str = "") -> SettlementView:
    """The result of one of our tasks is not what was agreed: its arbiter decides, or where we judge, it is refused.

    `reason`: words, of which the digest goes on chain.  Errors: VaultError `unknown-task`; CommandFailed(
    "settle-none" | "settle-not-now" | "task-not-yours").
    """
    found, row = await _job(node, name)
    if found.role != "initiator":
        raise CommandFailed("task-not-yours")
    kept = kept_of(row)
    if row.outcome or kept.plan.bid is None or kept.disputed or kept.plan.status > Status.SUBMITTED:
        raise CommandFailed("settle-not-now")
    said = hashlib.sha256(reason.encode()).digest() if reason else NO_REASON

    def dispute(now: Kept) -> Kept:
        return replace(now, plan=replace(now.plan, verdict="dispute", reason=said))

    async with node.swarm.settling.up():
        await node.swarm.settling.step(found.id, dispute)
        await node.swarm.settling.acted(found.id)
    return await _view(node, found.id)


async def accept_result(node: Node, name: str) -> SettlementView:
    """Pay for it now.  Errors: as `dispute_task`'s."""
    found, row = await _job(node, name)
    kept = kept_of(row)
    if found.role != "initiator" or row.outcome or kept.plan.bid is None:
        raise CommandFailed("settle-not-now")

    def accept(now: Kept) -> Kept:
        return replace(now, plan=replace(now.plan, verdict="accept"))

    async with node.swarm.settling.up():
        await node.swarm.settling.step(found.id, accept)
        await node.swarm.settling.acted(found.id)
    return await _view(node, found.id)


async def rule(node: Node, job: int, *, completes: bool, reason: str = "") -> None:
    """As the arbiter of a disputed job on the chain in use.

    Errors: CommandFailed("settle-no-judge" | "chain-none" | …), ChainError("chain-reverted") where it is not this
    wallet's to decide, or no longer; ApprovalNeeded.
    """
    at = await node.chains.connected()
    if "evaluator" not in at.contracts:
        raise CommandFailed("settle-no-judge", chain=at.name)
    said = hashlib.sha256(reason.encode()).digest() if reason else NO_REASON
    call = Call("evaluator", "rule(uint256,bool,bytes32)", (job, completes, said))
    key = f"rule/{at.identity.chain_id}/{at.identity.genesis}/{job}/{'complete' if completes else 'refund'}"
    await node.chains.call(key, call)


async def _job(node: Node, name: str) -> tuple[Any, Settlement]:
    vault = node.vault.vault
    found = await node.blocking(vault.tasks.get, name)
    row = await node.blocking(vault.settlements.find, found.id)
    if row is None:
        raise CommandFailed("settle-none")
    return found, row


async def _view(node: Node, task: str) -> SettlementView:
    found = await node.blocking(view_of, node.vault.vault, task, node.language)
    assert found is not None
    return found


async def _dispute(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"settlement": asdict(await dispute_task(node, args["id"], args.get("reason", "")))}


async def _rule(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await rule(node, int(args["job"]), completes=bool(args["completes"]), reason=args.get("reason", ""))
    return {"job": int(args["job"]), "completes": bool(args["completes"])}


REQUESTS: Requests = {"task-dispute": (_dispute, True), "task-rule": (_rule, True)}
