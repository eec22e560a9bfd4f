"""The other end of workers.py: what runs inside `nuee --worker NAME`.

A service is a mapping from operation to handler.  Requests run one at a time, in order, on the main thread; a second
thread reads, so that a cancel or the end of the parent is noticed while a handler works.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Protocol

from app.frames import BrokenFrame, Frame, read_frame, write_frame


class Reply(Protocol):
    """What a handler may do besides returning its result."""

    @property
    def cancelled(self) -> bool: ...

    def emit(self, event: Mapping[str, Any]) -> None: ...


Handler = Callable[[dict[str, Any], Reply], Mapping[str, Any]]
Service = Mapping[str, Handler]


class Refused(Exception):
    """Raised by a handler to answer with a stable code and a sentence.  Services may bring their own class: any
    exception with a `code` attribute that is a string is answered the same way, with the texts in its `values`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Request:
    def __init__(self, number: int, out: BinaryIO, lock: threading.Lock) -> None:
        self.number = number
        self._out = out
        self._lock = lock
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        self._cancelled.set()

    def emit(self, event: Mapping[str, Any]) -> None:
        self.send({"event": dict(event)})

    def send(self, body: Frame) -> None:
        with self._lock:
            write_frame(self._out, {"id": self.number, **body})


def serve(service: Service, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests from `source` on `sink` until `source` ends.  Never returns early: errors are replies."""
    work: queue.SimpleQueue[tuple[_Request, str, dict[str, Any]] | None] = queue.SimpleQueue()
    waiting: dict[int, _Request] = {}
    lock = threading.Lock()

    def read() -> None:
        try:
            while (frame := read_frame(source)) is not None:
                number = int(frame["id"])
                if frame.get("cancel"):
                    if number in waiting:
                        waiting[number].cancel()
                    continue
                request = waiting[number] = _Request(number, sink, lock)
                work.put((request, str(frame["op"]), frame.get("args", {})))
        except (BrokenFrame, OSError, KeyError, ValueError, TypeError):
            pass  # the parent is gone or talks nonsense: end below
        work.put(None)
        if sink.fileno() > 2:
            os._exit(0)  # in the middle of a handler too: a worker never outlives its node

    threading.Thread(target=read, name="reader", daemon=True).start()
    while (item := work.get()) is not None:
        request, op, args = item
        request.send(_answer(service, op, args, request))
        waiting.pop(request.number, None)


def _answer(service: Service, op: str, args: dict[str, Any], request: _Request) -> Frame:
    handler = service.get(op)
    if handler is None:
        return {"error": {"code": "unknown-operation", "message": f"unknown operation {op!r}"}}
    try:
        return {"done": dict(handler(args, request))}
    except Exception as error:  # noqa: BLE001 - a worker answers for every failure of its service
        code = getattr(error, "code", None)
        if isinstance(code, str):
            values = {str(name): str(value) for name, value in getattr(error, "values", {}).items()}
            return {"error": {"code": code, "message": str(error), "values": values}}
        # The type only: the text of an unforeseen error may quote a mail or a key.
        return {"error": {"code": "internal", "message": f"internal error ({type(error).__name__})"}}


def private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for frames, and send what libraries print to standard error."""
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink
