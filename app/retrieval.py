"""The agent's memory: hybrid search over the open vault, then the sentences that answer.  Trio thread only."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import trio

from agent.ports import Evidence
from app.texts import text
from storage import evidence as sentences
from storage.filters import Query, parse
from storage.records import Hit, authenticated
from storage.search import Mode, Result, Searcher
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

TOLD = 5  # facts looked at
_FACT = -1  # chunk numbers from here down are facts
PASSAGES = 12  # looked through for sentences
SURE = 6  # letters: a shorter word of a question that stands nowhere may well be another word, rightly spelt


class Retrieval:
    """Implements agent.ports.Memory."""

    def __init__(self, node: Node, now: Callable[[], float] = time.time) -> None:
        self._node = node
        self._now = now

    async def find(self, query: str | Query, k: int, mode: Mode = "hybrid") -> tuple[Result, Mode]:
        """Best first, and which way they were found: by words alone while embedder or index are not up.

        `query` may hold filters.  Errors: BadFilter.
        """
        vault = self._node.vault
        asked = parse(query) if isinstance(query, str) else query
        vector = None
        if mode == "hybrid" and vault.index_loaded:
            vector = await self._node.embedding.query(asked.text)
        used: Mode = "words" if vector is None else "hybrid"
        searcher = Searcher(vault.vault, vault.index, multilingual=self._node.embedding.multilingual)
        rerank = self._node.embedding.rerank if used == "hybrid" else None
        return await self._node.blocking(searcher.find, asked, k, used, self._now, vector, rerank), used

    async def search(self, query: str | Query, k: int, mode: Mode = "hybrid") -> tuple[list[Hit], Mode]:
        """The hits of `find`, and which way they were found."""
        found, used = await self.find(query, k, mode)
        return found.hits, used

    async def recall(self, question: str, limit: int) -> Sequence[Evidence]:
        asked = parse(question, question=True)
        result, _mode = await self.find(asked, PASSAGES)
        meant = asked.text
        for typed, used in result.corrected:
            if len(typed) < SURE:
                continue
            meant = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", used, meant, flags=re.IGNORECASE)
        token = trio.lowlevel.current_trio_token()

        def encode(texts: list[str]) -> Any:
            question, *passages = texts
            return trio.from_thread.run(self._node.embedding.encode, passages, question, trio_token=token)

        told = await self._node.blocking(_told, self._node.vault.vault, meant, result.hits)
        found = await self._node.blocking(sentences.select, meant, [*told, *result.hits], encode, limit)
        return [_evidence(one, self._node.language) for one in found]

    async def empty(self) -> bool:
        counts = await self._node.blocking(self._node.vault.vault.library.counts)
        return counts.records == 0


def _told(vault: Vault, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """What the person told or confirmed that has words of the question, as passages of the best rank."""
    score = hits[0].score if hits else 1.0
    return [
        Hit(_FACT - fact.id, "", "note", "", "", fact.created, f"{fact.text}.", 0, 0, score, context=fact.text)
        for fact in vault.facts.search(question, TOLD)
        if fact.kind == "fact" and fact.confirmed
    ]


def _evidence(one: sentences.Evidence, language: str) -> Evidence:
    hit = one.hit
    if hit.chunk <= _FACT:
        words = hit.context
        return Evidence(
            "", "fact", "", text("agent.tool.you_told", language), hit.date, words, 0, 0, words,
            one.score, one.support, one.holds,
        )  # fmt: skip
    return Evidence(
        record=hit.id,
        kind=hit.kind,
        title=hit.title,
        sender=hit.sender,
        date=hit.date,
        text=one.text,
        start=one.start,
        end=one.end,
        passage=hit.text,
        score=one.score,
        support=one.support,
        holds=one.holds,
        authenticated=authenticated(hit),
        authentication=hit.authentication,
    )
