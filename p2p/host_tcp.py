"""TCP that leaves no socket behind: py-libp2p 0.8.1 forgets one whose dial is cancelled during the handshake."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from typing import Any

import trio

from p2p.host_libp2p import TCP, OpenConnectionError

CLOSE_TIMEOUT = 2.0  # seconds
# Seconds for a connection to open, before any handshake.  A kernel sends its SYN at once and after 1 s, and then waits
# longer and longer; a dial that gives up and is begun again asks more often, and finds a line that is mended sooner.
CONNECT_TIME = 2.5

_INFO = 11  # TCP_INFO of linux/tcp.h
_LAST_DATA_RECEIVED, _LAST_ACK_RECEIVED = 52, 56  # offsets in struct tcp_info: milliseconds ago
_NUMBER = struct.Struct("=I")
_LINGER_NOT = struct.pack("ii", 1, 0)


class TidyTcp(TCP):  # type: ignore[misc]  # py-libp2p is not followed by mypy
    """Trio thread only.  `close_rest` closes what was dialled and is still open: call it when the host is closed."""

    def __init__(self) -> None:
        super().__init__()
        self._dialled: list[Any] = []

    async def _dial_resolved(self, maddr: Any, source: tuple[str, int] | None = None) -> Any:
        try:
            with trio.fail_after(CONNECT_TIME):
                connection = await super()._dial_resolved(maddr, source)
        except trio.TooSlowError as error:
            raise OpenConnectionError(f"{maddr} does not answer.") from error
        self._dialled = [one for one in self._dialled if _is_open(one)]
        self._dialled.append(connection.stream.stream)
        return connection

    async def close_rest(self) -> None:
        rest, self._dialled = self._dialled, []
        with trio.move_on_after(CLOSE_TIMEOUT) as scope:
            scope.shield = True
            for stream in rest:
                await stream.aclose()


def last_sign(connected: Any) -> float | None:
    """Seconds since the other side's kernel sent or acknowledged anything; None where this machine cannot tell.

    `connected` is a TCP socket of trio, or None.
    """
    if connected is None or not hasattr(socket, "TCP_INFO"):
        return None
    try:
        info = connected.getsockopt(socket.IPPROTO_TCP, _INFO, 64)
    except OSError:  # it is closed
        return None
    if len(info) < _LAST_ACK_RECEIVED + _NUMBER.size:
        return None
    ago = min(_NUMBER.unpack_from(info, place)[0] for place in (_LAST_DATA_RECEIVED, _LAST_ACK_RECEIVED))
    return float(ago) / 1000


def abort_when_closed(connected: Any) -> None:
    """Closing this TCP socket of trio shall tell the peer so at once, and leave nothing behind for the kernel to send.

    A peer that still hears us would otherwise learn of the end after all that it never acknowledged.
    """
    with suppress(OSError, ValueError):  # it is closed; or this machine has another form for it
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)


def _is_open(stream: Any) -> bool:
    return bool(stream.socket.fileno() >= 0)
