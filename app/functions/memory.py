"""memory.list, memory.write, memory.forget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent.taint import USER, Provenance
from app.functions import reading
from app.functions.given import Given, failed, from_vault, iso
from app.functions.port import Answer, Context, Undo
from storage.database import VaultError
from storage.facts import YOU, Fact, FactKind
from storage.gaps import telling, words
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

MAX_FACT = 2000  # characters
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


async def write(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Keep `text`, of `kind`, in the person's words: what was not typed by them waits for their yes first.

    Returns {"id"}.  What is known already is no act.  The list of acts does not repeat the words: what is forgotten
    later must not stand there.
    """
    given = Given(context, arguments, "text", "kind")
    words, kind = given.text("text", most=MAX_FACT), given.text("kind", "fact", most=20)
    if kind not in _KINDS:
        raise given.wrong("kind", "kind")
    number, new = await from_vault(node, context, _kept, node.vault.vault, words, _KINDS[kind])
    if not new:
        return Answer({"id": number})
    return Answer({"id": number}, did={"kind": kind}, undo=Undo("memory.write", {"id": number}))


async def forget(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Remove the one that says exactly `text`; `words` are the person's, and all that tell something stand in it.

    It cannot be undone: nothing of it is left.  Errors: FunctionFailed("LookupError", "unknown-fact").
    """
    given = Given(context, arguments, "text", "words")
    text, words = given.text("text", most=MAX_FACT), given.text("words", most=MAX_FACT)
    fitting = [one for one in await from_vault(node, context, matching, node.vault.vault, words) if one.text == text]
    if not fitting:
        raise failed("LookupError", "unknown-fact", context)
    await from_vault(node, context, node.vault.vault.facts.remove, fitting[0].id)
    return Answer({"id": fitting[0].id}, did={"kind": fitting[0].kind})


def matching(vault: Vault, said: str) -> list[Fact]:
    """Those that hold every telling word of `said`, of either kind; the one alone that says nothing else.  Blocking."""
    wanted = {word for word in words(said) if telling(word)}
    if not wanted:
        return []
    fitting = [one for one in vault.facts.list() if wanted <= set(words(one.text))]
    exact = [one for one in fitting if words(one.text) == words(said)]
    return exact[:1] or fitting


def _kept(vault: Vault, text: str, kind: FactKind) -> tuple[int, bool]:
    before = {one.id for one in vault.facts.list(kind)}
    number = vault.facts.add(text, kind)
    return number, number not in before


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
