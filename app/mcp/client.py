"""One use of an MCP server: connect, list or call, and leave.  Trio thread.

The only importer of the client side of `mcp` (with `process`).  Nothing is offered to a server: no files, no sampling,
no questions to the person.  What it says is bounded in size and time.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
import mcp_types as types
import trio
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from app import __version__
from app.mcp import process
from app.mcp.known import MAX_ABOUT, MAX_SCHEMA, MAX_TOOLS, McpFailed, McpTool, Server

LISTING = 30.0  # seconds: starting it counts
CALLING = 60.0
MAX_TEXT = 50_000  # characters of a result
_LOGGERS = ("mcp", "mcp.client", "httpx2")


@asynccontextmanager
async def connected(server: Server, seconds: float) -> AsyncIterator[Client]:
    """Errors: McpFailed, for whatever happens while it is used."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # they quote what a server sent
    try:
        with trio.fail_after(seconds):
            async with _client(server) as client:
                yield client
    except (Exception, trio.TooSlowError) as error:
        raise _failure(error, server) from error


@asynccontextmanager
async def _client(server: Server) -> AsyncIterator[Client]:
    info = types.Implementation(name="nuee", version=__version__)
    if server.kind == "stdio":
        transport = process.started(server.command, server.secrets)
        async with Client(transport, client_info=info, mode="legacy", cache=None) as client:
            yield client
        return
    headers = {**server.secrets, "accept-encoding": "identity"}  # what is packed cannot be counted
    bounded = _Bounded(httpx2.AsyncHTTPTransport(trust_env=False))
    async with (
        httpx2.AsyncClient(headers=headers, transport=bounded, trust_env=False, timeout=CALLING) as http,
        Client(
            streamable_http_client(server.url, http_client=http), client_info=info, mode="legacy", cache=None
        ) as one,
    ):
        yield one


async def list_tools(server: Server) -> tuple[McpTool, ...]:
    """What it offers now, in its order.  Errors: McpFailed."""
    async with connected(server, LISTING) as client:
        return await _listed(client)


async def call_tool(server: Server, tool: McpTool, arguments: dict[str, Any]) -> tuple[str, bool]:
    """What it says, as text, and whether it calls that an error.

    It is called only if the server describes it as when the person agreed.  Errors: McpFailed `mcp-changed`, ….
    """
    async with connected(server, CALLING) as client:
        offered = {one.name: one for one in await _listed(client)}
        now = offered.get(tool.name)
        if now is None or now.digest() != tool.digest():
            raise McpFailed("mcp-changed", f"“{server.name}” describes “{tool.name}” in another way than before.")
        result = await client.call_tool(tool.name, arguments)
        return _text(result)[:MAX_TEXT], bool(result.is_error)


async def _listed(client: Client) -> tuple[McpTool, ...]:
    found: dict[str, McpTool] = {}
    cursor: str | None = None
    for _page in range(MAX_TOOLS):
        page = await client.list_tools(cursor=cursor)
        for tool in page.tools:
            found.setdefault(tool.name, _tool(tool))
        cursor = page.next_cursor
        if cursor is None or len(found) > MAX_TOOLS:
            break
    if len(found) > MAX_TOOLS:
        raise McpFailed("mcp-too-much", f"A server has at most {MAX_TOOLS} tools here.")
    return tuple(found.values())


def _tool(tool: types.Tool) -> McpTool:
    schema = json.dumps(tool.input_schema, ensure_ascii=False)
    title = tool.title or (tool.annotations.title if tool.annotations else None) or tool.name
    if max(len(tool.name), len(title)) > 200 or len(tool.description or "") > MAX_ABOUT or len(schema) > MAX_SCHEMA:
        raise McpFailed("mcp-too-much", f"The description of “{tool.name[:60]}” is too long.")
    if not tool.name or any(character.isspace() or not character.isprintable() for character in tool.name):
        raise McpFailed("mcp-broken", "A tool's name holds what no name holds.")
    return McpTool(tool.name, title, tool.description or "", schema)


def _text(result: types.CallToolResult) -> str:
    said = [block.text if isinstance(block, types.TextContent) else f"[{block.type}]" for block in result.content]
    if not said and result.structured_content is not None:
        return json.dumps(result.structured_content, ensure_ascii=False)
    return "\n".join(said)


class _Bounded(httpx2.AsyncBaseTransport):
    """As much as a server started here may write, in all the answers of one use."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner
        self._left = process.MAX_OUTPUT

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise httpx2.DecodingError("it is packed", request=request)
        stream = _Counted(response, self)
        return httpx2.Response(response.status_code, headers=response.headers, stream=stream, request=request)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise McpFailed("mcp-too-much", "The server says too much.")


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, response: httpx2.Response, bounds: _Bounded) -> None:
        self._response = response
        self._bounds = bounds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._response.aiter_raw():
            self._bounds.take(len(data))
            yield data

    async def aclose(self) -> None:
        await self._response.aclose()


def _failure(error: BaseException, server: Server) -> McpFailed:
    leaves = list(_leaves(error))
    for leaf in leaves:
        if isinstance(leaf, McpFailed):
            return leaf
    for leaf in leaves:
        if isinstance(leaf, trio.TooSlowError | TimeoutError | httpx2.TimeoutException):
            return McpFailed("mcp-slow", f"“{server.name}” takes too long.")
    for leaf in leaves:
        if isinstance(leaf, httpx2.ConnectError):
            return McpFailed("mcp-unreachable", f"“{server.name}” cannot be reached.")
        if isinstance(leaf, OSError):
            return McpFailed(
                "mcp-not-started", f"“{server.name}” does not start ({leaf.strerror or 'no reason given'})."
            )
    for leaf in leaves:
        if isinstance(leaf, MCPError) and leaf.code != types.CONNECTION_CLOSED:
            return McpFailed("mcp-refused", f"“{server.name}” refuses: {_line(leaf.message)}")
    known = (MCPError, ValidationError, httpx2.HTTPError, anyio.ClosedResourceError, anyio.BrokenResourceError)
    if any(isinstance(leaf, (*known, RuntimeError, ValueError, anyio.EndOfStream)) for leaf in leaves):
        return McpFailed("mcp-broken", f"“{server.name}” does not speak as an MCP server should.")
    return McpFailed("mcp-broken", f"“{server.name}” failed ({type(leaves[0]).__name__}).")


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _line(text: str) -> str:
    """A server's words, on one line and not too many."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())[:200]
