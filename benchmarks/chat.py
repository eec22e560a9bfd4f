"""`python -m benchmarks chat`: the language model as the window uses it, against bare llama_cpp in the same run.

Both sides run the default model in a process of their own, with the same prompts, threads and greedy sampling, and take
turns, so that whatever else the machine does meets both.  Ours is measured where the asker sits, across the pipe.  Bare
is measured inside its process, twice: as the loop over `Llama.generate`, and as `create_chat_completion(stream=True)`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import IO, Any, cast
from unittest.mock import patch

import trio

from agent import cpu
from agent.llama_client import LlamaClient, Options
from agent.llm import Finished, Generation, Token, Turn
from agent.models import DEFAULT_NAME, ModelFile, ModelStore
from app.workers import WorkerProcess, WorkerSpec
from installer import places

CONTEXT = 8192
DECODE_GOAL, FOLLOW_UP_GOAL = 0.97, 1.2
TALE = "Tell a long story about a lighthouse keeper and the sea."
FOLLOW_UPS = (
    *("Who keeps the first lamp?", "And the last one?", "Which lamp burns on day 7?", "Name another.", "Why is that?"),
    *("Who keeps lamp 40?", "On which day?", "Is it old?", "Which one is next?", "Thank you. And lamp 99?"),
)
_WORKER = (
    "from agent.llama_worker import service; from app.worker_host import private_pipes, serve;"
    "serve(service(), *private_pipes())"
)


@dataclass
class Figures:
    """Of one side: tokens per second of answers and of the prompt, milliseconds to the first token."""

    rates: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    prompt: float = 0.0


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks chat", description=__doc__)
    parser.add_argument("--model", default=DEFAULT_NAME, help="name or digest of a model of the store")
    parser.add_argument("--threads", type=int, default=cpu.threads()[0])
    parser.add_argument("--repeats", type=int, default=16, help="of the decoding; the first is discarded")
    parser.add_argument("--tokens", type=int, default=48, help="of each answer")
    parser.add_argument("--bare", metavar="PATH", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.bare:
        return _bare(options.bare, options.threads)
    model = ModelStore(places.models()).find(options.model)
    result = trio.run(_compare, model, options)
    _show(result)
    print(json.dumps(result))
    return 0 if result["decode"]["met"] and result["follow_up"]["met"] else 1


async def _compare(model: ModelFile, options: argparse.Namespace) -> dict[str, Any]:
    store, worker = ModelStore(places.models()), _start()
    client = LlamaClient(
        lambda: worker,
        lambda: model,
        lambda file: store.verify(file.digest),
        options=Options(context=CONTEXT, threads=options.threads, gpu_layers=0),
    )
    bare = _Bare(model, options.threads)
    ours, loop, chat = Figures(), Figures(), Figures()
    try:
        await client.info()
        for repeat in range(options.repeats):
            answered = await _ask(client, [Turn("user", TALE)], options.tokens)
            looped = bare.ask("generate", [{"role": "user", "content": TALE}], options.tokens)
            chatted = bare.ask("chat", [{"role": "user", "content": TALE}], options.tokens)
            if repeat or options.repeats == 1:  # the first warms everybody up
                ours.rates.append(answered.rate)
                loop.rates.append(looped["rate"])
                chat.rates.append(chatted["rate"])
        await _converse(client, bare, ours, chat)
    finally:
        bare.close()
        await client.aclose()
    return _result(model, options.threads, ours, loop, chat)


async def _converse(client: LlamaClient, bare: _Bare, ours: Figures, chat: Figures) -> None:
    """A conversation over a text of about 4,000 tokens, held with both sides in turns."""
    turns: list[Turn] = []
    messages: list[dict[str, str]] = []
    for question in (_long_question(), *FOLLOW_UPS):
        turns.append(Turn("user", question))
        said = await _ask(client, turns, 12)
        turns.append(Turn("assistant", said.text))
        _note(ours, len(turns), said.finished.prompt_tokens, said.finished.first_token_ms)
        messages.append({"role": "user", "content": question})
        answer = bare.ask("chat", messages, 12)
        messages.append({"role": "assistant", "content": answer["text"]})
        _note(chat, len(messages), answer["prompt"], answer["first_token_ms"])


def _note(figures: Figures, turns: int, prompt_tokens: int, first_token_ms: float) -> None:
    if turns == 2:
        figures.prompt = prompt_tokens / first_token_ms * 1000
    else:
        figures.first.append(first_token_ms)


@dataclass(frozen=True)
class _Said:
    text: str
    rate: float
    finished: Finished


async def _ask(client: LlamaClient, turns: Sequence[Turn], tokens: int) -> _Said:
    pieces: list[str] = []
    first = last = 0.0
    async for item in client.generate(Generation(tuple(turns), max_tokens=tokens)):
        if isinstance(item, Token):
            first = first or perf_counter()
            last = perf_counter()
            pieces.append(item.text)
        else:
            return _Said("".join(pieces), (item.completion_tokens - 1) / (last - first), item)
    raise AssertionError("a generation without an end")


def _start() -> WorkerProcess:
    with patch("app.workers.command", lambda _name: [sys.executable, "-c", _WORKER]):
        return WorkerProcess(WorkerSpec("llm", {}))


class _Bare:
    """llama_cpp in a process of its own, asked by lines of JSON."""

    def __init__(self, model: ModelFile, threads: int) -> None:
        command = [sys.executable, "-m", "benchmarks.chat", "--bare", str(model.path), "--threads", str(threads)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, way: str, messages: Sequence[Mapping[str, str]], tokens: int) -> dict[str, Any]:
        question = {"way": way, "messages": list(messages), "tokens": tokens}
        stdin, stdout = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def _bare(path: str, threads: int) -> int:
    """The other end of _Bare."""
    from llama_cpp import Llama

    llama = Llama(path, n_ctx=CONTEXT, n_threads=threads, n_threads_batch=threads, verbose=False)
    for line in sys.stdin:
        question = json.loads(line)
        way = _bare_generate if question["way"] == "generate" else _bare_chat
        print(json.dumps(way(llama, question["messages"], question["tokens"])), flush=True)
    return 0


def _bare_generate(llama: Any, messages: Sequence[Mapping[str, str]], tokens: int) -> dict[str, Any]:
    started = perf_counter()
    # As the model's template has it, its own system turn included.
    system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
    prompt = "".join(
        f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n"
        for message in ({"role": "system", "content": system}, *messages)
    )
    ids = llama.tokenize(f"{prompt}<|im_start|>assistant\n".encode(), add_bos=False, special=True)
    times, pieces = [], []
    for token in llama.generate(ids, temp=0.0, repeat_penalty=1.1):
        if token == llama.token_eos():
            break
        pieces.append(llama.detokenize([token]).decode(errors="replace"))
        times.append(perf_counter())
        if len(pieces) == tokens:
            break
    first = (times[0] - started) * 1000
    return {"text": "".join(pieces), "prompt": len(ids), "first_token_ms": first, "rate": _rate(times)}


def _bare_chat(llama: Any, messages: Sequence[Mapping[str, str]], tokens: int) -> dict[str, Any]:
    started = perf_counter()
    times, pieces = [], []
    for chunk in llama.create_chat_completion(
        messages=list(messages), max_tokens=tokens, temperature=0.0, repeat_penalty=1.1, stream=True
    ):
        text = chunk["choices"][0]["delta"].get("content")
        if text:
            times.append(perf_counter())
            pieces.append(text)
    said = "".join(pieces)
    prompt = llama.n_tokens - len(llama.tokenize(said.encode(), add_bos=False))
    return {"text": said, "prompt": prompt, "first_token_ms": (times[0] - started) * 1000, "rate": _rate(times)}


def _rate(times: Sequence[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])


def _long_question() -> str:
    lines = (f"Lamp {number}: kept by keeper {number * 7 % 60}, lit on day {number % 28}." for number in range(210))
    return " ".join(lines) + " Who keeps lamp 12?"


def _result(model: ModelFile, threads: int, ours: Figures, loop: Figures, chat: Figures) -> dict[str, Any]:
    rates = [statistics.median(side.rates) for side in (ours, loop, chat)]
    # Neighbours in time are compared, so that what else the machine does meets both; the harder baseline counts.
    ratios = [
        statistics.median(mine / theirs for mine, theirs in zip(ours.rates, side.rates, strict=True))
        for side in (loop, chat)
    ]
    firsts = [statistics.median(side.first) for side in (ours, chat)]
    decode, follow_up = min(ratios), firsts[0] / firsts[1]
    return {
        "benchmark": "chat",
        "model": model.name,
        "threads": threads,
        "decode": {
            "ours": rates[0],
            "bare_generate": rates[1],
            "bare_chat": rates[2],
            "ratio": decode,
            "goal": DECODE_GOAL,
            "met": decode >= DECODE_GOAL,
        },
        "follow_up": {
            "ours_ms": firsts[0],
            "bare_ms": firsts[1],
            "ratio": follow_up,
            "goal": FOLLOW_UP_GOAL,
            "met": follow_up <= FOLLOW_UP_GOAL,
        },
        "prompt": {"ours": ours.prompt, "bare_chat": chat.prompt},
    }


def _show(result: Mapping[str, Any]) -> None:
    decode, follow_up, prompt = result["decode"], result["follow_up"], result["prompt"]
    print(f"{result['model']}, {result['threads']} threads, on the processor\n")
    print(f"{'':34}{'Nuée':>10}{'generate':>10}{'chat':>10}{'ratio':>8}  goal")
    print(
        f"{'answering, tokens/s':34}{decode['ours']:10.1f}{decode['bare_generate']:10.1f}{decode['bare_chat']:10.1f}"
        f"{decode['ratio']:8.2f}  >= {decode['goal']}"
    )
    print(
        f"{'first token of a follow-up, ms':34}{follow_up['ours_ms']:10.0f}{'':10}{follow_up['bare_ms']:10.0f}"
        f"{follow_up['ratio']:8.2f}  <= {follow_up['goal']}"
    )
    print(f"{'reading the prompt, tokens/s':34}{prompt['ours']:10.0f}{'':10}{prompt['bare_chat']:10.0f}\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
