"""Whole nodes on loopback that know each other, with the words of a model that is scripted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import trio

from agent.llm import Finished, Generation, LlmFailed, Token
from app import commands
from app.actions import peers as peering
from app.node import Node, open_node
from app.swarm.kinds.inference import Inference
from tests.fakes import ScriptedLlm

LOOPBACK = "/ip4/127.0.0.1/tcp/0"
PASSPHRASE = "gravel otter lantern seventeen"
PATIENCE = 60  # seconds


class Model(ScriptedLlm):
    """Says the same to everybody; `gate`, where there is one, is waited for first."""

    def __init__(self) -> None:
        super().__init__(())
        self.gate: trio.Event | None = None
        self.fails = False
        self.begun = 0

    def generate(self, request: Generation) -> AsyncIterator[Token | Finished]:
        self.begun += 1
        return self._say(request)

    async def _say(self, request: Generation) -> AsyncIterator[Token | Finished]:
        if self.gate is not None:
            await self.gate.wait()
        if self.fails:
            raise LlmFailed("worker-died", "the model ended")
        await trio.lowlevel.checkpoint()
        yield Token("Good day.")
        yield Finished("stop", len(request.turns), 0, 2, 0.0, 0.0)


def given_model(node: Node) -> Model:
    """From now on this node's `inference` is done by a model of the test."""
    model = Model()
    node.swarm.kinds()["inference"] = Inference(lambda: model, lambda: True)  # type: ignore[index]
    return model


@asynccontextmanager
async def open_profile(home: Path, listen: str = LOOPBACK) -> AsyncIterator[Node]:
    """A node that takes part; again with the same folder it is a restart."""
    async with open_node(home) as node:
        if node.state == "absent":
            await commands.create(node, PASSPHRASE)
        else:
            await commands.unlock(node, PASSPHRASE)
        await node.swarm.start()
        await peering.turn_swarm(node, True, (listen,))
        yield node


async def acquaint(ours: Node, theirs: Node, name: str = "Bob", called: str = "Alice") -> None:
    """`ours` invites; `theirs` comes."""
    made = await peering.invite(ours, name)
    await peering.add_peer(theirs, made.invite, called)


@asynccontextmanager
async def two_nodes(folder: Path) -> AsyncIterator[tuple[Node, Node]]:
    """Alice and Bob, contacts of each other."""
    async with AsyncExitStack() as stack:
        alice = await stack.enter_async_context(open_profile(folder / "alice"))
        bob = await stack.enter_async_context(open_profile(folder / "bob"))
        await acquaint(alice, bob)
        yield alice, bob


async def until(condition: Callable[[], object] | Callable[[], Awaitable[object]]) -> None:
    """Errors: trio.TooSlowError."""
    with trio.fail_after(PATIENCE):
        while True:
            found = condition()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return
            await trio.sleep(0.02)


async def ended(node: Node, task: str) -> str:
    """How a task ended."""
    state = ""

    async def final() -> bool:
        nonlocal state
        state = (await node.blocking(node.vault.vault.tasks.get, task)).state
        return state in ("done", "failed", "refused", "cancelled", "expired")

    await until(final)
    return state
