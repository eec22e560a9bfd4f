"""A relay between a client and a server on loopback: slow, or cut at will."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

_PIECE = 4096


class Proxy:
    """Relays to `target`; what the server says passes at `rate` bytes per second (0: at full speed).

    `cut_after`: the bytes of the server after which the connection is dropped (0: never).
    """

    def __init__(self, target: int, rate: int = 0, cut_after: int = 0) -> None:
        self._target, self._rate, self._cut_after = target, rate, cut_after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.passed = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                threading.Thread(target=self._relay, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._relay, args=(server, client, True), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_PIECE):
                if counted:
                    self.passed += len(data)
                    if self._cut_after and self.passed >= self._cut_after:
                        break
                    if self._rate:
                        time.sleep(len(data) / self._rate)
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
