"""vault.search, vault.recall, vault.show: what the program itself looks up, for its person or for another program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agent.ports import Evidence
from agent.taint import Provenance
from app import present
from app.functions import finding, reading
from app.functions.given import Given, from_vault, shortened
from app.functions.port import Answer, Context
from app.results import as_json
from app.texts import text
from storage import evidence as sentences
from storage.records import Hit, StoredRecord, authenticated
from storage.search import Mode
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

MOST = 10_000  # of one list
MAX_QUERY = 20_000  # characters
_ASKED = 80  # characters of what another program looked for, in the list of what was done


async def search(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Passages of every kind of record, best first: {"hits", "mode", "corrected"}, as `app.results.SearchResult`."""
    given = Given(context, arguments, "query", "limit", "mode")
    query, limit = given.text("query", "", most=MAX_QUERY, strict=False), given.number("limit", 10, 1, MOST)
    wanted: Mode = "words" if given.text("mode", "hybrid", most=10) == "words" else "hybrid"
    found, used = await finding.find(node, context, query, limit, wanted)
    value = {
        "hits": [dict(vars(present.search_hit(hit))) for hit in found.hits],
        "mode": used,
        "corrected": [list(pair) for pair in found.corrected],
    }
    return _looked_up(context, "query", query, value, [_of_hit(hit) for hit in found.hits])


async def recall(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """What may answer a question, best first, as `agent.ports.Evidence`: sentences of records, and what was told."""
    given = Given(context, arguments, "question", "limit")
    question = given.text("question", "", most=MAX_QUERY, strict=False)
    found = await finding.answering(node, context, question, given.number("limit", 8, 1, MOST))
    value = [dict(vars(_evidence(one, context.language))) for one in found]
    read = [_of_hit(one.hit) for one in found if one.hit.chunk > finding.FACT]  # what the person told is theirs
    return _looked_up(context, "question", question, value, read)


async def show(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """One record, whole, as `app.results.RecordView`."""
    name = Given(context, arguments, "id").text("id", most=100, line=True)
    stored, value = await from_vault(node, context, _shown, node.vault.vault, name)
    return _looked_up(context, "id", stored.record.title, value, [reading.provenance(stored)])


def _looked_up(context: Context, name: str, asked: str, value: Any, read: Sequence[Provenance]) -> Answer:
    """What the person looks for themselves is not what the agent did; what another program looks for is told them."""
    if context.taint.typed:
        return Answer(value, tuple(read))
    records = tuple(dict.fromkeys(one.record for one in read if one.record))
    return Answer(value, tuple(read), did={name: shortened(asked, _ASKED)}, records=records)


def _of_hit(hit: Hit) -> Provenance:
    return Provenance(reading.origin_of(hit.kind), hit.id, hit.title, hit.sender, authenticated(hit) is True)


def _shown(vault: Vault, name: str) -> tuple[StoredRecord, Any]:
    return vault.library.get(name), as_json(present.record(vault, name))


def _evidence(one: sentences.Evidence, language: str) -> Evidence:
    hit = one.hit
    if hit.chunk <= finding.FACT:
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
