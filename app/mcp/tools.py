"""The tools of MCP servers as the agent sees them, and one call of one.  Trio thread.

A tool is named "server/tool" wherever policy, rules and approvals speak of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from agent.tools import Tool
from app import online
from app.mcp import known
from app.mcp.known import McpFailed, McpTool, Server
from skills.declared import Argument, Text

if TYPE_CHECKING:
    from app.node import Node

T = TypeVar("T")
SKILL = "mcp:"  # begins what stands in place of a skill's name; no skill bears a colon
MAX_ARGUMENTS = 256 * 1024  # characters, as JSON
MAX_FILLED, MAX_NAME = 20, 100  # arguments that are filled in from a request; characters of the name of one
_TYPES = {"string": "text", "integer": "number", "number": "number"}


async def tools(node: Node) -> tuple[Tool, ...]:
    """What the person agreed to, for the agent to choose from, in a steady order."""
    servers = await node.blocking(known.servers, node.vault.vault.settings)
    return tuple(_tool(server, tool) for server in servers for tool in server.tools)


async def call(node: Node, name: str, arguments: Mapping[str, Any]) -> tuple[str, bool]:
    """What the tool "server/tool" says, and whether it calls that an error.

    Errors: McpFailed; CommandFailed("airplane") where it is not on this machine.
    """
    server, tool = await node.blocking(_find, node, name)
    if len(json.dumps(dict(arguments))) > MAX_ARGUMENTS:
        raise McpFailed("mcp-arguments", "The arguments are too long.")
    reachable(node, server)
    client = await node.offering.imported("app.mcp.client")
    said, is_error = await client.call_tool(server, tool, dict(arguments))
    return str(said), bool(is_error)


def reachable(node: Node, server: Server) -> None:
    """Errors: CommandFailed("airplane")."""
    if not server.local:
        online.network_allowed(node)


def _find(node: Node, name: str) -> tuple[Server, McpTool]:
    first, _, rest = name.partition("/")
    server = known.server(node.vault.vault.settings, first)
    for tool in server.tools:
        if tool.name == rest:
            return server, tool
    raise McpFailed("mcp-no-tool", f"“{first}” has no tool “{rest[:60]}” that you agreed to.")


def _tool(server: Server, tool: McpTool) -> Tool:
    """Described by strangers: it may be chosen, and what it would do is asked first."""
    title, about = f"{server.name}: {tool.title}", " ".join(tool.about.split())[:300]
    return Tool(
        skill=f"{SKILL}{server.name}",
        entry=tool.name,
        title=Text(title, title),
        about=Text(about, about),
        arguments=_arguments(json.loads(tool.schema)),
        examples=(tool.title, about.partition(". ")[0]) if about else (tool.title,),
    )


def _arguments(schema: object) -> tuple[Argument, ...]:
    """Of the schema what a request can fill in: texts, numbers and choices.  It may hold anything: what is no schema
    declares nothing."""
    properties, required = _held(schema, "properties", dict), _held(schema, "required", list)
    found: list[Argument] = []
    for name, one in properties.items():
        if not isinstance(one, dict) or len(name) > MAX_NAME or not name.isprintable():
            continue
        choices = tuple(value for value in _held(one, "enum", list) if isinstance(value, str))
        kind = "choice" if choices else _TYPES.get(str(one.get("type")), "")
        about = str(one.get("description", name))[:200]
        if kind and len(found) < MAX_FILLED:
            found.append(Argument(name, kind, Text(about, about), required=name in required, choices=choices))  # type: ignore[arg-type]
    return tuple(found)


def _held(schema: object, key: str, kind: type[T]) -> T:
    """What stands there, or an empty one where that is something else."""
    value = schema.get(key) if isinstance(schema, dict) else None
    return value if isinstance(value, kind) else kind()
