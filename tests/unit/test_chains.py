"""The chain in use, in a whole node: signed by the key-holder, kept in the vault, seen to the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from app import commands
from app.chain.port import Call
from app.chain.rehearsal import COINS, TOKENS
from app.node import open_node
from app.results import CommandFailed
from app.wallet_results import TransactionChanged
from p2p.chain import ChainError
from p2p.methods import ROLES
from p2p.sender import Sender
from p2p.wallet_requests import ApprovalNeeded
from tests.unit.chains_fixtures import PASSPHRASE, REGISTER, profile, rehearsing
from tests.unit.swarm_fixtures import PATIENCE

SOMEBODY = "0x" + "11" * 20


async def test_without_a_chain_it_says_so(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        with pytest.raises(CommandFailed) as failed:
            await node.chains.connected()
    assert failed.value.key == "chain-none"


async def test_the_rehearsal_has_contracts_coins_and_tokens(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        at = await node.chains.connected()
        assert set(at.contracts) == set(ROLES)
        assert await node.chains.ask(at.chain.balance, at.address) == COINS
        token = await node.chains.ask(
            at.chain.read, at.contracts["token"], "balanceOf(address)", ["uint256"], at.address
        )
        assert token == (TOKENS,)


async def test_a_call_is_signed_sent_and_in_its_block(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        mined = await node.chains.call("me/register", REGISTER)
        at = await node.chains.connected()
        assert mined.ok
        assert {log.address for log in mined.logs} == {at.contracts["identity"]}
        owner = await node.chains.ask(at.chain.read, at.contracts["identity"], "ownerOf(uint256)", ["address"], 0)
        assert owner == (at.address,)


async def test_the_same_key_is_one_transaction_after_a_restart_too(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        first = await node.chains.call("me/register", REGISTER)
    async with profile(tmp_path) as node:
        assert await node.chains.call("me/register", REGISTER) == first


async def test_what_the_wallet_asks_first_waits_for_the_person(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        pay = Call("token", "transfer(address,uint256)", (SOMEBODY, 5))
        with pytest.raises(ApprovalNeeded) as asked:
            await node.chains.call("pay", pay)
        asks = node.vault.vault.wallet_asks
        await node.blocking(asks.decide, asked.value.digest, True)

        assert (await node.chains.call("pay", pay)).ok
        assert (await node.blocking(asks.get, asked.value.digest)).state == "used"


async def test_one_yes_is_good_for_one_payment(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        pay = Call("token", "transfer(address,uint256)", (SOMEBODY, 5))
        with pytest.raises(ApprovalNeeded) as asked:
            await node.chains.call("first", pay)
        await node.blocking(node.vault.vault.wallet_asks.decide, asked.value.digest, True)
        await node.chains.call("first", pay)
        with pytest.raises(ApprovalNeeded) as again:
            await node.chains.call("second", pay)
    assert again.value.digest != asked.value.digest


async def test_a_call_that_would_fail_is_not_sent(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        with pytest.raises(ChainError) as refused:
            await node.chains.call("no", Call("kernel", "claimRefund(uint256)", (77,)))
    assert refused.value.code == "chain-reverted"


async def test_a_yes_that_a_crash_left_unused_is_good_for_nothing_else(tmp_path: Path) -> None:
    """The transaction was stored, and the process ended before the yes was taken off."""
    pay = Call("token", "transfer(address,uint256)", (SOMEBODY, 5))
    async with profile(tmp_path) as node:
        await rehearsing(node)
        with pytest.raises(ApprovalNeeded) as asked:
            await node.chains.call("first", pay)
        asks, digest = node.vault.vault.wallet_asks, asked.value.digest
        await node.blocking(asks.decide, digest, True)
        await node.chains.call("first", pay)
        with node.vault.vault._database.write() as connection:
            connection.execute("UPDATE wallet_ask SET state = 'agreed'")
    async with profile(tmp_path) as node:
        assert (await node.chains.call("first", pay)).ok
        assert (await node.blocking(node.vault.vault.wallet_asks.get, digest)).state == "used"


async def test_a_chain_that_breaks_in_an_unforeseen_way_does_not_end_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = trio.Event()

    def breaks(_sender: Sender) -> None:
        trio.from_thread.run_sync(broken.set)
        raise ZeroDivisionError

    async with profile(tmp_path) as node:
        await rehearsing(node)
        with monkeypatch.context() as patched:
            patched.setattr(Sender, "advance", breaks)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(node.chains.call, "me/register", REGISTER)
                with trio.fail_after(PATIENCE):
                    await broken.wait()
                nursery.cancel_scope.cancel()
        await node.chains.reopen()
        with trio.fail_after(PATIENCE):
            assert (await node.chains.call("me/register", REGISTER)).ok


async def test_each_state_of_what_was_sent_is_told_with_its_task_and_without_amounts(tmp_path: Path) -> None:
    told: list[TransactionChanged] = []
    final = trio.Event()

    def hear(note: object) -> None:
        if isinstance(note, TransactionChanged):
            told.append(note)
            if note.state == "final":
                final.set()

    async with open_node(tmp_path, hear) as node:
        await commands.create(node, PASSPHRASE)
        await rehearsing(node)
        await node.chains.call("t/register", replace(REGISTER, task="t"))
        with trio.fail_after(PATIENCE):
            await final.wait()
    assert told == [TransactionChanged("t", state) for state in ("signed", "sent", "final")]
