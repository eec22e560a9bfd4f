"""Validation by doing it again: what an inference task has to be so that a third peer can, and what is compared.  Pure.

A task can be checked where its spec names the model's file (SHA-256) and a seed; it is answered by greedy decoding,
with the engine's usual penalty for repetitions.  The request is a file of digests, without the prompt or the answer:

  {"type": "nuee-reexecution-1", "call": SHA-256 of the task's call, "model": SHA-256 of its file,
   "prompt": SHA-256 of its UTF-8, "output": SHA-256 of its UTF-8,
   "parameters": {"decoding": "greedy", "engine": the build, "maxTokens": n, "repeatPenalty": "1.1", "seed": n}}

each digest in 64 hexadecimal digits, members sorted and without blanks (RFC 8785); its keccak-256 is the requestHash
of ERC-8004.  Client and provider make the same file of their receipt.  The validator answers 100 where its own output
has that digest, bit for bit, and 0 where not.  Builds of an engine for other instruction sets differ in the last bit of
a sum, and soon in words (docs/figures.md), so the provider's result names its build, and whoever has another does not
do it again.  The name is a claim; 0 says "not the same here", and no more.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from p2p.acl import AclError, Performative
from p2p.canonical import Value
from p2p.contents import Acceptance, CallForProposals, Result, content_of
from p2p.receipts import Receipt

TYPE = "nuee-reexecution-1"
TAG = "reexecution"  # of the answer on chain
PASSED, FAILED = 100, 0
SEEDS = 2**32
ENGINE_LIMIT = 80  # characters
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PENALTY = "1.1"
_MEMBERS = {"type", "call", "model", "prompt", "parameters", "output"}
_PARAMETERS = {"decoding", "engine", "maxTokens", "repeatPenalty", "seed"}


class NotCheckable(Exception):
    """`code`: validation-pinned (the task named no model), validation-open (it has no result), validation-kind,
    validation-form (a request of another form), validation-other (of another model, prompt or parameters)."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Checked:
    """What was done, by digests (hexadecimal).  `call`: of the message that asked for it; `tokens`: at most.

    `engine`: the build that answered, "" for an unknown one.
    """

    call: str
    model: str
    prompt: str
    output: str
    tokens: int
    seed: int
    engine: str = ""


def pinned(spec: Mapping[str, Any]) -> bool:
    """Whether a spec names what makes it repeatable, in the right form."""
    model, seed, check = spec.get("model"), spec.get("seed"), spec.get("check", bytes(32))
    return (
        isinstance(model, bytes) and len(model) == 32 and type(seed) is int and 0 <= seed < SEEDS
        and isinstance(check, bytes) and len(check) == 32 and _is_engine(spec.get("engine", ""))
    )  # fmt: skip


def checked(receipt: Receipt) -> Checked:
    """What the receipt's task was.  Errors: NotCheckable."""
    spec, said, output, engine = _parts(receipt)
    if not pinned(spec):
        raise NotCheckable("validation-pinned", "The task named no model, so that it cannot be done again.")
    prompt, tokens, model, seed = said.get("prompt"), spec.get("max-tokens"), spec["model"], spec["seed"]
    if not isinstance(prompt, str) or not isinstance(tokens, int):
        raise NotCheckable("validation-kind", "Only a prompt that ran on a model can be done again.")
    assert isinstance(model, bytes)
    assert isinstance(seed, int)
    return Checked(
        receipt.messages[0].message.digest().hex(), model.hex(), _digest(prompt), _digest(output), tokens, seed, engine
    )


def prompt_of(receipt: Receipt) -> str:
    """What the validator is shown.  Errors: NotCheckable."""
    return str(_parts(receipt)[1].get("prompt", ""))


def checks(receipt: Receipt) -> bytes | None:
    """The request that the receipt's task does again, None for an ordinary task."""
    check = _call(receipt).get("check")
    return check if isinstance(check, bytes) and len(check) == 32 else None


def made(done: Checked) -> bytes:
    """The file of the request."""
    parameters = {
        "decoding": "greedy", "engine": done.engine, "maxTokens": done.tokens, "repeatPenalty": _PENALTY,
        "seed": done.seed,
    }  # fmt: skip
    whole = {
        "type": TYPE, "call": done.call, "model": done.model, "prompt": done.prompt, "output": done.output,
        "parameters": parameters,
    }  # fmt: skip
    return json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()


def hash_of(file: bytes) -> bytes:
    """The requestHash."""
    from eth_utils.crypto import keccak

    return bytes(keccak(file))


def read(file: bytes) -> Checked:
    """Anybody's request.  Errors: NotCheckable("validation-form")."""
    try:
        found = json.loads(file)
        parameters = found["parameters"]
        done = Checked(
            found["call"], found["model"], found["prompt"], found["output"], parameters["maxTokens"],
            parameters["seed"], parameters["engine"],
        )  # fmt: skip
        digests = (done.call, done.model, done.prompt, done.output)
        numbers = (done.tokens, done.seed)
        right = (
            all(type(one) is int for one in numbers)
            and _is_engine(done.engine)
            and set(found) == _MEMBERS
            and set(parameters) == _PARAMETERS
            and all(map(_DIGEST.fullmatch, digests))
        )
    except (KeyError, TypeError, ValueError, RecursionError):
        right = False
    if not right or made(done) != file:
        raise NotCheckable("validation-form", "This is no request to do an inference again.")
    return done


def verdict(asked: Checked, again: Checked) -> int:
    """The validator's answer, from the receipt of its own task.  Errors: NotCheckable("validation-other")."""
    if replace(again, call=asked.call, output=asked.output) != asked:
        raise NotCheckable("validation-other", "What was done again is not what was asked about.")
    return PASSED if again.output == asked.output else FAILED


def _parts(receipt: Receipt) -> tuple[Mapping[str, Value], Mapping[str, Value], str, str]:
    """The spec, the input, the text that came out, and the build that it came from."""
    said: Mapping[str, Value] = {}
    for signed in receipt.messages:
        message = signed.message
        if message.performative not in (Performative.ACCEPT_PROPOSAL, Performative.INFORM):
            continue
        try:
            content = content_of(message)
        except AclError:
            continue
        if isinstance(content, Acceptance):
            said = content.input
        elif isinstance(content, Result):
            found = content.result if isinstance(content.result, dict) else {}
            text, engine = found.get("text"), found.get("engine", "")
            if isinstance(text, str) and isinstance(engine, str):
                return _call(receipt), said, text, engine[:ENGINE_LIMIT]
    raise NotCheckable("validation-open", "The task has no result that could be checked.")


def _call(receipt: Receipt) -> Mapping[str, Value]:
    message = receipt.messages[0].message
    content = content_of(message)
    if not message.ontology.startswith("nuee/inference/") or not isinstance(content, CallForProposals):
        raise NotCheckable("validation-kind", "Only a prompt that ran on a model can be done again.")
    return content.spec


def _is_engine(name: object) -> bool:
    return isinstance(name, str) and len(name) <= ENGINE_LIMIT


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
