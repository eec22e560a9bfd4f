"""The node's skills: runs them, asks the person, and goes on after the answer, after a restart too.

Every act takes the same path, a skill's and the program's own: policy, the person's approval where it says so, the
effect, and a line in the list of what the agent did.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import trio

from agent.policy import OWN, Allow, Ask, Deny
from agent.taint import Turn
from app import services
from app.catalogs import bundled
from app.functions.port import Answer, Completion, HostFunction
from app.hosting import answering, guiding, installed, upkeep, views
from app.hosting.execution import Execution
from app.hosting.installed import Installed
from app.hosting.job import LONGEST, Job
from app.hosting.performing import Act, Forgotten, Performing, read_for
from app.hosting.port import Denied, NeedsApproval
from app.hosting.triggers import Triggers
from app.results import CommandFailed
from app.skill_results import ApprovalRow, RunChanged, RunView
from app.texts import text
from skills.api import Occasion
from skills.runner import Runner, Worker
from storage.approvals import Decision
from storage.vault import Vault, VaultError

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")

GRACE = 5.0  # seconds that an effect under way is given when the vault is locked
Settled = Literal["happened", "again", "given-up"]


class SkillHost:
    """Trio thread only.  `table`: the host functions by dotted name; `completions`: of those whose arguments are filled
    in before the person is asked.  `start`: the worker, where it is another."""

    def __init__(
        self,
        node: Node,
        table: Mapping[str, HostFunction],
        start: Callable[[], Worker] | None = None,
        completions: Mapping[str, Completion] | None = None,
    ) -> None:
        self.performing = Performing(node, table, completions)
        self.triggers = Triggers(node, self)
        self._node = node
        self._start = start or functools.partial(services.start, "skills")
        self._jobs: dict[int, Job] = {}
        self._runner: Runner | None = None
        self._execution: Execution | None = None
        self._upkeep: trio.CancelScope | None = None

    async def attach(self, vault: Vault) -> None:
        """The vault is open: what was cut off when it was closed is put right, and what has expired is closed."""
        try:
            await self._node.blocking(upkeep.recover, vault, self._node.surroundings.now())
        except VaultError as error:  # a damaged page here must not keep everything else locked away
            log.warning("the runs of skills could not be looked at: %s", error.code)
        try:
            await bundled.settle(self._node)
            await self._node.blocking(upkeep.orphaned, vault)
        except VaultError as error:  # a full disk: they are given at the next opening
            log.warning("the bundled skills could not be given: %s", error.code)
        self._runner = Runner(self._start)
        self._execution = Execution(self._node, vault, self._runner, self.performing)
        self._upkeep = trio.CancelScope()
        self._node.nursery.start_soon(upkeep.keep, self._node, vault, self._upkeep)
        self.triggers.attach(vault)

    async def detach(self) -> None:
        """End every run and the process that ran them.  An effect under way has a few seconds to come to its end."""
        await self.triggers.detach()
        if self._upkeep is not None:
            self._upkeep.cancel()
        jobs, runner = list(self._jobs.values()), self._runner
        self._execution = self._runner = self._upkeep = None
        for job in jobs:
            job.end("run-interrupted")
        with trio.move_on_after(GRACE):
            await self.performing.idle()
        self.performing.cut_off()
        with trio.move_on_after(GRACE):  # what does not let itself be cut off meets a closed vault
            await self.performing.idle()
            for job in jobs:
                await job.ended.wait()
        if runner is not None:
            await self._node.blocking(runner.close)

    async def rest(self) -> None:
        """End the process that ran skills, with all it has in memory; the next run starts another."""
        if self._runner is not None:
            await self._node.blocking(self._runner.rest)

    async def run(
        self,
        skill: str,
        entry: str,
        inputs: Mapping[str, Any],
        *,
        occasion: Occasion = "request",
        typed: str = "",
        turn: Turn | None = None,
    ) -> RunView:
        """Run an entry to its end or its first question.  `typed`: what the person wrote, word for word.

        `turn`: of whoever asks for it; what the run reads and returns taints it.  A run that fails is a run, not an
        error.  Errors: CommandFailed("skill-unknown" | "skill-disabled" | "skill-damaged" | "skill-entry" | "locked"),
        VaultError.
        """
        execution, language = self._open(), self._node.language
        forgets = self._node.forgets
        turn = Turn() if turn is None else turn
        if typed:
            turn.typed(typed)
        found = await self._node.blocking(installed.load, execution.vault, skill)
        if not found.guides(entry):
            found.function(entry)
        run = await self._begun(execution, found, entry, occasion, inputs, turn)
        job = Job(run, found, turn, language, forgets)
        async with self._alive(execution.vault, job):
            if found.guides(entry):
                await guiding.begin(self._node, execution, job, inputs)
            else:
                await execution.begin(job, entry, inputs)
        return await self.view(run)

    async def call(self, function: str, arguments: Mapping[str, Any], turn: Turn, *, language: str = "") -> Any:
        """An act of the program itself for its person: its value.  What it read taints the turn.

        Errors: NeedsApproval, Denied, FunctionFailed, CommandFailed("locked"), VaultError.
        """
        execution, forgets = self._open(), self._node.forgets
        language = language or self._node.language
        arguments = await self.performing.completed(execution.vault, function, arguments)
        act = Act(OWN, function, arguments, turn.taint, language, forgets)
        decision = await execution.decide(None, function, arguments, turn.taint)
        match decision:
            case Deny(code):
                raise Denied(code, text(f"agent.denied.{code}", language))
            case Ask():
                raise NeedsApproval(await answering.ask_own(execution, self._node, act, decision))
            case Allow(rules):
                answer = await self._done(execution, act, by_rule=any(rules))
        if read := read_for(answer):
            turn.read(None, *read)
        return answer.value

    async def ask(self, function: str, arguments: Mapping[str, Any], turn: Turn) -> int:
        """Put an act of the program's own before its person, who is about to answer it, whatever their rules allow
        unasked: the question.  What they say yes to was read by a person, which mail that a rule sends was not.

        Errors: Denied, CommandFailed("locked"), Forgotten, VaultError.
        """
        execution, language, forgets = self._open(), self._node.language, self._node.forgets
        arguments = await self.performing.completed(execution.vault, function, arguments)
        act = Act(OWN, function, arguments, turn.taint, language, forgets)
        asked, decision = await execution.look(None, function, arguments, turn.taint)
        if isinstance(decision, Deny):
            raise Denied(decision.code, text(f"agent.denied.{decision.code}", language))
        if isinstance(decision, Allow):
            decision = Ask("rule", turn.taint.untrusted, asked)
        return await answering.ask_own(execution, self._node, act, decision)

    async def answer(self, approval: int, decision: Decision, shown: str) -> ApprovalRow:
        """The person's click.  `shown`: the digest of what they saw.  Ends when the run has come to its end or to its
        next question.

        Errors: VaultError `unknown-approval`, `approval-decided`, `approval-expired`, `approval-changed`;
        CommandFailed("skill-changed-since" | "approval-denied" | "approval-no-always"), as `run`.
        """
        execution = self._open()
        try:
            await answering.answer(self, self._node, execution, approval, decision, shown)
        finally:
            with trio.CancelScope(shield=True):
                await execution.tell()
        return await self._node.blocking(views.approval, execution.vault, approval, self._node.language)

    async def settle(self, approval: int, what: Settled, shown: str) -> ApprovalRow:
        """The person says what became of an effect that nobody knows of: it happened, is to be done again, or given up.

        Errors: as `answer`'s.
        """
        execution = self._open()
        await answering.settle(self, self._node, execution, approval, what, shown)
        await execution.tell()
        return await self._node.blocking(views.approval, execution.vault, approval, self._node.language)

    async def stop(self, run: int) -> None:
        """End a run, one that waits too: its question is answered with no.  Errors: VaultError `unknown-run`."""
        execution = self._open()
        job = self._jobs.get(run)
        if job is not None:
            job.end("run-stopped")
            await job.ended.wait()
            return
        await self._node.blocking(upkeep.stop, execution.vault, run)
        await self.changed(execution.vault, run)
        await execution.tell()

    async def skills_changed(self) -> None:
        """Some were removed, switched off or replaced: what of them runs or waits ends.  Errors: VaultError."""
        execution = self._execution
        if execution is None:
            return
        ending = []
        for job in list(self._jobs.values()):
            why = await self._node.blocking(upkeep.gone, execution.vault, job.skill.name, job.skill.digest)
            if why is not None:
                job.end(why)
                ending.append(job)
        for job in ending:  # one may come to its question in this very moment
            await job.ended.wait()
        ended = await self._node.blocking(upkeep.orphaned, execution.vault)
        for run in ended:
            await self.changed(execution.vault, run)
        if ended:
            await execution.tell()

    async def view(self, run: int) -> RunView:
        """Errors: VaultError `unknown-run`."""
        return await self._node.blocking(views.run, self._open().vault, run, self._node.language)

    def local(self) -> datetime:
        """Now, where the person is."""
        return datetime.fromtimestamp(self._node.surroundings.now()).astimezone()

    async def changed(self, vault: Vault, run: int) -> None:
        found = await self._node.blocking(vault.runs.get, run)
        self._node.listener(RunChanged(run, found.skill, found.state))

    async def resume(self, execution: Execution, job: Job, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` as the rest of a run that was answered."""
        async with self._alive(execution.vault, job):
            await work()

    def _open(self) -> Execution:
        if self._execution is None:
            raise CommandFailed(self._node.state if self._node.state != "open" else "locked")
        return self._execution

    async def _begun(
        self,
        execution: Execution,
        found: Installed,
        entry: str,
        occasion: Occasion,
        inputs: Mapping[str, Any],
        turn: Turn,
    ) -> int:
        records = {one.record for one in turn.taint.sources if one.record}
        given = (found.name, found.version, found.digest, entry, occasion, inputs, turn.taint.to_plain(), records)
        return await self._node.blocking(execution.vault.runs.begin, *given)

    async def _done(self, execution: Execution, act: Act, *, by_rule: bool) -> Answer:
        if not by_rule:
            return await self.performing.do(execution.vault, act)
        approval = await execution.record(act)
        return await self.performing.effect(execution.vault, act, approval, approved=False)

    @asynccontextmanager
    async def _alive(self, vault: Vault, job: Job) -> AsyncIterator[None]:
        """While it runs it can be stopped; however it is cut off, the vault knows."""
        self._jobs[job.run] = job
        job.scope.deadline = trio.current_time() + LONGEST
        try:
            await self.changed(vault, job.run)
            with job.scope:
                yield
            if job.scope.cancelled_caught:
                await self._cut_off(vault, job, job.ending or "skill-time")
        except Forgotten as forgotten:
            await self._cut_off(vault, job, forgotten.code)
        except BaseException:
            await self._cut_off(vault, job, "run-interrupted")
            raise
        finally:
            del self._jobs[job.run]
            job.ended.set()
        await self.changed(vault, job.run)

    async def _cut_off(self, vault: Vault, job: Job, code: str) -> None:
        state: Literal["failed", "stopped"] = "stopped" if job.ending not in ("", "run-interrupted") else "failed"
        with trio.CancelScope(shield=True):
            try:
                await self._node.blocking(vault.runs.cut_off, job.run, state, code)
            except VaultError as error:  # the next opening of the vault notes it
                log.warning("the end of a run could not be noted: %s", error.code)
