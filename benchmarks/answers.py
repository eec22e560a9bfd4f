"""`python -m benchmarks answers [--split dev|held|all] [--show]`: the forty questions over the sample mailbox.

Retrieval: the share of questions whose evidence is among the first five records, for ours, for full text alone (BM25)
and for the embedding model alone (cosine over the same chunks).  Answers: the share whose accepted words stand in the
answer as shown, in the model's own phrase, and in what the bare model says when it is given the same best passage.
Each is reported by language and apart for questions across languages.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import trio

from agent import taint
from agent.llm import Generation, Token, Turn
from agent.loop import Answered, Answerer
from app import commands
from app.node import Node, open_node
from app.retrieval import Retrieval, looked_up
from app.texts import text
from storage.terms import query as expression

QUESTIONS = Path(__file__).parent / "data" / "sample_questions.json"
GROUPS = ("en", "fr", "across", "none", "all")
TOP = 5


@dataclass
class Outcome:
    """What came of one question."""

    question: dict[str, Any]
    found: dict[str, bool] = field(default_factory=dict)
    right: dict[str, bool] = field(default_factory=dict)
    answer: str = ""
    first_token_ms: float | None = None
    ms: float = 0.0

    def groups(self) -> Iterable[str]:
        yield "all"
        if self.question["kind"] == "none":
            yield "none"
        elif self.question["across"]:
            yield "across"
        else:
            yield self.question["language"]


def plain(words: str) -> str:
    """Lower case, no accents, single spaces: how answers are compared."""
    decomposed = unicodedata.normalize("NFKD", words.casefold().replace("’", "'"))
    return re.sub(r"\s+", " ", "".join(c for c in decomposed if not unicodedata.combining(c)))


def accepted(answer: str, question: dict[str, Any]) -> bool:
    """Whether every group of accepted words has one in `answer`; for a question without answer, whether it says so."""
    if question["kind"] == "none":
        return any(plain(text("agent.nothing_found", language)) in plain(answer) for language in ("en", "fr"))
    said = plain(answer)
    return all(
        any(re.search(rf"(?<!\w){re.escape(plain(one))}(?!\w)", said) for one in group) for group in question["accept"]
    )


async def run(questions: list[dict[str, Any]]) -> list[Outcome]:
    """Import the sample into a fresh vault and ask everything."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_node(Path(folder) / "home") as node:
            await commands.create(node, "forty questions about one life")
            await commands.import_sample(node)
            await commands.embed_all(node)
            by_evidence = await evidence_ids(node)
            return [await one(node, question, by_evidence) for question in questions]


async def evidence_ids(node: Node) -> dict[str, str]:
    """Record ids by message id and by note file name."""
    page = await commands.library(node, limit=1000)
    names: dict[str, str] = {}
    for row in page.rows:
        stored = await node.blocking(node.vault.vault.library.get, row.id)
        names[stored.record.external_id or Path(stored.record.origin).name] = row.id
    return names


async def one(node: Node, question: dict[str, Any], names: dict[str, str]) -> Outcome:
    asked = datetime.fromisoformat(question["asked_on"]).replace(hour=12, tzinfo=UTC).timestamp()

    def now() -> float:
        return asked

    outcome = Outcome(question)
    node.surroundings = replace(node.surroundings, now=now)
    turn = taint.Turn()
    turn.typed(question["question"])
    found = await looked_up(node, "vault.search", {"query": question["question"], "limit": 30}, turn)
    wanted = {names[name] for name in question["evidence"]}
    ways = {
        "ours": [hit["id"] for hit in found["hits"]],
        "full text": await by_words(node, question["question"]),
        "embedding": await by_meaning(node, question["question"]),
    }
    for way, ids in ways.items():
        outcome.found[way] = bool(wanted & set(list(dict.fromkeys(ids))[:TOP]))
    answerer = Answerer(Retrieval(node, turn), node.llm, text, "en", now)
    async for event in answerer.answer(question["question"]):
        if isinstance(event, Answered):
            outcome.answer, outcome.first_token_ms, outcome.ms = event.text, event.first_token_ms, event.ms
            outcome.right["as shown"] = accepted(event.text, question)
            phrase = event.text.split("\n>")[0] if event.phrased or not event.citations else ""
            outcome.right["own words"] = accepted(phrase, question)
    outcome.right["bare model"] = accepted(await bare(node, question["question"], ways["embedding"]), question)
    return outcome


async def by_words(node: Node, query: str) -> list[str]:
    """Full text alone: FTS5's BM25 over the same terms; no fusion, no threads, no time words."""
    library = node.vault.vault.library
    found = await node.blocking(library.match, expression(query), 60)
    return [hit.id for hit in await node.blocking(library.chunks, [chunk for chunk, _rank in found])]


async def by_meaning(node: Node, query: str) -> list[str]:
    """The embedding model alone: cosine with every chunk's bare text."""
    if "ids" not in _CACHE:
        page = await commands.library(node, limit=1000)
        hits = [hit for row in page.rows for hit in node.vault.vault.library.record_chunks(row.id)]
        batches = [[hit.text or hit.title for hit in hits[i : i + 64]] for i in range(0, len(hits), 64)]
        _CACHE["ids"] = [hit.id for hit in hits]
        _CACHE["matrix"] = np.concatenate([await node.embedding.encode(batch) for batch in batches])
    scores = _CACHE["matrix"] @ await node.embedding.query(query)
    return [_CACHE["ids"][i] for i in np.argsort(-scores)[:60]]


_CACHE: dict[str, Any] = {}


async def bare(node: Node, question: str, ids: list[str]) -> str:
    """The model given the embedding model's best record and the question, as a first program would do it."""
    record = await commands.show(node, ids[0])
    turns = [
        Turn("system", "Answer the question from the text."),
        Turn("user", f"{record.title}\n{record.body[:3000]}\n\n{question}"),
    ]
    said = ""
    async for event in node.llm.generate(Generation(turns, max_tokens=72)):
        if isinstance(event, Token):
            said += event.text
    return said


def share(outcomes: list[Outcome], group: str, test: Callable[[Outcome], bool]) -> tuple[int, int]:
    chosen = [one for one in outcomes if group in one.groups()]
    return sum(map(test, chosen)), len(chosen)


def table(outcomes: list[Outcome]) -> dict[str, Any]:
    """Print the table; the same figures as a map."""
    result: dict[str, Any] = {"retrieval": {}, "answers": {}}
    answerable = [one for one in outcomes if one.question["kind"] != "none"]
    print(f"{'':40}" + "".join(f"{group:>8}" for group in GROUPS))
    rows: list[tuple[str, str, list[Outcome], Callable[[str], Callable[[Outcome], bool]]]] = [
        ("retrieval", f"evidence in first {TOP}", answerable, lambda way: lambda one: one.found[way]),
        ("answers", "answer right", outcomes, lambda way: lambda one: one.right.get(way, False)),
    ]
    for name, label, chosen, test in rows:
        for way in chosen[0].found if name == "retrieval" else ("as shown", "own words", "bare model"):
            cells = {group: share(chosen, group, test(way)) for group in GROUPS}
            result[name][way] = {group: round(hit / of, 3) for group, (hit, of) in cells.items() if of}
            shown = "".join(f"{f'{hit}/{of}' if of else '-':>8}" for hit, of in cells.values())
            print(f"{f'{label}: {way}':40}" + shown)
    times = sorted(one.ms for one in outcomes)
    result["answer_ms"] = {"p50": round(times[len(times) // 2]), "max": round(times[-1])}
    print(f"answer time: p50 {result['answer_ms']['p50']} ms, longest {result['answer_ms']['max']} ms")
    return result


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks answers")
    parser.add_argument("--split", choices=("dev", "held", "all"), default="all")
    parser.add_argument("--show", action="store_true", help="print every answer")
    options = parser.parse_args(argv)
    questions = json.loads(QUESTIONS.read_text("utf-8"))
    if options.split != "all":
        questions = [question for question in questions if question["split"] == options.split]
    begun = time.perf_counter()
    outcomes = trio.run(run, questions)
    if options.show:
        for one_ in outcomes:
            mark = "ok " if one_.right["as shown"] else "NO "
            own = "own" if one_.right["own words"] else "   "
            hit = "hit" if one_.found["ours"] else "   "
            print(f"{mark}{own} {hit} {one_.question['id']} {one_.question['question']}  [{one_.question['answer']}]")
            print("      " + one_.answer.replace("\n", "\n      "))
    figures = table(outcomes)
    figures["questions"] = len(outcomes)
    figures["seconds"] = round(time.perf_counter() - begun, 1)
    print(json.dumps(figures))
    return 0
