"""A whole node in a process of its own that registers its agent, as `nuee chain register` does, and is killed at a
step: key-holder, vault, and a chain that is another process.  The test starts it (see test_registration_crash.py).
"""

from __future__ import annotations

import os
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import trio

from app import commands
from app.actions import agents
from app.node import open_node
from storage.database import Database
from tests.crash.settling import HURRY, Kill, killing_at
from tests.unit.fault_fixtures import PASSPHRASE

NAME = "Ada's agent"


def run(home: Path, kill: Kill | None, pipe: Pipe) -> None:
    """Until killed, or registered.  Says how many transactions of the vault that took."""
    os.setpgid(0, 0)  # the workers are ended with it
    for module, name, value in HURRY:
        setattr(module, name, value)
    counted, armed = [0], [False]
    Database.write = killing_at(counted, armed, kill)  # type: ignore[method-assign,assignment]
    trio.run(_register, home, counted, armed, pipe)


async def _register(home: Path, counted: list[int], armed: list[bool], pipe: Pipe) -> None:
    async with open_node(home) as node:
        await commands.unlock(node, PASSPHRASE)
        armed[0] = True
        draft = await agents.draft_registration(node, NAME)
        if draft.changes:
            await agents.register_agent(node, draft.digest, NAME)
        armed[0] = False
        pipe.send(counted[0])
