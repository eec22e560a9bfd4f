"""Who sits between two people: a relay that they use, and somebody on the network on which they look for each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import trio

from app.actions import peers
from app.node import Node
from p2p import host_mdns
from p2p.host_mdns import KEY, Mdns
from p2p.host_relay import Circuits
from p2p.identity import new_host_key
from p2p.node import Host
from tests.unit.letter_fixtures import two
from tests.unit.p2p_fixtures import LOOPBACK, PATIENCE, until

ECHO = "/nuee/test/echo/1"
SECRET = b"Meet me at the old mill at noon." * 40


class Tapped:
    """A stream of which a relay keeps a copy."""

    def __init__(self, stream: Any, seen: bytearray) -> None:
        self._stream, self._seen = stream, seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def read(self, *most: int) -> bytes:
        data = bytes(await self._stream.read(*most))
        self._seen.extend(data)
        return data


async def test_a_relay_that_keeps_all_that_it_passes_on_has_no_word_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, passed_on = bytearray(), Circuits._relay_data

    async def tapped(self: Circuits, source: Any, *more: Any, **named: Any) -> None:
        await passed_on(self, Tapped(source, seen), *more, **named)

    async def echo(_peer: str, request: bytes) -> bytes:
        return request

    monkeypatch.setattr(Circuits, "_relay_data", tapped)
    async with (
        Host(new_host_key(), [LOOPBACK], relay=True) as relay,
        Host(new_host_key(), relay=False) as hidden,
        Host(new_host_key(), relay=False) as asker,
    ):
        hidden.serve(ECHO, echo)
        hidden.know(relay.addresses[0])
        asker.know(await hidden.reserve(relay.peer_id, PATIENCE))
        assert await asker.request(hidden.peer_id, ECHO, SECRET, PATIENCE) == SECRET
    assert len(seen) > 2 * len(SECRET)
    assert SECRET[:12] not in seen
    assert ECHO.encode() not in seen


def test_an_announcement_on_the_network_says_addresses_and_nothing_else() -> None:
    address = "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWP4HsHgRC37uimrdFZmAHSJ4f6c4diXmqdtzpKBQzAmz4"
    assert host_mdns._entries([address]) == [KEY + address.encode()]


def test_an_announcement_has_another_name_each_time() -> None:
    assert Mdns([], [], print)._name != Mdns([], [], print)._name


class Announced:
    """Stands for the network: whoever listens hears these addresses."""

    heard: Sequence[str] = ()

    def __init__(self, _interfaces: object, _addresses: object, found: Callable[[str], None]) -> None:
        self._found = found

    async def __aenter__(self) -> Self:
        self._over = trio.Event()
        trio.lowlevel.spawn_system_task(self._again_and_again)
        return self

    async def _again_and_again(self) -> None:
        while not self._over.is_set():
            for address in self.heard:
                self._found(address)
            with trio.move_on_after(0.2):
                await self._over.wait()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()


async def test_a_stranger_who_announces_themselves_is_not_dialled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_mdns, "Mdns", Announced)
    monkeypatch.setattr("app.swarm.lan._local", lambda _address: True)
    async with two(tmp_path) as (ada, bob), Host(new_host_key(), [LOOPBACK]) as stranger:
        Announced.heard = (stranger.addresses[0], address_of(bob))
        await forgotten(ada, bob)
        await peers.local_network(ada, True)
        await until(lambda: bob.vault.peer_id in ada.swarm.host.connected)
        assert stranger.connected == ()


async def test_a_contacts_peer_id_at_the_address_of_somebody_else_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_mdns, "Mdns", Announced)
    monkeypatch.setattr("app.swarm.lan._local", lambda _address: True)
    async with two(tmp_path) as (ada, bob), Host(new_host_key(), [LOOPBACK]) as eve:
        false = eve.addresses[0].split("/p2p/")[0] + f"/p2p/{bob.vault.peer_id}"
        Announced.heard = (false, address_of(bob))
        await forgotten(ada, bob)
        await peers.local_network(ada, True)
        await until(lambda: bob.vault.peer_id in ada.swarm.host.connected)
        assert eve.connected == ()


def address_of(node: Node) -> str:
    return str(node.swarm.host.addresses[0])


async def forgotten(ada: Node, bob: Node) -> None:
    """Ada no longer knows where Bob is, and they are not connected."""
    with ada.vault.vault.peers._database.write() as connection:
        connection.execute("DELETE FROM peer_address")
    ada.swarm.host.forget(bob.vault.peer_id)
