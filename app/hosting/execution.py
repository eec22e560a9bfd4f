"""Runs a skill slice by slice: every call it makes goes through policy, is done, refused, or waits for the person."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import trio

from agent import policy
from agent.policy import OWN, Allow, Ask, Decision, Deny, HostCall
from agent.taint import Provenance, Taint
from app.errors import sentence
from app.functions.port import FunctionFailed
from app.hosting import gate, quoting
from app.hosting.installed import Installed
from app.hosting.job import LIMITS, Job, Reply
from app.hosting.performing import Act, Forgotten, Performing, read_for
from app.skill_results import ApprovalsChanged
from app.stoppable import Flag, stoppable
from app.texts import text
from skills import suspended
from skills.limits import Limits, Surroundings, as_map
from skills.outcome import Failed, Finished, Outcome, Suspended
from skills.runner import Refused, Runner
from storage.approval_rows import Approval
from storage.runs import Call, Question
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

DAY = 86_400.0
APPROVAL_DAYS = "approval_days"  # setting: how long a question waits
USUAL_DAYS = 7
_KEY = "suspended-run-key"
_SHOWN = 2000  # characters of a text in the log of calls; a question holds the whole
BY_RULE = "standing-rule"


class Execution:
    """The runs of one open vault.  Trio thread only."""

    def __init__(self, node: Node, vault: Vault, runner: Runner, performing: Performing) -> None:
        self.vault = vault
        self._node = node
        self._runner = runner
        self._performing = performing
        self._slices = trio.CapacityLimiter(1)  # the worker takes one at a time
        self._engine = ""

    async def begin(self, job: Job, entry: str, inputs: Mapping[str, Any]) -> None:
        """Run the entry to its end or its first question.  Errors: VaultError."""
        skill, now = job.skill, self.local()
        offset = now.utcoffset()
        around = Surroundings(
            now.timestamp(), int(offset.total_seconds()) if offset else 0, now.tzname() or "UTC", secrets.token_hex(8)
        )
        names = [name.replace(".", "_") for name in self._functions(job)]
        given = {**inputs, "language": job.language}
        function = skill.function(entry)
        program = skill.program.text
        run = partial(self._runner.run, skill.digest, program, function, given, names, LIMITS, around, hold=True)
        await self._drive(job, run)

    async def go_on(self, job: Job, asked: Approval, binding: Mapping[str, Any], reply: Reply) -> None:
        """A question was answered: go on from where it was asked.  Errors: VaultError."""
        dump = await self._unsealed(job, asked, binding)
        if isinstance(dump, Failed):
            await self.end(job, dump)
        else:
            await self._drive(job, self._restored(job, dump, reply, Limits(**binding["limits"])))

    async def decide(self, job: Job | None, function: str, arguments: Mapping[str, Any], taint: Taint) -> Decision:
        """Policy's answer now.  Errors: VaultError, BadRule."""
        return (await self.look(job, function, arguments, taint))[1]

    async def look(
        self, job: Job | None, function: str, arguments: Mapping[str, Any], taint: Taint
    ) -> tuple[HostCall, Decision]:
        """The call as policy sees it, with its answer.  Errors: as `decide`'s."""
        if job is None and policy.own_reading(function, taint):
            asked = policy.call(OWN, (), function, arguments, self.local())
            return asked, policy.decide(asked, taint, (), ())
        given = (function, arguments, taint, self.local(), None if job is None else job.run)
        return await self._node.blocking(self._looked, None if job is None else job.skill, *given)

    def _looked(self, skill: Installed | None, *given: Any) -> tuple[HostCall, Decision]:
        """In a worker thread.  To a skill that was removed, replaced or switched off while it ran, nothing is granted
        any more."""
        if skill is None:
            return gate.decide(self.vault, OWN, (), *given)
        now = self.vault.skills.find(skill.name)
        same = now is not None and now.enabled and now.digest == skill.digest
        return gate.decide(self.vault, skill.name, skill.permissions if same else (), *given)

    async def question(self, asked: Ask, taint: Taint, dump: bytes | None = None) -> Question:
        """Exactly what will happen, and the content that led to it.  Errors: VaultError."""
        call = asked.call
        sources = await self._node.blocking(quoting.sources, self.vault, taint, call.arguments)
        days = await self._node.blocking(self.vault.settings.get, APPROVAL_DAYS, USUAL_DAYS)
        wait = float(days) if isinstance(days, int | float) and 0 < days <= 365 else USUAL_DAYS
        expires = self._node.surroundings.now() + wait * DAY
        return Question(call.skill, call.function, dict(call.arguments), expires, asked.reason, sources, dump)

    async def tell(self) -> None:
        """The badge."""
        self._node.listener(ApprovalsChanged(await self._node.blocking(self.vault.approvals.count)))

    async def _drive(self, job: Job, slice_: Callable[[], Outcome]) -> None:
        while True:
            outcome = await self._slice(slice_)
            if not isinstance(outcome, Suspended):
                await self.end(job, outcome)
                return
            reply = await self._answer(job, outcome)
            if reply is None:
                return
            slice_ = self._gone_on(job, outcome, reply)

    async def _slice(self, work: Callable[[], Outcome]) -> Outcome:
        """Left behind when it is cancelled: the worker bounds its time."""
        try:
            return await stoppable(work, Flag(), self._slices, grace=0)
        except Refused as refused:
            return Failed(refused.code, str(refused))

    def _gone_on(self, job: Job, call: Suspended, reply: Reply) -> Callable[[], Outcome]:
        if call.held is None:
            return self._restored(job, call.dump, reply, LIMITS)
        fails = partial(self._runner.go_on_error, call.held, limits=LIMITS)
        return _answering(partial(self._runner.go_on, call.held, limits=LIMITS), fails, reply)

    def _restored(self, job: Job, dump: bytes, reply: Reply, limits: Limits) -> Callable[[], Outcome]:
        at = (job.skill.digest, dump)
        fails = partial(self._runner.resume_error, *at, limits=limits, hold=True)
        return _answering(partial(self._runner.resume, *at, limits=limits, hold=True), fails, reply)

    async def _answer(self, job: Job, call: Suspended) -> Reply | None:
        """None: it waits for the person.  Errors: Forgotten, VaultError."""
        function = {name.replace(".", "_"): name for name in self._functions(job)}.get(call.call, "")
        if function and not call.args:
            whole = await self._performing.completed(self.vault, function, call.kwargs)
            call = replace(call, kwargs=dict(whole))
        made = Call(call.number, function or call.call, _shortened(call.kwargs), "deny", "malformed", 0.0)
        if call.args or not function:
            await self._log(job, made)
            return Reply(kind="ValueError", sentence=text("agent.call.by-name", job.language))
        decision = await self.decide(job, function, call.kwargs, job.turn.taint)
        match decision:
            case Deny(code):
                await self._log(job, replace(made, reason=code))
                return Reply(kind="PermissionError", sentence=text(f"agent.denied.{code}", job.language))
            case Ask():
                await self._wait(job, call, decision, replace(made, decision="ask", reason=decision.reason))
                return None
            case Allow():
                return await self._allowed(job, call, decision, replace(made, decision="allow", reason=""))

    async def _allowed(self, job: Job, call: Suspended, decision: Allow, made: Call) -> Reply:
        act = self.act(job, made.function, call.kwargs)
        by_rule = policy.FUNCTIONS[made.function].consequential and any(decision.rules)
        if by_rule:
            made = replace(made, reason=BY_RULE)
        reply, approval = await self.perform(job, act, by_rule=by_rule)
        await self._log(job, replace(made, approval=approval))
        return reply

    async def perform(self, job: Job, act: Act, *, by_rule: bool) -> tuple[Reply, int | None]:
        """Do it.  By a standing rule: it stands among the approvals, and takes effect once.  Errors: Forgotten."""
        approval: int | None = None
        try:
            if by_rule:
                approval = await self.record(act)
                answer = await self._performing.effect(self.vault, act, approval, approved=False)
            else:
                answer = await self._performing.do(self.vault, act)
        except FunctionFailed as failed:
            return Reply(kind=failed.kind, sentence=str(failed)), approval
        if read := read_for(answer):
            job.turn.read(None, *read)
        return Reply(answer.value), approval

    async def record(self, act: Act) -> int:
        """What a standing rule allows, as an approval whose effect has begun.  Errors: VaultError."""
        sources = await self._node.blocking(quoting.sources, self.vault, act.taint, act.arguments)
        begun = partial(self.vault.approvals.begun, act.skill, act.function, act.arguments, BY_RULE, sources)
        return (await self._node.blocking(begun)).id

    def act(self, job: Job, function: str, arguments: Mapping[str, Any]) -> Act:
        name = job.skill.name
        return Act(name, function, arguments, job.turn.taint, job.language, job.forgets, job.run)

    async def _wait(self, job: Job, call: Suspended, decision: Ask, made: Call) -> None:
        """Seal what is needed to go on, ask, and let go."""
        engine, key = await self._bound()
        dump: bytes | Failed = call.dump
        if call.held is not None:
            dump = await trio.to_thread.run_sync(self._runner.let_go, call.held, limiter=self._slices)
        if isinstance(dump, Failed):
            await self.end(job, dump)
            return
        binding = suspended.Binding(engine, job.skill.digest, str(job.run), call.number)
        sealed = suspended.seal(key, binding, dump)
        held = {"engine": engine, "call": call.number, "language": job.language, "limits": as_map(LIMITS)}
        question = await self.question(decision, job.turn.taint, sealed)
        at = replace(made, at=self._node.surroundings.now())
        async with self._node.keeping:
            self._check(job)
            wait = partial(self.vault.runs.wait, job.run, at, question, job.turn.taint.to_plain(), held)
            await self._node.blocking(wait)
        await self.tell()

    async def _unsealed(self, job: Job, asked: Approval, held: Mapping[str, Any]) -> bytes | Failed:
        engine, key = await self._bound()
        if asked.dump is None or held.get("engine") != engine:
            return Failed("skill-version", text("error.skill-version", job.language))
        binding = suspended.Binding(engine, job.skill.digest, str(job.run), int(held["call"]))
        try:
            return suspended.unseal(key, binding, asked.dump)
        except suspended.NotSealed as damaged:
            return Failed(damaged.code, sentence(damaged, job.language))

    async def _bound(self) -> tuple[str, bytes]:
        """The engine and the key that dumps are sealed under; the key is made once."""
        settings = self.vault.settings
        if not self._engine:
            self._engine = await trio.to_thread.run_sync(self._runner.engine, limiter=self._slices)
        key = await self._node.blocking(settings.secret, _KEY)
        if key is None:
            key = secrets.token_bytes(suspended.MIN_KEY)
            await self._node.blocking(settings.set_secret, _KEY, key)
        return self._engine, key

    async def end(self, job: Job, outcome: Finished | Failed) -> None:
        """What it returned is a stranger's: it came from the skill and rests on all that was read."""
        job.turn.made(None, Provenance("skill", sender=job.skill.name))
        taint = job.turn.taint.to_plain()
        end = partial(self.vault.runs.end, job.run, printed=outcome.printed, taint=taint, records=job.records)
        if isinstance(outcome, Finished):
            end = partial(end, "done", value=outcome.value)
        else:
            end = partial(end, "failed", code=outcome.code, sentence=_told(job.skill, outcome))
        async with self._node.keeping:
            self._check(job)
            await self._node.blocking(end)

    async def _log(self, job: Job, call: Call) -> None:
        at = replace(call, at=self._node.surroundings.now())
        async with self._node.keeping:
            self._check(job)
            await self._node.blocking(self.vault.runs.called, job.run, at, job.turn.taint.to_plain(), job.records)

    def _check(self, job: Job) -> None:
        if job.forgets != self._node.forgets:
            raise Forgotten

    def _functions(self, job: Job) -> frozenset[str]:
        """Those that exist for it: granted, and there."""
        return policy.exist(job.skill.permissions) & frozenset(self._performing.table)

    def local(self) -> datetime:
        return datetime.fromtimestamp(self._node.surroundings.now()).astimezone()


def _answering(
    value: Callable[[Any], Outcome], fails: Callable[[str, str], Outcome], reply: Reply
) -> Callable[[], Outcome]:
    """Go on with a reply.  A value that the border does not take is the function's failure, not the run's."""

    def answer() -> Outcome:
        if reply.kind:
            return fails(reply.kind, reply.sentence)
        try:
            return value(reply.value)
        except Refused as refused:
            return fails("RuntimeError", str(refused))

    return answer


def _told(skill: Installed, failed: Failed) -> str:
    """With the place in the file that its author wrote, as compilers put it."""
    if failed.line is None:
        return failed.sentence
    file, line = skill.program.place(failed.line)
    return f"{file}:{line}: {failed.sentence}"


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
    if isinstance(value, dict):
        return {str(key)[:_SHOWN]: _shortened(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_shortened(held) for held in value]
    return value
