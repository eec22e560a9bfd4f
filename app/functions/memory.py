"""memory.list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent.taint import USER, Provenance
from app.functions import reading
from app.functions.given import Given, from_vault, iso
from app.functions.port import Answer, Context
from storage.database import VaultError
from storage.facts import YOU, Fact, FactKind
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

_KINDS: dict[str, FactKind] = {"fact": "fact", "instruction": "instruction"}


async def listed(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """What was confirmed, in the order it was told.  The person's own words are theirs; what rests on a record, though
    they confirmed it, is that record's."""
    given = Given(context, arguments, "kind", "query")
    kind, query = given.text("kind", "fact", most=20), given.text("query", "", most=2000)
    if kind not in _KINDS:
        raise given.wrong("kind", "kind")
    found, sources = await from_vault(node, context, _found, node.vault.vault, _KINDS[kind], query)
    value = [{"text": one.text, "date": iso(one.created), "source": one.source} for one in found]
    return Answer(value, sources)


def _found(vault: Vault, kind: FactKind, query: str) -> tuple[list[Fact], tuple[Provenance, ...]]:
    listed = vault.facts.list(kind, confirmed=True)
    if query.strip():
        wanted = {fact.id for fact in vault.facts.search(query, limit=1000)}
        listed = [fact for fact in listed if fact.id in wanted]
    return listed, tuple(dict.fromkeys(_source(vault, fact) for fact in listed))


def _source(vault: Vault, fact: Fact) -> Provenance:
    if fact.source == YOU:
        return USER
    try:
        return reading.provenance(vault.library.get(fact.source))
    except VaultError:  # gone: nobody can tell any more who wrote it
        return Provenance("mail", title=fact.title)
