"""Length-prefixed CBOR frames between our own processes.

CBOR and not pickle: a worker reads what others wrote (a model file, a mail), so what comes back from it must not be
able to run code here.  A frame is 4 bytes of big-endian length and one CBOR map (RFC 8949).
"""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import cbor2

MAX_FRAME = 512 * 1024 * 1024  # bytes; a matrix of 100,000 vectors fits, a runaway length does not
_HEADER = struct.Struct(">I")

Frame = dict[str, Any]


class BrokenFrame(Exception):
    """The other side sent something that is not a frame, or stopped in the middle of one."""


def write_frame(stream: BinaryIO, frame: Frame) -> None:
    """Write one frame and flush.  Errors: OSError when the other side is gone."""
    body = cbor2.dumps(frame)
    if len(body) > MAX_FRAME:
        raise BrokenFrame(f"a frame of {len(body)} bytes is over the limit of {MAX_FRAME}")
    stream.write(_HEADER.pack(len(body)) + body)
    stream.flush()


def read_frame(stream: BinaryIO) -> Frame | None:
    """Read one frame; None at a clean end.  Errors: BrokenFrame."""
    header = stream.read(_HEADER.size)
    if not header:
        return None
    if len(header) < _HEADER.size:
        raise BrokenFrame("the stream ended inside a header")
    (length,) = _HEADER.unpack(header)
    if length > MAX_FRAME:
        raise BrokenFrame(f"a frame of {length} bytes is over the limit of {MAX_FRAME}")
    body = stream.read(length)
    if len(body) < length:
        raise BrokenFrame("the stream ended inside a frame")
    try:
        frame = cbor2.loads(body)
    except (cbor2.CBORDecodeError, ValueError, RecursionError) as error:
        raise BrokenFrame("a frame is not CBOR") from error
    if not isinstance(frame, dict):
        raise BrokenFrame("a frame is not a map")
    return frame
