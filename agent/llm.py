"""The Llm port: what the agent needs of a language model, whatever runs it.

Messages follow the chat convention of the model's own template (read from the GGUF).  The adapter for llama.cpp is
`agent.llama_client`; tests script one with `tests.fakes.ScriptedLlm`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


class LlmFailed(Exception):
    """The model could not answer.  `code`: worker-died | no-model | too-long | bad-model | bad-schema | internal."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Turn:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Generation:
    """One request.  `schema` is a JSON schema as text: decoding is then held to it by a grammar.

    `max_tokens` bounds the answer.  The prompt may use the rest of the context; when it does not fit, the oldest turns
    after the system turn are left out (never the last one), and the request fails with "too-long" only if the last
    turn alone does not fit.
    """

    turns: Sequence[Turn]
    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 0.95
    repeat_penalty: float = 1.1
    seed: int = 0
    stop: tuple[str, ...] = ()
    schema: str | None = None


@dataclass(frozen=True)
class Token:
    """A piece of text, always whole characters."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The last thing a generation yields.  Times in milliseconds, from the request to the event."""

    reason: Literal["stop", "length", "cancelled"]
    prompt_tokens: int
    reused_tokens: int  # how much of the prompt was still in the cache from the turn before
    completion_tokens: int
    first_token_ms: float
    ms: float
    dropped_turns: int = 0


@dataclass(frozen=True)
class ModelInfo:
    """What a loaded model says of itself."""

    name: str
    digest: str  # SHA-256 of the file, hexadecimal
    context: int  # tokens
    parameters: int
    gpu_layers: int
    layers: int
    device: str  # "CPU" or the accelerator's name


class Llm(Protocol):
    """Trio thread only.  Leaving the iterator early (break, cancellation) stops the model within a token."""

    async def info(self) -> ModelInfo: ...

    async def count(self, text: str) -> int:
        """Tokens of `text` in the loaded model."""
        ...

    def generate(self, request: Generation) -> AsyncIterator[Token | Finished]:
        """Yields tokens, then exactly one Finished.  Errors: LlmFailed."""
        ...
