"""A provider that moves to another address, between two whole nodes: a task is done once, or ends."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from app.actions import peers as peering
from app.actions import tasks as tasking
from app.node import Node
from app.swarm.negotiating import Terms
from tests.unit.fault_fixtures import LOOPBACK, ended, given_model, two_nodes, until

PROMPT = {"prompt": "Say hello."}
LONG = Terms(seconds=600, reply_seconds=120)


async def away(bob: Node) -> None:
    await until(lambda: not bob.swarm.host.connected)


async def is_known(ours: Node, theirs: Node) -> bool:
    """Whether it is kept where the other listens."""
    return bool((await ours.blocking(ours.vault.vault.peers.get, theirs.vault.peer_id)).addresses)


@pytest.mark.parametrize("at", ["before the call", "while it works"])
async def test_a_provider_that_comes_back_at_another_address_is_found(tmp_path: Path, at: str) -> None:
    """It dials those that it knows, and tells them where it is."""
    async with two_nodes(tmp_path) as (alice, bob):
        model = given_model(alice)
        await until(lambda: is_known(alice, bob))
        if at == "before the call":
            await peering.turn_swarm(alice, False)
            await away(bob)
            task = (await tasking.announce(bob, "inference", PROMPT, ("Alice",), LONG)).id
        else:
            model.gate = trio.Event()
            task = (await tasking.announce(bob, "inference", PROMPT, ("Alice",), LONG)).id
            await until(lambda: model.begun)
        await peering.turn_swarm(alice, True, (LOOPBACK,))  # any free port: another one
        model.gate = None
        state = await ended(bob, task)
        theirs = await ended(alice, f"{bob.vault.peer_id}/{task}")
        assert (state, theirs) == (("done", "done") if at == "before the call" else ("failed", "failed"))
        assert model.begun == 1
