"""Other programs: MCP servers that are used, and what this node offers on loopback."""

from __future__ import annotations

from app.actions.group import Requests

REQUESTS: Requests = {}
