"""`python -m benchmarks reexecution`: how often does doing an inference again give the same text, bit for bit?

The same greedy prompts on the same model file, each in a process of its own: by the engine that is installed with one
thread and with two, with smaller batches, after another prompt (so that a part of the context is there already), and by
each build named with `--engine NAME=FOLDER` (what `pip install --target FOLDER` of another wheel leaves).  Agreement is
counted against the first; where two differ, the number of characters that they share at the beginning is said.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from installer import places

PROMPTS = (
    "Why is the sky blue?", "Write a haiku about autumn rain.", "Explain what a blockchain is to a child.",
    "List five fruits and their colours.", "Translate to French: The meeting is on Friday at noon.",
    "What is the capital of Australia?", "Summarise: Ada wrote the first program for a machine that was never built.",
    "Give three tips for better sleep.", "What does an escrow do?", "Continue: Once upon a time in a small village",
    "Is 91 a prime number? Explain.", "Name the planets of the solar system in order.",
    "Write a polite refusal of an invitation.", "What is the difference between weather and climate?",
    "Describe the taste of a lemon.", "How do I boil an egg?", "Pourquoi la mer est-elle salée ?",
    "Quelle est la recette des crêpes ?", "Write one line of Python that reverses a list.",
    "What should I pack for a weekend in the mountains?",
)  # fmt: skip
TOKENS = 64
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "as installed, 1 thread": {"threads": 1},
    "again": {"threads": 1},
    "batches of 8": {"threads": 1, "batch": 8},
    "after another prompt": {"threads": 1, "warm": True},
}
THREADS = {"2 threads": {"threads": 2}}  # last: on a machine that does much else they wait for each other


class _Quiet:
    """What the worker reports goes nowhere but the text."""

    cancelled = False

    def __init__(self) -> None:
        self.text = ""

    def emit(self, event: Mapping[str, Any]) -> None:
        self.text += str(event.get("text", ""))


def answers(model: Path, count: int, settings: Mapping[str, Any]) -> list[str]:
    """In a process of its own: the engine is whichever is found first."""
    from agent import llama_worker

    if "batch" in settings:
        llama_worker.BATCH = int(settings["batch"])  # type: ignore[misc]
    worker = llama_worker.service()
    found: list[str] = []
    for prompt in PROMPTS[:count]:
        reply = _Quiet()
        if not settings.get("warm") or not found:  # else the beginning of the context stays from the prompt before
            worker["load"]({"path": str(model), "threads": settings["threads"], "context": 1024}, reply)
        turns = [{"role": "user", "content": prompt}]
        worker["generate"](
            {"turns": turns, "max_tokens": TOKENS, "temperature": 0.0, "repeat_penalty": 1.1, "seed": 0}, reply
        )
        found.append(reply.text)
    return found


def _measured(model: Path, count: int, settings: Mapping[str, Any], engine: str) -> list[str]:
    command = [sys.executable, "-m", "benchmarks.reexecution", "--one", json.dumps(settings), "--prompts", str(count),
               "--model", str(model)]  # fmt: skip
    paths = [engine, str(Path.cwd())] if engine else [str(Path.cwd())]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout.splitlines()[-1]))


def _shared(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _features(engine: str) -> str:
    code = "import llama_cpp as l; l.llama_backend_init(); print(l.llama_print_system_info().decode())"
    environment = {**os.environ, "PYTHONPATH": engine} if engine else dict(os.environ)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks reexecution")
    parser.add_argument("--prompts", type=int, default=len(PROMPTS))
    parser.add_argument("--engine", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--model", type=Path, default=next(iter(sorted(places.models().glob("*.gguf"))), None))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.model is None:
        print("There is no model here: python3 -m installer run", file=sys.stderr)
        return 1
    if options.one:
        print(json.dumps(answers(options.model, options.prompts, json.loads(options.one))))
        return 0
    engines = dict(one.partition("=")[::2] for one in options.engine)
    runs: dict[str, tuple[Mapping[str, Any], str]] = {name: (settings, "") for name, settings in SETTINGS.items()}
    runs |= {f"build {name}": ({"threads": 1}, str(Path(folder).resolve())) for name, folder in engines.items()}
    runs |= {name: (settings, "") for name, settings in THREADS.items()}
    reference: list[str] = []
    rows = []
    for name, (settings, engine) in runs.items():
        begun = time.perf_counter()
        found = _measured(options.model, options.prompts, settings, engine)
        reference = reference or found
        differing = [_shared(one, other) for one, other in zip(reference, found, strict=True) if one != other]
        rows.append({
            "run": name, "same": len(found) - len(differing), "of": len(found),
            "shared": round(statistics.median(differing)) if differing else None,
            "digest": hashlib.sha256("\0".join(found).encode()).hexdigest()[:12],
            "seconds": round(time.perf_counter() - begun, 1), "engine": _features(engine),
        })  # fmt: skip
        shared = "" if not differing else f", else alike for {rows[-1]['shared']} characters (median)"
        print(f"{name:28} {rows[-1]['same']:3} of {len(found)} the same{shared}", flush=True)
    print(json.dumps({"model": options.model.stem[:12], "tokens": TOKENS, "rows": rows}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
