"""What the commands on other programs return.  Frozen, standard types only; see `app.results`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ToolState = Literal["known", "new", "changed", "gone"]


@dataclass(frozen=True)
class McpServerRow:
    """`target`: its command, or its address.  `tools`: how many the person agreed to."""

    name: str
    kind: Literal["stdio", "http"]
    target: str
    tools: int


@dataclass(frozen=True)
class McpToolRow:
    """As the server describes it now; only what is `known` is called.  `before`: how a changed one was described.

    `schema` is JSON Schema of its arguments, as text; so is `schema_before`.
    """

    name: str
    title: str
    about: str
    schema: str
    state: ToolState = "known"
    before: str = ""
    schema_before: str = ""


@dataclass(frozen=True)
class McpServerView:
    server: McpServerRow
    tools: tuple[McpToolRow, ...]


@dataclass(frozen=True)
class OfferedPart:
    """`part` model: the language model in the form of OpenAI's API; mcp: search, show and ask as an MCP server.

    `address`: where it answers now, "" while it does not.
    """

    part: Literal["model", "mcp"]
    on: bool
    address: str


@dataclass(frozen=True)
class EndpointState:
    """`problem`: a sentence, where something is on and cannot answer."""

    parts: tuple[OfferedPart, ...]
    port: int
    problem: str = ""


@dataclass(frozen=True)
class EndpointToken:
    part: Literal["model", "mcp"]
    token: str = field(repr=False)
