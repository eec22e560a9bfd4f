"""A watch over the sockets of one process, for the proof of airplane mode: every Python process of ours sets it up.

What Python code does with sockets raises audit events (PEP 578), which cannot be taken off again.  Native code raises
none: what it has open is looked up from outside (`live.sockets`).
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import sys
from pathlib import Path
from typing import Any

EVENTS = {
    "socket.connect": "connect",
    "socket.bind": "bind",
    "socket.sendto": "send",
    "socket.sendmsg": "send",
    "socket.getaddrinfo": "look up",
    "socket.gethostbyname": "look up",
    "socket.gethostbyaddr": "look up",
    "socket.getnameinfo": "look up",
}
_HERE = ("localhost", "", "0", "None")


def watch(folder: str) -> None:
    """Write each event into a file of this process in `folder`, from now on until the process ends."""
    target = os.open(Path(folder) / f"{os.getpid()}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    process = " ".join(sys.argv[1:3])

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if event in EVENTS and (address := _address(event, arguments)) is not None:
            line = json.dumps([EVENTS[event], address, process], default=str) + "\n"
            os.write(target, line.encode("utf-8", "replace"))

    sys.addaudithook(heard)


def read(folder: Path) -> tuple[set[str], int]:
    """What was heard, "what address (process)", and in how many processes."""
    logs = sorted(folder.glob("*.log"))
    lines = [json.loads(line) for log in logs for line in log.read_text("utf-8").splitlines()]
    return {f"{what} {address} ({process})" for what, address, process in lines}, len(logs)


def stays(line: str) -> bool:
    """Whether it is about this machine alone: a loopback address, or a local name."""
    address = line.split(" (", 1)[0].removeprefix("look up ").rpartition(" ")[2]
    host = address.rpartition(":")[0].strip("[]") if ":" in address else address
    for one in (host, address):
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(one.partition("%")[0]).is_loopback
    return host in _HERE


def _address(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Of the internet; None for sockets of the system and for what is no address."""
    given = arguments[0] if event.startswith("socket.get") and event != "socket.getnameinfo" else arguments[-1]
    if event == "socket.getnameinfo":
        given = arguments[0]
    if event == "socket.getaddrinfo":
        return f"{_text(arguments[0])}:{_text(arguments[1])}"
    if isinstance(given, tuple) and len(given) >= 2:
        return f"{_text(given[0])}:{given[1]}"
    return _text(given) if event.startswith("socket.gethost") else None


def _text(given: object) -> str:
    return given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given)
