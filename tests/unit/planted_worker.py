"""A real worker process with one operation of its service replaced by one that does harm where it is asked to."""

from __future__ import annotations

import sys
from textwrap import indent

import pytest

from app import workers

_PROGRAM = """
import os, socket, sys, time
from {package} import {module}
from app.worker_host import private_pipes, serve
source, sink = private_pipes()
real = {module}.service()
def tried(what):
    try:
        what()
    except OSError as error:
        return type(error).__name__
    except MemoryError:
        return "MemoryError"
    return "it worked"
def harm(asked):
    if asked == "sleep":
        time.sleep(60)
    if asked == "crash":
        os.kill(os.getpid(), 11)
def limits():
    return "|".join([tried(lambda: open("/etc/hostname")), tried(lambda: socket.socket()),
                     "it worked" if os.system("true") == 0 else "no program", tried(lambda: bytearray(2 << 30))])
def planted(args, reply):
{body}
    return real["{operation}"](args, reply)
serve({{**real, "{operation}": planted}}, source, sink)
"""


def plant(monkeypatch: pytest.MonkeyPatch, worker: str, operation: str, body: str) -> None:
    """`worker`: the module of its service.  `body`: of the function in place of `operation`, which gets `args` and
    `reply`, may call `harm("sleep" | "crash")` and `limits()`, and falls through to the real one."""
    package, _, module = worker.rpartition(".")
    program = _PROGRAM.format(
        package=package, module=module, operation=operation, body=indent(body.strip("\n"), "    ")
    )
    monkeypatch.setattr(workers, "command", lambda _name: [sys.executable, "-c", program])
