"""An end to waiting: the time-outs of a connection begin anew with each byte, so that one byte now and then would keep
a reader for ever."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from storage.sync import Stop, SyncFailed

_TICK = 0.25  # seconds


class Stopped(Exception):
    """The person, or the schedule, wants it to end."""


class Deadline:
    """Within `with`: a thread cuts the connection when time is up or `stop` says so."""

    def __init__(self, seconds: float, stop: Stop) -> None:
        self._end = time.monotonic() + seconds
        self._stop = stop
        self._over = threading.Event()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._wait, name="fetch-deadline", daemon=True)

    def __enter__(self) -> Deadline:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Errors: Stopped; SyncFailed `source-unreachable` when time is up."""
        if self._stop():
            raise Stopped
        if time.monotonic() > self._end:
            raise SyncFailed("source-unreachable", "The server takes too long.")

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """For the HTTP library: tells of each connection as it is made, and again once it is encrypted."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")

    def _wait(self) -> None:
        while not self._over.wait(_TICK):
            connected = self._socket
            if connected is not None and (time.monotonic() > self._end or self._stop()):
                with contextlib.suppress(OSError):  # closed already
                    connected.shutdown(socket.SHUT_RDWR)
