"""A node that also takes the commands of a second `nuee` on the same profile: what the window runs.  No Qt here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from app import forward
from app.node import Node, open_node
from app.profile import InUse
from app.results import CommandFailed, WindowWanted


@asynccontextmanager
async def open_serving(home: Path, listener: Callable[[object], None]) -> AsyncIterator[Node]:
    """`open_node`, with the command socket.  Errors: CommandFailed("in-use" | …)."""
    try:
        async with open_node(home, listener) as node, trio.open_nursery() as nursery:
            node.schedule.start()
            node.skills.triggers.start()
            node.routing.start()
            with forward.listening(node, nursery, lambda: listener(WindowWanted())):
                try:
                    yield node
                finally:
                    nursery.cancel_scope.cancel()
    except* InUse as group:
        raise CommandFailed("in-use", path=str(home)) from group
