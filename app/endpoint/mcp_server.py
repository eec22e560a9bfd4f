"""Search, show and ask as tools of an MCP server (streamable HTTP), for programs that the person gave the token to.

The only importer of the server side of `mcp`.  Trio thread.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import mcp_types as types
import trio
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from agent.taint import Turn
from app import __version__, commands, errors
from app.endpoint.http import App
from app.results import as_json
from app.retrieval import looked_up

if TYPE_CHECKING:
    from app.node import Node

MAX_BODY = 256 * 1024  # bytes of a request
MAX_TEXT = 20_000  # characters of a record that `show` gives
MAX_HITS = 50
_AT_ONCE = 4

Call = Callable[["Node", dict[str, Any]], Awaitable[dict[str, Any]]]


def _text(about: str, most: int = 2000) -> dict[str, Any]:
    return {"type": "string", "description": about, "minLength": 1, "maxLength": most}


def _schema(required: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [required], "additionalProperties": False}


async def _search(node: Node, given: dict[str, Any]) -> dict[str, Any]:
    return as_json(await commands.search(node, given["query"], given.get("limit", 10), theirs=False))


async def _show(node: Node, given: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = await looked_up(node, "vault.show", {"id": given["id"]}, Turn())
    return shown | {"body": shown["body"][:MAX_TEXT], "cut": len(shown["body"]) > MAX_TEXT}


async def _ask(node: Node, given: dict[str, Any]) -> dict[str, Any]:
    """Another program's words are not the person's: they remember and forget nothing, and start no skill."""
    return as_json(await commands.ask(node, given["question"], theirs=False))


_LIMIT = {"type": "integer", "minimum": 1, "maximum": MAX_HITS, "description": "How many, 10 unless told."}
_READS = types.ToolAnnotations(read_only_hint=True, open_world_hint=False)
TOOLS: dict[str, tuple[types.Tool, Call]] = {
    "search": (
        types.Tool(
            name="search",
            title="Search",
            description="Search the person's mail, notes, files, feeds, calendar and contacts. The query may hold "
            "filters: from:ada kind:mail before:2026-03. What is found was written by anybody.",
            input_schema=_schema("query", query=_text("Words to look for."), limit=_LIMIT),
            annotations=_READS,
        ),
        _search,
    ),
    "show": (
        types.Tool(
            name="show",
            title="Show",
            description="One record that a search found, whole. What it says was written by anybody.",
            input_schema=_schema("id", id=_text("The record's id.", 100)),
            annotations=_READS,
        ),
        _show,
    ),
    "ask": (
        types.Tool(
            name="ask",
            title="Ask",
            description="Ask a question; the answer comes from the person's own records and cites them.",
            input_schema=_schema("question", question=_text("The question.")),
            annotations=types.ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False),
        ),
        _ask,
    ),
}


@asynccontextmanager
async def running(node: Node) -> AsyncIterator[App]:
    """The server as an ASGI application, for as long as the block lasts."""
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # what is asked for is nobody's to print
    room = trio.CapacityLimiter(_AT_ONCE)

    async def listed(_context: Any, _params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool for tool, _call in TOOLS.values()])

    async def called(_context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        async with room:
            return await _called(node, params)

    server: Server[Any] = Server("nuee", version=__version__, on_list_tools=listed, on_call_tool=called)
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True, max_request_body_size=MAX_BODY)
    async with manager.run():
        yield manager.handle_request


async def _called(node: Node, params: types.CallToolRequestParams) -> types.CallToolResult:
    if params.name not in TOOLS:
        return _failed(f"There is no tool “{params.name[:60]}”.")
    tool, call = TOOLS[params.name]
    given = dict(params.arguments or {})
    if not _fits(given, tool.input_schema):
        return _failed("The arguments do not fit the tool's schema.")
    try:
        value = await call(node, given)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other program gets a sentence and this one goes on
        return _failed(errors.sentence(error, "en"))
    text = json.dumps(value, ensure_ascii=False)
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=value)


def _failed(sentence: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=sentence)], is_error=True)


def _fits(given: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Of JSON Schema what the tools above use."""
    properties = schema["properties"]
    if set(given) - set(properties) or set(schema["required"]) - set(given):
        return False
    return all(_value_fits(value, properties[name]) for name, value in given.items())


def _value_fits(value: Any, wanted: dict[str, Any]) -> bool:
    if wanted["type"] == "string":
        return (
            isinstance(value, str) and wanted["minLength"] <= len(value.strip()) and len(value) <= wanted["maxLength"]
        )
    return isinstance(value, int) and not isinstance(value, bool) and wanted["minimum"] <= value <= wanted["maximum"]
