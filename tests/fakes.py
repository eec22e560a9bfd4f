"""Stand-ins for what cannot be had in a test: the words of a language model."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence

import trio

from agent.llm import Finished, Generation, Llm, LlmFailed, ModelInfo, Token


class ScriptedLlm(Llm):
    """Answers with the given texts in turn, word by word; an LlmFailed among them is raised in its place.

    `requests` holds what was asked.  An answer is cut at `max_tokens` words, as a model's would be.
    """

    def __init__(self, answers: Sequence[str | LlmFailed], context: int = 8192) -> None:
        self._answers: Iterator[str | LlmFailed] = iter(tuple(answers))
        self._context = context
        self.requests: list[Generation] = []

    async def info(self) -> ModelInfo:
        await trio.lowlevel.checkpoint()
        return ModelInfo("Scripted", "0" * 64, self._context, 0, 0, 0, "CPU")

    async def count(self, text: str) -> int:
        await trio.lowlevel.checkpoint()
        return len(_words(text))

    def generate(self, request: Generation) -> AsyncIterator[Token | Finished]:
        self.requests.append(request)
        return _Script(request, next(self._answers))


class _Script:
    def __init__(self, request: Generation, answer: str | LlmFailed) -> None:
        self._failure = answer if isinstance(answer, LlmFailed) else None
        words = _words(answer) if isinstance(answer, str) else []
        said = words[: request.max_tokens]
        reading = sum(len(_words(turn.content)) for turn in request.turns)
        finished = Finished("stop" if said == words else "length", reading, 0, len(said), 0.0, 0.0)
        self._left: Iterator[Token | Finished] = iter([*map(Token, said), finished])

    def __aiter__(self) -> _Script:
        return self

    async def __anext__(self) -> Token | Finished:
        await trio.lowlevel.checkpoint()
        if self._failure is not None:
            raise self._failure
        for item in self._left:
            return item
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self._left = iter(())
        await trio.lowlevel.checkpoint()


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s*$|\s*\S+", text)
