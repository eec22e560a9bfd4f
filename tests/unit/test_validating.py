"""Having an inference done again, on a real chain: who may ask, who answers, and what the chain says then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.actions.offers import set_offer
from app.actions.validation import check_validation, preview_validation
from app.chain import validating
from app.node import Node
from app.results import CommandFailed
from app.swarm.kinds.inference import Inference
from app.swarm.kinds.port import BadTask
from app.swarm.receipting import make_due
from p2p.contents import Acceptance, CallForProposals, Proposal
from p2p.deciding import Call, Job
from p2p.receipts import Receipt, verified
from p2p.registration import data_uri
from p2p.validation import TAG, NotCheckable, checked, checks, hash_of, made, verdict
from storage.agents import Registry
from storage.offers import Offer
from tests.fakes import ScriptedLlm
from tests.unit.acl_fixtures import BOB_KEY
from tests.unit.chains_fixtures import REGISTER, profile, rehearsing
from tests.unit.reputation_fixtures import Person, believed, person, receipt_of
from tests.unit.swarm_fixtures import contacts
from tests.unit.test_validation import MODEL, done

CLIENT = "12D3KooWClient"
VALIDATOR = "12D3KooWValidator"
TASK = "ab" * 16


@pytest.fixture(name="node")
async def node_fixture(tmp_path: Path) -> AsyncIterator[Node]:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        yield node


async def did(node: Node, receipt: Receipt, role: str = "participant") -> None:
    """The task of this receipt, with this node on the providing side."""
    await node.blocking(lambda: receipt_of(node, CLIENT, TASK, role=role, made=receipt))


async def registered(node: Node) -> None:
    """This node's own agent."""
    at = await node.chains.connected()
    await node.chains.call("me/register", REGISTER)
    registry = Registry(at.identity.genesis, at.identity.chain_id, at.contracts["identity"])
    await node.blocking(node.vault.vault.agents.registered, registry, 0, at.address)


async def asks(node: Node, provider: Person, about: Receipt, **changed: Any) -> bytes:
    """Somebody else's request, with this node as the validator."""
    at = await node.chains.connected()
    file = made(checked(about))
    agent = await believed(node, CLIENT, provider, "Bob")
    uri, name = changed.get("uri", data_uri(file)), hash_of(file)
    await node.chains.thread(provider.does, "validation", validating.ASK, at.address, agent, uri, name)
    return name


async def test_the_provider_names_the_validator_and_the_chain_knows_digests_alone(node: Node) -> None:
    await registered(node)
    carol = await person(node, "carol")
    await believed(node, VALIDATOR, carol, "Carol")
    await did(node, done("Hello", "A secret prompt", key=BOB_KEY))

    asked = await validating.prepared(node, TASK)
    await validating.request(node, asked, VALIDATOR)

    found = await validating.status(node, TASK)
    assert (found.state, found.validator, found.hash) == ("waiting", carol.address, asked.hash.hex())
    assert b"secret" not in asked.file


@pytest.mark.parametrize(("response", "state"), [(100, "passed"), (0, "failed")])
async def test_what_the_validator_says_is_what_both_sides_see(node: Node, response: int, state: str) -> None:
    await registered(node)
    carol = await person(node, "carol")
    await believed(node, VALIDATOR, carol, "Carol")
    await did(node, done(key=BOB_KEY))
    asked = await validating.prepared(node, TASK)
    await validating.request(node, asked, VALIDATOR)

    await node.chains.thread(carol.does, "validation", validating.ANSWER, asked.hash, response, "", b"\x01" * 32, TAG)

    assert (await validating.status(node, TASK)).state == state


@pytest.mark.parametrize(("text", "said"), [("Hello", 100), ("Hello!", 0)])
async def test_the_validator_compares_bit_for_bit_what_it_found_itself(node: Node, text: str, said: int) -> None:
    name = await asks(node, await person(node, "provider"), done("Hello"))
    await did(node, done(text, check=name))

    assert await validating.answer(node, TASK) == said
    assert (await validating.status(node, TASK)).state == ("passed" if said else "failed")


async def test_a_validator_who_did_something_else_says_nothing(node: Node) -> None:
    name = await asks(node, await person(node, "provider"), done("Hello", "Hi"))
    await did(node, done("Hello", "Ho", check=name))
    with pytest.raises(NotCheckable) as refused:
        await validating.answer(node, TASK)
    assert refused.value.code == "validation-other"


@pytest.mark.parametrize("uri", ["", "https://example.org/request.json", "data:application/json,{}", "data:,x"])
async def test_a_request_whose_file_is_not_there_is_not_answered(node: Node, uri: str) -> None:
    name = await asks(node, await person(node, "provider"), done("Hello"), uri=uri)
    await did(node, done("Hello", check=name))
    with pytest.raises(NotCheckable) as refused:
        await validating.answer(node, TASK)
    assert refused.value.code == "validation-form"


async def test_nobody_answers_what_the_chain_did_not_ask_of_them(node: Node) -> None:
    await did(node, done("Hello", check=b"\x05" * 32))
    with pytest.raises(CommandFailed) as failed:
        await validating.answer(node, TASK)
    assert failed.value.key == "validation-asker"  # nobody knows yet who that is on this chain
    await believed(node, CLIENT, await person(node, "provider"))
    with pytest.raises(CommandFailed) as failed:
        await validating.answer(node, TASK)
    assert failed.value.key == "validation-unasked"


async def test_a_request_in_anothers_name_is_not_answered(node: Node) -> None:
    """Who is faster than the provider would have its work praised as their own."""
    await believed(node, CLIENT, await person(node, "provider"))
    at, thief = await node.chains.connected(), await person(node, "thief")
    agent, file = await node.chains.thread(thief.registers), made(checked(done("Hello")))
    name, uri = hash_of(file), data_uri(file)
    await node.chains.thread(thief.does, "validation", validating.ASK, at.address, agent, uri, name)
    await did(node, done("Hello", check=name))
    with pytest.raises(CommandFailed) as failed:
        await validating.answer(node, TASK)
    assert failed.value.key == "validation-other-agent"


async def test_an_ordinary_task_answers_for_nothing(node: Node) -> None:
    await did(node, done("Hello"))
    with pytest.raises(CommandFailed) as failed:
        await validating.answer(node, TASK)
    assert failed.value.key == "validation-none"


async def test_the_client_does_not_ask_in_the_providers_place(node: Node) -> None:
    await did(node, done(), role="initiator")
    with pytest.raises(CommandFailed) as failed:
        await validating.prepared(node, TASK)
    assert failed.value.key == "validation-not-yours"


async def test_the_client_sees_that_nobody_was_asked(node: Node) -> None:
    await did(node, done(), role="initiator")
    assert (await validating.status(node, TASK)).state == "none"


async def test_the_prompt_leaves_only_as_the_person_saw_it(node: Node) -> None:
    await registered(node)
    await believed(node, VALIDATOR, await person(node, "carol"), "Carol")
    await did(node, done(key=BOB_KEY))
    with pytest.raises(CommandFailed) as failed:
        await check_validation(node, TASK, "Carol", "another digest")
    assert failed.value.key == "disclosure-changed"
    assert (await validating.status(node, TASK)).state == "none"


def _called(**pinned: Any) -> Call:
    spec = {"max-tokens": 9, "prompt-bytes": 3, **pinned}
    return Call("ab" * 16, "bob", "inference", CallForProposals(spec, 2**50), 2**50)


async def test_a_model_that_is_not_the_one_that_answers_here_is_refused() -> None:
    kind = Inference(lambda: ScriptedLlm(["No."]), lambda: True, lambda: "ff" * 32)
    with pytest.raises(BadTask) as bad:
        await kind.propose(_called(model=MODEL, seed=0), Offer("inference", "contacts", 1))
    assert bad.value.code == "other-model"


async def test_a_build_that_is_not_the_one_of_the_result_does_not_do_it_again() -> None:
    """It would come out otherwise, and say nothing of the provider."""
    kind = Inference(lambda: ScriptedLlm(["No."]), lambda: True, lambda: MODEL.hex(), lambda: "0.3 AVX2 ab")
    again = _called(model=MODEL, seed=0, check=bytes(32), engine="0.3 AVX-512 cd")
    with pytest.raises(BadTask) as bad:
        await kind.propose(again, Offer("inference", "contacts", 1))
    assert bad.value.code == "other-build-avx2-ab"


async def test_the_model_that_is_named_is_bid_for() -> None:
    kind = Inference(lambda: ScriptedLlm(["Yes."]), lambda: True, lambda: MODEL.hex())
    assert await kind.propose(_called(model=MODEL, seed=0), Offer("inference", "contacts", 1)) == Proposal(eta=30_000)


@pytest.mark.parametrize("pinned", [{"model": MODEL}, {"seed": 1}, {"model": "x", "seed": 0}, {"check": bytes(32)}])
def test_a_spec_that_pins_half_of_it_is_none(pinned: dict[str, Any]) -> None:
    kind = Inference(lambda: ScriptedLlm([]), lambda: True)
    with pytest.raises(BadTask) as bad:
        kind.amount(_called(**pinned).content.spec)
    assert bad.value.code == "spec"


async def test_naming_a_model_pins_the_task() -> None:
    kind = Inference(lambda: ScriptedLlm([]), lambda: True)
    asked = await kind.ask({"prompt": "Hi", "sha256": MODEL.hex()})
    assert asked.spec == {"max-tokens": 512, "prompt-bytes": 2, "model": MODEL, "seed": 0}
    with pytest.raises(BadTask) as bad:
        await kind.ask({"prompt": "Hi", "sha256": "not hexadecimal"})
    assert bad.value.code == "task-model-digest"


async def test_the_validator_gets_it_as_an_ordinary_task_that_names_the_request(tmp_path: Path) -> None:
    """Two nodes: the provider shows the prompt to the validator it named on chain, whose receipt answers for it."""
    async with contacts(tmp_path) as (provider, validator):
        await rehearsing(provider)
        await registered(provider)
        await believed(provider, validator.vault.peer_id, await person(provider, "carol"))
        await did(provider, done("Hello", key=BOB_KEY))
        again = Inference(lambda: ScriptedLlm(["Hello"]), lambda: True, lambda: MODEL.hex(), lambda: "0.3 AVX2 ab")
        validator.swarm._kinds["inference"] = again  # type: ignore[index]
        await set_offer(validator, "inference", settings={"validates": "always"})

        shown = await preview_validation(provider, TASK, "peer1")
        announced = await check_validation(provider, TASK, "peer1", shown.digest)
        await make_due(validator)
        kept = (await validator.blocking(validator.vault.vault.receipts.list))[0]
        theirs = verified(await validator.blocking(validator.vault.vault.receipts.data, kept.name))

    asked = checked(done("Hello", key=BOB_KEY))
    assert (shown.text, announced.state) == ("Hi", "done")
    assert checks(theirs) == hash_of(made(asked))
    assert verdict(asked, checked(theirs)) == 100


async def test_a_result_names_its_build_where_the_task_named_a_model() -> None:
    kind = Inference(lambda: ScriptedLlm(["Yes.", "Yes."]), lambda: True, lambda: MODEL.hex(), lambda: "0.3 AVX2 ab")
    said = []
    for pinned in ({"model": MODEL, "seed": 0}, {}):
        job = Job(_called(**pinned), Proposal(), Acceptance({"prompt": "abc"}), 2**50)
        result, _ = await kind.work(job, lambda _piece: None)
        assert isinstance(result.result, dict)
        said.append(result.result.get("engine"))
    assert said == ["0.3 AVX2 ab", None]
