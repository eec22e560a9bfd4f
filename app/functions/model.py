"""model.write, model.choose: the language model on this computer, with a text that anybody may have written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent.compose import LARGE
from agent.fitting import beginning
from agent.llm import Generation, LlmFailed, Token, Turn
from agent.taint import Provenance
from app import errors
from app.functions.given import Given, failed
from app.functions.port import Answer, Context

if TYPE_CHECKING:
    from app.node import Node

MAX_TOKENS = 600
MAX_INSTRUCTIONS = 4000  # characters
MAX_TEXT = 2_000_000  # characters that are taken; what is read of them is less
MAX_OPTIONS, MAX_OPTION = 50, 200
SMALL_ROOM = 1500  # tokens of text; a small model loses itself in more, and reads it for minutes on a slow machine
_ROOM = 64  # tokens that a template takes
_CHOICE_TOKENS = 120


async def write(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    given = Given(context, arguments, "instructions", "text", "max_tokens")
    instructions, text = _asked(given)
    most = given.number("max_tokens", 200, 1, MAX_TOKENS)
    said, name = await _generate(node, context, instructions, text, most, None)
    return Answer(said.strip(), (Provenance("model", sender=name),))


async def choose(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """The form is held by a grammar while decoding; what is none of the options is a failure all the same."""
    given = Given(context, arguments, "instructions", "text", "options")
    instructions, text = _asked(given)
    options = given.texts("options", most=MAX_OPTIONS, each=MAX_OPTION)
    if not options or len(set(options)) < len(options) or not all(one.strip() for one in options):
        raise given.wrong("options", "options", most=MAX_OPTIONS)
    if len(options) == 1:
        return Answer(options[0])
    schema = json.dumps({"type": "string", "enum": options}, ensure_ascii=False)
    said, name = await _generate(node, context, instructions, text, _CHOICE_TOKENS, schema)
    try:
        chosen = json.loads(said)
    except ValueError:
        chosen = None
    if chosen not in options:
        raise failed("OSError", "no-model", context, detail="…")
    return Answer(chosen, (Provenance("model", sender=name),))


def _asked(given: Given) -> tuple[str, str]:
    return given.text("instructions", most=MAX_INSTRUCTIONS), given.text("text", most=MAX_TEXT, strict=False)


async def _generate(
    node: Node, context: Context, instructions: str, text: str, most: int, schema: str | None
) -> tuple[str, str]:
    """What it said, and the model's name.  A text that is too long is cut at its end."""
    try:
        info = await node.llm.info()
        room = info.context - most - _ROOM - await node.llm.count(instructions)
        if info.parameters < LARGE:
            room = min(room, SMALL_ROOM)
        turns = [Turn("system", instructions), Turn("user", await beginning(node.llm, text, max(room, 1)))]
        said = ""
        async for piece in node.llm.generate(Generation(turns, max_tokens=most, schema=schema)):
            if isinstance(piece, Token):
                said += piece.text
    except LlmFailed as error:
        raise failed("OSError", "no-model", context, detail=errors.sentence(error, context.language)) from error
    return said, info.name
