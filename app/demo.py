"""`nuee demo swarm`: two throw-away profiles on this machine that are contacts already, to see two agents agree."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TextIO

import trio

from app import commands, forward
from app.functions.outgoing import NAME
from app.node import Node, open_node
from app.profile import Profile
from app.serving import open_serving
from app.texts import text
from app.views.swarm_setting import ASKED, DEMO

NAMES = ("Ada", "Ben")
STARTING = 60.0  # seconds that a window may take
ENDING = 20.0
PAUSE = 0.2


def run(language: str, *, windows: bool, out: TextIO = sys.stdout) -> int:
    """Until the windows are closed, or it is told to stop; the profiles are removed then.  The exit status."""
    passphrase = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="nuee-demo-", ignore_cleanup_errors=True) as folder, _ended_by_signals():
        homes = tuple(Path(folder) / name.lower() for name in NAMES)
        try:
            trio.run(prepare, homes, passphrase)
            if windows:
                _windows(homes, passphrase, language, out)
            else:
                trio.run(_without_windows, homes, passphrase, language, out)
        except KeyboardInterrupt:
            return 0
    return 0


def has_display() -> bool:
    """Whether a window can be shown."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


async def prepare(homes: Sequence[Path], passphrase: str) -> None:
    """Make the profiles: reachable on loopback alone, and contacts of each other."""
    async with AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(open_node(home)) for home in homes]
        for node, name, port in zip(nodes, NAMES, _free_ports(len(homes)), strict=True):
            await commands.create(node, passphrase)
            await commands.set_setting(node, NAME, name)
            await commands.set_setting(node, ASKED, True)
            await commands.set_setting(node, DEMO, [name, NAMES[name == NAMES[0]], name == NAMES[0]])
            await commands.turn_swarm(node, True, (f"/ip4/127.0.0.1/tcp/{port}",))
            await node.swarm.start()
        ada, ben = nodes
        made = await commands.invite(ada, NAMES[1])
        await commands.add_peer(ben, made.invite, NAMES[0])


def _free_ports(count: int) -> tuple[int, ...]:
    """They stay the same when the profiles are opened again: each knows where the other was."""
    open_ones = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return tuple(int(one.getsockname()[1]) for one in open_ones)
    finally:
        for one in open_ones:
            one.close()


def _windows(homes: Sequence[Path], passphrase: str, language: str, out: TextIO) -> None:
    """One process for each, as if two people had started it."""
    # The whole group gets a Ctrl-C; the windows are told to close by this process alone.
    windows = [
        subprocess.Popen([sys.executable, "-m", "app", "open", "--home", str(home)], start_new_session=True)
        for home in homes
    ]
    try:
        with ThreadPoolExecutor(len(homes)) as unlocking:  # each takes its second of key derivation
            for home, window in zip(homes, windows, strict=True):
                unlocking.submit(_unlock, home, window, passphrase)
        out.write(text("cli.demo.windows", language, first=NAMES[0], second=NAMES[1]) + "\n")
        out.flush()
        while any(window.poll() is None for window in windows):
            time.sleep(PAUSE)
    finally:
        _end(windows)


def _unlock(home: Path, window: subprocess.Popen[bytes], passphrase: str) -> None:
    """Nobody has to type the passphrase of a profile that is thrown away.  A window that was closed needs none."""
    deadline = time.monotonic() + STARTING
    while window.poll() is None and time.monotonic() < deadline:
        try:
            forward.send(Profile(home), "swarm", {"secret": passphrase}, lambda _event: None, "en")
        except (forward.Unreachable, FileNotFoundError):
            time.sleep(PAUSE)
        else:
            return


def _end(windows: Sequence[subprocess.Popen[bytes]]) -> None:
    for window in windows:
        window.terminate()
    for window in windows:
        try:
            window.wait(ENDING)
        except subprocess.TimeoutExpired:
            window.kill()
            window.wait()


async def _without_windows(homes: Sequence[Path], passphrase: str, language: str, out: TextIO) -> None:
    """Both nodes in this process, for commands that are typed elsewhere."""
    async with AsyncExitStack() as stack:
        nodes: list[Node] = []
        for home in homes:
            nodes.append(await stack.enter_async_context(open_serving(home, lambda _event: None)))
        for node in nodes:
            await commands.unlock(node, passphrase)
            await node.swarm.start()
        ready = "cli.demo.nodes" if await commands.models(nodes[0]) else "cli.demo.no_model"
        said = text(ready, language, first=NAMES[0], second=NAMES[1])
        lines = [text("cli.demo.try", language, home=homes[0]), text("cli.demo.look", language, home=homes[1])]
        out.write("\n".join((said, *lines, text("cli.demo.stop", language))) + "\n")
        out.flush()
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                return


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does, so that the profiles are removed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
