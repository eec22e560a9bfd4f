"""Doing inferences again without anybody typing: what a person agreed to goes on by itself, after a restart too.

  as the provider    a check that the validator would do: name it on the chain, and only then show it the prompt
  as the validator   a check that was done here: say on the chain what came of it

The person agreed to the first when they saw the prompt (app.actions.validation), to the second when they took the task
or made the rule that takes it (app.swarm.validates).  What the wallet asks first waits for their answer there.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import trio

from app.chain import validating
from app.errors import code
from app.results import CommandFailed
from app.swarm.deciding import task_name
from app.swarm.receipting import make_due
from app.swarm.settling import FAILED, PASSING
from app.swarm_results import TaskChanged
from p2p.contractnet import InitiatorPhase
from p2p.deciding import Change
from p2p.initiator_state import Initiator
from p2p.receipts import BadReceipt
from p2p.validation import NotCheckable
from storage.tasks import Task
from storage.vault import VaultError

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")

AGAIN = 20.0  # seconds until what did not work is tried again
SEEN_WITHIN = 3600.0  # seconds after its end in which the chain must show the request that a task answers
RECENT = 7 * 24 * 3600.0  # seconds: what is older is not looked at after a restart


class Rechecking:
    """Trio thread only; for one run of the host.  `problems`: by task, why it waits or was given up."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._nursery: trio.Nursery | None = None
        self._running: dict[str, trio.Event] = {}
        self._news = trio.Event()
        self.problems: dict[str, Exception] = {}

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                for task in await self._left():
                    self._begin(task)
                await trio.sleep_forever()
        finally:
            self._nursery = None
            self._running.clear()

    def changed(self, change: Change) -> None:
        """See app.swarm.deciding.Decisions.on_change."""
        if change.kind != "inference":
            return
        state = change.state
        chooses = isinstance(state, Initiator) and state.phase is InitiatorPhase.EVALUATING
        if chooses or (change.role == "participant" and change.outcome == "done"):
            self._begin(task_name(change))

    def nudge(self) -> None:
        """Something changed that any of them may wait for, such as the person's answer to the wallet."""
        for event in self._running.values():
            event.set()

    @property
    def news(self) -> trio.Event:
        """Is set when something waits, or was given up: take it before looking, wait for it afterwards."""
        return self._news

    def _begin(self, task: str) -> None:
        if (event := self._running.get(task)) is not None:
            event.set()
        elif self._nursery is not None:
            self._running[task] = trio.Event()
            self._nursery.start_soon(self._see_to, task)

    async def _left(self) -> list[str]:
        """What a restart left undone."""
        try:
            rows = await self._node.blocking(self._node.vault.vault.tasks.of_kind, "inference")
        except VaultError as failed:
            log.warning("the checks that go on could not be looked at: %s", failed.code)
            return []
        least = self._now() - RECENT
        return [row.id for row in rows if row.created >= least and _check(row) and row.state in ("choosing", "done")]

    async def _see_to(self, task: str) -> None:
        """Until it is done, or never will be."""
        try:
            while not await self._tried(task):
                with trio.move_on_after(AGAIN):
                    await self._running[task].wait()
                self._running[task] = trio.Event()
        finally:
            self._running.pop(task, None)

    async def _tried(self, task: str) -> bool:
        """Whether it is over."""
        row: Task | None = None
        try:
            row = await self._node.blocking(self._node.vault.vault.tasks.get, task)
            await self._do(row)
        except (*PASSING, NotCheckable, BadReceipt) as failed:
            log.info("a check waits: %s", code(failed))
            self.problems[task] = failed
            over = row is None or self._given_up(row, failed)
            if over and row is not None and row.state == "choosing":
                await self._decline(row)
        else:
            over = True
            self.problems.pop(task, None)
        self._news.set()
        self._news = trio.Event()
        self._node.listener(TaskChanged(task, "" if row is None else row.state))
        return over

    async def _do(self, row: Task) -> None:
        check = _check(row)
        if check is None:
            return
        if row.role == "participant" and row.state == "done" and not await self._node.blocking(self._said, row, check):
            await make_due(self._node, (row.id.rpartition("/")[2],))
            await validating.answer(self._node, row.id)
        elif row.role == "initiator" and row.state == "choosing":
            (peer,) = row.audience
            asked = await validating.again(self._node, check)
            await validating.request(self._node, asked, peer)
            await self._node.swarm.negotiating.award(row.id, (peer,))

    def _said(self, row: Task, check: bytes) -> bool:
        """Worker thread."""
        sent = self._node.vault.vault.transactions.of_task(row.id)
        return any(one.key == f"validation/{check.hex()}/answer" and one.state == "final" for one in sent)

    def _given_up(self, row: Task, failed: Exception) -> bool:
        """Whether it will not be otherwise later."""
        what = code(failed)
        if what in ("validation-unasked", "validation-asker"):  # the endpoint may be behind, the contact yet unknown
            return row.ended is None or self._now() > row.ended + SEEN_WITHIN
        lasting = isinstance(failed, NotCheckable | BadReceipt) or what in FAILED or what == "wallet-declined"
        return lasting or what.startswith(("validation-", "unknown-")) or what in ("locked", "closed")

    async def _decline(self, row: Task) -> None:
        """Nobody is shown anything."""
        try:
            await self._node.swarm.negotiating.award(row.id, ())
        except (CommandFailed, VaultError) as failed:  # its time will be over
            log.info("a check was not called off: %s", code(failed))

    def _now(self) -> float:
        return float(self._node.surroundings.now())


def _check(row: Task) -> bytes | None:
    spec = row.spec.get("spec")
    check = spec.get("check") if isinstance(spec, dict) else None
    return check if isinstance(check, bytes) and len(check) == 32 else None
