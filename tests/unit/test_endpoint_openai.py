"""The model, asked by OpenAI's own client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import openai
import pytest
import trio

from agent.llm import Finished, Generation, LlmFailed, Token
from storage.vault import Vault
from tests.fakes import ScriptedLlm
from tests.unit.endpoint_fixtures import Offered, offered
from tests.unit.llama_fixtures import bench, default_model
from tests.unit.vault_fixtures import path_fixture, vault_fixture  # noqa: F401 - fixtures

T = TypeVar("T")
HELLO: list[Any] = [{"role": "user", "content": "Say hello."}]


async def asked(one: Offered, ask: Callable[[openai.OpenAI], T]) -> T:
    def work() -> T:
        base = f"http://127.0.0.1:{one.port}/v1"
        with openai.OpenAI(base_url=base, api_key=one.token, max_retries=0, timeout=120) as client:
            return ask(client)

    return await trio.to_thread.run_sync(work)


async def test_the_model_that_answers_is_listed(vault: Vault) -> None:
    async with offered(vault) as one:
        assert [model.id for model in await asked(one, lambda c: list(c.models.list()))] == ["Scripted"]
        assert (await asked(one, lambda c: c.models.retrieve("Scripted"))).owned_by == "nuee"


async def test_an_answer_comes_whole_with_its_counts(vault: Vault) -> None:
    llm = ScriptedLlm(["Hello to you."])
    async with offered(vault, llm) as one:
        done = await asked(one, lambda c: c.chat.completions.create(model="Scripted", messages=HELLO))
    assert done.choices[0].message.content == "Hello to you."
    assert done.choices[0].finish_reason == "stop"
    assert done.usage is not None
    assert (done.usage.prompt_tokens, done.usage.completion_tokens, done.usage.total_tokens) == (2, 3, 5)


async def test_an_answer_comes_piece_by_piece(vault: Vault) -> None:
    def ask(client: openai.OpenAI) -> list[Any]:
        options: Any = {"include_usage": True}
        with client.chat.completions.create(
            model="nuee", messages=HELLO, stream=True, stream_options=options, max_tokens=2
        ) as stream:
            return list(stream)

    async with offered(vault, ScriptedLlm(["Hello to you."])) as one:
        chunks = await asked(one, ask)
    assert [chunk.choices[0].delta.content for chunk in chunks if chunk.choices] == ["", "Hello", " to", None]
    assert chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].usage.completion_tokens == 2


async def test_what_is_asked_for_reaches_the_model(vault: Vault) -> None:
    llm = ScriptedLlm(["{}"])
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    form: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    messages: list[Any] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "Go on."},
    ]
    async with offered(vault, llm) as one:
        await asked(
            one,
            lambda c: c.chat.completions.create(
                model="Scripted", messages=messages, temperature=0.2, top_p=0.5, seed=7, max_completion_tokens=9,
                stop=["END", "\n\n"], response_format=form,
            ),
        )  # fmt: skip
    [request] = llm.requests
    assert [(turn.role, turn.content) for turn in request.turns] == [
        ("system", "Be brief."), ("user", "One.\nTwo."), ("assistant", "Yes."), ("user", "Go on."),
    ]  # fmt: skip
    assert (request.temperature, request.top_p, request.seed, request.max_tokens) == (0.2, 0.5, 7, 9)
    assert request.stop == ("END", "\n\n")
    assert json.loads(request.schema or "") == schema


async def test_an_answer_never_takes_more_than_half_the_context(vault: Vault) -> None:
    llm = ScriptedLlm(["Hello."], context=100)
    async with offered(vault, llm) as one:
        await asked(one, lambda c: c.chat.completions.create(model="Scripted", messages=HELLO, max_tokens=90))
    assert llm.requests[0].max_tokens == 50


TOOL: Any = {"type": "function", "function": {"name": "f"}}
IMAGE: Any = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}]


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 2}, "n"),
        ({"tools": [TOOL]}, "tools"),
        ({"logprobs": True}, "logprobs"),
        ({"frequency_penalty": 1.0}, "frequency_penalty"),
        ({"messages": IMAGE}, "messages[0]"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}]}, "messages[0]"),
        ({"messages": [*HELLO, {"role": "assistant", "content": "x"}]}, "messages"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": 9}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        ({"extra_body": {"banana": 1}}, "banana"),
    ],
)
async def test_what_cannot_be_served_is_refused_with_its_name(vault: Vault, more: dict[str, Any], param: str) -> None:
    llm = ScriptedLlm(["never"])
    async with offered(vault, llm) as one:
        with pytest.raises(openai.BadRequestError) as caught:
            await asked(one, lambda c: c.chat.completions.create(**{"model": "Scripted", "messages": HELLO, **more}))
    assert caught.value.param == param
    assert llm.requests == []


async def test_another_model_is_not_found(vault: Vault) -> None:
    async with offered(vault) as one:
        with pytest.raises(openai.NotFoundError, match="Scripted"):
            await asked(one, lambda c: c.chat.completions.create(model="gpt-4o", messages=HELLO))


async def test_a_wrong_token_is_openai_s_own_error(vault: Vault) -> None:
    async with offered(vault) as one:
        one.token = "wrong"
        with pytest.raises(openai.AuthenticationError):
            await asked(one, lambda c: c.models.list())


@pytest.mark.parametrize(
    ("code", "error", "told"),
    [
        ("too-long", openai.BadRequestError, "context_length_exceeded"),
        ("bad-schema", openai.BadRequestError, "invalid_value"),
        ("worker-died", openai.InternalServerError, "worker-died"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_failure_of_the_model_is_told_before_anything_is_sent(
    vault: Vault, code: str, error: type[openai.APIStatusError], told: str, stream: bool
) -> None:
    async with offered(vault, ScriptedLlm([LlmFailed(code, "It failed.")])) as one:
        with pytest.raises(error) as caught:
            await asked(one, lambda c: c.chat.completions.create(model="nuee", messages=HELLO, stream=stream))
    assert caught.value.code == told


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"model": 1}', b"[" * 100_000, b"\xff"])
async def test_a_body_that_is_no_request_is_refused(vault: Vault, body: bytes) -> None:
    async with offered(vault) as one:
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:{one.port}\r\nAuthorization: Bearer {one.token}\r\n"
        )
        answer = await one.raw(f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["type"] == "invalid_request_error"


class _Endless(ScriptedLlm):
    """Says one word for ever; `left` is set when nobody listens any more."""

    def __init__(self) -> None:
        super().__init__([])
        self.left = trio.Event()

    def generate(self, request: Generation) -> AsyncIterator[Token | Finished]:
        return self._words()

    async def _words(self) -> AsyncIterator[Token | Finished]:
        try:
            while True:
                await trio.sleep(0.01)
                yield Token(" la")
        finally:
            self.left.set()


async def test_a_client_that_leaves_stops_the_model(vault: Vault) -> None:
    llm = _Endless()
    async with offered(vault, llm) as one:
        body = json.dumps({"model": "nuee", "messages": HELLO, "stream": True}).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:{one.port}\r\nAuthorization: Bearer {one.token}\r\n"
        )
        stream = await trio.open_tcp_stream("127.0.0.1", one.port)
        await stream.send_all(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await stream.receive_some(100)
        await stream.aclose()
        with trio.fail_after(20):
            await llm.left.wait()


async def test_locking_stops_an_answer_that_is_being_streamed(vault: Vault) -> None:
    llm = _Endless()
    async with offered(vault, llm) as one, trio.open_nursery() as nursery:
        body = json.dumps({"model": "nuee", "messages": HELLO}).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:{one.port}\r\nAuthorization: Bearer {one.token}\r\n"
        )
        nursery.start_soon(one.raw, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await trio.sleep(0.1)
        with trio.fail_after(20):
            await one.offering.stop()
            await llm.left.wait()


async def test_the_real_default_model_answers_openai_s_client(vault: Vault) -> None:
    with bench(default_model()) as real:
        async with offered(vault, real.client) as one:
            done = await asked(
                one,
                lambda c: c.chat.completions.create(model="nuee", messages=HELLO, temperature=0, max_tokens=8),
            )
        await real.client.aclose()
    assert done.choices[0].message.content
    assert done.usage is not None
    assert 0 < done.usage.completion_tokens <= 8
