"""Contacts that are lost are found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.swarm import reaching
from app.swarm.reaching import Reaching
from app.swarm.swarm import Swarm
from tests.unit.fault_fixtures import two_nodes, until


async def test_a_contact_that_was_lost_is_dialled_again_though_nothing_waits_for_it(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        peer = alice.vault.peer_id
        await until(lambda: peer in bob.swarm.host.connected)
        before = bob.swarm.host.ways(peer)
        await bob.swarm.host.disconnect(peer)
        await until(lambda: bob.swarm.host.ways(peer) not in ((), before))


async def test_a_machine_with_another_address_doubts_its_lines_and_looks_for_its_contacts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [frozenset({"192.0.2.1"})]
    monkeypatch.setattr(reaching, "LOOK", 0.05)
    monkeypatch.setattr("app.swarm.listening.interfaces", lambda: addresses[-1])
    async with two_nodes(tmp_path) as (_, bob):
        doubted: list[bool] = []
        monkeypatch.setattr(bob.swarm.host, "doubt", lambda: doubted.append(True))
        moved = bob.swarm.reaching.moved
        addresses.append(frozenset({"192.0.2.2"}))
        await moved.wait()
        await until(lambda: doubted)


@pytest.mark.parametrize(
    ("away", "wanted", "pause"),
    [(0, False, 0.5), (80, False, 10), (7 * 86400, False, 900), (10, True, 0.5), (120, True, 2), (7 * 86400, True, 30)],
)
def test_the_pause_between_two_dials_is_a_share_of_the_time_away(
    monkeypatch: pytest.MonkeyPatch, away: float, wanted: bool, pause: float
) -> None:
    now = 1000.0 + away
    monkeypatch.setattr("trio.current_time", lambda: now)
    monkeypatch.setattr("random.uniform", lambda *_: 1.0)
    one = Reaching(_NOBODY)
    one._away["Bob"] = now - away
    if wanted:
        one._wanted["Bob"] = now
    assert one._pause_of("Bob") == pytest.approx(pause)


_NOBODY: Swarm = None  # type: ignore[assignment]  # the pause asks nobody
