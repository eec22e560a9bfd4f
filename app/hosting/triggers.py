"""Runs skills that nobody asked for: on new mail, on a feed item, at a time of day.

As reading sources, that happens only where `start` was called: in the window and in `nuee chat`.  One run at a time, at
most `BUDGET` a minute, none while the battery is spared; on a loaded machine they wait a while.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal

import trio

from agent.policy import OWN
from agent.taint import Turn
from app import due
from app.due import Conditions
from app.errors import code
from app.functions.reading import provenance
from app.hosting import installed
from app.hosting.installed import Installed
from app.results import CommandFailed
from app.schedule import ON_BATTERY
from app.skill_results import RunView, SkillsChanged
from skills.api import Trigger
from storage.vault import Vault, VaultError

if TYPE_CHECKING:
    from app.hosting.host import SkillHost
    from app.node import Node

log = logging.getLogger("app")

LOOK = 60.0  # seconds between two looks where nothing tells of news
BUDGET = 30  # runs a minute
FAILURES = 5  # in a row: then the skill is switched off
MOST_WAITING = 50  # questions of one skill that nobody has answered: until then nothing more sets it off
LATE = 6 * 3600.0  # seconds: a time of day that was missed by more is passed over
_KINDS: dict[str, str] = {"mail": "mail", "feed": "article"}
_NOT_ITS_FAULT = ("run-interrupted", "run-forgotten")


@dataclass(frozen=True)
class Occasion:
    """One run that is due.  `upto`: what is marked before it begins; `record`: its id, or empty."""

    skill: Installed
    on: Literal["mail", "feed", "schedule"]
    entry: str
    trigger: str
    upto: float
    record: str = ""


def last_time(at: str, now: datetime) -> datetime:
    """When it was last this time of day, locally."""
    hour, minute = (int(part) for part in at.split(":"))
    moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if moment > now:
        moment -= timedelta(days=1)
    return moment.replace(tzinfo=None).astimezone()


class Triggers:
    """Trio thread only."""

    def __init__(self, node: Node, host: SkillHost) -> None:
        self._node = node
        self._host = host
        self._wanted = False
        self._vault: Vault | None = None
        self._scope: trio.CancelScope | None = None
        self._stopped = trio.Event()
        self._wake = trio.Event()
        self._begun: deque[float] = deque()  # when the runs of the last minute began
        self._read: dict[str, Installed | None] = {}  # by digest
        self._loaded_since: float | None = None

    def start(self) -> None:
        """From now on, whenever the vault is open."""
        self._wanted = True
        if self._vault is not None:
            self._begin(self._vault)

    def attach(self, vault: Vault) -> None:
        self._vault = vault
        if self._wanted:
            self._begin(vault)

    async def detach(self) -> None:
        self._vault = None
        self._read = {}
        if self._scope is not None:
            self._scope.cancel()
            await self._stopped.wait()
            self._scope = None

    def nudge(self) -> None:
        """Something came in, or a skill is another now."""
        self._wake.set()

    def _begin(self, vault: Vault) -> None:
        if self._scope is None:
            self._scope, self._stopped = trio.CancelScope(), trio.Event()
            self._node.nursery.start_soon(self._run, vault, self._scope, self._stopped)

    async def _run(self, vault: Vault, scope: trio.CancelScope, stopped: trio.Event) -> None:
        try:
            with scope:
                while True:
                    self._wake = trio.Event()
                    try:
                        await self.round(vault)
                    except Exception as error:  # noqa: BLE001 - whatever it is, the node goes on
                        log.warning("triggers could not be looked at: %s", code(error))
                    with trio.move_on_after(LOOK):
                        await self._wake.wait()
        finally:
            stopped.set()

    async def round(self, vault: Vault) -> int:
        """Run what is due, as far as there is room; how many ran.  Errors: VaultError."""
        done = 0
        while self._room() and not await self._node.blocking(self._held, vault):
            occasion = await self._node.blocking(self._next, vault)
            if occasion is None:
                break
            self._begun.append(trio.current_time())
            await self._fire(vault, occasion)
            done += 1
        return done

    def _room(self) -> bool:
        while self._begun and self._begun[0] < trio.current_time() - 60:
            self._begun.popleft()
        return len(self._begun) < BUDGET

    def _held(self, vault: Vault) -> bool:
        """In a worker thread."""
        around = self._node.surroundings
        on_battery = vault.settings.get(ON_BATTERY, True) is not False
        conditions = Conditions(around.now(), around.power(), self._node.airplane, on_battery)
        if not conditions.power.loaded:
            self._loaded_since = None
        elif self._loaded_since is None:
            self._loaded_since = conditions.now
        loaded = self._loaded_since is not None and conditions.now - self._loaded_since < due.PATIENCE
        return due.saving(conditions) or loaded

    def _next(self, vault: Vault) -> Occasion | None:
        """In a worker thread.  Times of day first: what came in may be many."""
        skills = [
            one for row in vault.skills.list() if row.enabled and (one := self._skill(vault, row.name, row.digest))
        ]
        skills = [one for one in skills if vault.approvals.waiting(one.name) < MOST_WAITING]
        for skill in skills:
            for trigger in skill.manifest.triggers:
                if trigger.on == "schedule" and (found := self._at_time(vault, skill, trigger)):
                    return found
        for skill in skills:
            for trigger in skill.manifest.triggers:
                if trigger.on in _KINDS and (found := _arrived(vault, skill, trigger)):
                    return found
        return None

    def _skill(self, vault: Vault, name: str, digest: str) -> Installed | None:
        if digest not in self._read:
            try:
                self._read[digest] = installed.load(vault, name)
            except CommandFailed as damaged:
                log.warning("a skill is not looked at: %s", damaged.key)
                self._read[digest] = None
        return self._read[digest]

    def _at_time(self, vault: Vault, skill: Installed, trigger: Trigger) -> Occasion | None:
        if trigger.at is None:
            return None
        name = f"schedule:{trigger.run}:{trigger.at}"
        now = datetime.fromtimestamp(self._node.surroundings.now()).astimezone()
        moment = last_time(trigger.at, now).timestamp()
        before = vault.fired.upto(skill.name, name, skill.since)
        if before is not None and before > now.timestamp():  # the clock was set back since: it counts from now on
            vault.fired.mark(skill.name, name, now.timestamp())
            return None
        if moment <= max(skill.since, before or 0.0):
            return None
        if now.timestamp() - moment > LATE:
            vault.fired.mark(skill.name, name, moment)
            return None
        return Occasion(skill, "schedule", trigger.run, name, moment)

    async def _fire(self, vault: Vault, one: Occasion) -> None:
        """Marked first: whatever happens then, it is not run for this again."""
        await self._node.blocking(vault.fired.mark, one.skill.name, one.trigger, one.upto)
        turn, inputs = Turn(), {}
        if one.record:
            inputs["record"] = one.record
            turn.read(None, provenance(await self._node.blocking(vault.library.get, one.record)))
        try:
            view = await self._host.run(one.skill.name, one.entry, inputs, occasion=one.on, turn=turn)
        except (CommandFailed, VaultError) as error:
            log.warning("a skill could not be run: %s", code(error))
            return
        await self._counted(vault, one.skill.name, view)

    async def _counted(self, vault: Vault, skill: str, view: RunView) -> None:
        state, ended_by = view.row.state, (await self._node.blocking(vault.runs.get, view.row.id)).code
        if state != "failed":
            await self._node.blocking(vault.fired.succeeded, skill)
        elif ended_by not in _NOT_ITS_FAULT and await self._node.blocking(vault.fired.failed, skill, FAILURES):
            await self._node.blocking(vault.skills.set_enabled, skill, False)
            note = partial(vault.activity.add, OWN, "skill.paused", {"skill": skill}, run=view.row.id)
            await self._node.blocking(note)
            await self._host.skills_changed()
            self._node.listener(SkillsChanged())


def _arrived(vault: Vault, skill: Installed, trigger: Trigger) -> Occasion | None:
    name = f"{trigger.on}:{trigger.run}"
    found = vault.fired.arrived(skill.name, name, _KINDS[trigger.on], skill.since, 1)
    if not found:
        return None
    on: Literal["mail", "feed"] = "mail" if trigger.on == "mail" else "feed"
    return Occasion(skill, on, trigger.run, name, found[0].number, found[0].id)
