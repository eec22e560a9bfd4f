"""TCP that leaves no socket behind: py-libp2p 0.8.1 forgets one whose dial is cancelled during the handshake."""

from __future__ import annotations

from typing import Any

import trio

from p2p.host_libp2p import TCP

CLOSE_TIMEOUT = 2.0  # seconds


class TidyTcp(TCP):  # type: ignore[misc]  # py-libp2p is not followed by mypy
    """Trio thread only.  `close_rest` closes what was dialled and is still open: call it when the host is closed."""

    def __init__(self) -> None:
        super().__init__()
        self._dialled: list[Any] = []

    async def _dial_resolved(self, maddr: Any, source: tuple[str, int] | None = None) -> Any:
        connection = await super()._dial_resolved(maddr, source)
        self._dialled = [one for one in self._dialled if _is_open(one)]
        self._dialled.append(connection.stream.stream)
        return connection

    async def close_rest(self) -> None:
        rest, self._dialled = self._dialled, []
        with trio.move_on_after(CLOSE_TIMEOUT) as scope:
            scope.shield = True
            for stream in rest:
                await stream.aclose()


def _is_open(stream: Any) -> bool:
    return bool(stream.socket.fileno() >= 0)
