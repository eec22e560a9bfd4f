"""A local chain in a process of its own: anvil, on loopback, which ends with whoever started it."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.chain import ward
from installer import anvil
from installer.anvil import AnvilMissing

__all__ = ["AnvilMissing", "Running", "anvil_binary", "started"]

PATIENCE = 60.0  # seconds until it listens
_LISTENING = re.compile(r"Listening on (127\.0\.0\.1:\d+)")


@dataclass(frozen=True)
class Running:
    """`url`: where it answers JSON-RPC."""

    url: str
    process: subprocess.Popen[str]


def anvil_binary() -> Path:
    """The program, fetched with npm the first time.  Blocks, then for as long as 19 MB take.

    Errors: AnvilMissing `anvil-platform`, `anvil-npm`, `anvil-fetch`, `anvil-digest`.
    """
    return anvil.fetched()


@contextlib.contextmanager
def started(port: int, chain_id: int, state: Path | None = None, *options: str) -> Iterator[Running]:
    """anvil, listening for as long as the block lasts.  `port`: 0 for any; `state`: where the chain is kept when it
    ends, and taken from; None for one that is forgotten.  Blocks.

    Its accounts are those of the mnemonic that everybody knows: worth nothing anywhere.
    Errors: AnvilMissing as `anvil_binary`, and `anvil-start` where it does not come to listen, as on a taken port.
    """
    command = [anvil_binary(), "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id), *options]
    if state is not None:
        command += ["--state", state, "--state-interval", "5"]  # seconds: a power cut takes no more than these
    process = subprocess.Popen(
        [sys.executable, "-I", ward.__file__, *map(str, command)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C is ours to answer: it ends in order, with its state kept
    )
    try:
        yield Running(_listening(process), process)
    finally:
        assert process.stdin
        with contextlib.suppress(OSError):  # it may have ended already
            process.stdin.close()
        process.wait()


def _listening(process: subprocess.Popen[str]) -> str:
    """Errors: AnvilMissing("anvil-start")."""
    found: list[str] = []
    known = threading.Event()

    def read() -> None:
        assert process.stdout
        with process.stdout as lines:
            for line in lines:  # to its end, or it would wait for somebody to read
                if not known.is_set() and (here := _LISTENING.search(line)):
                    found.append(here[1])
                    known.set()
        known.set()

    threading.Thread(target=read, daemon=True).start()
    known.wait(PATIENCE)
    if not found:
        raise AnvilMissing("anvil-start", "anvil did not start; is the port taken?")
    return f"http://{found[0]}"
