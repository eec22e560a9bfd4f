"""A prompt for somebody else's model, and somebody else's prompt for ours."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from agent.llm import LlmFailed
from app.swarm.kinds.inference import MAX_PROMPT, MAX_TEXT, MAX_TOKENS, Inference
from app.swarm.kinds.port import BadTask
from p2p.content_fields import Price
from p2p.contents import Acceptance, CallForProposals, Proposal
from p2p.deciding import Call, CannotWork, Job
from storage.offers import Offer
from tests.fakes import ScriptedLlm


def kind(*answers: str | LlmFailed, ready: bool = True) -> Inference:
    llm = ScriptedLlm(answers)
    return Inference(lambda: llm, lambda: ready)


def call(spec: dict[str, Any]) -> Call:
    return Call("ab" * 16, "bob", "inference", CallForProposals(spec, 2**50), 2**50)


def job(said: object, spec: dict[str, Any] | None = None) -> Job:
    given: Any = {} if said is None else {"prompt": said}
    return Job(call(spec or {"max-tokens": 9, "prompt-bytes": 3}), Proposal(), Acceptance(given), 2**50)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "task-prompt-empty"),
        ({"prompt": " \n "}, "task-prompt-empty"),
        ({"prompt": "é" * (MAX_PROMPT // 2 + 1)}, "task-prompt-long"),
        ({"prompt": "Hi", "max_tokens": MAX_TOKENS + 1}, "task-tokens"),
        ({"prompt": "Hi", "max_tokens": -1}, "task-tokens"),
        ({"prompt": "Hi", "max_tokens": "many"}, "task-tokens"),
    ],
)
async def test_what_cannot_be_asked_is_said(arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(BadTask) as bad:
        await kind().ask(arguments)
    assert bad.value.code == code


async def test_a_call_says_how_long_the_prompt_is_and_not_what_it_says() -> None:
    asked = await kind().ask({"prompt": "  Très bien?  "})
    assert asked.spec == {"max-tokens": 512, "prompt-bytes": len("Très bien?".encode())}
    assert asked.input == {"prompt": asked.shown} == {"prompt": "Très bien?"}


async def test_without_a_model_nothing_is_proposed() -> None:
    with pytest.raises(BadTask) as bad:
        await kind(ready=False).propose(call({}), Offer("inference", "contacts", 1))
    assert bad.value.code == "not-offered"


@pytest.mark.parametrize(("price", "said"), [(0, Price()), (5, Price(5, "credit"))])
async def test_a_proposal_names_the_price_of_the_offer(price: int, said: Price) -> None:
    assert (await kind().propose(call({}), Offer("inference", "contacts", 1, price))).price == said


@pytest.mark.parametrize("said", [None, b"abc", 7, "four", "", "éé", ["abc"]])
async def test_an_input_that_is_not_what_the_call_said_is_not_run(said: object) -> None:
    asked = kind("No.")
    with pytest.raises(CannotWork) as no:
        await asked.work(job(said), lambda _piece: None)
    assert no.value.code == "spec"


async def test_a_model_that_fails_fails_the_task() -> None:
    with pytest.raises(CannotWork) as no:
        await kind(LlmFailed("too-long", "it is too long")).work(job("abc"), lambda _piece: None)
    assert no.value.code == "error"


async def test_a_result_is_streamed_signed_for_and_counted() -> None:
    pieces: list[str] = []
    result, used = await kind("Good day to you.").work(job("abc"), pieces.append)
    assert isinstance(result.result, dict)
    assert result.result["text"] == "".join(pieces) == "Good day to you."
    assert result.digests == {"text": hashlib.sha256(b"Good day to you.").digest()}
    assert used == 1 + 4


async def test_a_result_fits_into_a_message() -> None:
    spec = {"max-tokens": 2048, "prompt-bytes": 3}
    result, _ = await kind("x" * (MAX_TEXT + 9)).work(job("abc", spec), lambda _piece: None)
    assert isinstance(result.result, dict)
    assert len(str(result.result["text"])) == MAX_TEXT
