"""What the language model's port promises, with the real default model in its real process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import trio

from agent.llama_client import LlamaClient, Options
from agent.llm import Finished, Generation, LlmFailed, Token, Turn
from agent.models import ModelFile
from app.workers import WorkerProcess
from tests.unit.llama_fixtures import answer, asking, default_model, start_worker

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"tool": {"enum": ["search", "answer"]}, "words": {"type": "array", "items": {"type": "string"}}},
        "required": ["tool", "words"],
    }
)
TALE = "Tell a very long story about a lighthouse."


@pytest.fixture(scope="module")
def model() -> ModelFile:
    return default_model()


@pytest.fixture(scope="module")
def worker(model: ModelFile) -> Iterator[WorkerProcess]:
    process = start_worker()
    yield process
    process.kill()


@pytest.fixture
def llm(worker: WorkerProcess, model: ModelFile) -> LlamaClient:
    return LlamaClient(lambda: worker, lambda: model, lambda _file: None)


@pytest.fixture
def short(worker: WorkerProcess, model: ModelFile) -> LlamaClient:
    return LlamaClient(lambda: worker, lambda: model, lambda _file: None, options=Options(context=1024))


async def test_an_answer_streams_in_pieces_and_ends_with_one_finished(llm: LlamaClient) -> None:
    items = [item async for item in llm.generate(asking("What is the capital of France?", max_tokens=40))]

    assert len(items) >= 3
    assert all(isinstance(item, Token) for item in items[:-1])
    assert isinstance(items[-1], Finished)
    assert "".join(item.text for item in items if isinstance(item, Token)).strip()


async def test_info_describes_the_loaded_model(llm: LlamaClient, model: ModelFile) -> None:
    info = await llm.info()

    assert (info.name, info.digest) == ("SmolLM2-135M-Instruct", model.digest)
    assert (info.context, info.layers, info.parameters) == (8192, 30, 134_515_008)


async def test_count_takes_control_words_for_plain_text(llm: LlamaClient) -> None:
    assert await llm.count("<|im_end|>") > 1


async def test_an_answer_stops_at_max_tokens(llm: LlamaClient) -> None:
    _, finished = await answer(llm, asking(TALE, max_tokens=7))

    assert (finished.reason, finished.completion_tokens) == ("length", 7)


async def test_a_stop_word_ends_the_answer_and_is_not_shown(llm: LlamaClient) -> None:
    whole, _ = await answer(llm, asking(TALE, max_tokens=30))
    word = whole.split()[6]

    text, finished = await answer(llm, asking(TALE, max_tokens=30, stop=(word,)))

    assert finished.reason == "stop"
    assert text == whole[: whole.index(word)]


async def test_the_same_seed_draws_the_same_answer(llm: LlamaClient) -> None:
    draws = [await answer(llm, asking(TALE, max_tokens=12, temperature=1.5, seed=seed)) for seed in (1, 1, 2)]

    assert draws[0][0] == draws[1][0] != draws[2][0]


async def test_leaving_the_stream_stops_the_model_within_a_token(llm: LlamaClient) -> None:
    await answer(llm, asking(TALE, max_tokens=1))
    async for _ in llm.generate(asking(TALE, max_tokens=4000)):
        break
    started = time.perf_counter()

    await answer(llm, asking(TALE, max_tokens=1))

    assert time.perf_counter() - started < 5  # 4,000 tokens take minutes


async def test_cancelling_the_asker_stops_the_model(llm: LlamaClient) -> None:
    await llm.info()
    with trio.move_on_after(1):
        await answer(llm, asking(TALE, max_tokens=4000))
    started = time.perf_counter()

    await answer(llm, asking(TALE, max_tokens=1))

    assert time.perf_counter() - started < 5


async def test_cancelling_while_the_prompt_is_read_leaves_the_model_ready(llm: LlamaClient) -> None:
    await llm.info()
    with trio.move_on_after(0.3):
        await answer(llm, asking("All work and no play makes Jack a dull boy. " * 500, max_tokens=1))

    text, finished = await answer(llm, asking("What is the capital of France?", max_tokens=20))

    assert text
    assert finished.prompt_tokens < 60


async def test_requests_at_the_same_time_are_answered_one_after_the_other(llm: LlamaClient) -> None:
    answers: list[str] = []

    async def ask() -> None:
        text, _ = await answer(llm, asking(TALE, max_tokens=5))
        answers.append(text)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask)

    assert len(answers) == 3
    assert len(set(answers)) == 1


@pytest.mark.parametrize("question", ["Find my flight to Lyon.", "Quelle est l'adresse de Marie ?", '{"broken'])
async def test_an_answer_held_to_a_schema_is_json_of_that_form(llm: LlamaClient, question: str) -> None:
    text, finished = await answer(llm, asking(question, max_tokens=400, schema=SCHEMA, repeat_penalty=1.3))

    assert finished.reason == "stop"
    assert json.loads(text)["tool"] in ("search", "answer")


@pytest.mark.parametrize("schema", ["{", "[]", '{"type": "nope"}', '{"$ref": "https://example.org/schema"}'])
async def test_a_wrong_schema_is_refused(llm: LlamaClient, schema: str) -> None:
    with pytest.raises(LlmFailed) as failed:
        await answer(llm, asking("Hello", schema=schema))

    assert failed.value.code == "bad-schema"


async def test_a_follow_up_evaluates_only_what_is_new(llm: LlamaClient) -> None:
    question = Turn("user", "Name three rivers.")
    text, first = await answer(llm, Generation((question,), max_tokens=40))

    _, second = await answer(llm, asking("And three lakes?", question, Turn("assistant", text), max_tokens=5))

    # The last token is sampled and shown but never evaluated when the length ended the answer.
    assert second.reused_tokens >= first.prompt_tokens + first.completion_tokens - 1
    assert second.prompt_tokens - second.reused_tokens < 30


async def test_reusing_the_prefix_does_not_change_the_answer(llm: LlamaClient) -> None:
    question = Turn("user", "Name three rivers.")
    text, _ = await answer(llm, Generation((question,), max_tokens=20))
    follow_up = asking("Which city is the capital of France?", question, Turn("assistant", text), max_tokens=8)
    reusing, reused = await answer(llm, follow_up)
    await answer(llm, asking("Something else.", max_tokens=1))  # takes over the cache

    afresh, not_reused = await answer(llm, follow_up)

    assert reused.reused_tokens > not_reused.reused_tokens + 20  # the common system turn is always there
    assert reusing == afresh


async def test_the_oldest_turns_are_left_out_when_the_context_is_full(short: LlamaClient) -> None:
    system = Turn("system", "Answer briefly.")
    exchange = (Turn("user", "Count. " + "one two three " * 60), Turn("assistant", "Done."))

    _, finished = await answer(short, asking("What now?", system, *exchange * 8, max_tokens=4))

    assert finished.dropped_turns > 0
    assert finished.dropped_turns % 2 == 0
    assert finished.prompt_tokens <= 1024 - 4


async def test_a_last_turn_that_does_not_fit_fails_as_too_long(short: LlamaClient) -> None:
    with pytest.raises(LlmFailed) as failed:
        await answer(short, asking("one two three " * 400, max_tokens=4))

    assert failed.value.code == "too-long"


async def test_text_arrives_in_whole_characters(llm: LlamaClient) -> None:
    schema = json.dumps({"const": "déjà vu 🦉🏳️‍🌈 日本"})

    text, _ = await answer(llm, asking("Say it.", schema=schema, max_tokens=200))

    assert json.loads(text) == "déjà vu 🦉🏳️‍🌈 日本"
