"""`python -m benchmarks locomo`: how much of the evidence is among the first that is retrieved.

Printed are the shares of the evidence turns within the first 4,000 characters and among the first 5 and 10 turns, by
category of question, for BM25, the embedding model, their plain fusion by reciprocal rank, and ours.

LoCoMo (Maharana et al. 2024), the development conversations: each turn of a dialogue is a record with its speaker and
date, each session a thread.  No language model takes part; questions without evidence (category 5) are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage import ranking
from storage.embed import service
from storage.filters import parse
from storage.records import Record
from storage.search import Searcher
from storage.terms import query
from storage.vault import Vault
from storage.vector_index import ExactIndex, Floats

CHARACTERS = 4000
TURNS = (5, 10)
CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}  # 5, without evidence, is left out
WAYS = ("BM25", "MiniLM", "fused", "ours")
_DEPTH = 120  # results looked at: more than fit
_CONSTANT = 20  # of the plain fusion; the paper's 60 gives it less

Encode = Callable[[Sequence[str]], Floats]


@dataclass(frozen=True)
class Question:
    text: str
    evidence: frozenset[str]  # names of turns
    category: int


@dataclass(frozen=True)
class Conversation:
    records: list[Record]  # external_id is the turn's name
    questions: list[Question]
    end: float  # when it is asked: after the last session


class _Quiet:
    cancelled = False

    def emit(self, event: Any) -> None:
        pass


def conversations(path: Path) -> list[Conversation]:
    found = []
    for item in json.loads(path.read_text("utf-8")):
        records = _records(item["conversation"])
        names = {record.external_id for record in records}
        questions = [
            Question(str(qa["question"]), frozenset(qa["evidence"]) & names, qa["category"])
            for qa in item["qa"]
            if qa["category"] in CATEGORIES
        ]
        end = max(record.date or 0.0 for record in records)
        found.append(Conversation(records, [one for one in questions if one.evidence], end + 3600))
    return found


def _records(conversation: dict[str, Any]) -> list[Record]:
    records = []
    for key, turns in conversation.items():
        if not isinstance(turns, list):
            continue
        start = datetime.strptime(conversation[f"{key}_date_time"], "%I:%M %p on %d %B, %Y").timestamp()
        for number, turn in enumerate(turns):
            caption = turn.get("blip_caption", "")
            records.append(
                Record(
                    kind="mail",
                    title="",
                    body=turn["text"] + (f"\n[{caption}]" if caption else ""),
                    date=start + number,
                    external_id=turn["dia_id"],
                    sender=turn["speaker"],
                    references=(turns[0]["dia_id"],) if number else (),
                )
            )
    return records


@dataclass
class Bench:
    """One conversation in a vault of its own, with every vector."""

    vault: Vault
    index: ExactIndex
    turn_of: dict[int, str]  # chunk to turn
    text_of: dict[int, str]

    @classmethod
    def build(cls, folder: Path, conversation: Conversation, encode: Encode) -> Bench:
        vault = Vault.create(folder / "vault.db", os.urandom(32))
        vault.library.add(conversation.records)
        pending = vault.vectors.pending("locomo", 100_000)
        index = ExactIndex()
        index.add(np.array([chunk for chunk, _ in pending]), encode([text for _, text in pending]))
        with vault.read() as connection:
            rows = connection.execute(
                "SELECT c.id, r.external_id, c.text FROM chunk c JOIN record r ON r.number = c.record"
            ).fetchall()
        return cls(vault, index, {r[0]: r[1] for r in rows}, {r[0]: r[2] for r in rows})

    def words(self, question: str) -> list[int]:
        return [chunk for chunk, _ in self.vault.library.match(query(question), _DEPTH)]

    def near(self, vector: Floats) -> list[int]:
        return [int(chunk) for chunk in self.index.query(vector, _DEPTH)[0]]

    def fused(self, question: str, vector: Floats) -> list[int]:
        """Plain reciprocal rank fusion (Cormack, Clarke and Büttcher 2009)."""
        scores: dict[int, float] = {}
        for ranked in (self.words(question), self.near(vector)):
            for rank, chunk in enumerate(ranked, start=1):
                scores[chunk] = scores.get(chunk, 0.0) + 1 / (_CONSTANT + rank)
        return ranking.strongest(scores, _DEPTH)

    def ours(self, question: str, vector: Floats, now: float) -> list[int]:
        searcher = Searcher(self.vault, self.index)
        asked = parse(question, question=True)
        return [hit.chunk for hit in searcher.search(asked, _DEPTH, now=lambda: now, vector=vector)]

    def shares(self, chunks: Sequence[int], evidence: frozenset[str]) -> list[float]:
        """The share of `evidence` within the first characters, where a turn that does not fit ends it, and within the
        first turns of each of TURNS."""
        used = np.cumsum([len(self.text_of[chunk]) for chunk in chunks])
        fitting = int(np.searchsorted(used, CHARACTERS, side="right"))
        turns = [self.turn_of[chunk] for chunk in chunks]
        return [len(evidence.intersection(turns[:count])) / len(evidence) for count in (fitting, *TURNS)]


def measure(conversation: Conversation, bench: Bench, vectors: Floats) -> list[list[list[float]]]:
    """For each question the shares of each of WAYS."""
    measured = []
    for question, vector in zip(conversation.questions, vectors, strict=True):
        found = (
            bench.words(question.text),
            bench.near(vector),
            bench.fused(question.text, vector),
            bench.ours(question.text, vector, conversation.end),
        )
        measured.append([bench.shares(chunks, question.evidence) for chunks in found])
    return measured


def table(shares: NDArray[np.float64], categories: NDArray[np.int64]) -> dict[str, Any]:
    """Print the table; the same figures as a map.  `shares`: question, way, measure."""
    figures: dict[str, Any] = {}
    for place, name in enumerate((f"{CHARACTERS} characters", *(f"{count} turns" for count in TURNS))):
        print(f"share of evidence turns within the first {name}")
        print(f"{'':14}{'questions':>10}" + "".join(f"{way:>10}" for way in WAYS))
        figures[name] = {}
        for label, chosen in [
            *((of, categories == number) for number, of in CATEGORIES.items()),
            ("all", categories > 0),
        ]:
            means = shares[chosen, :, place].mean(axis=0)
            figures[name][label] = {way: round(float(mean), 4) for way, mean in zip(WAYS, means, strict=True)}
            print(f"  {label:12}{int(chosen.sum()):10}" + "".join(f"{mean:10.3f}" for mean in means))
    return figures


def encoder(model: Path) -> Encode:
    handlers = service(model)

    def encode(texts: Sequence[str]) -> Floats:
        answer = handlers["encode"]({"texts": list(texts)}, _Quiet())
        return np.frombuffer(answer["vectors"], dtype="<f4").reshape(answer["count"], answer["dimensions"])

    return encode


def main(argv: list[str]) -> int:
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(prog="python -m benchmarks locomo")
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "data" / "locomo_dev.json")
    parser.add_argument("--model", type=Path, default=Path.home() / ".local/share/nuee/models/all-MiniLM-L6-v2")
    options = parser.parse_args(argv)
    if not options.data.is_file():
        print(f"{options.data} is missing; see README.md for where to get it")
        return 1
    encode = encoder(options.model)
    shares: list[list[list[float]]] = []
    categories: list[int] = []
    for conversation in conversations(options.data):
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench.build(Path(folder), conversation, encode)
            vectors = encode([question.text for question in conversation.questions])
            shares += measure(conversation, bench, vectors)
            categories += [question.category for question in conversation.questions]
            bench.vault.close()
    print(json.dumps(table(np.array(shares), np.array(categories))))
    return 0
