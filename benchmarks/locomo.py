"""`python -m benchmarks locomo`: how much of the evidence stands in the first 4,000 characters that are retrieved.

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

from storage import ranking
from storage.embed import service
from storage.records import Record
from storage.search import Searcher
from storage.terms import query
from storage.vault import Vault
from storage.vector_index import ExactIndex, Floats

CHARACTERS = 4000
_DEPTH = 120  # results looked at: more than fit

Encode = Callable[[Sequence[str]], Floats]


@dataclass(frozen=True)
class Conversation:
    records: list[Record]  # external_id is the turn's name
    questions: list[tuple[str, frozenset[str]]]  # with the names of the turns that hold the evidence
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
            (str(qa["question"]), frozenset(qa["evidence"]) & names) for qa in item["qa"] if qa["category"] != 5
        ]
        end = max(record.date or 0.0 for record in records)
        found.append(Conversation(records, [(q, e) for q, e in questions if e], end + 3600))
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
        scores = ranking.fuse([(self.words(question), 1.0), (self.near(vector), 1.0)])
        return ranking.strongest(scores, _DEPTH)

    def ours(self, question: str, vector: Floats, now: float) -> list[int]:
        searcher = Searcher(self.vault, self.index)
        return [hit.chunk for hit in searcher.search(question, _DEPTH, now=lambda: now, vector=vector)]

    def share(self, chunks: Sequence[int], evidence: frozenset[str]) -> float:
        """The share of `evidence` within the first 4,000 characters of `chunks`; a turn that does not fit ends it."""
        seen: set[str] = set()
        used = 0
        for chunk in chunks:
            used += len(self.text_of[chunk])
            if used > CHARACTERS:
                break
            seen.add(self.turn_of[chunk])
        return len(seen & evidence) / len(evidence)


def measure(conversation: Conversation, bench: Bench, vectors: Floats) -> dict[str, list[float]]:
    shares: dict[str, list[float]] = {"BM25": [], "MiniLM": [], "fused": [], "ours": []}
    for (question, evidence), vector in zip(conversation.questions, vectors, strict=True):
        shares["BM25"].append(bench.share(bench.words(question), evidence))
        shares["MiniLM"].append(bench.share(bench.near(vector), evidence))
        shares["fused"].append(bench.share(bench.fused(question, vector), evidence))
        shares["ours"].append(bench.share(bench.ours(question, vector, conversation.end), evidence))
    return shares


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
    shares: dict[str, list[float]] = {}
    for conversation in conversations(options.data):
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench.build(Path(folder), conversation, encode)
            vectors = encode([question for question, _ in conversation.questions])
            for name, values in measure(conversation, bench, vectors).items():
                shares.setdefault(name, []).extend(values)
            bench.vault.close()
    print(f"share of evidence turns within {CHARACTERS} characters, {len(shares['ours'])} questions")
    for name, values in shares.items():
        print(f"  {name:8} {np.mean(values):.3f}")
    print(json.dumps({name: round(float(np.mean(values)), 4) for name, values in shares.items()}))
    return 0
