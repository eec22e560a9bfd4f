"""The initiator's own part of a task: begun with the award, and again after a restart; ended with the task."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

import trio

from app.errors import code
from app.swarm.kinds.port import Awarded, Initiating, Kind, initiating
from p2p.contents import Proposal
from p2p.contractnet import InitiatorPhase
from p2p.deciding import CannotWork, Change
from p2p.inbox import WINDOW
from p2p.initiator_state import Initiator
from p2p.negotiator import Negotiator
from p2p.stepping import state_of
from p2p.wording import unpacked
from storage.database import VaultError

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")

RECALLED = WINDOW / 1000  # seconds: what ended before a start, however long ago that was, may not have been seen to
END_WITHIN = 10.0  # seconds
ANSWER_WITHIN = 10_000  # milliseconds for providers to say what became of it, once it is called off


class Gathering:
    """Trio thread only; for one run of the host."""

    def __init__(self, node: Node, kinds: Mapping[str, Kind], negotiator: Negotiator, nursery: trio.Nursery) -> None:
        self._node = node
        self._kinds = kinds
        self._negotiator = negotiator
        self._nursery = nursery
        self._running: dict[str, trio.CancelScope] = {}

    async def recall(self) -> None:
        """Look again at what ended shortly before this start."""
        since = self._node.surroundings.now() - RECALLED
        try:
            tasks = await self._node.blocking(self._node.vault.vault.tasks.list, "initiator")
        except VaultError as failed:
            log.warning("the tasks that ended could not be looked at: %s", failed.code)
            return
        for task in tasks:
            kind = initiating(self._kinds.get(task.kind))
            if kind is not None and task.ended is not None and task.ended > since:
                self._nursery.start_soon(self._ended, kind, task.id)

    def changed(self, change: Change) -> None:
        """See app.swarm.deciding.Decisions.on_change."""
        kind, state = initiating(self._kinds.get(change.kind)), change.state
        if kind is None or not isinstance(state, Initiator):
            return
        running = self._running.get(change.conversation)
        if change.outcome:
            self._nursery.start_soon(self._ended, kind, change.conversation)
        if running is None and state.phase is InitiatorPhase.AWAIT_RESULT:
            scope = self._running[change.conversation] = trio.CancelScope()
            self._nursery.start_soon(self._gather, kind, change.conversation, scope)
        elif running is not None and state.phase is not InitiatorPhase.AWAIT_RESULT:
            running.cancel()

    async def _gather(self, kind: Initiating, name: str, scope: trio.CancelScope) -> None:
        try:
            with scope:
                task = await self._node.blocking(self._node.vault.vault.tasks.get, name)
                await kind.gather(task, await self._awarded(task.dialogue))
        except Exception as failed:  # noqa: BLE001 - one task went wrong, what peers said may be in it; every other goes on
            level = logging.INFO if isinstance(failed, CannotWork | VaultError) else logging.ERROR
            log.log(level, "a task is called off: %s", code(failed))
            await self._negotiator.call_off(name, self._negotiator.now() + ANSWER_WITHIN)
        finally:
            del self._running[name]

    async def _ended(self, kind: Initiating, name: str) -> None:
        """Also while the host is being closed: a command that waited for the end closes it right then."""
        try:
            with trio.CancelScope(deadline=trio.current_time() + END_WITHIN, shield=True):
                task = await self._node.blocking(self._node.vault.vault.tasks.get, name)
                await kind.ended(task, await self._awarded(task.dialogue))
        except Exception as failed:  # noqa: BLE001 - as above; it is looked at again at the next start
            log.warning("the end of a task could not be seen to: %s", code(failed))

    async def _awarded(self, number: int | None) -> tuple[Awarded, ...]:
        if number is None:
            return ()
        dialogue = await self._node.blocking(self._node.vault.vault.outbox.get, number)
        state = state_of(dialogue) if dialogue.state else None
        if not isinstance(state, Initiator):
            return ()
        return tuple(
            Awarded(leg.peer, Proposal.from_map(unpacked(leg.bid.body)), "" if leg.end is None else str(leg.end))
            for leg in state.awarded
            if leg.bid is not None
        )
