"""Other programs: MCP servers that are used, and what this node offers on loopback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from app.actions.group import Requests
from app.endpoint import offering
from app.endpoint.offering import PARTS, Part
from app.interop_results import EndpointState, EndpointToken, McpServerRow, McpServerView, McpToolRow, OfferedPart
from app.mcp import known
from app.mcp.known import Difference, McpFailed, Server
from app.mcp.tools import reachable
from app.node import Node
from app.results import CommandFailed, as_json
from app.texts import text

_PATHS: dict[Part, str] = {"model": "/v1", "mcp": "/mcp"}


async def mcp_servers(node: Node) -> tuple[McpServerRow, ...]:
    """Those that the person added, by name."""
    return tuple(map(_row, await node.blocking(known.servers, node.vault.vault.settings)))


async def add_mcp(
    node: Node, name: str, command: Sequence[str] = (), url: str = "", secrets: Mapping[str, str] | None = None
) -> McpServerView:
    """Add a server, once it has told its tools: adding it agrees to them as they are described now.

    `secrets`: environment variables of a command, headers of an address.  Errors: McpFailed, CommandFailed.
    """
    server = Server(name, tuple(command), url, secrets=dict(secrets or {}))
    server.check()
    settings = node.vault.vault.settings
    if any(one.name == name for one in await node.blocking(known.servers, settings)):
        raise McpFailed("mcp-exists", f"There is an MCP server named “{name}” already.")
    server = replace(server, tools=await _offered(node, server))
    await node.blocking(known.save, settings, server)
    return _view(server, known.differences(server.tools, server.tools))


async def remove_mcp(node: Node, name: str) -> None:
    """With its secrets."""
    await node.blocking(known.remove, node.vault.vault.settings, name)


async def mcp_tools(node: Node, name: str, accept: bool = False) -> McpServerView:
    """What a server offers now, beside what the person agreed to; `accept`: agree to it as it is now."""
    settings = node.vault.vault.settings
    server = await node.blocking(known.server, settings, name)
    offered = await _offered(node, server)
    found = known.differences(offered if accept else server.tools, offered)
    if accept:
        server = replace(server, tools=offered)
        await node.blocking(known.save, settings, server)
    return _view(server, found)


async def agree_mcp(node: Node, shown: McpServerView) -> McpServerView:
    """Agree to a server's tools exactly as they were shown: what it describes otherwise by now is asked again."""
    settings = node.vault.vault.settings
    server = await node.blocking(known.server, settings, shown.server.name)
    offered = [row for row in shown.tools if row.state != "gone"]
    tools = tuple(known.McpTool(row.name, row.title, row.about, row.schema) for row in offered)
    server = replace(server, tools=tools)
    await node.blocking(known.save, settings, server)
    return _view(server, known.differences(tools, tools))


async def endpoint_state(node: Node) -> EndpointState:
    """What is offered to other programs of this machine, and where."""
    settings = node.vault.vault.settings
    on = await node.blocking(offering.parts_on, settings)
    port = node.offering.port
    address = f"http://127.0.0.1:{port}" if port else ""
    parts = tuple(
        OfferedPart(part, part in on, f"{address}{_PATHS[part]}" if address and part in on else "") for part in PARTS
    )
    chosen = await node.blocking(offering.port, settings)
    problem = text(f"error.{node.offering.problem}", node.language, port=chosen) if node.offering.problem else ""
    return EndpointState(parts, port or chosen, problem)


async def set_endpoint(node: Node, on: bool, part: str = "model", port: int | None = None) -> EndpointState:
    """Turn a part on or off; it answers, or no longer does, when this returns."""
    settings = node.vault.vault.settings
    await node.blocking(offering.turn, settings, _part(part), on)
    if port is not None:
        await node.blocking(offering.set_port, settings, port)
    await node.offering.start()
    return await endpoint_state(node)


async def endpoint_token(node: Node, new: bool = False, part: str = "model") -> EndpointToken:
    """The token that other programs show; a new one ends the one before."""
    chosen = _part(part)
    settings = node.vault.vault.settings
    token = await node.blocking(lambda: offering.token(settings, chosen, new=new))
    if new:
        await node.offering.start()
    return EndpointToken(chosen, token)


async def _offered(node: Node, server: Server) -> tuple[known.McpTool, ...]:
    reachable(node, server)
    client = await node.offering.imported("app.mcp.client")
    with node.presence.busy():
        return cast("tuple[known.McpTool, ...]", await client.list_tools(server))


def _part(name: str) -> Part:
    for part in PARTS:
        if part == name:
            return part
    raise CommandFailed("endpoint-part", part=name)


def _row(server: Server) -> McpServerRow:
    return McpServerRow(server.name, server.kind, server.url or " ".join(server.command), len(server.tools))


def _view(server: Server, found: Sequence[Difference]) -> McpServerView:
    rows = []
    for one in found:
        before, then = (one.before.about, one.before.schema) if one.before else ("", "")
        tool = one.tool
        rows.append(McpToolRow(tool.name, tool.title, tool.about, tool.schema, one.state, before, then))
    return McpServerView(_row(server), tuple(rows))


async def _list(node: Node, _args: dict[str, Any], _report: object) -> dict[str, Any]:
    return {"servers": [as_json(row) for row in await mcp_servers(node)]}


async def _add(node: Node, args: dict[str, Any], _report: object) -> dict[str, Any]:
    return as_json(await add_mcp(node, args["name"], args["command"], args["url"], args["secrets"]))


async def _remove(node: Node, args: dict[str, Any], _report: object) -> dict[str, Any]:
    await remove_mcp(node, args["name"])
    return {"removed": args["name"]}


async def _tools(node: Node, args: dict[str, Any], _report: object) -> dict[str, Any]:
    return as_json(await mcp_tools(node, args["name"], args["accept"]))


async def _status(node: Node, _args: dict[str, Any], _report: object) -> dict[str, Any]:
    return as_json(await endpoint_state(node))


async def _set(node: Node, args: dict[str, Any], _report: object) -> dict[str, Any]:
    return as_json(await set_endpoint(node, args["on"], args["part"], args.get("port")))


async def _token(node: Node, args: dict[str, Any], _report: object) -> dict[str, Any]:
    return as_json(await endpoint_token(node, args["new"], args["part"]))


REQUESTS: Requests = {
    "mcp": (_list, True),
    "mcp-add": (_add, True),
    "mcp-remove": (_remove, True),
    "mcp-tools": (_tools, True),
    "endpoint": (_status, True),
    "endpoint-set": (_set, True),
    "endpoint-token": (_token, True),
}
