"""`inference`: a prompt runs on the provider's model.

spec    {"max-tokens": 1 … 2048, "prompt-bytes": length of the prompt in UTF-8}; where it is to be checked by doing it
        again (p2p.validation), also "model": SHA-256 of the model's file, "seed": 0 … 2^32 - 1, and for whoever does
        it again "check": the hash of the request, and "engine": the build; decoding is greedy then
input   {"prompt": text}                 shown to the provider that is awarded, which sees what it computes
result  {"text": text, "model": name, "tokens": number of the answer's}; digests {"text": SHA-256 of its UTF-8}
        where a model was named, also "engine": the build that answered

The provider's model sees the prompt and nothing of the provider's vault.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, cast

from agent.llm import Finished, Generation, Llm, LlmFailed, Token, Turn
from app.swarm import validates
from app.swarm.kinds.port import Asked, BadTask, Report
from p2p.content_fields import Price
from p2p.contents import Disclosure, Proposal, Result
from p2p.deciding import Call, CannotWork, Job
from p2p.validation import pinned
from storage.offers import Offer

MAX_TOKENS = 2048
USUAL_TOKENS = 512
MAX_PROMPT = 48_000  # bytes: it travels in one message
BYTES_A_TOKEN = 3  # at least, in most languages: an estimate, on the side of the provider
ETA = 30_000  # milliseconds: a guess, which only orders bids
_SPEC = frozenset({"max-tokens", "prompt-bytes"})
_PINNED = frozenset({"model", "seed", "check", "engine"})
MAX_TEXT = 48_000  # characters of an answer


class Inference:
    """See `Kind`.  `llm` gives what answers now; `ready` whether there is a model at all."""

    name = "inference"
    unit = "tokens"
    repeatable = False
    usual: Offer = Offer("inference", "contacts", 20_000)

    def __init__(
        self,
        llm: Callable[[], Llm],
        ready: Callable[[], bool],
        digest: Callable[[], str] = lambda: "",
        engine: Callable[[], str] = lambda: "",
    ) -> None:
        """`digest`: SHA-256 of the model that would answer, hexadecimal; `engine`: see app.engine.build."""
        self._llm = llm
        self._ready = ready
        self._digest = digest
        self._engine = engine

    async def ask(self, arguments: Mapping[str, Any]) -> Asked:
        prompt = str(arguments.get("prompt", "")).strip()
        tokens = arguments.get("max_tokens") or USUAL_TOKENS
        if not prompt:
            raise BadTask("task-prompt-empty")
        size = len(prompt.encode())
        if size > MAX_PROMPT:
            raise BadTask("task-prompt-long", most=MAX_PROMPT)
        if not isinstance(tokens, int) or not 1 <= tokens <= MAX_TOKENS:
            raise BadTask("task-tokens", most=MAX_TOKENS)
        spec = {"max-tokens": tokens, "prompt-bytes": size, **_pinned(arguments)}
        return Asked(spec, {"prompt": prompt}, Disclosure.TYPED, prompt)

    def amount(self, spec: Mapping[str, Any]) -> int:
        tokens, size = spec.get("max-tokens"), spec.get("prompt-bytes")
        if not _SPEC <= set(spec) <= _SPEC | _PINNED or type(tokens) is not int or type(size) is not int:
            raise BadTask("spec")
        if _PINNED & set(spec) and not pinned(spec):
            raise BadTask("spec")
        if not 1 <= tokens <= MAX_TOKENS or not 1 <= size <= MAX_PROMPT:
            raise BadTask("spec")
        return tokens + size // BYTES_A_TOKEN

    async def propose(self, call: Call, offer: Offer) -> Proposal:
        self._able(call.content.spec)
        return Proposal(Price(offer.price, "none" if not offer.price else "credit"), eta=ETA)

    def asks(self, call: Call, offer: Offer, *, contact: bool) -> bool | None:
        """Doing something again is the person's word on chain: see app.swarm.validates."""
        if "check" not in call.content.spec:
            return None
        self._able(call.content.spec)
        taken = validates.taken(offer.settings, contact=contact)
        if taken is None:
            raise BadTask("not-offered")
        return not taken

    def _able(self, spec: Mapping[str, Any]) -> None:
        """Errors: BadTask("not-offered" | "other-model" | "other-build…")."""
        if not self._ready():
            raise BadTask("not-offered")
        model = spec.get("model")
        if isinstance(model, bytes) and model.hex() != self._digest():
            raise BadTask("other-model")
        if spec.get("engine", self._engine()) != self._engine():
            raise BadTask(validates.other_build(self._engine()))  # it would say nothing of the first

    async def work(self, job: Job, report: Report) -> tuple[Result, int]:
        prompt = job.acceptance.input.get("prompt")
        tokens, size = job.call.content.spec["max-tokens"], job.call.content.spec["prompt-bytes"]
        if not isinstance(prompt, str) or len(prompt.encode()) != size or not isinstance(tokens, int):
            raise CannotWork("spec")
        text, done = "", None
        try:
            llm = self._llm()
            seed = job.call.content.spec.get("seed", 0)
            request = Generation((Turn("user", prompt),), max_tokens=tokens, seed=seed if isinstance(seed, int) else 0)
            async with aclosing(cast("_Closing", llm.generate(request))) as events:
                async for event in events:
                    if isinstance(event, Token):
                        text += event.text
                        report(event.text)
                    else:
                        done = event
            model = (await llm.info()).name
        except LlmFailed as failed:
            raise CannotWork("error") from failed
        assert isinstance(done, Finished)
        text = text[:MAX_TEXT]
        result = Result(
            {"text": text, "model": model, "tokens": done.completion_tokens, **self._said(job.call.content.spec)},
            {"text": hashlib.sha256(text.encode()).digest()},
        )
        return result, done.prompt_tokens + done.completion_tokens

    def _said(self, spec: Mapping[str, Any]) -> dict[str, str]:
        return {"engine": self._engine()} if "model" in spec else {}


def _pinned(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What makes the task one that can be done again, where a model is named."""
    model, seed, check = arguments.get("sha256"), arguments.get("seed") or 0, arguments.get("check")
    if not model:
        return {}
    try:
        found = {"model": bytes.fromhex(model), "seed": seed, **({"check": bytes.fromhex(check)} if check else {})}
        found |= {"engine": arguments["engine"]} if check and "engine" in arguments else {}
    except (TypeError, ValueError) as error:
        raise BadTask("task-model-digest") from error
    if not pinned(found):
        raise BadTask("task-model-digest")
    return found


class _Closing(AsyncIterator[Token | Finished]):
    async def aclose(self) -> None: ...
