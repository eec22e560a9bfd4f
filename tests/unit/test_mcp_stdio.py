"""The node's tools for programs that only start commands: a message a line, to and from the endpoint."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import trio

from app import forward
from app.cli import Failure
from app.endpoint.stdio import relay, serve
from tests.unit.test_interop_commands import opened, serving

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}


async def talked(url: str, token: str) -> list[dict[str, object]]:
    out = io.StringIO()
    await trio.to_thread.run_sync(relay, [json.dumps(one) + "\n" for one in (HELLO, READY, LIST)], out, url, token)
    return [json.loads(line) for line in out.getvalue().splitlines()]


async def test_messages_go_to_the_node_and_come_back_a_line_each(home: Path) -> None:
    async with opened(home) as node, serving(node, "mcp") as server:
        hello, listed = await talked(server.url, server.secrets["Authorization"].removeprefix("Bearer "))
        assert (hello["id"], listed["id"]) == (1, 2)
        assert "serverInfo" in str(hello["result"])
        assert "search" in str(listed["result"])


async def test_a_wrong_token_is_an_error_to_each_message_and_nothing_else(home: Path) -> None:
    async with opened(home) as node, serving(node, "mcp") as server:
        answers = await talked(server.url, "guessed")
        assert [(one["id"], "error" in one, "result" in one) for one in answers] == [(1, True, False), (2, True, False)]


async def test_the_command_finds_the_node_and_its_token(home: Path) -> None:
    async with opened(home) as node, serving(node, "mcp"), trio.open_nursery() as nursery:
        out = io.StringIO()
        with forward.listening(node, nursery):
            await trio.to_thread.run_sync(serve, home, [json.dumps(HELLO) + "\n"], out, "en")
        assert json.loads(out.getvalue())["id"] == 1
        nursery.cancel_scope.cancel()


def test_without_a_node_the_command_says_what_to_do(home: Path) -> None:
    with pytest.raises(Failure) as caught:
        serve(home, [], io.StringIO(), "en")
    assert "nuee mcp serve on" in str(caught.value)
