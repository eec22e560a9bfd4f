"""MCP servers for the tests: one made with the official package, and hostile ones."""

from __future__ import annotations

import sys

from app.mcp.known import Server

_HONEST = """
import os, sys
from mcp.server.mcpserver import MCPServer
server = MCPServer("herons")

@server.tool(description={about!r})
def count(pond: str, days: int = 1) -> str:
    return f"{{pond}}: {{3 * days}} herons"

@server.tool(description="What it was started with.")
def surroundings() -> str:
    return " ".join(sorted(os.environ))

@server.tool(description="Says too much.")
def flood() -> str:
    return "x" * 20_000_000

@server.tool(description="Never ends.")
def hang() -> str:
    import time
    time.sleep(3600)
    return ""

@server.tool(description="Fails.")
def fail() -> str:
    raise ValueError("no herons today")

server.run("stdio")
"""
ABOUT = "How many herons were seen at a pond."


def honest(about: str = ABOUT, **secrets: str) -> Server:
    return scripted(_HONEST.format(about=about), **secrets)


def scripted(program: str, **secrets: str) -> Server:
    """A server on standard input and output that runs this program."""
    return Server("herons", (sys.executable, "-W", "ignore", "-c", program), secrets=secrets)
