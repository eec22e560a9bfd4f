"""feed.items."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.functions import reading
from app.functions.given import Given, from_vault
from app.functions.mail import MOST
from app.functions.port import Answer, Context
from storage.filters import Filter
from storage.records import StoredRecord
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

_LINK = re.compile(r"(?:^|\n\n)(https?://\S+)\s*$")  # as `storage.sources.articles` puts it below the text


async def items(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    given = Given(context, arguments, "query", "feed", "since", "limit")
    feed = given.text("feed", "", most=500, line=True).strip()
    found = await reading.found(
        node,
        context,
        "article",
        given.text("query", "", most=2000),
        since=given.moment("since"),
        limit=given.number("limit", 50, 1, MOST),
        more=(Filter("in", feed),) if feed else (),
    )
    records = await from_vault(node, context, _records, node.vault.vault, [one.id for one, _ in found])
    both = sorted(zip(found, records, strict=True), key=lambda each: -(each[0][0].date or 0.0))
    value = [
        reading.brief(one, snippet) | {"link": _link(stored), "feed": one.folder} for (one, snippet), stored in both
    ]
    return Answer(value, tuple(map(reading.provenance, records)))


def _link(stored: StoredRecord) -> str:
    found = _LINK.search(stored.record.body)
    return found[1] if found else ""


def _records(vault: Vault, names: Sequence[str]) -> list[StoredRecord]:
    return [vault.library.get(name) for name in names]
