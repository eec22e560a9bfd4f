"""Streams that are kept after a request, for the next one to the same peer: to open one takes three round trips.

Only for protocols whose requests may be said twice without harm: a stream that was kept may be gone by the time it is
used, and then it is not known whether the peer took the request; it is said again on a new stream.

The peer may end a stream after any answer, and a simple peer always does; a stream whose end has come is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import trio

from p2p.host_errors import HostFailed
from p2p.host_libp2p import ID
from p2p.host_limits import Limits
from p2p.host_serving import ask
from p2p.host_stream import Stream

IDLE = 20.0  # seconds that a stream is kept without a request; the other side waits longer (Limits.kept_time)
EACH = 2  # streams of one peer and protocol that are kept
SWEEP = 2.0  # seconds between two looks for streams that the peer has ended, or that nobody used


@dataclass(frozen=True)
class _Kept:
    stream: Stream
    since: float


class Keeping:
    """Trio thread only.  `run` it while the host runs."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._kept: dict[tuple[str, str], list[_Kept]] = {}
        self._unwanted: list[Stream] = []

    async def ask_again(self, network: Any, peer_id: str, protocol: str, data: bytes) -> bytes | None:
        """Ask on a stream that was kept; None where there is none, or it was gone, and the peer has to be asked anew.

        Errors: HostFailed too-large, peer-error, too-slow.
        """
        stream = self._take(network, peer_id, protocol)
        if stream is None:
            return None
        try:
            return await self.ask(stream, data)
        except HostFailed as error:
            if error.code != "lost":
                raise
            return None

    async def ask(self, stream: Stream, data: bytes) -> bytes:
        """Ask on this stream, which is kept after it, or closed.  Errors: those of host_serving.ask."""
        try:
            answer = await ask(stream, data, self._limits, keep=True)
        except BaseException:
            await stream.reset()
            raise
        kept = self._kept.setdefault((stream.peer_id, stream.protocol), [])
        if stream.is_quiet and len(kept) < EACH:
            kept.append(_Kept(stream, trio.current_time()))
        else:
            await stream.close()
        return answer

    async def run(self) -> None:
        """Close what is not used any longer.  Until cancelled."""
        async with trio.open_nursery() as nursery:
            while True:
                await trio.sleep(SWEEP)
                old = trio.current_time() - IDLE
                for key, kept in list(self._kept.items()):
                    good = [one for one in kept if one.since > old and one.stream.is_quiet]
                    self._unwanted += [one.stream for one in kept if one not in good]
                    if good:
                        self._kept[key] = good
                    else:
                        del self._kept[key]
                while self._unwanted:
                    nursery.start_soon(self._unwanted.pop().close)

    def _take(self, network: Any, peer_id: str, protocol: str) -> Stream | None:
        """The stream that was used last and can be used now, on the connection that a new one would be opened on."""
        kept = self._kept.get((peer_id, protocol), [])
        if not kept:
            return None
        connections = network.get_connections(ID.from_string(peer_id))
        best = network._select_connection(connections, ID.from_string(peer_id)) if connections else None
        while kept:
            one = kept.pop()
            if one.stream.is_quiet and one.stream.is_of(best) and trio.current_time() < one.since + IDLE:
                return one.stream
            self._unwanted.append(one.stream)
        return None
