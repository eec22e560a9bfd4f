"""A chain between two people: one hosts it in the process, the other uses it over libp2p, in whole nodes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from app import commands
from app.actions import chain as chains
from app.actions import peers as peering
from app.actions.chain_cli import PRINTERS
from app.chain import hosting
from app.chain.hosting import MOST_KEPT
from app.chain.rehearsal import COINS, TOKENS
from app.node import Node, open_node
from app.results import CommandFailed
from p2p.chain import ChainError
from p2p.chain_hosting import AT_ONCE, CHAIN_PROTOCOL
from p2p.host_errors import HostFailed
from tests.unit.chains_fixtures import REGISTER
from tests.unit.swarm_fixtures import CUT_OFF, PASSPHRASE, PATIENCE, alone, befriend, contacts

pytestmark = CUT_OFF


@asynccontextmanager
async def hosted(folder: Path) -> AsyncIterator[tuple[Node, Node]]:
    """The first hosts a chain, the second knows them as peer0."""
    async with contacts(folder) as (host, guest):
        await chains.host_chain(host, True)
        yield host, guest


async def test_a_contact_uses_the_chain_with_what_newcomers_get(tmp_path: Path) -> None:
    async with hosted(tmp_path) as (_host, guest):
        used = await chains.join_chain(guest, "peer0")
        held = await chains.balance(guest)
    assert used.kind == "peer"
    assert [holding.value for holding in held.holdings] == [str(COINS), str(TOKENS)]


async def test_both_are_on_the_same_chain(tmp_path: Path) -> None:
    async with hosted(tmp_path) as (host, guest):
        await chains.use_chain(host, "rehearsal")
        await chains.join_chain(guest, "peer0")
        ours, theirs = await host.chains.connected(), await guest.chains.connected()
    assert ours.identity == theirs.identity
    assert ours.contracts == theirs.contracts
    assert ours.address != theirs.address


async def test_what_the_contact_sends_is_on_the_chain_of_the_host(tmp_path: Path) -> None:
    async with hosted(tmp_path) as (host, guest):
        await chains.use_chain(host, "rehearsal")
        await chains.join_chain(guest, "peer0")
        mined = await guest.chains.call("me/register", REGISTER)
        at = await host.chains.connected()
        owner = await host.chains.ask(at.chain.read, at.contracts["identity"], "ownerOf(uint256)", ["address"], 0)
        assert mined.ok
        assert owner == ((await guest.chains.connected()).address,)


async def test_newcomers_get_something_once(tmp_path: Path) -> None:
    async with hosted(tmp_path) as (host, guest):
        await chains.join_chain(guest, "peer0")
        again = {"jsonrpc": "2.0", "id": 1, "method": "nuee_welcome", "params": ["0x" + "11" * 20]}
        said = await guest.chains.carrying.asked(host.vault.peer_id, json.dumps(again).encode())
    assert json.loads(said)["result"] is False


async def test_newcomers_get_it_once_however_many_ask_at_the_same_time(tmp_path: Path) -> None:
    async with hosted(tmp_path) as (host, guest):
        given: list[bool] = []

        async def ask(number: int) -> None:
            address = f"0x{number:040x}"
            asked = {"jsonrpc": "2.0", "id": number, "method": "nuee_welcome", "params": [address]}
            said = await guest.chains.carrying.asked(host.vault.peer_id, json.dumps(asked).encode())
            given.append(json.loads(said)["result"])

        async with trio.open_nursery() as nursery:
            for number in range(1, AT_ONCE + 1):
                nursery.start_soon(ask, number)
    assert sorted(given) == [False] * (AT_ONCE - 1) + [True]


async def test_nobody_uses_it_unless_it_is_hosted(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (host, guest):
        await chains.use_chain(host, "rehearsal")
        with pytest.raises(CommandFailed) as failed:
            await chains.join_chain(guest, "peer0")
    assert failed.value.key == "chain-not-hosted"


async def test_a_stranger_is_refused(tmp_path: Path) -> None:
    async with hosted(tmp_path / "two") as (host, _guest), alone(tmp_path / "stranger") as stranger:
        address = f"{host.swarm.host.addresses[0]}/p2p/{host.vault.peer_id}"
        await stranger.swarm.host.connect(address)
        question = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'
        with pytest.raises(HostFailed) as failed:
            await stranger.swarm.host.request(host.vault.peer_id, CHAIN_PROTOCOL, question)
    assert failed.value.detail == "refused"


async def test_a_contact_who_is_blocked_cannot_use_it_any_more(tmp_path: Path) -> None:
    async with hosted(tmp_path) as (host, guest):
        await chains.join_chain(guest, "peer0")
        await peering.block_peer(host, "peer1")
        status = await chains.chain_status(guest)
    assert status.head is None
    assert status.problem


async def test_in_airplane_mode_the_hosted_chain_is_not_asked(tmp_path: Path) -> None:
    async with hosted(tmp_path) as (_host, guest):
        await chains.join_chain(guest, "peer0")
        guest.airplane = True
        with pytest.raises(CommandFailed) as failed:
            await guest.chains.connected()
    assert failed.value.key == "airplane"


async def test_a_single_command_uses_it_with_a_host_of_its_own(tmp_path: Path) -> None:
    """The guest's node takes part for as long as the chain is used, and no longer."""
    async with alone(tmp_path / "host") as host:
        await chains.host_chain(host, True)
        async with alone(tmp_path / "guest") as guest:
            await befriend(host, guest, "peer1")
        async with open_node(tmp_path / "guest") as guest:
            await commands.unlock(guest, PASSPHRASE)
            await chains.join_chain(guest, "peer0")
            held = await chains.balance(guest)
            runs = guest.swarm.running
            await guest.lock()
            after = guest.swarm.running
    assert [holding.value for holding in held.holdings] == [str(COINS), str(TOKENS)]
    assert (runs, after) == (True, False)


async def test_what_is_under_way_goes_on_when_the_host_is_back(tmp_path: Path) -> None:
    async with alone(tmp_path / "guest") as guest:
        async with alone(tmp_path / "host") as host:
            await chains.host_chain(host, True)
            await befriend(host, guest, "peer1")
            await chains.join_chain(guest, "peer0")
            await guest.chains.call("me/register", REGISTER)
        status = await chains.chain_status(guest)
        assert status.head is None
        assert status.problem
        async with alone(tmp_path / "host"):
            with trio.fail_after(PATIENCE):
                while (await chains.chain_status(guest)).head is None:  # noqa: ASYNC110 - nothing tells
                    await trio.sleep(0.2)
            assert (await guest.chains.call("again", REGISTER)).ok


ENDLESS = {"data": "0x5b600056", "from": "0x" + "11" * 20}  # JUMPDEST PUSH1 0 JUMP


async def test_who_has_endless_things_computed_keeps_nobody_else_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every question of one contact is given up in time, and a second one is answered while they wait."""
    monkeypatch.setattr(hosting, "COMPUTING", 0.2)
    async with contacts(tmp_path, 3) as (host, greedy, other):
        await befriend(greedy, other, "peer3")
        await chains.host_chain(host, True)
        ended: list[str] = []

        async def ask(node: Node, name: str, method: str, *params: object) -> dict[str, Any]:
            asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            said = await node.chains.carrying.asked(host.vault.peer_id, json.dumps(asked).encode())
            ended.append(name)
            answer: dict[str, Any] = json.loads(said)
            return answer

        async def endless() -> None:
            answer = await ask(greedy, "greedy", "eth_estimateGas", ENDLESS)
            assert "it takes too long" in answer["error"]["message"]

        await ask(greedy, "welcome", "nuee_welcome", ENDLESS["from"])  # it can pay for what it asks
        await ask(other, "before", "eth_blockNumber")
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                for _ in range(AT_ONCE):
                    nursery.start_soon(endless)
                await trio.testing.wait_all_tasks_blocked()
                answer = await ask(other, "other", "eth_blockNumber")
    assert "result" in answer
    assert len(ended) == AT_ONCE + 3


async def test_a_chain_that_is_full_takes_nothing_more_from_contacts_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hosted(tmp_path) as (host, guest):
        await chains.join_chain(guest, "peer0")
        monkeypatch.setattr(hosting, "MOST_KEPT", 1)
        with pytest.raises(ChainError) as failed:
            await guest.chains.call("me/register", REGISTER)
        held = await chains.balance(guest)
        await chains.use_chain(host, "rehearsal")
        ours = await host.chains.call("me/register", REGISTER)
    assert failed.value.code == "chain-full"
    assert [holding.value for holding in held.holdings] == [str(COINS), str(TOKENS)]  # it can still be read
    assert ours.ok


async def test_who_comes_to_a_chain_that_is_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hosted(tmp_path) as (_host, guest):
        monkeypatch.setattr(hosting, "MOST_KEPT", 1)
        with pytest.raises(CommandFailed) as failed:
            await chains.join_chain(guest, "peer0")
    assert failed.value.key == "chain-full"


@pytest.mark.parametrize(
    ("share", "said"), [(0.1, "It takes"), (0.81, "Soon full"), (1.0, "FULL")], ids=["little", "nearly", "full"]
)
def test_the_host_is_told_how_much_the_chain_takes_before_it_is_full(share: float, said: str) -> None:
    out = StringIO()
    kept = {"hosted": True, "kept": int(share * MOST_KEPT), "most": MOST_KEPT}
    PRINTERS["chain-host"](kept, "en", out, "")
    assert f"\n{said}" in out.getvalue()
    assert "256.0\u00a0MiB" in out.getvalue()


async def test_the_host_sees_how_much_it_takes(tmp_path: Path) -> None:
    async with alone(tmp_path) as host:
        taken = (await chains.host_chain(host, True)).kept
        status = await chains.chain_status(host)
        stored = await host.blocking(host.vault.vault.chains.size)
    assert taken == status.kept == stored > 100_000
