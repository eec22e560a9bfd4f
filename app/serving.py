"""A node that also takes the commands of a second `nuee` on the same profile: what the window runs.  No Qt here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import trio

from app import forward
from app.node import Node, open_node
from app.profile import InUse, Profile
from app.results import CommandFailed, WindowWanted

PATIENCE = 10.0  # seconds with an owner that is only one command
PAUSE = 0.1  # seconds


@asynccontextmanager
async def open_serving(home: Path, listener: Callable[[object], None]) -> AsyncIterator[Node]:
    """`open_node`, with the command socket.  Errors: CommandFailed("in-use" | …)."""
    try:
        async with AsyncExitStack() as opened:
            node = await _open(opened, home, listener)
            async with trio.open_nursery() as nursery:
                node.schedule.start()
                node.skills.triggers.start()
                node.routing.start()
                nursery.start_soon(node.swarm.start)
                node.embedding.eager = True
                with forward.listening(node, nursery, lambda: listener(WindowWanted())):
                    try:
                        yield node
                    finally:
                        nursery.cancel_scope.cancel()
    except* InUse as group:
        raise CommandFailed("in-use", path=str(home)) from group


async def _open(opened: AsyncExitStack, home: Path, listener: Callable[[object], None]) -> Node:
    """As `open_node`, for as long as `opened` is; waits for a command that is just ending.  Errors: as `open_node`."""
    deadline = trio.current_time() + PATIENCE
    while True:
        try:
            return await opened.enter_async_context(open_node(home, listener))
        except InUse:
            if trio.current_time() > deadline or await trio.to_thread.run_sync(forward.stays, Profile(home)):
                raise
            await trio.sleep(PAUSE)
