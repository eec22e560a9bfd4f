"""Requests and answers over streams: one of each, and then the next, as long as both sides keep the stream.

The bytes (docs/protocol.md):
  request   length, body                      the requester then ends its side, or keeps it for the next request
  answer    length, status, body              the server ends its side after any answer, or waits for the next request
`length` is an unsigned varint (multiformats unsigned-varint, at most 3 bytes here) and counts what follows it; `status`
is one byte: 0, and the body is the answer; 1, and the body is an error code in ASCII.  Errors of the server's own:
  too-large   the request is over the limit, or the answer would be
  too-slow    the handler did not answer in time
  refused     not for this peer
  failed      the handler broke; the server's log says more, the peer learns nothing
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

import trio

from p2p.host_errors import HostFailed, Refused
from p2p.host_limits import Limits

if TYPE_CHECKING:  # py-libp2p takes 0.7 s to import, which not every user of this file needs
    from p2p.host_stream import Stream

Handler = Callable[[str, bytes], Awaitable[bytes]]
StreamHandler: TypeAlias = "Callable[[str, Stream], Awaitable[None]]"

OK, ERROR = b"\0", b"\1"
CODE = re.compile(r"[a-z0-9-]{1,64}")
_LENGTH_BYTES = 3  # a length of at most 2 MiB
_LOG = logging.getLogger(__name__)


async def ask(stream: Stream, request: bytes, limits: Limits, *, keep: bool = False) -> bytes:
    """Send one request, return the answer's body.  `keep`: more may follow on this stream.

    Errors: HostFailed too-large, peer-error, lost, too-slow.
    """
    await send_message(stream, request, limits.message)
    if not keep:
        await stream.end()
    answer = await receive_message(stream, limits.message + 1)
    status, body = answer[:1], answer[1:]
    if status == OK:
        return body
    code = body.decode("ascii", "replace")
    if status != ERROR or not CODE.fullmatch(code):
        raise HostFailed("lost", "The peer's answer is not one.")
    raise HostFailed("peer-error", f"The peer answered with an error: {code}.", detail=code)


async def answer_all(stream: Stream, handler: Handler, limits: Limits, may_ask: Callable[[], bool]) -> bool:
    """Serve the requests on this stream.  Never raises, whatever the peer sends and the handler does.

    The stream ends with the requester's side, when no request comes, and when the peer may not ask any longer.
    True when the peer broke the protocol: a request was over the limit.
    """
    try:
        await _answer_next(stream, handler, limits)
        while may_ask() and await _more_comes(stream, limits.kept_time):
            await _answer_next(stream, handler, limits)
    except HostFailed as error:
        if error.code == "too-large":
            await _reply(stream, ERROR, b"too-large", limits)
        else:
            await stream.reset()
        return error.code == "too-large"
    except trio.TooSlowError:
        await stream.reset()
        return False
    await stream.close()
    return False


async def refuse(stream: Stream, code: str, limits: Limits) -> None:
    """Answer with an error without reading what was asked."""
    await _reply(stream, ERROR, code.encode(), limits)


async def send_message(stream: Stream, body: bytes, limit: int) -> None:
    """Write one length-prefixed message.  Errors: HostFailed too-large, lost, too-slow."""
    if len(body) > limit:
        raise HostFailed("too-large", f"A message of {len(body)} bytes is over the limit of {limit}.")
    await stream.write(_varint(len(body)) + body)


async def receive_message(stream: Stream, limit: int) -> bytes:
    """Read one length-prefixed message.  Errors: HostFailed too-large (nothing of it was read), lost, too-slow."""
    if not await stream.has_more():
        raise HostFailed("lost", "The stream ended before a message.")
    length = 0
    for place in range(_LENGTH_BYTES):
        (byte,) = await stream.read_exactly(1)
        length |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            break
    else:
        raise HostFailed("too-large", "The length of the peer's message is over any limit.")
    if length > limit:
        raise HostFailed("too-large", f"The peer's message of {length} bytes is over the limit of {limit}.")
    return await stream.read_exactly(length)


async def _answer(stream: Stream, handler: Handler, request: bytes, limits: Limits) -> tuple[bytes, bytes]:
    try:
        with trio.fail_after(limits.answer_time):
            body = await handler(stream.peer_id, request)
    except Refused as refused:
        return ERROR, (refused.code if CODE.fullmatch(refused.code) else "failed").encode()
    except trio.TooSlowError:
        return ERROR, b"too-slow"
    except Exception:  # noqa: BLE001 - one request of one peer went wrong; the host and every other request go on
        _LOG.exception("The handler of %s failed.", stream.protocol)
        return ERROR, b"failed"
    return (OK, body) if len(body) <= limits.message else (ERROR, b"too-large")


async def _answer_next(stream: Stream, handler: Handler, limits: Limits) -> None:
    """Errors: HostFailed of the request, or where nobody is left to be answered; TooSlowError of the request."""
    with trio.fail_after(limits.request_time):
        request = await receive_message(stream, limits.message)
    status, body = await _answer(stream, handler, request, limits)
    await send_message(stream, status + body, limits.message + 1)


async def _more_comes(stream: Stream, within: float) -> bool:
    with trio.move_on_after(within) as waited:
        more = await stream.has_more()
    return not waited.cancelled_caught and more


async def _reply(stream: Stream, status: bytes, body: bytes, limits: Limits) -> None:
    try:
        await send_message(stream, status + body, limits.message + 1)
    except HostFailed:
        await stream.reset()  # the peer left; there is nobody to tell
        return
    await stream.close()


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
