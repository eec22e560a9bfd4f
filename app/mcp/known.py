"""The MCP servers that the person added, as the vault keeps them, with the tools as they were when they agreed to them.

What a server says of its tools is its author's word and goes into prompts, so it is kept: a tool whose name,
description or schema is another one now is not called until the person has seen that.  Blocking; any thread.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from storage.settings import Settings

KEY = "mcp.servers"  # setting: by name
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
MAX_SERVERS = 50
MAX_TOOLS = 100  # of one server
MAX_ABOUT = 4000  # characters of a description
MAX_SCHEMA = 32 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Kind = Literal["stdio", "http"]


class McpFailed(Exception):
    """A server could not be used.  `code`: mcp-name | mcp-exists | mcp-unknown | mcp-many | mcp-address | mcp-offline |
    mcp-not-started | mcp-unreachable | mcp-slow | mcp-too-much | mcp-broken | mcp-refused | mcp-no-tool | mcp-changed |
    mcp-arguments."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class McpTool:
    """As the server describes it; `schema` is JSON Schema of its arguments, as text."""

    name: str
    title: str
    about: str
    schema: str

    def digest(self) -> str:
        """Of all that a model or the person is shown of it."""
        joined = json.dumps([self.name, self.title, self.about, json.loads(self.schema)], sort_keys=True)
        return hashlib.sha256(joined.encode()).hexdigest()


@dataclass(frozen=True)
class Server:
    """`command` of one that is started here, `url` of one that is reached.  `tools`: agreed to.

    `secrets` stand in the vault by themselves: environment variables for a command, headers for an address.
    """

    name: str
    command: tuple[str, ...] = ()
    url: str = ""
    tools: tuple[McpTool, ...] = ()
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> Kind:
        return "http" if self.url else "stdio"

    @property
    def local(self) -> bool:
        return not self.url or (urlsplit(self.url).hostname or "") in _LOOPBACK

    def check(self) -> None:
        """Errors: McpFailed `mcp-name`, `mcp-address` for what cannot be meant."""
        if not NAME.fullmatch(self.name):
            raise McpFailed("mcp-name", "A server's name is of small letters, digits and hyphens, at most 40.")
        if bool(self.command) == bool(self.url):
            raise McpFailed("mcp-address", "A server has either a command or an address.")
        parts = urlsplit(self.url)
        plain = parts.scheme == "https" or (parts.scheme == "http" and self.local)
        if self.url and (not plain or not parts.hostname or parts.username or parts.fragment):
            raise McpFailed("mcp-address", "The address begins with https://; http:// serves on this machine only.")


@dataclass(frozen=True)
class Difference:
    """How a tool stands to what the person agreed to: known | new | changed | gone.  `before`: of a changed one."""

    tool: McpTool
    state: Literal["known", "new", "changed", "gone"]
    before: McpTool | None = None


def differences(agreed: Sequence[McpTool], offered: Sequence[McpTool]) -> tuple[Difference, ...]:
    known = {tool.name: tool for tool in agreed}
    now = {tool.name for tool in offered}
    found = []
    for tool in offered:
        before = known.get(tool.name)
        if before is None:
            found.append(Difference(tool, "new"))
        elif before.digest() == tool.digest():
            found.append(Difference(tool, "known"))
        else:
            found.append(Difference(tool, "changed", before))
    return (*found, *(Difference(tool, "gone") for tool in agreed if tool.name not in now))


def servers(settings: Settings) -> tuple[Server, ...]:
    """By name."""
    return tuple(_server(name, one, settings) for name, one in sorted(settings.get(KEY, {}).items()))


def server(settings: Settings, name: str) -> Server:
    """Errors: McpFailed `mcp-unknown`."""
    kept = settings.get(KEY, {})
    if name not in kept:
        raise McpFailed("mcp-unknown", f"There is no MCP server named “{name[:60]}”.")
    return _server(name, kept[name], settings)


def save(settings: Settings, one: Server) -> None:
    """Add it, or put it in place of the one of that name."""
    kept = settings.get(KEY, {})
    if one.name not in kept and len(kept) >= MAX_SERVERS:
        raise McpFailed("mcp-many", f"There are {MAX_SERVERS} MCP servers already.")
    kept[one.name] = {"command": list(one.command), "url": one.url, "tools": [asdict(tool) for tool in one.tools]}
    settings.set_secret(_secret(one.name), json.dumps(one.secrets).encode())
    settings.set(KEY, kept)


def remove(settings: Settings, name: str) -> None:
    """With its secrets.  Errors: McpFailed `mcp-unknown`."""
    server(settings, name)
    kept = settings.get(KEY, {})
    del kept[name]
    settings.set(KEY, kept)
    settings.unset_secret(_secret(name))


def _server(name: str, kept: dict[str, Any], settings: Settings) -> Server:
    tools = tuple(McpTool(**tool) for tool in kept["tools"])
    secrets = json.loads(settings.secret(_secret(name)) or b"{}")
    return Server(name, tuple(kept["command"]), kept["url"], tools, secrets)


def _secret(name: str) -> str:
    return f"mcp:{name}"
