"""Ranges of a file over a stream: `/nuee/blob/1.0.0`, from a provider to the initiator that awarded it.

    initiator   length, [1, conversation: 16 bytes, sha256: 32 bytes, offset, count, what]     any number, in turn
    provider    length, [1, "ok"] and `count` bytes      what: "bytes"
                length, [1, "ok", SHA-256 of the range]  what: "digest"
                length, [1, "ok"]                        what: "end": nothing more is wanted, of this conversation
                length, [1, "refused", word]             not-now, range, too-much

Lengths and encoding as in docs/protocol.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from p2p.canonical import BadEncoding, decode, encode
from p2p.host_serving import receive_message, send_message

if TYPE_CHECKING:
    from p2p.host_stream import Stream

PROTOCOL = "/nuee/blob/1.0.0"
VERSION = 1
MAX_FRAME = 128  # bytes of a request, and of an answer before the range
MAX_RANGE = 1 << 20  # bytes
What = Literal["bytes", "digest", "end"]


class BlobRefused(Exception):
    """The other node's word for it: `code`; or `garbled`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Range:
    """`conversation`, `digest`: lower-case hex."""

    conversation: str
    digest: str
    offset: int
    count: int
    what: What

    def to_bytes(self) -> bytes:
        conversation, digest = bytes.fromhex(self.conversation), bytes.fromhex(self.digest)
        return encode([VERSION, conversation, digest, self.offset, self.count, self.what])

    @classmethod
    def from_bytes(cls, data: bytes) -> Range:
        """Errors: BlobRefused("garbled")."""
        try:
            value = decode(data)
        except BadEncoding as error:
            raise BlobRefused("garbled") from error
        match value:
            case [1, bytes(conversation), bytes(digest), int(offset), int(count), "bytes" | "digest" | "end" as what]:
                sound = len(conversation) == 16 and len(digest) == 32 and bool not in (type(offset), type(count))
                if sound and offset >= 0 and count >= 0:
                    return cls(conversation.hex(), digest.hex(), offset, count, what)
        raise BlobRefused("garbled")


async def fetch(stream: Stream, wanted: Range) -> bytes:
    """The range, its digest, or nothing, as `wanted.what` says.  Errors: HostFailed, BlobRefused."""
    await send_message(stream, wanted.to_bytes(), MAX_FRAME)
    try:
        answer = decode(await receive_message(stream, MAX_FRAME))
    except BadEncoding as error:
        raise BlobRefused("garbled") from error
    match answer:
        case [1, "ok"] if wanted.what == "bytes":
            return await stream.read_exactly(wanted.count)
        case [1, "ok"] if wanted.what == "end":
            return b""
        case [1, "ok", bytes(digest)] if wanted.what == "digest" and len(digest) == 32:
            return digest
        case [1, "refused", str(word)]:
            raise BlobRefused(word)
    raise BlobRefused("garbled")


async def answer(stream: Stream, *said: str | bytes, then: bytes = b"") -> None:
    """Errors: HostFailed."""
    await send_message(stream, encode([VERSION, *said]), MAX_FRAME)
    if then:
        await stream.write(then)


async def next_range(stream: Stream) -> Range:
    """Errors: HostFailed `lost` at the end of the stream; BlobRefused("garbled")."""
    return Range.from_bytes(await receive_message(stream, MAX_FRAME))
