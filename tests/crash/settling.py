"""One side of a priced task, a whole node in a process of its own, that is killed at a step: key-holder, vault, libp2p
and a chain that is another process.  The test starts it (see test_settlement_crash.py) by forking.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import trio

from app import commands
from app.actions import tasks
from app.chain import chains
from app.node import Node, open_node
from app.swarm import paying_on_chain, reaching, settling
from app.swarm.negotiating import Terms
from p2p import delivery, sender
from storage.database import Connection, Database
from storage.tasks import FINAL
from tests.unit.fault_fixtures import PASSPHRASE, given_model

ROLES = ("alice", "bob")
PAY = "5"
SECONDS, REPLY = 600.0, 15.0  # for the task, and for bids


@dataclass(frozen=True)
class Kill:
    """At the transaction of this number, counted from 1: just before it is committed, or just after."""

    number: int
    before: bool


@dataclass(frozen=True)
class Stands:
    """How it stands on one side: `calm` when only the job on chain is waited for, `over` when nothing is."""

    transactions: int
    calm: bool
    over: bool


def run(home: Path, role: str, arbiter: str, kill: Kill | None, pipe: Pipe) -> None:
    """Until killed.  Says how it stands, each time that this changed."""
    os.setpgid(0, 0)  # the workers are ended with it
    for module, name, value in HURRY:
        setattr(module, name, value)
    counted = [0]
    armed = [False]
    Database.write = killing_at(counted, armed, kill)  # type: ignore[method-assign,assignment]
    trio.run(_live, home, role, arbiter, counted, armed, pipe)


HURRY: tuple[tuple[Any, str, float], ...] = (
    (delivery, "FIRST_PAUSE", 0.1),
    (delivery, "LONGEST_PAUSE", 0.5),
    (reaching, "FIRST_PAUSE", 0.1),
    (reaching, "WANTED_PAUSE", 0.5),
    (reaching, "LONGEST_PAUSE", 0.5),
    (settling, "LOOK", 0.3),
    (paying_on_chain, "LOOK", 0.2),
    (sender, "LOOK", 0.2),
    (chains, "AGAIN", 0.5),
)


def killing_at(counted: list[int], armed: list[bool], kill: Kill | None) -> Callable[[Database], Any]:
    write = Database.write

    @contextlib.contextmanager
    def killing(self: Database) -> Iterator[Connection]:
        with write(self) as connection:
            yield connection
            counted[0] += armed[0]
            if armed[0] and kill == Kill(counted[0], before=True):
                os.kill(os.getpid(), signal.SIGKILL)
        if armed[0] and kill == Kill(counted[0], before=False):
            os.kill(os.getpid(), signal.SIGKILL)

    return killing


async def _live(home: Path, role: str, arbiter: str, counted: list[int], armed: list[bool], pipe: Pipe) -> None:
    async with open_node(home) as node:
        await commands.unlock(node, PASSPHRASE)
        given_model(node)
        await node.swarm.start()
        armed[0] = True
        if role == "alice":
            await _announced(node, arbiter)
        said: Stands | None = None
        while True:
            found = await _stands(node, role, counted[0])
            if said is None or (found.calm, found.over) != (said.calm, said.over):
                pipe.send(found)
                said = found
            await trio.sleep(0.1)


async def _announced(node: Node, arbiter: str) -> None:
    """Once: whoever is told nothing because of a kill would look whether there is something, and so does this."""
    vault = node.vault.vault
    if await node.blocking(lambda: bool(vault.tasks.list() or vault.settlements.list())):
        return
    terms = Terms(seconds=SECONDS, reply_seconds=REPLY, pay=PAY, arbiter=arbiter)
    await tasks.announce(node, "inference", {"prompt": "Hello?", "max_tokens": 20}, ("Bob",), terms)


async def _stands(node: Node, role: str, counted: int) -> Stands:
    vault = node.vault.vault
    found = await node.blocking(vault.tasks.list)
    jobs = await node.blocking(vault.settlements.list)
    begun = bool(jobs) or (role == "bob")  # Bob may never hear of it
    calm = begun and all(task.state in FINAL for task in found)
    return Stands(counted, calm, calm and all(job.outcome for job in jobs))
