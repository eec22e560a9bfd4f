"""An inference that was paid for is done again by the validator that the bid named: three whole nodes, one anvil."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import trio

from agent.models import DEFAULT_DIGEST
from app.actions import offers, peers, tasks
from app.actions import validation as actions
from app.actions.reputation import reputation
from app.chain import validating
from app.chain.port import Call
from app.results import CommandFailed
from p2p.chain import ChainError
from p2p.receipts import verified
from p2p.wallet_requests import NOBODY
from tests.unit.anvil_fixtures import Anvil, anvil_fixture
from tests.unit.fault_fixtures import PASSPHRASE
from tests.unit.llama_fixtures import bench, default_model
from tests.unit.reputation_fixtures import Person
from tests.unit.settle_fixtures import quick, until
from tests.unit.swarm_fixtures import theirs
from tests.unit.validating_fixtures import BUILD, REQUEST, RESPONSE, Says, Three, thinks, three

__all__ = ["anvil_fixture"]

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


async def test_the_validator_is_asked_does_it_again_and_says_so_by_itself(tmp_path: Path, anvil: Anvil) -> None:
    """Nothing is on the chain before the validator's person agreed; then it is, and all three read the same."""
    async with three(tmp_path, anvil, rule="ask") as there:
        task = await there.task()
        asked = await actions.task_validation(there.bob, there.theirs(task))
        assert (asked.state, asked.named, asked.askable) == ("none", "Carol", True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(there.check, task)
            again = await theirs(there.carol, "deciding")
            assert there.logs(REQUEST) == 0
            await until(partial(_agrees, there, again.id))
        found = [
            await there.becomes(there.alice, task, "passed"),
            await there.becomes(there.bob, there.theirs(task), "passed"),
            await there.becomes(there.carol, again.id, "passed"),
        ]
        assert (there.logs(REQUEST), there.logs(RESPONSE)) == (1, 1)
        assert len({one.hash for one in found}) == 1
        assert [one.name for one in found] == ["Carol", "Carol", ""]
        assert {one.engine for one in found} == {BUILD}
        assert (await actions.task_validation(there.carol, again.id)).ours
        codes = [one.code for one in (await reputation(there.alice, "Bob")).reasons]
        assert codes == ["own-kept", "redone"]
        await _the_last_word_counts(there, task, again.id)


async def _agrees(there: Three, again: str) -> bool:
    """The call stands in the list a moment before its question does."""
    with suppress(CommandFailed):
        await tasks.answer_task(there.carol, again, agrees=True)
        return True
    return False


async def _the_last_word_counts(there: Three, task: str, again: str) -> None:
    """Said twice it is said once; what Carol says anew takes the place of it; nobody else can."""
    await actions.answer_validation(there.carol, again)
    assert there.logs(RESPONSE) == 1
    name = bytes.fromhex((await actions.validation(there.alice, task)).hash)
    lie = Call("validation", validating.ANSWER, (name, 0, "", bytes(32), "reexecution"))
    with pytest.raises(ChainError) as refused:
        await there.alice.chains.call("not-named", lie)
    assert refused.value.code == "chain-reverted"
    assert (await actions.validation(there.alice, task)).state == "passed"
    await there.carol.chains.call("on second thoughts", lie)
    assert (await actions.validation(there.alice, task)).state == "failed"


async def test_a_result_that_comes_out_otherwise_gets_0_without_anybody_being_asked(
    tmp_path: Path, anvil: Anvil
) -> None:
    """By the validator's standing rule; whoever was not named cannot be asked."""
    async with three(tmp_path, anvil) as there:
        thinks(there.carol, Says("Good night."))
        task = await there.task()
        shown = await actions.preview_validation(there.bob, there.theirs(task), "Alice")
        with pytest.raises(CommandFailed) as failed:
            await actions.check_validation(there.bob, there.theirs(task), "Alice", shown.digest)
        assert failed.value.key in ("validation-no-validator", "validation-other-peer")

        done = await there.check(task)

        assert done.state == "done"
        assert (await there.becomes(there.alice, task, "failed")).name == "Carol"
        assert [row.state for row in await tasks.tasks(there.carol, "participant")] == ["done"]


async def test_whoever_is_faster_on_the_chain_gets_no_praise_for_anothers_work(tmp_path: Path, anvil: Anvil) -> None:
    """The hash of a request is seen before a block takes it: Erin puts her own agent under it, first."""
    async with three(tmp_path, anvil) as there:
        task = await there.task()
        name = bytes.fromhex((await actions.task_validation(there.bob, there.theirs(task))).hash)
        carol = (await there.carol.chains.connected()).address
        erin = Person(await there.alice.chains.connected(), b"\x05" * 32)
        anvil.give(erin.address)
        agent = await trio.to_thread.run_sync(erin.registers)
        await trio.to_thread.run_sync(erin.does, "validation", validating.ASK, carol, agent, "data:,", name)

        with pytest.raises(ChainError) as refused:
            await there.check(task)

        assert refused.value.code == "chain-reverted"
        assert (await actions.validation(there.alice, task)).state == "other"
        assert there.logs(RESPONSE) == 0
        assert (await tasks.tasks(there.carol, "participant"))[0].state != "done"


async def _other_model(there: Three) -> None:
    thinks(there.carol, Says(), "cd" * 32)


async def _other_build(there: Three) -> None:
    thinks(there.carol, Says(), build="0.3 AVX-512 cd")


async def _never(there: Three) -> None:
    thinks(there.carol, Says())
    await offers.set_offer(there.carol, "inference", settings={"validates": "never"})


async def _away(there: Three) -> None:
    await peers.turn_swarm(there.carol, on=False)


REFUSALS: list[tuple[Callable[[Three], Awaitable[None]], str, dict[str, str]]] = [
    (_other_model, "validation-other-model", {}),
    (_other_build, "validation-other-build", {"theirs": "avx-512-cd", "ours": BUILD}),
    (_never, "validation-refused", {"why": "they do not offer it"}),
    (_away, "peer-unreachable", {}),
]


async def test_who_cannot_or_will_not_do_it_again_says_why_and_nothing_is_recorded(
    tmp_path: Path, anvil: Anvil
) -> None:
    async with three(tmp_path, anvil) as there:
        task = await there.task()
        for spoilt, code, values in REFUSALS:
            await spoilt(there)
            with pytest.raises(CommandFailed) as failed:
                await there.check(task)
            assert (failed.value.key, failed.value.values) == (code, values)
        assert (await actions.validation(there.bob, there.theirs(task))).state == "none"
        assert (there.logs(REQUEST), there.logs(RESPONSE)) == (0, 0)


async def test_an_answer_that_a_restart_kept_back_is_given_after_it(
    tmp_path: Path, anvil: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = validating.answer

    async def away(*_: object) -> int:
        raise ChainError("chain-unreachable", "nobody answers")

    async with three(tmp_path, anvil) as there:
        task = await there.task()
        monkeypatch.setattr(validating, "answer", away)
        await there.check(task)
        rechecking = there.carol.swarm.negotiating.rechecking

        async def tried() -> object:
            return rechecking.problems

        await until(tried)
        assert (await actions.validation(there.alice, task)).state == "waiting"
        await there.carol.close()
        monkeypatch.setattr(validating, "answer", answer)
        await there.carol.unlock(PASSPHRASE)
        assert (await there.becomes(there.alice, task, "passed")).name == "Carol"


async def test_the_bid_names_nobody_where_the_task_cannot_be_done_again(tmp_path: Path, anvil: Anvil) -> None:
    async with three(tmp_path, anvil) as there:
        task = await there.task(sha256="")
        view = await actions.task_validation(there.alice, task)
        assert (view.state, view.askable, view.named) == ("open", False, "")
        row = await there.bob.blocking(there.bob.vault.vault.receipts.find, there.theirs(task))
        data = await there.bob.blocking(there.bob.vault.vault.receipts.data, row.name)
        assert validating._named(verified(data)) == NOBODY


async def test_two_processes_with_the_default_model_agree_bit_for_bit(tmp_path: Path, anvil: Anvil) -> None:
    """The real model, greedy, in a process of its own at each of both."""
    model = default_model()
    async with three(tmp_path, anvil, digest=DEFAULT_DIGEST) as there:
        with bench(model) as bobs, bench(model) as carols:
            thinks(there.bob, bobs.client, DEFAULT_DIGEST)
            thinks(there.carol, carols.client, DEFAULT_DIGEST)
            task = await there.task(prompt="Name three rivers of France.")
            await there.check(task)
            await there.becomes(there.alice, task, "passed")
            text = (await tasks.task(there.alice, task)).result
            assert text is not None
            assert text["text"]
            await bobs.client.aclose()
            await carols.client.aclose()
