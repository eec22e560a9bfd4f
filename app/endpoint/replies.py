"""Whole and streamed answers of an ASGI application, and errors in the form of OpenAI's API."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Refused(Exception):
    """A request that cannot be served.  `param`: the field it is about."""

    def __init__(self, status: int, code: str, sentence: str, param: str | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.param = param


def error(refused: Refused) -> dict[str, Any]:
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    kind = kinds.get(refused.status, "server_error" if refused.status >= 500 else "invalid_request_error")
    return {"error": {"message": str(refused), "type": kind, "param": refused.param, "code": refused.code}}


async def send_json(send: Send, value: Any, status: int = 200) -> None:
    body = json.dumps(value, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await begin(send, headers, status)
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def begin_events(send: Send) -> None:
    """Server-sent events follow, each by `send_event`, and `end_events`."""
    await begin(send, [(b"content-type", b"text/event-stream; charset=utf-8"), (b"connection", b"close")], 200)


async def send_event(send: Send, value: Any) -> None:
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    await send({"type": "http.response.body", "body": f"data: {data}\n\n".encode(), "more_body": True})


async def end_events(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def begin(send: Send, headers: list[tuple[bytes, bytes]], status: int) -> None:
    common = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": headers + common})
