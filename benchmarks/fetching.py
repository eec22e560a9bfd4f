"""What a model from contacts comes at, the whole task counted: call, award, bytes, digests, the file put in place."""

from __future__ import annotations

import os
import time
from contextlib import AsyncExitStack
from pathlib import Path

from agent.models import DEFAULT_NAME, ModelStore
from app import commands
from app.actions import peers, tasks
from app.node import open_node
from installer import places

LOOPBACK = ("/ip4/127.0.0.1/tcp/0",)
MIB = 1024 * 1024


async def fetched(folder: Path, providers: int) -> float:
    """MiB a second of the default model, from so many contacts at once; every node in this process."""
    model = ModelStore(places.models()).find(DEFAULT_NAME)
    passphrase = os.urandom(16).hex()
    async with AsyncExitStack() as stack:
        nodes = []
        for number in range(providers + 1):
            node = await stack.enter_async_context(open_node(folder / str(number)))
            await commands.create(node, passphrase)
            await node.swarm.start()
            await commands.turn_swarm(node, True, LOOPBACK)
            node.models = ModelStore(folder / f"models{number}")
            nodes.append(node)
        asker, *others = nodes
        for node in others:
            await commands.add_peer(node, (await peers.invite(asker, "")).invite, "")
            await node.blocking(node.models.add, model.path)
            await tasks.set_offer(node, "model", audience="contacts", quota=10**6, settings={"models": ["all"]})
        start = time.perf_counter()
        done = await tasks.announce_and_wait(
            asker, "model", {"sha256": model.digest}, ("contacts",), report=lambda _event: None
        )
        taken = time.perf_counter() - start
    if done.state != "done":
        raise RuntimeError(f"the model did not come: {done.state}")
    return model.size / MIB / taken
