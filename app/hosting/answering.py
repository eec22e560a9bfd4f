"""What follows from the person's answer.  Two clicks take effect once: the vault lets one caller through."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.policy import OWN, Ask, Deny
from agent.taint import Taint, Turn
from app.functions.port import FunctionFailed
from app.hosting import gate, installed, offers
from app.hosting.execution import Execution
from app.hosting.installed import Installed
from app.hosting.job import Job, Reply
from app.hosting.performing import Act, Forgotten, read_for
from app.results import CommandFailed
from app.skill_results import RunChanged
from app.texts import text
from skills.api import Permission
from storage.approval_rows import Approval
from storage.approvals import DECISIONS, Decision
from storage.runs import Call, Run
from storage.vault import VaultError

if TYPE_CHECKING:
    from app.hosting.host import SkillHost
    from app.node import Node


async def ask_own(execution: Execution, node: Node, act: Act, decision: Ask) -> int:
    """An act of the program's own waits, as a run of one call.  Errors: Forgotten, VaultError."""
    vault, taint = execution.vault, act.taint.to_plain()
    question = await execution.question(decision, act.taint)
    records = {one.record for one in act.taint.sources if one.record}
    call = Call(0, act.function, {}, "ask", decision.reason, node.surroundings.now())
    async with node.keeping:
        if act.forgets != node.forgets:
            raise Forgotten
        begin = partial(vault.runs.begin, act.skill, "", "", act.function, "request", {}, taint, records)
        run = await node.blocking(begin)
        approval = await node.blocking(vault.runs.wait, run, call, question, taint, {"language": act.language})
    await execution.tell()
    return approval


async def answer(
    host: SkillHost, node: Node, execution: Execution, approval: int, decision: Decision, shown: str
) -> None:
    """Errors: as SkillHost.answer's."""
    if decision not in DECISIONS:
        raise CommandFailed("approval-answer")
    vault, forgets = execution.vault, node.forgets
    found = await node.blocking(vault.approvals.get, approval)
    waiting = await node.blocking(vault.runs.waiting_for, approval)
    run = waiting if waiting is not None and waiting.state == "waiting" else None
    if decision in ("no", "never"):
        rules = await node.blocking(_rules, execution, found, run, decision)
        await node.blocking(vault.approvals.decide, approval, decision, shown, rules)
        await _declined(host, node, execution, found, run, forgets)
        return
    skill = await _still_allowed(node, execution, found, run, shown)
    rules = await node.blocking(_rules, execution, found, run, decision)
    accepted = await node.blocking(vault.approvals.accept, approval, decision, shown, rules)
    goes_on = run is not None
    if run is not None:
        try:
            await node.blocking(vault.runs.resume, run.id)
        except VaultError:  # it was stopped in this very moment: the act was said yes to all the same, and no more
            goes_on = False
    if run is None or skill is None or not goes_on:
        await _own(node, host, execution, accepted, run, forgets)
    else:
        job = _job(node, run, skill, forgets)

        async def work() -> None:
            reply = await _effect(host, execution, job, accepted)
            await execution.go_on(job, accepted, run.binding, reply)

        await host.resume(execution, job, work)


async def settle(host: SkillHost, node: Node, execution: Execution, approval: int, what: str, shown: str) -> None:
    """Errors: as SkillHost.settle's."""
    vault, forgets = execution.vault, node.forgets
    found = await node.blocking(vault.approvals.get, approval)
    if what != "again":
        await node.blocking(vault.approvals.end_effect, approval, done=what == "happened")
        return
    number = await node.blocking(vault.runs.of_approval, approval)
    run = None if number is None else await node.blocking(vault.runs.get, number)
    await _still_allowed(node, execution, found, run, shown)
    again = await node.blocking(vault.approvals.redo, approval, shown)
    with suppress(FunctionFailed, Forgotten):  # it stands in the approval, where the person looks
        await host.performing.effect(vault, _act(node, again, run, forgets), approval, approved=True)


async def _still_allowed(
    node: Node, execution: Execution, found: Approval, run: Run | None, shown: str
) -> Installed | None:
    """The skill that asked, None for the program itself.  What was asked days ago may be the person's to say yes to no
    more: then the question is closed.  Errors: CommandFailed, VaultError."""
    if found.state not in ("pending", "unknown"):
        return None  # the vault says why, in a moment
    try:
        skill = None if found.skill == OWN else await node.blocking(_same, execution, found, run)
        granted: Sequence[Permission] = () if skill is None else skill.permissions
        await node.blocking(_not_denied, execution, found, run, granted, node.language)
    except CommandFailed as refused:
        if found.state == "pending":
            await node.blocking(execution.vault.approvals.decide, found.id, "no", shown)
            if run is not None:
                await node.blocking(partial(execution.vault.runs.end, run.id, "failed", code=refused.key))
                node.listener(RunChanged(run.id, run.skill, "failed"))
        raise
    return skill


def _same(execution: Execution, found: Approval, run: Run | None) -> Installed:
    """Blocking.  The very skill that asked, switched on and as it was."""
    try:
        skill = installed.load(execution.vault, found.skill)
    except CommandFailed as gone:
        raise CommandFailed("skill-changed-since") from gone
    if run is None or skill.digest != run.digest:
        raise CommandFailed("skill-changed-since")
    return skill


def _not_denied(
    execution: Execution, found: Approval, run: Run | None, granted: Sequence[Permission], language: str
) -> None:
    """Blocking.  Policy does not say never by now.  Errors: CommandFailed("approval-denied")."""
    number, at = None if run is None else run.id, execution.local()
    given = (found.skill, granted, found.function, found.arguments, taint_of(run), at, number)
    decision = gate.decide(execution.vault, *given)[1]
    if isinstance(decision, Deny):
        raise CommandFailed("approval-denied", reason=text(f"agent.denied.{decision.code}", language))


def _rules(execution: Execution, found: Approval, run: Run | None, decision: Decision) -> list[dict[str, Any]]:
    """Blocking.  What "always" and "never" leave behind.  Errors: CommandFailed("approval-no-always")."""
    if decision in ("once", "no"):
        return []
    if decision == "always" and found.state == "pending" and not offers.always(execution.vault, found, run):
        raise CommandFailed("approval-no-always")
    return [rule.to_plain() for rule in offers.rules(found, run, "allow" if decision == "always" else "deny")]


async def _declined(
    host: SkillHost, node: Node, execution: Execution, found: Approval, run: Run | None, forgets: int
) -> None:
    """The skill is told, and may end in a plain answer."""
    if run is None:
        return
    if found.skill == OWN:
        await node.blocking(partial(execution.vault.runs.end, run.id, "stopped", code="run-declined"))
        await host.changed(execution.vault, run.id)
        return
    try:
        skill = await node.blocking(_same, execution, found, run)
    except CommandFailed as gone:
        await node.blocking(partial(execution.vault.runs.end, run.id, "failed", code=gone.key))
        await host.changed(execution.vault, run.id)
        return
    await node.blocking(execution.vault.runs.resume, run.id)
    job = _job(node, run, skill, forgets)
    said_no = Reply(kind="PermissionError", sentence=text("agent.call.declined", job.language))

    async def work() -> None:
        await execution.go_on(job, found, run.binding, said_no)

    await host.resume(execution, job, work)


async def _own(
    node: Node, host: SkillHost, execution: Execution, accepted: Approval, run: Run | None, forgets: int
) -> None:
    """An act of the program's own, and one whose run is over."""
    vault = execution.vault
    value: Any = None
    code, sentence = "", ""
    try:
        done = await host.performing.effect(vault, _act(node, accepted, run, forgets), accepted.id, approved=True)
        value = done.value
    except (FunctionFailed, Forgotten) as failed:
        code, sentence = failed.code, str(failed)
    if run is not None:
        end = partial(vault.runs.end, run.id, "failed" if code else "done", value=value, code=code, sentence=sentence)
        await node.blocking(end)
        await host.changed(vault, run.id)


async def _effect(host: SkillHost, execution: Execution, job: Job, accepted: Approval) -> Reply:
    act = execution.act(job, accepted.function, accepted.arguments)
    try:
        done = await host.performing.effect(execution.vault, act, accepted.id, approved=True)
    except FunctionFailed as failed:
        return Reply(kind=failed.kind, sentence=str(failed))
    if read := read_for(done):
        job.turn.read(None, *read)
    return Reply(done.value)


def taint_of(run: Run | None) -> Taint:
    """What the turn had read when it asked."""
    return Taint() if run is None else Taint.from_plain(run.taint)


def _job(node: Node, run: Run, skill: Installed, forgets: int) -> Job:
    """`forgets`: of the node, before anything of the run was looked at."""
    language = str(run.binding.get("language", node.language))
    return Job(run.id, skill, Turn(taint_of(run)), language, forgets)


def _act(node: Node, accepted: Approval, run: Run | None, forgets: int) -> Act:
    language = node.language if run is None else str(run.binding.get("language", node.language))
    number = None if run is None else run.id
    act = Act(accepted.skill, accepted.function, accepted.arguments, taint_of(run), language, forgets)
    return replace(act, run=number)
