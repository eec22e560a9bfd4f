"""The chain in the process when the disk is full, when it is forgotten, and when two want it at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from app.actions import chain as chains
from app.chain.port import Call
from app.errors import sentence
from app.node import Node
from app.results import CommandFailed
from p2p.chain import ChainError
from p2p.deploying import gift
from p2p.wallet_requests import ApprovalNeeded, WalletRefused
from storage.vault import VaultError
from tests.crash.test_chain_crash import agents
from tests.unit.chains_fixtures import REGISTER, profile

SOMEBODY = "0x" + "11" * 20
PAY = Call("token", "transfer(address,uint256)", (SOMEBODY, 5))


@contextmanager
def full(node: Node) -> Iterator[None]:
    """The vault has not one page left."""
    writer = node.vault.vault._database._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")
    yield
    writer.execute("PRAGMA max_page_count = 1073741823")


async def fits(node: Node, key: str, call: Call) -> bool:
    """Whether it was done; else the disk was full."""
    try:
        return (await node.chains.call(key, call)).ok
    except VaultError as error:
        if error.code != "disk-full":
            raise
        return False


async def registered(node: Node) -> int:
    at = await node.chains.connected()
    return await node.chains.ask(agents, at.chain, at.contracts["identity"])


async def test_a_full_vault_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await chains.use_chain(node, "rehearsal")
        long = Call("identity", "register(string)", ("x" * 4_000,))
        with full(node):
            done = 0
            while await fits(node, f"register {done}", long):
                done += 1

        assert (await node.chains.call(f"register {done}", long)).ok
        assert await registered(node) == done + 1


async def test_a_block_that_could_not_be_kept_is_none_and_its_transaction_goes_on(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await chains.use_chain(node, "rehearsal")
        writer = node.vault.vault._database._writer
        writer.execute("CREATE TEMP TRIGGER no BEFORE INSERT ON main.chain_state BEGIN SELECT RAISE(ABORT, 'no'); END")
        with pytest.raises(VaultError):
            await node.chains.call("me/register", REGISTER)
        writer.execute("DROP TRIGGER no")

        assert (await node.chains.call("me/register", REGISTER)).ok
        assert await registered(node) == 1


async def test_a_chain_that_is_removed_is_another_one_afterwards(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await chains.use_chain(node, "rehearsal")
        before = await node.chains.connected()
        await node.chains.call("me/register", REGISTER)
        await chains.remove_chain(node, "rehearsal")
        with pytest.raises(CommandFailed) as none:
            await node.chains.connected()
        await chains.use_chain(node, "rehearsal")
        after = await node.chains.connected()
        assert await registered(node) == 0
    assert none.value.key == "chain-none"
    assert before.identity.chain_id != after.identity.chain_id


async def test_what_the_removed_chain_still_writes_is_not_kept(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await chains.use_chain(node, "rehearsal")
        old = await node.chains.connected()
        key = await node.blocking(node.vault.vault.settings.secret, "chain-deployer")
        await chains.remove_chain(node, "rehearsal")
        await chains.use_chain(node, "rehearsal")
        content = await node.blocking(node.vault.vault.chains.content)
        with pytest.raises(ChainError) as failed:
            await node.blocking(gift, old.chain, key, old.contracts, SOMEBODY, 5, 0)
        assert await node.blocking(node.vault.vault.chains.content) == content
    assert failed.value.code == "chain-unreachable"


async def test_calls_at_the_same_time_are_one_after_the_other(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await chains.use_chain(node, "rehearsal")
        async with trio.open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(node.chains.call, f"register {number % 3}", REGISTER)
        assert await registered(node) == 3


async def test_a_no_of_the_person_is_an_answer(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await chains.use_chain(node, "rehearsal")
        with pytest.raises(ApprovalNeeded) as asked:
            await node.chains.call("pay", PAY)
        await node.blocking(node.vault.vault.wallet_asks.decide, asked.value.digest, False)
        with pytest.raises(WalletRefused) as refused:
            await node.chains.call("pay", PAY)
    assert refused.value.code == "wallet-declined"


async def test_a_limit_says_how_much_is_left(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await chains.use_chain(node, "rehearsal")
        at = await node.chains.connected()
        much = Call("token", "approve(address,uint256)", (at.contracts["kernel"], 10**24))
        with pytest.raises(WalletRefused) as refused:
            await node.chains.call("approve", much)
    assert refused.value.code == "wallet-limit-task"
    assert refused.value.values["left"] in sentence(refused.value, "fr")


async def test_a_locked_vault_has_no_chain(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await chains.use_chain(node, "rehearsal")
        at = await node.chains.connected()
        await node.lock()
        for act in (node.chains.connected, lambda: node.chains.ask(at.chain.head), lambda: node.chains.call("k", PAY)):
            with pytest.raises(CommandFailed) as failed:
                await act()
            assert failed.value.key == "locked"


async def test_the_begun_chain_is_there_after_locking_and_unlocking(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await chains.use_chain(node, "rehearsal")
        await node.chains.call("me/register", REGISTER)
        await node.lock()
        await node.unlock("gravel otter lantern seventeen")
        assert await registered(node) == 1
