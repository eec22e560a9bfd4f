"""Fetches a file from several peers at once, each a piece at a time, and finds out who sent what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import trio

from app.results import CommandFailed
from app.swarm.kinds.blob import BlobRefused, Range, What, fetch
from app.swarm.kinds.partial import Partial
from p2p.host_errors import HostFailed

if TYPE_CHECKING:
    from p2p.host_stream import Stream

FIRST_PAUSE = 0.2  # seconds after a peer did not serve; twice as long each time
LONGEST_PAUSE = 10.0
END_WITHIN = 5.0

Open = Callable[[str], Awaitable["Stream"]]


class WrongBytes(Exception):
    """No peer's bytes, nor any that could be had from others in their place, make the file.  `peers`: who sent them."""

    def __init__(self, peers: tuple[str, ...]) -> None:
        super().__init__("wrong bytes")
        self.peers = peers


class Fetching:
    """One file, for one awarded task.  Trio thread only."""

    def __init__(
        self,
        partial: Partial,
        conversation: str,
        digest: str,
        open_stream: Open,
        blocking: Callable[..., Any],
        report: Callable[[int, int], None],
    ) -> None:
        self._partial = partial
        self._conversation = conversation
        self._digest = digest
        self._open = open_stream
        self._blocking = blocking
        self._report = report
        self._missing = [piece for piece in range(partial.pieces) if piece not in partial.sources]
        self._news = trio.Event()
        self._sent: list[tuple[int, str, bytes]] = []  # piece, peer, SHA-256 of what it sent

    async def run(self, peers: Sequence[str]) -> tuple[str, ...]:
        """Until the file is whole and right; the peers that sent wrong bytes.  Goes on trying while peers are away.

        Errors: OSError, WrongBytes.
        """
        self._tell()
        async with trio.open_nursery() as nursery:
            for peer in peers:
                nursery.start_soon(self._from, peer, nursery.cancel_scope)
        if await self._blocking(self._partial.is_right):
            return ()
        return await self._mended(peers)

    async def end(self, peer: str) -> None:
        """Tell a peer that nothing more is wanted, as far as it can be told."""
        with trio.move_on_after(END_WITHIN), suppress(HostFailed, CommandFailed, BlobRefused):
            async with await self._open(peer) as stream:
                await fetch(stream, self._range("end", 0, 0))

    async def _from(self, peer: str, all_of_them: trio.CancelScope) -> None:
        pause = FIRST_PAUSE
        while not self._whole():
            try:
                async with await self._open(peer) as stream:
                    while not self._whole():
                        if await self._next_piece(peer, stream):
                            pause = FIRST_PAUSE
            except (HostFailed, CommandFailed, BlobRefused):
                await trio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        all_of_them.cancel()  # who cannot be reached is not waited for

    async def _next_piece(self, peer: str, stream: Stream) -> bool:
        """False where all that is missing is on its way from others: then until there is news."""
        if not self._missing:
            await self._news.wait()
            return False
        piece = self._missing.pop(0)
        try:
            data = await fetch(stream, self._range("bytes", *self._partial.extent(piece)))
            await self._keep(piece, data, peer)
        except BaseException:
            self._missing.insert(0, piece)
            raise
        finally:
            self._tell()
        return True

    async def _keep(self, piece: int, data: bytes, peer: str) -> None:
        digest = await self._blocking(_digest, data)
        await self._blocking(self._partial.put, piece, data, peer)
        self._sent.append((piece, peer, digest))

    async def _mended(self, peers: Sequence[str]) -> tuple[str, ...]:
        """Take each peer at its word in turn: pieces that it has otherwise come from it, and the whole is judged."""
        known = {piece for piece, _, _ in self._sent}
        for piece, peer in self._partial.sources.items():
            if piece not in known:  # from before a restart
                self._sent.append((piece, peer, await self._blocking(self._partial.digest, piece)))
        for peer in peers:
            try:
                async with await self._open(peer) as stream:
                    changed = await self._as_it_has_it(peer, stream)
            except (HostFailed, CommandFailed, BlobRefused):
                continue
            if changed and await self._blocking(self._partial.is_right):
                right = [await self._blocking(self._partial.digest, piece) for piece in range(self._partial.pieces)]
                return tuple(sorted({who for piece, who, digest in self._sent if digest != right[piece]}))
        wrong = tuple(sorted(set(self._partial.sources.values())))
        await self._blocking(self._partial.remove)
        raise WrongBytes(wrong)

    async def _as_it_has_it(self, peer: str, stream: Stream) -> bool:
        """Whether anything of it was another here."""
        changed = False
        for piece in range(self._partial.pieces):
            extent = self._partial.extent(piece)
            theirs = await fetch(stream, self._range("digest", *extent))
            if theirs != await self._blocking(self._partial.digest, piece):
                data = await fetch(stream, self._range("bytes", *extent))
                await self._keep(piece, data, peer)
                changed = True
            self._tell()
        return changed

    def _whole(self) -> bool:
        return len(self._partial.sources) == self._partial.pieces

    def _range(self, what: What, offset: int, count: int) -> Range:
        return Range(self._conversation, self._digest, offset, count, what)

    def _tell(self) -> None:
        self._report(self._partial.done, self._partial.size)
        self._news.set()
        self._news = trio.Event()


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
