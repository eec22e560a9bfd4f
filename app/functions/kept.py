"""kept.get, kept.set, kept.keys: a skill's own small memory.  What a turn had read follows the value into the next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from agent.taint import Taint
from app.functions.given import Given, from_vault
from app.functions.port import Answer, Context
from storage.kept import MAX_KEY

if TYPE_CHECKING:
    from app.node import Node


async def get(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    given = Given(context, arguments, "key", "default")
    key = given.text("key", most=MAX_KEY, line=True)
    found = await from_vault(node, context, node.vault.vault.kept.get, context.skill, key)
    if found is None:
        return Answer(arguments.get("default"))
    value, taint = found
    return Answer(value, taint=_rests_on([taint]))


async def set_(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """None takes the value away."""
    given = Given(context, arguments, "key", "value")
    key, value = given.text("key", most=MAX_KEY, line=True), arguments.get("value")
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise given.wrong("value", "json") from error
    # Without what the person typed in this turn: in a later one they have not typed it.
    taint = Taint(context.taint.sources).to_plain()
    await from_vault(node, context, node.vault.vault.kept.set, context.skill, key, value, taint)
    return Answer(None)


async def keys(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    Given(context, arguments)
    kept = node.vault.vault.kept
    found = await from_vault(node, context, kept.keys, context.skill)
    return Answer(found, taint=_rests_on(await from_vault(node, context, kept.taint, context.skill)))


def _rests_on(taints: Iterable[dict[str, Any]]) -> Taint:
    joined = Taint()
    for taint in taints:
        joined |= Taint(Taint.from_plain(taint).sources)
    return joined
