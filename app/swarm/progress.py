"""Text of a result as it comes: `/nuee/progress/1.0.0`, a stream from the provider to the initiator.

The initiator opens it and names the conversation; the provider writes what has come so far and then each piece, and
ends the stream with the work.  It is a courtesy: the result itself comes as a signed message, with or without it; so
what is more than anybody keeps, or empty, ends the following and nothing else.

    initiator   length, [1, conversation: 16 bytes]
    provider    any number of  length, [1, text]         lengths and encoding as in docs/protocol.md
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from p2p.canonical import BadEncoding, decode, encode
from p2p.host_errors import HostFailed

if TYPE_CHECKING:
    from p2p.host_stream import Stream

PROTOCOL = "/nuee/progress/1.0.0"
VERSION = 1
MAX_PIECE = 16 * 1024  # bytes
_AT_ONCE = MAX_PIECE // 4 - 4  # characters: of four bytes each, with the bytes around them
MAX_KEPT = 64 * 1024  # characters of one piece of work


@dataclass
class _Work:
    text: str = ""
    ended: bool = False
    news: trio.Event = field(default_factory=trio.Event)

    def tell(self) -> None:
        self.news.set()
        self.news = trio.Event()


class Progress:
    """Trio thread only.  Text is kept while the work goes on, in memory."""

    def __init__(self) -> None:
        self._works: dict[tuple[str, str], _Work] = {}

    def begin(self, peer: str, conversation: str) -> Callable[[str], None]:
        """What the work reports to; `end` it whatever becomes of it."""
        work = self._works[peer, conversation] = _Work()

        def report(piece: str) -> None:
            work.text = (work.text + piece)[:MAX_KEPT]
            work.tell()

        return report

    def end(self, peer: str, conversation: str) -> None:
        work = self._works.pop((peer, conversation), None)
        if work is not None:
            work.ended = True
            work.tell()

    async def serve(self, peer_id: str, stream: Stream) -> None:
        """See p2p.host_serving.StreamHandler.  Nobody hears of another's work."""
        from p2p.host_serving import receive_message, send_message  # libp2p takes half a second: only once it is there

        work = self._works.get((peer_id, _conversation(await receive_message(stream, 64))))
        at = 0
        while work is not None:
            piece = work.text[at : at + _AT_ONCE]
            if piece:
                await send_message(stream, encode([VERSION, piece]), MAX_PIECE)
                at += len(piece)
            elif work.ended:
                return
            else:
                await work.news.wait()


async def follow(stream: Stream, conversation: str, report: Callable[[str], None]) -> None:
    """Report what comes, `MAX_KEPT` characters at most, until the stream ends or is broken; neither is an error."""
    from p2p.host_serving import receive_message, send_message

    left = MAX_KEPT
    try:
        async with stream:
            await send_message(stream, encode([VERSION, bytes.fromhex(conversation)]), 64)
            while True:
                text = _piece(await receive_message(stream, MAX_PIECE), left)
                left -= len(text)
                report(text)
    except (HostFailed, BadEncoding):
        return


def _piece(data: bytes, left: int) -> str:
    """Errors: BadEncoding."""
    match decode(data):
        case [1, str(text)] if 0 < len(text) <= left:
            return text
    raise BadEncoding("This is no piece of a result.")


def _conversation(data: bytes) -> str:
    try:
        match decode(data):
            case [1, bytes(conversation)] if len(conversation) == 16:
                return conversation.hex()
    except BadEncoding:
        return ""
    return ""
