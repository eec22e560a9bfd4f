"""`nuee node`: the node without a window, with the same profile and the same commands, until it is told to stop."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import trio

from app import commands
from app.actions.peers import turn_swarm
from app.cli import Failure
from app.errors import sentence
from app.node import Node
from app.results import CommandFailed
from app.serving import open_serving
from app.swarm_results import PeersChanged
from app.texts import text
from storage.database import VaultError


class Serves(NamedTuple):
    """What this node does for its contacts from now on; None leaves it as it is."""

    relays: bool | None = None
    meets: bool | None = None


def run(folder: Path, secret: str, language: str, listen: tuple[str, ...] | None, serves: Serves | None = None) -> int:
    """Serve until SIGINT or SIGTERM; the exit status.  `listen`: multiaddrs, kept from now on.  Errors: Failure."""
    try:
        trio.run(_main, folder, secret, language, listen, serves or Serves())
    except KeyboardInterrupt:
        return 0
    except BaseException as error:
        while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        if isinstance(error, Failure):
            raise error from None
        raise Failure(sentence(error, language)) from error
    return 0


async def _main(folder: Path, secret: str, language: str, listen: tuple[str, ...] | None, serves: Serves) -> None:
    changes_in, changes = trio.open_memory_channel[None](1)

    def heard(event: object) -> None:
        if isinstance(event, PeersChanged):
            with suppress(trio.WouldBlock):  # one look is enough for both
                changes_in.send_nowait(None)

    async with open_serving(folder, heard) as node, trio.open_nursery() as nursery:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            await commands.unlock(node, secret)
            await node.swarm.start()
            state = await turn_swarm(node, True, listen, serves.relays, serves.meets)
            if not state.running:
                raise Failure(state.problem or text("error.airplane", language))
            sys.stdout.write(text("cli.node.running", language, peer=state.peer_id) + "\n")
            for address in state.listening:
                sys.stdout.write(f"{address}/p2p/{state.peer_id}\n")
            sys.stdout.flush()
            nursery.start_soon(_tell_of_trouble, node, language, changes)
            async for _ in signals:
                break
            nursery.cancel_scope.cancel()


async def _tell_of_trouble(node: Node, language: str, changes: trio.MemoryReceiveChannel[None]) -> None:
    """Say when the node can no longer be reached, and when it can again."""
    problem = ""
    async for _ in changes:
        with suppress(CommandFailed, VaultError):  # the vault is being closed
            state = await node.swarm.state(language)
            if state.problem != problem:
                problem = state.problem
                key = "cli.peers.state_problem" if problem else "cli.peers.state_running"
                sys.stderr.write(text(key, language, problem=problem, count=state.connected) + "\n")
