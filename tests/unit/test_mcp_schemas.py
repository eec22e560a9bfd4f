"""What a server calls the schema of its tool may be anything; the agent goes on with what it can read of it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.mcp import known, tools
from app.mcp.known import McpTool
from app.node import Node
from tests.unit.mcp_fixtures import honest


class Settings:
    """A vault's settings that hold one server."""

    def __init__(self, schema: Any) -> None:
        tool = vars(McpTool("count", "Count", "Counts.", json.dumps(schema)))
        self._kept = {"herons": {"command": list(honest().command), "url": "", "tools": [tool]}}

    def get(self, key: str, default: Any) -> Any:
        return self._kept if key == known.KEY else default

    def secret(self, _key: str) -> None:
        return None


async def listed(schema: Any) -> list[tuple[str, str, bool]]:
    async def blocking(work: Any, *given: Any) -> Any:
        return work(*given)

    vault = SimpleNamespace(vault=SimpleNamespace(settings=Settings(schema)))
    (one,) = await tools.tools(cast(Node, SimpleNamespace(vault=vault, blocking=blocking)))
    return [(argument.name, argument.type, argument.required) for argument in one.arguments]


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"pond": {"type": "string"}}, "required": 5},
        {"properties": {"pond": {"type": "string"}}, "required": None},
        {"properties": {"pond": {"type": "string", "enum": 7}, "days": 3, "x" * 200: {"type": "string"}}},
        {"properties": {"pond": {"type": "string", "enum": None, "description": {"no": "text"}}}},
    ],
)
async def test_what_is_no_schema_hides_no_tool(schema: Any) -> None:
    assert await listed(schema) == [("pond", "text", False)]


@pytest.mark.parametrize(
    "schema", [{}, [], None, 5, {"properties": []}, {"properties": {"pond": {"type": ["string"]}}}]
)
async def test_a_tool_without_a_readable_schema_takes_nothing_from_the_request(schema: Any) -> None:
    assert await listed(schema) == []
