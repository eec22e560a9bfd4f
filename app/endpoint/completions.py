"""The model that answers here, in the form of OpenAI's API: GET /v1/models, POST /v1/chat/completions.

Plain access to the model: it sees what the request holds and nothing of the vault.  Trio thread.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, cast

import trio

from agent.llm import Finished, Llm, LlmFailed, Token
from agent.models import ModelFile
from app.endpoint import chat_request, replies
from app.endpoint.chat_request import ChatRequest
from app.endpoint.replies import Refused, Send

WAITING = 8  # requests at once; the model answers one after the other

_FAILURES = {
    "too-long": Refused(400, "context_length_exceeded", "The messages are too long for this model.", "messages"),
    "bad-schema": Refused(400, "invalid_value", "The schema cannot be made a grammar.", "response_format"),
    "no-model": Refused(503, "no_model", "There is no language model here."),
}


class Completions:
    """`llm` and `model` give what answers now; both may change while this is served."""

    def __init__(self, llm: Callable[[], Llm], model: Callable[[], ModelFile]) -> None:
        self._llm = llm
        self._model = model
        self._room = trio.CapacityLimiter(WAITING)

    async def models(self, send: Send) -> None:
        """The one model that is chosen: another one is chosen in Nuée, not by whoever asks."""
        await replies.send_json(send, {"object": "list", "data": [_described(self._model())]})

    async def model(self, name: str, send: Send) -> None:
        await replies.send_json(send, _described(self._known(name)))

    async def complete(self, body: bytes, send: Send) -> None:
        """Errors: Refused, before anything was sent."""
        task = trio.lowlevel.current_task()
        try:
            self._room.acquire_on_behalf_of_nowait(task)
        except trio.WouldBlock:
            raise Refused(429, "busy", "Too many requests wait for the model.") from None
        try:
            await self._complete(body, send)
        finally:
            self._room.release_on_behalf_of(task)

    async def _complete(self, body: bytes, send: Send) -> None:
        llm = self._llm()
        try:
            asked = chat_request.parse(body, (await llm.info()).context)
            self._known(asked.model)
            answer = cast("_Closing", llm.generate(asked.generation))
            async with aclosing(answer) as events:
                first = await anext(events)  # what fails, fails before anything is sent
                if asked.stream:
                    await _stream(asked, first, events, send)
                else:
                    await _whole(asked, first, events, send)
        except LlmFailed as failure:
            raise _FAILURES.get(failure.code) or Refused(500, failure.code, str(failure)) from failure

    def _known(self, name: str) -> ModelFile:
        model = self._model()
        if name not in (model.name, model.digest, "nuee"):
            raise Refused(404, "model_not_found", f"The model that answers here is “{model.name}”.", "model")
        return model


class _Closing(AsyncIterator[Token | Finished]):
    async def aclose(self) -> None: ...


async def _whole(
    asked: ChatRequest, first: Token | Finished, events: AsyncIterator[Token | Finished], send: Send
) -> None:
    said, done = "", first
    if isinstance(first, Token):
        said = first.text
        async for event in events:
            done = event
            said += event.text if isinstance(event, Token) else ""
    assert isinstance(done, Finished)
    message = {"role": "assistant", "content": said, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(done)}
    head = _head(asked, "chat.completion")
    await replies.send_json(send, head | {"choices": [choice], "usage": _usage(done)})


async def _stream(
    asked: ChatRequest, first: Token | Finished, events: AsyncIterator[Token | Finished], send: Send
) -> None:
    head = _head(asked, "chat.completion.chunk")

    async def chunk(delta: dict[str, Any], reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        await replies.send_event(send, head | {"choices": [choice]})

    await replies.begin_events(send)
    await chunk({"role": "assistant", "content": ""})
    event = first
    try:
        while isinstance(event, Token):
            await chunk({"content": event.text})
            event = await anext(events)
        await chunk({}, _reason(event))
        if asked.usage:
            await replies.send_event(send, head | {"choices": [], "usage": _usage(event)})
        await replies.send_event(send, "[DONE]")
    except LlmFailed as failure:
        await replies.send_event(send, replies.error(Refused(500, failure.code, str(failure))))
    await replies.end_events(send)


def _described(model: ModelFile) -> dict[str, Any]:
    return {"id": model.name, "object": "model", "created": 0, "owned_by": "nuee"}


def _head(asked: ChatRequest, kind: str) -> dict[str, Any]:
    name = f"chatcmpl-{uuid.uuid4().hex}"
    return {"id": name, "object": kind, "created": int(time.time()), "model": asked.model}


def _reason(done: Finished) -> str:
    return "length" if done.reason == "length" else "stop"


def _usage(done: Finished) -> dict[str, Any]:
    return {
        "prompt_tokens": done.prompt_tokens,
        "completion_tokens": done.completion_tokens,
        "total_tokens": done.prompt_tokens + done.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": done.reused_tokens},
    }
