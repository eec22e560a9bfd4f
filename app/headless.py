"""`nuee node`: the node without a window, with the same profile and the same commands, until it is told to stop."""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import trio

from app import commands, forward
from app.actions.offers import set_offer
from app.actions.peers import turn_swarm
from app.cli import Failure
from app.errors import sentence
from app.node import Node
from app.profile import Profile
from app.results import CommandFailed
from app.serving import open_serving
from app.swarm.kinds.inference import Inference
from app.swarm_results import PeersChanged
from app.texts import text
from app.views.swarm_setting import ASKED
from app.wallet_results import WalletAsks
from storage.database import VaultError

# Typed here: libp2p brings type stubs of an older trio, which know no `abandon_on_cancel`.
_thread: Callable[..., Any] = trio.to_thread.run_sync


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
        if isinstance(error, CommandFailed) and error.key == "in-use" and forward.stays(Profile(folder)):
            raise Failure(text("cli.node.already", language)) from error
        raise Failure(sentence(error, language)) from error
    return 0


async def _main(folder: Path, secret: str, language: str, listen: tuple[str, ...] | None, serves: Serves) -> None:
    changes_in, changes = trio.open_memory_channel[None](1)

    def heard(event: object) -> None:
        if isinstance(event, WalletAsks) and event.waiting:
            sys.stderr.write(text("cli.wallet.waiting", language, count=event.waiting) + "\n")
        if isinstance(event, PeersChanged):
            with suppress(trio.WouldBlock):  # one look is enough for both
                changes_in.send_nowait(None)

    async with open_serving(folder, heard) as node:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_ended_by, signals, nursery.cancel_scope)
                await commands.unlock(node, secret)
                await _asked_once(node, language)
                await node.swarm.start()
                state = await turn_swarm(node, True, listen, serves.relays, serves.meets)
                if not state.running:
                    raise Failure(state.problem or text("error.airplane", language))
                sys.stdout.write(text("cli.node.running", language, peer=state.peer_id) + "\n")
                for address in state.listening:
                    sys.stdout.write(f"{address}/p2p/{state.peer_id}\n")
                sys.stdout.flush()
                nursery.start_soon(_tell_of_trouble, node, language, changes)


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


async def _ended_by(signals: AsyncIterator[int], scope: trio.CancelScope) -> None:
    async for _ in signals:
        scope.cancel()
        return


async def _asked_once(node: Node, language: str) -> None:
    """At the first start the person says whether contacts may use the model; where nobody can answer, it is said."""
    settings = node.vault.vault.settings
    if await node.blocking(settings.get, ASKED, False):
        return
    quota = Inference.usual.quota
    if not sys.stdin.isatty():
        sys.stderr.write(text("cli.node.offered", language, quota=quota) + "\n")
        return
    sys.stderr.write(text("cli.node.ask", language, quota=quota))
    sys.stderr.flush()
    said = await _thread(sys.stdin.readline, abandon_on_cancel=True)
    no = said.strip()[:1].lower() == "n"
    await set_offer(node, "inference", audience="nobody" if no else "contacts")
    await node.blocking(settings.set, ASKED, True)
