"""mcp.call: one tool of an MCP server that the person added.  What it says is as untrusted as a stranger's mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent.taint import Provenance
from app.errors import sentence
from app.functions.port import Answer, Context, FunctionFailed, Kind
from app.hosting.port import UNSURE
from app.mcp import tools
from app.mcp.known import McpFailed
from app.results import CommandFailed

if TYPE_CHECKING:
    from app.node import Node

_UNSURE = ("mcp-slow", "mcp-too-much", "mcp-broken")  # the server may have done it before it fell silent


async def call(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """`tool`: "server/tool"; `arguments`: what it takes.  Returns {"text", "error"}."""
    name, given = arguments.get("tool"), arguments.get("arguments", {})
    if not isinstance(name, str) or not isinstance(given, dict) or set(arguments) - {"tool", "arguments"}:
        raise FunctionFailed("ValueError", "mcp-arguments", "A tool has a name and arguments.")
    try:
        said, is_error = await tools.call(node, name, given)
    except (McpFailed, CommandFailed) as error:
        code = error.key if isinstance(error, CommandFailed) else error.code
        if code in _UNSURE:
            raise FunctionFailed("OSError", UNSURE, sentence(error, context.language)) from error
        kind: Kind = "LookupError" if code in ("mcp-unknown", "mcp-no-tool") else "OSError"
        raise FunctionFailed(kind, code, sentence(error, context.language)) from error
    source = Provenance("skill", title=name, sender=f"{tools.SKILL}{name.partition('/')[0]}")
    return Answer({"text": said, "error": is_error}, sources=(source,), did={"tool": name})
