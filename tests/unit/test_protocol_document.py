"""docs/protocol.md and the examples beside it say what the code does, and other libraries read the examples alike."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.swarm.kinds.inference import MAX_PROMPT, MAX_TEXT, MAX_TOKENS, Inference
from app.swarm.progress import PROTOCOL as PROGRESS
from p2p import invite
from p2p.acknowledgement import CODES, answer_from_bytes
from p2p.acl import ACL_PROTOCOL, Performative, Protocol
from p2p.canonical import BadEncoding, decode
from p2p.contents import X_RESERVED, Cancellation, Disclosure, Failed, NotUnderstood, Refusal, Rejection
from p2p.contractnet import TABLE
from p2p.hello import HELLO_PROTOCOL, Hello
from p2p.host_serving import _varint
from p2p.letters import LETTER_ONTOLOGY, Author
from tests.fakes import ScriptedLlm
from tests.unit.acl_fixtures import EVERY
from tests.vectors import acl as made

KEPT: dict[str, Any] = json.loads(made.VECTORS.read_text(encoding="utf-8"))
PAGE = made.DOCUMENT.read_text(encoding="utf-8")
SIGNED = b"nuee acl v1\0"


def native(value: Any) -> Any:
    """A value as the file spells it, with its bytes."""
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"]) if value.keys() == {"hex"} else {k: native(v) for k, v in value.items()}
    return [native(item) for item in value] if isinstance(value, list) else value


def test_the_examples_are_those_that_the_code_makes() -> None:
    assert made.VECTORS.read_text(encoding="utf-8") == made.as_json(), "run python -m tests.vectors.acl"


def test_the_page_has_the_tables_and_examples_that_the_code_makes() -> None:
    assert made.with_regions(PAGE) == PAGE, "run python -m tests.vectors.acl"


# --- the examples, read without our code


@pytest.mark.parametrize("example", KEPT["values"], ids=lambda example: str(example["encoded"]))
def test_a_general_decoder_reads_a_value_alike(example: dict[str, Any]) -> None:
    assert cbor2.loads(bytes.fromhex(example["encoded"])) == native(example["value"])


@pytest.mark.parametrize("example", KEPT["broken values"], ids=lambda example: str(example["what"]))
def test_a_broken_value_is_refused(example: dict[str, Any]) -> None:
    with pytest.raises(BadEncoding):
        decode(bytes.fromhex(example["encoded"]))


@pytest.mark.parametrize("example", KEPT["messages"], ids=lambda example: str(example["name"]))
def test_a_message_verifies_with_other_libraries_alone(example: dict[str, Any]) -> None:
    version, body, signature = cbor2.loads(bytes.fromhex(example["message"]))

    assert (version, body.hex(), signature.hex()) == (1, example["body"], example["signature"])
    assert cbor2.loads(body) == native(example["parameters"])
    assert hashlib.sha256(SIGNED + body).hexdigest() == example["digest"]
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(KEPT["keys"]["alice"]["public"])).verify(signature, SIGNED + body)


def test_there_is_an_example_of_every_performative() -> None:
    assert {example["parameters"]["performative"] for example in KEPT["messages"]} == set(Performative)


@pytest.mark.parametrize("example", KEPT["refused messages"], ids=lambda example: str(example["what"]))
def test_a_refused_message_is_refused_with_its_code(example: dict[str, Any]) -> None:
    answer = made.answer_of_bob(bytes.fromhex(example["message"]))
    assert made._code(answer) == example["code"]


def test_the_refused_messages_show_every_code_that_one_message_alone_can_get() -> None:
    state = {"busy", "not-allowed", "wrong-conversation", "wrong-protocol", "conversation-exists"}
    too_long_to_print = {"too-large"}
    assert {example["code"] for example in KEPT["refused messages"]} == set(CODES) - state - too_long_to_print


@pytest.mark.parametrize("example", KEPT["answers"], ids=lambda example: str(example["answer"]))
def test_an_answer_is_read_as_it_says(example: dict[str, Any]) -> None:
    answer = answer_from_bytes(bytes.fromhex(example["encoded"]))
    assert {"answer": type(answer).__name__.lower(), **native(answer.__dict__)} == {
        key: native(value) for key, value in example.items() if key != "encoded"
    }


@pytest.mark.parametrize("example", KEPT["hellos"])
def test_a_hello_is_read_and_its_binding_believed(example: dict[str, Any]) -> None:
    hello = Hello.from_bytes(bytes.fromhex(example["encoded"]), example["of"])
    assert hello.binding.identity == example["identity"]


def test_an_invite_is_read_as_it_says() -> None:
    example = KEPT["invite"]
    read = invite.read(example["link"])
    assert (read.peer_id, read.secret.hex(), read.expires) == (
        example["peer-id"],
        example["secret"],
        example["expires"],
    )
    assert (read.name, list(read.addresses)) == (example["name"], example["addresses"])


@pytest.mark.parametrize("example", KEPT["frames"], ids=lambda example: str(example["length"]))
def test_a_frame_is_that_of_the_host(example: dict[str, Any]) -> None:
    assert _varint(example["length"]).hex() == example["prefix"]


# --- the page says everything


def section(title: str) -> str:
    start = PAGE.index(f"\n## {title}")
    return PAGE[start : PAGE.find("\n## ", start + 1)]


@pytest.mark.parametrize("name", EVERY)
def test_every_field_of_every_content_is_described(name: str) -> None:
    contents = section("8. Contents") + section("9. Letters")
    assert all(f"`{key}`" in contents for key in EVERY[name].content)


@pytest.mark.parametrize("kind", [Refusal, Rejection, Failed, Cancellation, NotUnderstood])
def test_every_reason_is_listed(kind: Any) -> None:
    assert all(f"`{reason}`" in section("8. Contents") for reason in kind.KNOWN)


def test_every_reason_that_the_contract_net_gives_is_listed() -> None:
    effects = {effect for row in TABLE for effect in row.does}
    reasons = {found[1].replace(" ", "-") for effect in effects if (found := re.search(r"^send .*\((.+)\)", effect))}
    assert {"late", "not-chosen", "interrupted"} <= reasons
    assert all(f"`{reason}`" in section("8. Contents") for reason in reasons)


async def test_every_key_of_a_prompt_for_another_model_is_described() -> None:
    asked = await Inference(lambda: ScriptedLlm([]), lambda: True).ask({"prompt": "Hello"})
    described = PAGE.partition("<!-- kind inference: begin -->")[2].partition("<!-- kind inference: end -->")[0]
    assert all(f"`{key}`" in described for key in (*asked.spec, *asked.input))
    assert f"1 to {MAX_TOKENS:,}" in described
    assert f"1 to {MAX_PROMPT:,}" in described
    assert f"at most {MAX_TEXT:,} characters" in described


@pytest.mark.parametrize(
    "word",
    [
        *Performative,
        *Protocol,
        *Disclosure,
        *Author,
        *sorted(X_RESERVED),
        *sorted(CODES),
        LETTER_ONTOLOGY,
        HELLO_PROTOCOL,
        ACL_PROTOCOL,
        PROGRESS,
    ],
)
def test_every_word_of_the_wire_is_on_the_page(word: str) -> None:
    assert f"`{word}`" in PAGE


def test_every_parameter_of_a_message_is_described() -> None:
    parameters = {key for example in KEPT["messages"] for key in example["parameters"]}
    assert all(f"| `{key}` |" in section("4. Messages") for key in parameters)


def test_the_contract_net_has_its_place_on_the_page() -> None:
    begin, end = (PAGE.index(f"<!-- contract net: {word} -->") for word in ("begin", "end"))
    assert begin < end
