"""Where the node listens, and what is said when it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from app import commands, headless
from app.cli import Failure
from app.node import open_node
from app.results import CommandFailed
from app.swarm import listening
from p2p.host_errors import HostFailed

PASSPHRASE = "gravel otter lantern seventeen"
BROKEN = ["nonsense", "/ip4/127.0.0.1/udp/0", "/ip4/127.0.0.1"]


@pytest.mark.parametrize("address", BROKEN)
async def test_an_address_that_is_none_is_refused_and_not_kept(home: Path, address: str) -> None:
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        before = await node.blocking(listening.chosen, node.vault.vault.settings)
        with pytest.raises(HostFailed):
            await commands.turn_swarm(node, True, (address,))
        assert await node.blocking(listening.chosen, node.vault.vault.settings) == before
        assert not (await commands.swarm_state(node)).on


async def test_an_invite_in_airplane_mode_turns_nothing_on(home: Path) -> None:
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        await commands.airplane(node, True)
        with pytest.raises(CommandFailed):
            await commands.invite(node)
        assert not (await commands.swarm_state(node)).on


async def made(home: Path, *, airplane: bool = False) -> None:
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        await commands.airplane(node, airplane)


def run(home: Path, listen: tuple[str, ...] | None) -> str:
    """What `nuee node` says when it cannot."""
    with pytest.raises(Failure) as failure:
        headless.run(home, PASSPHRASE, "en", listen, None)
    return str(failure.value)


def test_a_node_that_cannot_listen_there_says_why(home: Path) -> None:
    trio.run(made, home)
    assert run(home, ("nonsense",)) == "'nonsense' is not a multiaddr."


def test_a_node_does_not_claim_to_run_in_airplane_mode(home: Path) -> None:
    async def main() -> None:
        await made(home, airplane=True)

    trio.run(main)
    assert run(home, None).startswith("Airplane mode is on")


def test_an_address_for_all_interfaces_becomes_one_for_each() -> None:
    found = listening.reachable(["/ip4/0.0.0.0/tcp/4001/p2p/12D3KooW"])
    assert "/ip4/127.0.0.1/tcp/4001" in found
    assert not any("0.0.0.0" in address for address in found)


def test_loopback_is_named_last() -> None:
    given = ["/ip4/127.0.0.1/tcp/1", "/ip4/192.0.2.7/tcp/1"]
    assert listening.reachable(given) == ("/ip4/192.0.2.7/tcp/1", "/ip4/127.0.0.1/tcp/1")
