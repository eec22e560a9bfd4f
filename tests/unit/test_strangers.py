"""What somebody who is no contact gets of a real node: nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.actions.peers import add_peer, invite, peers
from p2p.host_errors import HostFailed
from tests.unit.letter_fixtures import alone, listen, two


async def test_an_invite_that_was_used_lets_nobody_else_in(tmp_path: Path) -> None:
    async with two(tmp_path) as (ada, bob), alone(tmp_path / "eve") as eve:
        await listen(eve)
        link = (await invite(ada, "Carol")).invite
        await add_peer(bob, link, "Ada")
        with pytest.raises(HostFailed) as caught:
            await add_peer(eve, link, "Ada")
        assert caught.value.code == "peer-error"
        assert eve.vault.peer_id not in {row.peer_id for row in await peers(ada)}
        assert await peers(eve) == ()


async def test_a_stranger_without_an_invite_learns_no_name(tmp_path: Path) -> None:
    async with two(tmp_path) as (ada, _bob), alone(tmp_path / "eve") as eve:
        await listen(eve)
        (address, *_) = ada.swarm.host.addresses
        await eve.swarm.reach(ada.vault.peer_id, (str(address),))
        with pytest.raises(HostFailed) as caught:
            await eve.swarm.greeting.greet(ada.vault.peer_id)
        assert (caught.value.code, caught.value.detail) == ("peer-error", "unknown")
