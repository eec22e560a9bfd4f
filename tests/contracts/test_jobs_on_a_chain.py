"""Jobs read from a chain with blocks, as the program does it, and what is compared before taking part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from web3 import Web3

from p2p import jobs
from p2p.chain import Chain, ChainError, Log, embedded_endpoint
from p2p.content_fields import Price
from p2p.contract_code import codes
from p2p.job_seen import Status
from p2p.settlement_terms import CallTerms, refusal
from tests.contracts.on_chain import OnChain
from tests.contracts.settling_world import AMOUNT, Deal, EvmChain, terms
from tests.contracts.world import CLIENT, RIVAL, WORK, World

LASTS = 100_000


@pytest.fixture(scope="module")
def made_chain() -> OnChain:
    return OnChain()


@pytest.fixture
def on_chain(made_chain: OnChain) -> Iterator[OnChain]:
    before = made_chain.tester.take_snapshot()
    yield made_chain
    made_chain.tester.revert_to_snapshot(before)


@pytest.fixture
def chain(on_chain: OnChain) -> Chain:
    return Chain([embedded_endpoint(on_chain.tester)])


def called(on_chain: OnChain, chain: Chain) -> CallTerms:
    """The terms of a job that was created there."""
    contracts = {role: getattr(on_chain, role).address.lower() for role in ("kernel", "token", "hook", "evaluator")}
    identity = chain.identity()
    job = on_chain.job(LASTS)
    return CallTerms(
        chain_id=identity.chain_id,
        genesis=bytes.fromhex(identity.genesis[2:]),
        dialect="prose",
        code=codes(chain, contracts),
        client=on_chain.of["client"].lower(),
        expires=on_chain.kernel.functions.getJob(job).call()[6],
        arbiter=on_chain.of["arbiter"].lower(),
        dispute_window=3600,
        arbitration_window=1800,
        job=job,
        **contracts,
    )


def reason(chain: Chain, call: CallTerms, **known: str) -> str | None:
    identity = chain.identity()
    ours = jobs.look(chain, identity, "prose", {**call.contracts, **known}, call)
    return refusal(ours, call, Price(AMOUNT, call.asset), 0)


def test_a_call_of_a_job_that_is_there_is_taken_up(on_chain: OnChain, chain: Chain) -> None:
    assert reason(chain, called(on_chain, chain)) is None


def test_code_that_is_another_is_seen(on_chain: OnChain, chain: Chain) -> None:
    call = called(on_chain, chain)
    assert reason(chain, replace(call, code={**call.code, "hook": bytes(32)})) == "chain-code"


def test_what_a_contract_keeps_can_be_read(on_chain: OnChain, chain: Chain) -> None:
    """Of which a proxy's target is a part."""
    call = called(on_chain, chain)
    kept = [chain.storage(call.kernel, slot) for slot in range(8)]
    assert all(len(word) == 32 for word in kept)
    assert call.job.to_bytes(32, "big") in kept  # how many jobs there are


def test_contracts_that_do_not_belong_together_are_seen(on_chain: OnChain, chain: Chain) -> None:
    other = on_chain.deploy("WindowEvaluator", on_chain.deploy("JobEscrow", on_chain.token.address).address)
    call = called(on_chain, chain)
    strange = replace(call, evaluator=other.address.lower())
    strange = replace(strange, code=codes(chain, strange.contracts))
    assert reason(chain, strange) == "chain-code"


def test_contracts_that_nobody_here_knows_are_not_asked_anything(on_chain: OnChain, chain: Chain) -> None:
    call = called(on_chain, chain)
    asked: list[str] = []
    read = chain.read

    def watched(contract: str, *rest: Any) -> tuple[Any, ...]:
        asked.append(contract)
        return read(contract, *rest)

    chain.read = watched  # type: ignore[assignment, method-assign]
    assert (reason(chain, call, kernel="0x" + "42" * 20), asked) == ("chain-code", [])


def test_where_no_contract_stands_there_is_no_job(on_chain: OnChain, chain: Chain) -> None:
    empty = replace(called(on_chain, chain), kernel="0x" + "42" * 20)
    assert reason(chain, replace(empty, code=codes(chain, empty.contracts))) == "chain-code"


def test_a_job_that_was_never_created_is_none(on_chain: OnChain, chain: Chain) -> None:
    call = called(on_chain, chain)
    assert jobs.seen(chain, call, call.job + 1) is None
    assert reason(chain, replace(call, job=call.job + 1)) == "chain-job"


def test_another_chain_is_not_asked(on_chain: OnChain, chain: Chain) -> None:
    call = replace(called(on_chain, chain), genesis=bytes(32))
    assert reason(chain, call) == "chain-genesis"


def test_a_submitted_job_is_read_with_all_that_was_agreed(on_chain: OnChain, chain: Chain) -> None:
    call = called(on_chain, chain)
    job = on_chain.delivered()
    seen = jobs.seen(chain, replace(call, job=job), job, on_chain.of["provider"].lower())
    assert seen is not None
    assert seen.agreed is not None
    now = on_chain.now
    assert (seen.status, seen.deliverable, seen.budget) == (Status.SUBMITTED, b"\x42" * 32, 1_500_000)
    assert (seen.provider, seen.agreed.arbiter) == (on_chain.of["provider"].lower(), on_chain.of["arbiter"].lower())
    assert (seen.dispute_by, seen.ruling_by, seen.time) == (now + 3600, now + 5400, now)
    assert (seen.disputed, seen.allowance, seen.token) == (False, 0, on_chain.token.address.lower())


def test_a_creation_says_the_number_of_its_job(on_chain: OnChain, chain: Chain) -> None:
    call = called(on_chain, chain)
    [name] = on_chain.web3.eth.get_block("latest")["transactions"]
    mined = chain.mined(Web3.to_hex(name))  # type: ignore[arg-type]  # a hash
    assert mined is not None
    assert jobs.created(call, mined) == call.job
    assert jobs.created(replace(call, client=RIVAL.lower()), mined) is None
    assert jobs.created(replace(call, kernel=call.hook), mined) is None


def test_a_description_has_a_limit(on_chain: OnChain, chain: Chain) -> None:
    call = called(on_chain, chain)
    jobs.kernel(call).create(call, "é" * 512)
    with pytest.raises(ValueError, match="too long"):
        jobs.kernel(call).create(call, "é" * 513)


# Events, over the test's own chain, where there can be many blocks


def submitted(world: World, before: int, after: int, *, hooked: bool = True) -> Deal:
    """A deal whose submission has so many blocks before it and after it."""
    deal = Deal(world, hooked=hooked, alone=not hooked)
    deal.funds()
    empty(deal, before)
    deal.provider.say(result=WORK)
    deal.provider.turn()
    empty(deal, after)
    return deal


def empty(deal: Deal, blocks: int) -> None:
    deal.chain.times += [deal.world.evm.now + n for n in range(blocks)]
    deal.chain.number += blocks
    deal.world.wait(blocks)


@pytest.mark.parametrize("hooked", [True, False])
@pytest.mark.parametrize(("before", "after"), [(0, 0), (5000, 0), (3000, 9000), (0, 7001)])
def test_what_was_submitted_is_found_however_many_blocks_ago(
    world: World, before: int, after: int, hooked: bool
) -> None:
    deal = submitted(world, before, after, hooked=hooked)
    seen = jobs.seen(deal.chain, deal.call, deal.call.job)
    assert seen is not None
    assert seen.deliverable == WORK


def test_a_hooked_submission_is_found_in_one_question(world: World) -> None:
    deal = submitted(world, 5_000, 150_000)
    asked = counted(deal.chain)
    seen = jobs.seen(deal.chain, deal.call, deal.call.job)
    assert seen is not None
    assert (seen.deliverable, len(asked) <= 2) == (WORK, True)


def counted(chain: EvmChain) -> list[tuple[int, int]]:
    """The spans of blocks whose events are asked for from now on."""
    asked: list[tuple[int, int]] = []
    logs = chain.logs

    def counting(contract: str, topics: Any, first: int, last: int) -> tuple[Log, ...]:
        asked.append((first, last))
        assert last - first < 2000
        return logs(contract, topics, first, last)

    chain.logs = counting  # type: ignore[method-assign]
    return asked


def test_a_chain_that_gives_no_events_says_nothing_of_the_submission(world: World) -> None:
    deal = submitted(world, 0, 0)

    def refuse(_contract: str, _topics: object, _first: int, _last: int) -> tuple[Log, ...]:
        raise ChainError("chain-refused", "too many blocks")

    deal.chain.logs = refuse  # type: ignore[assignment, method-assign]
    seen = jobs.seen(deal.chain, deal.call, deal.call.job)
    assert seen is not None
    assert (seen.status, seen.deliverable) == (Status.SUBMITTED, None)


def test_a_job_of_another_client_is_read_as_far_as_it_is_anybody_s(world: World) -> None:
    chain = EvmChain(world)
    call = replace(terms(chain), job=world.called())
    strange = replace(call, client=RIVAL.lower())
    seen = jobs.seen(chain, strange, call.job)
    assert seen is not None
    assert (seen.client, seen.allowance) == (CLIENT.lower(), 0)


def test_a_kernel_as_printed_has_jobs_too(world: World) -> None:
    chain = EvmChain(world)
    call = terms(chain, "printed")
    assert jobs.seen(chain, call, 1) is None
    assert isinstance(jobs.kernel(call), jobs.PrintedKernel)


def test_a_status_that_no_standard_has_is_nonsense(world: World) -> None:
    chain = EvmChain(world)
    call = replace(terms(chain), job=world.called())
    read = chain.read

    def lying(contract: str, wanted: str, returns: Any, *args: Any) -> tuple[Any, ...]:
        words = read(contract, wanted, returns, *args)
        return ((*words[0][:7], 9, words[0][8]),) if wanted == "getJob(uint256)" else words

    chain.read = lying  # type: ignore[method-assign, assignment]
    with pytest.raises(ChainError) as error:
        jobs.seen(chain, call, call.job)
    assert error.value.code == "chain-nonsense"
