"""contact.find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent.taint import Provenance
from app.functions import people
from app.functions.given import Given, from_vault
from app.functions.mail import MOST
from app.functions.port import Answer, Context
from storage.threads import fold

if TYPE_CHECKING:
    from app.node import Node


async def find(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Every word of `name` stands in the name or in an address; case and accents do not matter."""
    given = Given(context, arguments, "name", "limit")
    words = fold(given.text("name", "", most=320, line=True)).split()
    limit = given.number("limit", 20, 1, MOST)
    people_known = await from_vault(node, context, people.known, node.vault.vault)
    fitting = [
        one for one in people_known if all(word in fold(f"{one.name} {' '.join(one.addresses)}") for word in words)
    ][:limit]
    value = [{"id": one.id, "name": one.name, "addresses": list(one.addresses)} for one in fitting]
    return Answer(value, tuple(Provenance("contact", one.id, one.name) for one in fitting))
