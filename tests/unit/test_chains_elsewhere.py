"""A chain by its address: what goes on by itself after a restart, what is asked first, and what is never asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path

import pytest
import trio

from app.actions import chain as chains
from app.chain.adding import Wanted
from app.chain.dev import prepared
from app.node import Node
from app.results import CommandFailed
from app.workers import WorkerFailed
from p2p.chain import ChainError
from p2p.published import published
from tests.unit.anvil_fixtures import Anvil, anvil_fixture, running
from tests.unit.chains_fixtures import PASSPHRASE, REGISTER, profile
from tests.unit.swarm_fixtures import PATIENCE

__all__ = ["anvil_fixture"]

OTHER = ("--timestamp", "1700000000")  # of the genesis block, which makes it another chain of the same number


async def states(node: Node) -> list[str]:
    return [row.state for row in await node.blocking(node.vault.vault.transactions.latest)]


async def until_sent(node: Node, anvil: Anvil) -> None:
    """It waits for a block, of which there is none: sent is what is stored first, and then it leaves."""
    with trio.fail_after(PATIENCE):
        while not await node.blocking(anvil.waiting) or await states(node) != ["sent"]:  # noqa: ASYNC110 - no event
            await trio.sleep(0.05)


async def test_a_call_waits_for_its_block(tmp_path: Path, anvil: Anvil) -> None:
    async with profile(tmp_path) as node:
        await prepared(node, anvil.url)
        assert (await node.chains.call("me/register", REGISTER)).ok


async def test_what_was_sent_is_seen_to_its_end_after_a_restart_without_anybody_asking(
    tmp_path: Path, anvil: Anvil
) -> None:
    async with profile(tmp_path) as node, trio.open_nursery() as nursery:
        await prepared(node, anvil.url)
        await node.blocking(anvil.automine, False)
        nursery.start_soon(node.chains.call, "me/register", REGISTER)
        await until_sent(node, anvil)
        nursery.cancel_scope.cancel()
    anvil.mine()
    async with profile(tmp_path) as node:
        with trio.fail_after(PATIENCE):
            while await states(node) != ["final"]:  # noqa: ASYNC110 - as above
                await trio.sleep(0.05)


async def test_a_call_that_was_cancelled_goes_on_by_itself(tmp_path: Path, anvil: Anvil) -> None:
    async with profile(tmp_path) as node:
        await prepared(node, anvil.url)
        await node.blocking(anvil.automine, False)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(node.chains.call, "me/register", REGISTER)
            await until_sent(node, anvil)
            nursery.cancel_scope.cancel()
        await node.blocking(anvil.mine)
        with trio.fail_after(PATIENCE):
            assert (await node.chains.call("me/register", REGISTER)).ok
        assert await states(node) == ["final"]


async def test_locking_ends_a_call_that_waits(tmp_path: Path, anvil: Anvil) -> None:
    async with profile(tmp_path) as node:
        await prepared(node, anvil.url)
        await node.blocking(anvil.automine, False)
        ends: list[str] = []

        async def call() -> None:
            with pytest.raises(CommandFailed) as failed:
                await node.chains.call("me/register", REGISTER)
            ends.append(failed.value.key)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(call)
            await until_sent(node, anvil)
            with trio.fail_after(PATIENCE):
                await node.lock()
    assert ends == ["locked"]


async def test_another_chain_is_not_used_while_something_goes_on(tmp_path: Path, anvil: Anvil) -> None:
    async with profile(tmp_path) as node, trio.open_nursery() as nursery:
        await prepared(node, anvil.url)
        await node.blocking(anvil.automine, False)
        nursery.start_soon(node.chains.call, "me/register", REGISTER)
        await until_sent(node, anvil)
        with pytest.raises(CommandFailed) as failed:
            await chains.use_chain(node, "rehearsal")
        nursery.cancel_scope.cancel()
    assert failed.value.key == "chain-pending"
    assert failed.value.values["transactions"] == 1


async def test_the_status_says_what_waits_and_whose_contracts_stand_there(tmp_path: Path, anvil: Anvil) -> None:
    async with profile(tmp_path) as node, trio.open_nursery() as nursery:
        await prepared(node, anvil.url)
        await node.blocking(anvil.automine, False)
        nursery.start_soon(node.chains.call, "me/register", REGISTER)
        await until_sent(node, anvil)
        status = await chains.chain_status(node)
        nursery.cancel_scope.cancel()
    assert [(one.key, one.state) for one in status.pending] == [("me/register", "sent")]
    assert {one.code for one in status.contracts} == {"ours"}
    assert all(one.known for one in status.contracts)


async def test_a_chain_is_believed_as_it_was_when_it_was_added(tmp_path: Path) -> None:
    """Behind the same address another chain answers later."""
    async with profile(tmp_path) as node:
        with running() as first:
            port = int(first.url.rpartition(":")[2])
            await chains.add_chain(node, Wanted("local", (first.url,)))
            await chains.use_chain(node, "local")
            assert (await chains.chain_status(node)).problem == ""
        await node.chains.reopen()
        with running(None, *OTHER, port=port):
            status = await chains.chain_status(node)
    assert status.head is None
    assert [endpoint for endpoint, _why in status.wrong] == [first.url]


async def test_two_addresses_of_different_chains_are_no_chain(tmp_path: Path, anvil: Anvil) -> None:
    async with profile(tmp_path) as node:
        with running(None, *OTHER) as other, pytest.raises(ChainError) as failed:
            await chains.add_chain(node, Wanted("local", (anvil.url, other.url)))
    assert failed.value.code == "chain-other"


async def test_known_registries_are_there_from_the_start_and_can_be_overridden(tmp_path: Path) -> None:
    mine = "0x" + "11" * 20
    async with profile(tmp_path) as node:
        with running(chain_id=84532) as base:
            await chains.add_chain(node, Wanted("base", (base.url,), (f"reputation={mine}",)))
            await chains.use_chain(node, "base")
            status = await chains.chain_status(node)
    assert {one.role: (one.address, one.code) for one in status.contracts} == {
        "identity": (published(84532)["identity"], "none"),
        "reputation": (mine, "none"),
    }


async def test_a_network_with_real_value_takes_the_passphrase_and_stays_off(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        with running(chain_id=1) as real:
            await chains.add_chain(node, Wanted("ethereum", (real.url,)))
            asked = await chains.use_chain(node, "ethereum")
            before = await node.blocking(node.vault.vault.chains.used)
            with pytest.raises(WorkerFailed) as wrong:
                await chains.use_chain(node, "ethereum", "not the passphrase")
            used = await chains.use_chain(node, "ethereum", PASSPHRASE)
            status = await chains.chain_status(node)
    assert asked.proof
    assert before is None
    assert wrong.value.code == "wrong-secret"
    assert (used.proof, used.on, status.on) == (False, False, False)
    assert status.row is not None
    assert status.row.real_value


class Counting(HTTPServer):
    """An endpoint that counts what it is asked, and answers nothing."""

    asked = 0


@pytest.fixture
def silent() -> Iterator[Counting]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server.asked += 1
            self.send_error(500)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with Counting(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Hanging(ThreadingHTTPServer):
    """An endpoint that takes a question and does not answer before it is told to."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.release = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.asked.set()
                server.release.wait()

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        server = self
        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    with Hanging() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.release.set()
        server.shutdown()
        thread.join()


async def test_locking_waits_for_no_endpoint_that_hangs(
    tmp_path: Path, hanging: Hanging, anvil: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("p2p.endpoints.TIMEOUT", 10 * PATIENCE)
    async with profile(tmp_path) as node:
        row = await prepared(node, anvil.url)
        store = node.vault.vault.chains
        await node.blocking(store.put, replace(row, endpoints=(f"http://127.0.0.1:{hanging.server_port}",)))
        await node.chains.reopen()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(node.chains.connected)
            await trio.to_thread.run_sync(hanging.asked.wait)
            nursery.cancel_scope.cancel()
        with trio.fail_after(PATIENCE):
            await node.lock()
        assert node.state == "locked"
        hanging.release.set()


async def test_in_airplane_mode_nobody_is_asked(tmp_path: Path, silent: Counting, anvil: Anvil) -> None:
    async with profile(tmp_path) as node:
        row = await prepared(node, anvil.url)
        at = await node.chains.connected()
        store = node.vault.vault.chains
        await node.blocking(store.put, replace(row, endpoints=(f"http://127.0.0.1:{silent.server_port}",)))
        await node.chains.reopen()
        node.airplane = True
        for act in (node.chains.connected, lambda: node.chains.call("me/register", REGISTER)):
            with pytest.raises(CommandFailed) as failed:
                await act()
            assert failed.value.key == "airplane"
        with pytest.raises(CommandFailed):
            await node.chains.ask(at.chain.head)
        status = await chains.chain_status(node)
    assert silent.asked == 0
    assert status.problem


async def test_in_airplane_mode_the_chain_in_the_process_works(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        node.airplane = True
        await chains.use_chain(node, "rehearsal")
        assert (await node.chains.call("me/register", REGISTER)).ok


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        (Wanted("a", ("http://node.example",)), "chain-insecure"),
        (Wanted("a", ("ftp://node.example",)), "chain-url"),
        (Wanted("a", ("https://",)), "chain-url"),
        (Wanted("a", ("https://[::1",)), "chain-url"),
        (Wanted("a", ()), "chain-url"),
        (Wanted("rehearsal", ("https://node.example",)), "chain-name"),
        (Wanted("a b", ("https://node.example",)), "chain-name"),
        (Wanted("a", ("https://node.example",), ("token",)), "chain-contract"),
        (Wanted("a", ("https://node.example",), ("bank=0x" + "11" * 20,)), "chain-contract"),
        (Wanted("a", ("https://node.example",), ("token=0x" + "11" * 20, "kernel=0x" + "11" * 20)), "chain-contract"),
        (Wanted("a", ("https://node.example",), most_fee=0), "chain-most-fee"),
        (Wanted("a", ("https://node.example",), most_fee=float("nan")), "chain-most-fee"),
        (Wanted("a", ("https://node.example",), dialect="latin"), "chain-dialect"),
    ],
)
async def test_what_cannot_be_a_chain_is_told_before_anybody_is_asked(tmp_path: Path, wanted: Wanted, key: str) -> None:
    async with profile(tmp_path) as node:
        node.airplane = True  # nobody could be
        with pytest.raises(CommandFailed) as failed:
            await chains.add_chain(node, wanted)
    assert failed.value.key == key
