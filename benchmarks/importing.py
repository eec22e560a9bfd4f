"""`python -m benchmarks import [--mails N]`: mails imported, cut, stemmed, encrypted, embedded and indexed per second.

Against bare SentenceTransformer.encode on the very same chunks, in a process of its own, before and after ours in the
same run; both models are in memory before the clock starts.  The mails are made of the sample mailbox's sentences.
"""

from __future__ import annotations

import argparse
import json
import mailbox
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trio

from app import commands
from app.node import Node, open_node
from installer import places

_BARE = """
import json, sys, time
from sentence_transformers import SentenceTransformer
out = sys.stdout
sys.stdout = sys.stderr
model = SentenceTransformer(sys.argv[1], local_files_only=True)
model.encode(["warm up"] * 32, show_progress_bar=False)
for line in sys.stdin:
    texts = json.loads(line)
    start = time.perf_counter()
    model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    print(time.perf_counter() - start, file=out, flush=True)
"""


@dataclass(frozen=True)
class Ours:
    seconds: float
    texts: list[str]  # what was embedded
    before: float  # seconds that bare encoding of them took, before and after
    after: float


class Bare:
    """The library alone, in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _BARE, str(places.embedder())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def seconds(self, texts: list[str]) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(texts) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


async def sentences(folder: Path) -> list[str]:
    """Sentences of the sample mailbox, sorted."""
    async with open_node(folder / "sample") as node:
        await commands.create(node, "sentences of a sample mailbox")
        await commands.import_sample(node)
        page = await commands.library(node, limit=1000)
        bodies = [(await commands.show(node, row.id)).body for row in page.rows]
    found = {" ".join(part.split()) for body in bodies for part in re.split(r"(?<=[.!?])\s+|\n\n", body)}
    return sorted(part for part in found if len(part) > 20)


def write(path: Path, parts: list[str], mails: int) -> None:
    """An mbox of `mails` different mails of 2 to 16 sentences; the same every time."""
    rng = random.Random(7)
    box = mailbox.mbox(path)
    for number in range(mails):
        message = EmailMessage()
        message["From"] = f"Person {number % 40} <p{number % 40}@example.org>"
        message["To"] = "Me <me@example.org>"
        message["Subject"] = rng.choice(parts)[:60]
        message["Date"] = f"{1 + number % 28} Jan 2026 10:{number % 60:02}:00 +0000"
        message["Message-ID"] = f"<{number}@benchmark.example.org>"
        paragraphs = [" ".join(rng.sample(parts, rng.randint(1, 4))) for _ in range(rng.randint(2, 4))]
        message.set_content("\n\n".join(paragraphs))
        box.add(message)
    box.close()


async def texts_of(node: Node) -> list[str]:
    """Every chunk as the embedder reads it: none has a vector of a model that does not exist."""
    found = await node.blocking(node.vault.vault.vectors.pending, "no such model", 1_000_000)
    return [text for _, text in found]


async def run(mails: int) -> Ours:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        parts = await sentences(folder)
        write(folder / "mails.mbox", parts, mails)
        bare = Bare()
        try:
            async with open_node(folder / "texts") as node:
                await commands.create(node, "only to see how the mails are cut")
                await commands.import_paths(node, [str(folder / "mails.mbox")])
                texts = await texts_of(node)
            before = await trio.to_thread.run_sync(bare.seconds, texts)
            async with open_node(folder / "home") as node:
                await commands.create(node, "a mailbox made of sentences")
                await node.embedding.ready()
                start = time.perf_counter()
                await commands.import_paths(node, [str(folder / "mails.mbox")])
                await commands.embed_all(node)
                seconds = time.perf_counter() - start
            after = await trio.to_thread.run_sync(bare.seconds, texts)
        finally:
            bare.end()
    return Ours(seconds, texts, before, after)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks import")
    parser.add_argument("--mails", type=int, default=600)
    options = parser.parse_args(argv)
    ours = trio.run(run, options.mails)
    bare = (ours.before + ours.after) / 2
    figures: dict[str, Any] = {
        "mails": options.mails,
        "chunks": len(ours.texts),
        "ours_s": ours.seconds,
        "bare_s": [ours.before, ours.after],
        "ours_chunks_per_s": len(ours.texts) / ours.seconds,
        "bare_chunks_per_s": len(ours.texts) / bare,
        "ratio": bare / ours.seconds,
    }
    print(f"{options.mails} mails, {len(ours.texts)} chunks")
    print(f"  import, ours                       {figures['ours_chunks_per_s']:8.1f} chunks/s")
    print(f"  bare encode of the same chunks     {figures['bare_chunks_per_s']:8.1f} chunks/s")
    print(f"  ratio                              {figures['ratio']:8.2f}  (goal 0.9)")
    print(json.dumps(figures))
    return 0
