"""A chain that is known is asked at other addresses: the same chain, with everything that was sent to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from app.actions import chain as chains
from app.actions import chain_cli
from app.chain.adding import Wanted
from app.chain.dev import NAME, prepared
from app.cli import parser
from app.node import Node
from app.results import CommandFailed
from tests.unit.anvil_fixtures import Anvil, anvil_fixture, running
from tests.unit.chains_fixtures import REGISTER, profile
from tests.unit.swarm_fixtures import PATIENCE
from tests.unit.test_chains_elsewhere import OTHER, states, until_sent

__all__ = ["anvil_fixture"]


def other_way(anvil: Anvil) -> str:
    """Another address of the same chain."""
    return anvil.url.replace("127.0.0.1", "localhost")


def command_line(*words: str) -> tuple[str, dict[str, Any]]:
    asked = chain_cli.request(parser("en").parse_args([*words]), "en")
    assert asked is not None
    return asked


async def endpoints(node: Node) -> tuple[str, ...]:
    return (await node.blocking(node.vault.vault.chains.get, NAME)).endpoints


async def refused(node: Node, wanted: Wanted) -> str:
    with pytest.raises(CommandFailed) as failed:
        await chains.add_chain(node, wanted)
    return failed.value.key


async def test_a_name_that_is_known_is_said_with_what_can_be_done(tmp_path: Path, anvil: Anvil) -> None:
    async with profile(tmp_path) as node:
        await prepared(node, anvil.url)
        assert await refused(node, Wanted(NAME, (other_way(anvil),))) == "chain-known-add"
        assert await endpoints(node) == (anvil.url,)


async def test_what_was_sent_goes_on_at_the_endpoints_that_replace_the_old_ones(tmp_path: Path, anvil: Anvil) -> None:
    async with profile(tmp_path) as node:
        await prepared(node, anvil.url)
        before = await node.blocking(node.vault.vault.chains.get, NAME)
        await node.blocking(anvil.automine, False)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(node.chains.call, "me/register", REGISTER)
            await until_sent(node, anvil)
            nursery.cancel_scope.cancel()
        await chains.add_chain(node, Wanted(NAME, (other_way(anvil),), confirmations=2, change="replace"))
        await node.blocking(anvil.mine, 2)
        with trio.fail_after(PATIENCE):
            assert (await node.chains.call("me/register", REGISTER)).ok
        row = await node.blocking(node.vault.vault.chains.used)
        assert await states(node) == ["final"]
    assert row is not None
    assert (row.endpoints, row.confirmations) == ((other_way(anvil),), 2)
    assert (row.contracts, row.genesis, row.settings) == (before.contracts, before.genesis, before.settings)


async def test_another_chain_takes_nobodys_place(tmp_path: Path, anvil: Anvil) -> None:
    async with profile(tmp_path) as node:
        await prepared(node, anvil.url)
        with running(None, *OTHER) as other:
            wanted = Wanted(NAME, (other.url,), change="replace")
            assert await refused(node, wanted) == "chain-replace-other"
        assert await endpoints(node) == (anvil.url,)


async def test_endpoints_are_added_and_taken_away_one_by_one_but_for_the_last(tmp_path: Path, anvil: Anvil) -> None:
    async with profile(tmp_path) as node:
        await prepared(node, anvil.url)
        await chains.add_chain(node, Wanted(NAME, (other_way(anvil),), change="also"))
        assert await endpoints(node) == (anvil.url, other_way(anvil))
        await chains.remove_endpoint(node, NAME, anvil.url)
        assert await endpoints(node) == (other_way(anvil),)
        assert (await node.chains.call("me/register", REGISTER)).ok
        for url, why in ((anvil.url, "chain-endpoint"), (other_way(anvil), "chain-last-endpoint")):
            with pytest.raises(CommandFailed) as failed:
                await chains.remove_endpoint(node, NAME, url)
            assert failed.value.key == why
        assert await endpoints(node) == (other_way(anvil),)


async def test_a_chain_in_the_process_has_no_addresses(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await chains.use_chain(node, "rehearsal")
        with pytest.raises(CommandFailed) as failed:
            await chains.remove_endpoint(node, "rehearsal", "http://127.0.0.1:1")
    assert failed.value.key == "chain-endpoint"


def test_what_becomes_of_the_endpoints_is_said_on_the_command_line() -> None:
    add = ["chain", "add", "dev", "--rpc", "https://a.example", "https://b.example"]
    asked = [command_line(*add), command_line(*add, "--replace"), command_line(*add, "--also")]
    assert [args["change"] for _name, args in asked] == ["", "replace", "also"]
    assert asked[0][1]["urls"] == ["https://a.example", "https://b.example"]
    assert command_line("chain", "remove", "dev", "--rpc", "https://a.example")[1]["url"] == "https://a.example"
