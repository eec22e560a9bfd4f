"""Nothing piles up in silence: questions expire, what was cut off is said to be, what is long over goes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import trio

from agent.policy import OWN
from app.errors import code
from app.hosting.job import Ending
from app.skill_results import ApprovalsChanged, RunChanged
from storage.vault import Vault, VaultError

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")

LOOK = 60.0  # seconds
DAY = 86_400.0
KEEP = 90 * DAY  # runs and questions that are over
KEEP_ACTIVITY = 365 * DAY


def recover(vault: Vault, now: float) -> None:
    """Once, after opening.  Blocking.  Errors: VaultError."""
    vault.runs.interrupted()
    expire(vault)
    vault.runs.purge(now - KEEP)
    vault.activity.purge(now - KEEP_ACTIVITY)


def expire(vault: Vault) -> tuple[int, list[int]]:
    """Close what nobody answered, and end the runs that waited for it: how many questions, which runs.  Blocking."""
    return vault.approvals.expire(), vault.runs.unanswered()


def stop(vault: Vault, run: int, why: Ending = "run-stopped") -> None:
    """End a run that waits; one that has ended stays as it is.  Blocking.  Errors: VaultError `unknown-run`."""
    found = vault.runs.get(run)
    if found.state != "waiting" or found.approval is None:
        return
    asked = vault.approvals.get(found.approval)
    try:
        vault.approvals.decide(asked.id, "no", asked.digest)
    except VaultError as error:
        if error.code not in ("approval-decided", "approval-expired"):
            raise
    vault.runs.end(run, "stopped", code=why)


def gone(vault: Vault, skill: str, digest: str) -> Ending | None:
    """Why a run of these very files goes on no more; None where it does.  Blocking.  Errors: VaultError."""
    found = vault.skills.find(skill)
    if found is None:
        return "skill-removed"
    if not found.enabled:
        return "skill-disabled"
    return None if found.digest == digest else "skill-replaced"


def orphaned(vault: Vault) -> list[int]:
    """End what waits of skills that are gone, switched off or others by now, and close its questions.  Returns them.

    Blocking.  Errors: VaultError.
    """
    ended = []
    for run in vault.runs.waiting():
        why = None if run.skill == OWN else gone(vault, run.skill, run.digest)
        if why is not None:
            stop(vault, run.id, why)
            ended.append(run.id)
    return ended


async def keep(node: Node, vault: Vault, scope: trio.CancelScope) -> None:
    """Look every minute until `scope` is cancelled.  Trio thread."""
    with scope:
        while True:
            await trio.sleep(LOOK)
            try:
                closed, ended = await node.blocking(expire, vault)
                for run in ended:
                    node.listener(RunChanged(run, (await node.blocking(vault.runs.get, run)).skill, "failed"))
                if closed or ended:
                    node.listener(ApprovalsChanged(await node.blocking(vault.approvals.count)))
            except VaultError as error:
                log.warning("questions could not be looked at: %s", code(error))
