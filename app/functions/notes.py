"""note.search, note.get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.functions import reading
from app.functions.given import Given, failed, from_vault, iso
from app.functions.mail import MAX_ID, MOST
from app.functions.port import Answer, Context

if TYPE_CHECKING:
    from app.node import Node


async def search(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    given = Given(context, arguments, "query", "limit")
    query, limit = given.text("query", "", most=2000), given.number("limit", 20, 1, MOST)
    found = await reading.found(node, context, "note", query, limit=limit)
    sources = await reading.provenances(node, context, [one.id for one, _ in found])
    return Answer([reading.brief(one, snippet) for one, snippet in found], sources)


async def get(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    name = Given(context, arguments, "id").text("id", most=MAX_ID, line=True)
    stored = await from_vault(node, context, node.vault.vault.library.get, name)
    one = stored.record
    if one.kind != "note":
        raise failed("LookupError", "no-note", context)
    value = {"id": stored.id, "title": one.title, "text": one.body[: reading.WHOLE], "date": iso(one.date)}
    return Answer(value, (reading.provenance(stored),))
