"""contract.compile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.functions import compiler
from app.functions.given import Given
from app.functions.port import Answer, Context

if TYPE_CHECKING:
    from app.node import Node


async def compile_source(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """What is wrong with the source is in the answer."""
    source = Given(context, arguments, "source").text("source", most=compiler.MAX_SOURCE)
    return Answer(await compiler.compile(node, source))
