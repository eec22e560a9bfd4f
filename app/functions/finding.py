"""The one way to search the vault.  Host functions come here, and nothing else does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import trio

from app.functions.given import from_vault, refused
from app.functions.port import Context
from app.results import CommandFailed
from storage import evidence as sentences
from storage.filters import BadFilter, Query, parse
from storage.records import Hit
from storage.search import Mode, Result, Searcher
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

TOLD = 5  # facts looked at
FACT = -1  # chunk numbers from here down are facts
PASSAGES = 12  # looked through for sentences
SURE = 6  # letters: a shorter word of a question that stands nowhere may well be another word, rightly spelt


async def find(node: Node, context: Context, query: str | Query, k: int, mode: Mode = "hybrid") -> tuple[Result, Mode]:
    """Best first, and which way they were found: by words alone while embedder or index are not up.

    `query` may hold filters.  Errors: FunctionFailed.
    """
    try:
        vault = node.vault
        asked = parse(query) if isinstance(query, str) else query
    except (BadFilter, CommandFailed) as error:  # no filter that it says it is; locked in this very moment
        raise refused(error, context) from error
    vector = None
    if mode == "hybrid" and vault.index_loaded:
        vector = await node.embedding.query(asked.text)
    used: Mode = "words" if vector is None else "hybrid"
    searcher = Searcher(vault.vault, vault.index, multilingual=node.embedding.multilingual)
    rerank = node.embedding.rerank if used == "hybrid" else None
    found = await from_vault(node, context, searcher.find, asked, k, used, context.now.timestamp, vector, rerank)
    return found, used


async def answering(node: Node, context: Context, question: str, limit: int) -> Sequence[sentences.Evidence]:
    """The sentences that answer, of records and of what the person told.  Errors: FunctionFailed."""
    try:
        asked = parse(question, question=True)
    except BadFilter as error:
        raise refused(error, context) from error
    result, _mode = await find(node, context, asked, PASSAGES)
    meant = asked.text
    for typed, used in result.corrected:
        if len(typed) < SURE:
            continue
        meant = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", used, meant, flags=re.IGNORECASE)
    token = trio.lowlevel.current_trio_token()

    def encode(texts: list[str]) -> Any:
        question, *passages = texts
        return trio.from_thread.run(node.embedding.encode, passages, question, trio_token=token)

    told = await from_vault(node, context, _told, node.vault.vault, meant, result.hits)
    return await from_vault(node, context, sentences.select, meant, [*told, *result.hits], encode, limit)


def _told(vault: Vault, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """What the person told or confirmed that has words of the question, as passages of the best rank."""
    score = hits[0].score if hits else 1.0
    return [
        Hit(FACT - fact.id, "", "note", "", "", fact.created, f"{fact.text}.", 0, 0, score, context=fact.text)
        for fact in vault.facts.search(question, TOLD)
        if fact.kind == "fact" and fact.confirmed
    ]
