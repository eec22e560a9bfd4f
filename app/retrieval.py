"""The agent's memory: hybrid search over the open vault, then the sentences that answer.  Trio thread only."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import trio

from agent.ports import Evidence
from storage import evidence as sentences
from storage.records import Hit
from storage.search import Searcher

if TYPE_CHECKING:
    from app.node import Node

PASSAGES = 12  # looked through for sentences


class Retrieval:
    """Implements agent.ports.Memory."""

    def __init__(self, node: Node, now: Callable[[], float] = time.time) -> None:
        self._node = node
        self._now = now

    async def search(
        self, query: str, k: int, mode: Literal["hybrid", "words"] = "hybrid"
    ) -> tuple[list[Hit], Literal["hybrid", "words"]]:
        """Best first, and which way they were found: by words alone while embedder or index are not up."""
        vault = self._node.vault
        vector = None
        if mode == "hybrid" and vault.index_loaded:
            vector = await self._node.embedding.query(query)
        used: Literal["hybrid", "words"] = "words" if vector is None else "hybrid"
        searcher = Searcher(vault.vault, vault.index)
        hits = await self._node.blocking(searcher.search, query, k, used, self._now, vector)
        return hits, used

    async def recall(self, question: str, limit: int) -> Sequence[Evidence]:
        hits, _mode = await self.search(question, PASSAGES)
        token = trio.lowlevel.current_trio_token()

        def encode(texts: list[str]) -> Any:
            return trio.from_thread.run(self._node.embedding.encode, texts, trio_token=token)

        found = await self._node.blocking(sentences.select, question, hits, encode, limit)
        return [_evidence(one) for one in found]

    async def empty(self) -> bool:
        counts = await self._node.blocking(self._node.vault.vault.library.counts)
        return counts.records == 0


def _evidence(one: sentences.Evidence) -> Evidence:
    hit = one.hit
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
    )
