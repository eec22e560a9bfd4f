"""What happens when the language model's process dies, hangs, or is given a bad file."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
import trio.testing

from agent.llama_client import LlamaClient, Patience
from agent.llm import LlmFailed
from agent.models import ModelFile, ModelStore
from app.workers import WorkerProcess
from tests.unit.gguf_samples import gguf
from tests.unit.llama_fixtures import Bench, answer, asking, bench, default_model

DEAF = """
import time
from app.worker_host import private_pipes, serve
serve({"load": lambda args, reply: time.sleep(600) or {}}, *private_pipes())
"""


@pytest.fixture(scope="module")
def model() -> ModelFile:
    return default_model()


@pytest.fixture
def real(model: ModelFile) -> Iterator[Bench]:
    with bench(model) as made:
        yield made


async def test_a_killed_model_fails_the_answer_once_and_the_next_question_works(real: Bench) -> None:
    stream = real.client.generate(asking("Tell a very long story.", max_tokens=2000))
    await anext(stream)
    os.kill(real.workers[0].pid, signal.SIGKILL)

    with pytest.raises(LlmFailed) as failed:
        async for _ in stream:
            pass
    text, _ = await answer(real.client, asking("What is the capital of France?", max_tokens=20))

    assert failed.value.code == "worker-died"
    assert "stopped unexpectedly" in str(failed.value)
    assert [item async for item in stream] == []
    assert text
    assert (len(real.workers), real.restarts) == (2, 1)


async def test_a_death_between_two_questions_is_not_the_second_ones_concern(real: Bench) -> None:
    await real.client.info()
    real.workers[0].kill()

    text, _ = await answer(real.client, asking("What is the capital of France?", max_tokens=20))

    assert text


async def test_those_who_wait_their_turn_are_answered_after_a_death(real: Bench) -> None:
    outcomes: list[str] = []

    async def ask() -> None:
        try:
            await answer(real.client, asking("Tell a very long story.", max_tokens=30))
            outcomes.append("answered")
        except LlmFailed as failure:
            outcomes.append(failure.code)

    async with trio.open_nursery() as nursery:
        stream = real.client.generate(asking("Hello", max_tokens=4000))
        await anext(stream)
        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        os.kill(real.workers[0].pid, signal.SIGKILL)

    assert outcomes == ["answered"]


async def test_a_worker_that_stays_silent_is_ended(model: ModelFile) -> None:
    with bench(model, Patience(load=0.5, answer=0.5), DEAF) as deaf:
        with trio.fail_after(30), pytest.raises(LlmFailed) as failed:
            await deaf.client.info()

        assert failed.value.code == "worker-died"
        assert not deaf.workers[0].alive


async def test_closing_ends_the_process(real: Bench) -> None:
    await real.client.info()

    await real.client.aclose()

    assert not real.workers[0].alive


async def test_a_damaged_file_is_refused_before_the_engine_sees_it(model: ModelFile, tmp_path: Path) -> None:
    damaged = tmp_path / model.path.name
    shutil.copyfile(model.path, damaged)
    with damaged.open("r+b") as stream:
        stream.seek(-1000, os.SEEK_END)
        byte = stream.read(1)
        stream.seek(-1000, os.SEEK_END)
        stream.write(bytes([byte[0] ^ 1]))
    store = ModelStore(tmp_path)

    failed = await refusal(store, store.find(model.digest))

    assert failed.code == "bad-model"
    assert "damaged" in str(failed)


async def test_a_truncated_file_is_refused_before_the_engine_sees_it(model: ModelFile, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    shutil.copyfile(model.path, tmp_path / model.path.name)
    found = store.find(model.digest)
    os.truncate(found.path, model.size - 4096)

    failed = await refusal(store, found)

    assert failed.code == "bad-model"
    assert "incomplete" in str(failed)


async def test_a_well_formed_file_that_the_engine_cannot_run_is_refused_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "hollow.gguf"
    path.write_bytes(gguf())
    hollow = ModelStore(tmp_path / "store").add(path)
    with bench(hollow) as made:
        with pytest.raises(LlmFailed) as failed:
            await made.client.info()

        assert failed.value.code == "bad-model"
        assert "cannot be loaded" in str(failed.value)
        assert made.workers[0].alive


async def test_a_model_that_does_not_load_leaves_the_one_before_in_use(
    real: Bench, model: ModelFile, tmp_path: Path
) -> None:
    path = tmp_path / "hollow.gguf"
    path.write_bytes(gguf())
    hollow = ModelStore(tmp_path / "store").add(path)
    client = LlamaClient(real._start, lambda: model, lambda _file: None)
    await client.info()

    with pytest.raises(LlmFailed):
        await client.use(hollow)

    assert (await client.info()).digest == model.digest


async def refusal(store: ModelStore, model: ModelFile) -> LlmFailed:
    """How a client refuses a file; no process may have been started for it."""

    def start() -> WorkerProcess:
        raise AssertionError("the engine was started")

    client = LlamaClient(start, lambda: model, lambda file: store.verify(file.digest))
    with pytest.raises(LlmFailed) as failed:
        await client.info()
    return failed.value
