"""Doing what was allowed: the host function is called, and what it did is written down.  Trio thread only."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import trio

from agent import policy
from agent.taint import Provenance, Taint
from app.errors import code, sentence
from app.functions.port import Answer, Completion, Context, FunctionFailed, HostFunction
from app.hosting.port import UNSURE
from app.texts import text
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")

LONGEST = 120.0  # seconds: an act that takes longer is cut off, and nobody knows whether it happened
_QUICK = ("label", "draft", "keep", "add", "remember")  # acts that write to the vault: never while it forgets


class Forgotten(Exception):
    """Records were forgotten since the run began: what it holds may be of them."""

    code = "run-forgotten"


@dataclass(frozen=True)
class Act:
    """One call that policy, or the person, has said yes to.  `forgets`: of the node, when the turn began."""

    skill: str
    function: str
    arguments: Mapping[str, Any]
    taint: Taint
    language: str
    forgets: int
    run: int | None = None


def read_for(answer: Answer) -> tuple[Provenance, ...]:
    """All that came into the turn with an answer.  What another turn's person typed is not typed in this one."""
    return (*answer.sources, *answer.taint.sources)


class Performing:
    """The acts of one node."""

    def __init__(
        self, node: Node, table: Mapping[str, HostFunction], completions: Mapping[str, Completion] | None = None
    ) -> None:
        self.table = table
        self._completions = completions or {}
        self._node = node
        self._under_way: dict[trio.CancelScope, trio.Event] = {}

    async def completed(self, vault: Vault, function: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments as they will take effect: what policy looks at and the person is shown.  Errors: none."""
        complete = self._completions.get(function)
        return arguments if complete is None else await self._node.blocking(complete, vault, arguments)

    def cut_off(self) -> None:
        """End every effect that is under way; nobody knows then whether it happened."""
        for scope in self._under_way:
            scope.cancel()

    async def idle(self) -> None:
        """Until every effect that is under way now has come to its end."""
        for ended in list(self._under_way.values()):
            await ended.wait()

    async def do(self, vault: Vault, act: Act, *, approval: int | None = None, approved: bool = False) -> Answer:
        """Call the function and write down what it did.  Errors: FunctionFailed, Forgotten, VaultError."""
        function = self.table.get(act.function)
        if function is None:
            raise FunctionFailed("OSError", "unknown-function", text("agent.denied.unknown-function", act.language))
        known = policy.FUNCTIONS.get(act.function)
        now = datetime.fromtimestamp(self._node.surroundings.now()).astimezone()
        context = Context(act.skill, act.language, now, act.taint, act.run, approved)
        async with AsyncExitStack() as stack:
            if known is not None and known.act in _QUICK:
                await stack.enter_async_context(self._node.keeping)
            if act.forgets != self._node.forgets:
                raise Forgotten
            answer = await self._called(function, context, act)
        if answer.did:
            await self._note(vault, act, answer, approval)
        return answer

    async def effect(self, vault: Vault, act: Act, approval: int, *, approved: bool) -> Answer:
        """The act of an approval whose effect has begun: it ends as done, failed or unknown, whoever is cancelled.

        Errors: FunctionFailed, Forgotten, VaultError.
        """
        scope = trio.CancelScope(shield=True, deadline=trio.current_time() + LONGEST)
        ended = self._under_way[scope] = trio.Event()
        try:
            return await self._ended(vault, act, approval, scope, approved=approved)
        finally:
            del self._under_way[scope]
            ended.set()

    async def _ended(self, vault: Vault, act: Act, approval: int, scope: trio.CancelScope, *, approved: bool) -> Answer:
        answer: Answer | None = None
        failed: Exception | None = None
        try:
            with scope:
                answer = await self.do(vault, act, approval=approval, approved=approved)
        except Exception as error:  # noqa: BLE001 - raised again below, once the vault knows
            failed = error
        with trio.CancelScope(shield=True):
            if answer is not None:
                await self._node.blocking(vault.approvals.end_effect, approval, done=True)
                return answer
            if isinstance(failed, Forgotten) or (isinstance(failed, FunctionFailed) and failed.code != UNSURE):
                end = vault.approvals.end_effect
                await self._node.blocking(end, approval, done=False, outcome=sentence(failed, act.language))
            else:
                await self._node.blocking(vault.approvals.lose, approval)
        raise failed or FunctionFailed("OSError", UNSURE, text("error.function-failed", act.language))

    async def _called(self, function: HostFunction, context: Context, act: Act) -> Answer:
        try:
            return await function(self._node, context, act.arguments)
        except FunctionFailed:
            raise
        except Exception as error:
            log.warning("%s failed with an unforeseen %s", act.function, code(error))
            raise FunctionFailed("OSError", UNSURE, sentence(error, act.language)) from error

    async def _note(self, vault: Vault, act: Act, answer: Answer, approval: int | None) -> None:
        with trio.CancelScope(shield=True):
            await self._node.blocking(
                vault.activity.add,
                act.skill,
                act.function,
                dict(answer.did),
                run=act.run,
                approval=approval,
                undo=None if answer.undo is None else asdict(answer.undo),
                records={*answer.records, *(one.record for one in act.taint.sources if one.record)},
            )
