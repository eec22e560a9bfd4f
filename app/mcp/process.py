"""An MCP server as a process of its own: a clean environment, bounded output, and no survivors.

In place of the transport of the `mcp` package, which keeps whatever length of line a server writes, hands on its
standard error, and lets a process that left its group live on.  Trio thread.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import mcp_types as types
import trio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage

MAX_LINE = 2 * 1024 * 1024  # bytes of one message
MAX_OUTPUT = 8 * 1024 * 1024  # bytes that a server may write while it is used once
_GRACE = 0.5  # seconds between the end of its input and its own
_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "TEMP", "USERPROFILE")

Incoming = MemoryObjectSendStream[SessionMessage | Exception]


def environment(secrets: Mapping[str, str]) -> dict[str, str]:
    """What a server is started with: where programs and files lie, and what the person gave it; nothing of ours."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | dict(secrets)


@asynccontextmanager
async def started(command: Sequence[str], secrets: Mapping[str, str]) -> AsyncIterator[TransportStreams]:
    """A transport of the `mcp` package.  Errors: OSError where it does not start."""
    process = await trio.lowlevel.open_process(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(secrets),
        cwd=Path.home(),
        start_new_session=True,
    )
    incoming, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_read, process, incoming)
            nursery.start_soon(_write, process, outgoing, incoming)
            yield read, write
            nursery.cancel_scope.cancel()
    finally:
        for stream in (incoming, read, write, outgoing):
            stream.close()
        with trio.CancelScope(shield=True):
            await _end(process)


async def _read(process: trio.Process, incoming: Incoming) -> None:
    """Each line as a message, until it ends or has written too much; then the session sees the end."""
    assert process.stdout is not None
    pending, total = bytearray(), 0
    with incoming, suppress(anyio.BrokenResourceError, trio.BrokenResourceError, trio.ClosedResourceError):
        async for data in process.stdout:
            total += len(data)
            pending += data
            *lines, pending = pending.split(b"\n")
            if total > MAX_OUTPUT or len(pending) > MAX_LINE:
                return
            for line in lines:
                await incoming.send(_message(bytes(line)))


def _message(line: bytes) -> SessionMessage | Exception:
    try:
        return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError as error:
        return error


async def _write(
    process: trio.Process, outgoing: MemoryObjectReceiveStream[SessionMessage], incoming: Incoming
) -> None:
    assert process.stdin is not None
    try:
        async for message in outgoing:
            line = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            await process.stdin.send_all(line.encode() + b"\n")
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        incoming.close()  # nobody reads there any more, so nothing will be answered


async def _end(process: trio.Process) -> None:
    """Close its input, give it a moment, then end it with all it started."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            await pipe.aclose()
    deadline = trio.current_time() + _GRACE
    while not _exited(process.pid) and trio.current_time() < deadline:  # noqa: ASYNC110 - looked at, not reaped
        await trio.sleep(0.01)
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, 9)  # before it is reaped: until then nobody else can bear this number
        else:
            process.kill()
    await process.wait()


def _exited(number: int) -> bool:
    """Without reaping it."""
    if not hasattr(os, "waitid"):
        return False
    try:
        return os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True
