"""Contacts over QUIC: an invite names it, a task runs over it alone, and either transport stands in for the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.actions import peers
from app.swarm import listening
from tests.unit import swarm_fixtures
from tests.unit.swarm_fixtures import CUT_OFF, alone, contacts, until
from tests.unit.test_kind_model import fetched, provide, sample, store

pytestmark = CUT_OFF
QUIC, TCP = "/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"


@pytest.fixture
def quic_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swarm_fixtures, "LOOPBACK", (QUIC,))


@pytest.mark.usefixtures("quic_alone")
async def test_a_task_runs_from_invite_to_result_over_quic_alone(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        path = sample(tmp_path)
        digest = await provide(provider, path, tmp_path / "one")
        mine = store(asker, tmp_path / "mine")
        done = await fetched(asker, digest)
        assert done.state == "done"
        assert mine.verify(digest).size == path.stat().st_size
        assert {way.transport for way in asker.swarm.host.ways(provider.vault.peer_id)} == {"quic"}


@pytest.mark.usefixtures("quic_alone")
async def test_a_peer_reached_over_quic_is_shown_so(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (_, other):
        row = await peers.ping_peer(other, "peer0")
        view = await peers.peer(other, "peer0")
    assert (row.connected, row.way) == (True, "quic")
    assert any("/udp/" in address and address.endswith("/quic-v1") for address in view.addresses)


async def test_an_invite_names_both_transports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swarm_fixtures, "LOOPBACK", (TCP, QUIC))
    async with alone(tmp_path / "home") as node:
        made = await peers.invite(node)
    assert {address.split("/")[3] for address in made.addresses} == {"tcp", "udp"}


@pytest.mark.parametrize(("dead", "way"), [("udp", "tcp"), ("tcp", "quic")])
async def test_where_one_transport_leads_nowhere_the_other_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dead: str, way: str
) -> None:
    monkeypatch.setattr(swarm_fixtures, "LOOPBACK", (TCP, QUIC))
    async with contacts(tmp_path) as (one, other):
        peer_id = one.vault.peer_id
        broken = tuple(_elsewhere(each) if f"/{dead}/" in each else each for each in one.swarm.addresses)
        await other.swarm.host.disconnect(peer_id)
        other.swarm.host.forget(peer_id)
        await until(lambda: peer_id not in other.swarm.host.connected)
        assert await other.swarm.reaching.connect(other.swarm.host, peer_id, broken)
        assert other.swarm.host.ways(peer_id)[0].transport == way


def _elsewhere(address: str) -> str:
    """The same at the discard port, where nobody listens."""
    parts = address.split("/")
    return "/".join([*parts[:4], "9", *parts[5:]])


async def test_the_usual_is_tcp_and_quic_on_one_port(home: Path) -> None:
    async with alone(home) as node:
        settings = node.vault.vault.settings
        await node.blocking(listening.choose, settings, None)
        usual = await node.blocking(listening.chosen, settings)
    ports = {address.split("/")[4] for address in usual}
    assert len(ports) == 1
    assert {address.split("/")[3] for address in usual} == {"tcp", "udp"}
