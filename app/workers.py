"""Worker processes, seen from the node: start, ask, stream, kill.

A worker is `nuee --worker NAME`, spoken to over its standard input and output (see frames.py and worker_host.py).
A request is {"id", "op", "args"}; replies are {"id", "event"} any number of times, then exactly one of
{"id", "done"} or {"id", "error": {"code", "message"}}.  {"id", "cancel": true} asks a running request to end early;
it still ends with its one final reply.  A worker that dies answers every open request with code "worker-died".
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from app.frames import BrokenFrame, Frame, read_frame, write_frame

Listener = Callable[[Frame], None]


class WorkerFailed(Exception):
    """A request ended in an error.  `code` is stable and short; the message is a sentence for the user.

    `values`: what stands in the catalogue's sentence for it, where that has gaps.
    """

    def __init__(self, code: str, message: str, values: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.values = dict(values or {})


@dataclass(frozen=True)
class WorkerSpec:
    """How to start one kind of worker."""

    name: str
    environment: Mapping[str, str]


def command(name: str) -> list[str]:
    """The command line that starts worker `name`, from a checkout and from a frozen bundle alike."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--worker", name]
    return [sys.executable, "-m", "app", "--worker", name]


class WorkerProcess:
    """One worker.  Methods may be called from any thread; listeners run on the reader thread and must not block."""

    def __init__(self, spec: WorkerSpec, on_exit: Callable[[int], None] | None = None) -> None:
        self.spec = spec
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._open: dict[int, Listener] = {}
        self._on_exit = on_exit
        self._ended = False
        environment = {**os.environ, **spec.environment}
        for secret in ("NUEE_PASSPHRASE", "NUEE_PASSPHRASE_FILE"):
            environment.pop(secret, None)  # a worker has no use for it, and its environment can be read
        self._process = subprocess.Popen(
            command(spec.name),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("NUEE_DEBUG") else subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C in a terminal is for the node, which decides what ends
        )
        self._reader = threading.Thread(target=self._read, name=f"worker-{spec.name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._ended

    def submit(self, op: str, args: Mapping[str, Any], listener: Listener) -> int:
        """Send a request; `listener` gets every reply, the final one last.  Never raises: failures are replies."""
        number = next(self._ids)
        with self._lock:
            if not self._ended:
                self._open[number] = listener
                with contextlib.suppress(OSError):  # the reader sees the end and answers for us
                    write_frame(cast(BinaryIO, self._process.stdin), {"id": number, "op": op, "args": dict(args)})
                return number
        listener({"id": number, "error": _died(self.spec.name)})
        return number

    def cancel(self, number: int) -> None:
        """Ask request `number` to end early.  Harmless when it has ended."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            if number in self._open:
                write_frame(cast(BinaryIO, self._process.stdin), {"id": number, "cancel": True})

    def call(self, op: str, /, **args: Any) -> dict[str, Any]:
        """Ask and wait (worker threads only).  Errors: WorkerFailed."""
        replies: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self.submit(op, args, replies.put)
        while True:
            reply = replies.get()
            if "error" in reply:
                raise _failed(reply["error"])
            if "done" in reply:
                return cast(dict[str, Any], reply["done"])

    def kill(self) -> None:
        """End the process now and wait until it is gone, with everything it held in memory."""
        self._process.kill()
        self._process.wait()
        if threading.current_thread() is not self._reader:
            self._reader.join()

    def _read(self) -> None:
        stream = cast(BinaryIO, self._process.stdout)
        with contextlib.suppress(BrokenFrame, OSError, ValueError):
            while (frame := read_frame(stream)) is not None:
                with self._lock:
                    number = frame.get("id", 0)
                    listener = self._open.get(number)
                    if "event" not in frame:
                        self._open.pop(number, None)
                if listener is not None:
                    listener(frame)
        self._process.kill()  # a worker that broke the framing is not spoken to again
        code = self._process.wait()
        with self._lock:
            self._ended = True
            left, self._open = self._open, {}
        for number, listener in left.items():
            listener({"id": number, "error": _died(self.spec.name)})
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                cast(BinaryIO, pipe).close()
        if self._on_exit is not None:
            self._on_exit(code)


def _failed(error: Mapping[str, Any]) -> WorkerFailed:
    return WorkerFailed(error["code"], error["message"], error.get("values"))


def _died(name: str) -> dict[str, str]:
    return {"code": "worker-died", "message": f"the {name} process ended unexpectedly"}


def ask(worker: WorkerProcess, op: str, seconds: float, /, **args: Any) -> dict[str, Any]:
    """One request to its end; blocking, any thread.  Errors: TimeoutError, WorkerFailed."""
    replies: queue.SimpleQueue[Frame] = queue.SimpleQueue()
    worker.submit(op, args, replies.put)
    try:
        reply = replies.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if "error" in reply:
        raise _failed(reply["error"])
    return dict(reply["done"])
