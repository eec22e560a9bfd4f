"""Tasks between people who do not know each other: only where somebody offers to everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.actions import letters, offers, tasks
from app.actions.peers import block_peer
from app.node import Node
from app.results import CommandFailed
from app.swarm.negotiating import Terms
from storage.database import VaultError
from tests.unit.fault_fixtures import given_model
from tests.unit.swarm_fixtures import CUT_OFF, alone

pytestmark = CUT_OFF
PROMPT = {"prompt": "Why?", "max_tokens": 20}
TERMS = Terms(seconds=60, reply_seconds=30)


async def meet(stranger: Node, node: Node) -> None:
    """They are connected, and no more."""
    (address, *_) = node.swarm.host.addresses
    await stranger.swarm.reach(node.vault.peer_id, (str(address),))


async def test_a_stranger_is_served_what_is_offered_to_everybody_and_nothing_else(tmp_path: Path) -> None:
    async with alone(tmp_path / "ada") as ada, alone(tmp_path / "eve") as eve:
        given_model(ada)
        await meet(eve, ada)
        refused = await tasks.announce_and_wait(eve, "inference", PROMPT, ("open",), TERMS)
        assert refused.state == "refused"
        assert await tasks.tasks(ada) == ()

        await offers.set_offer(ada, "inference", audience="open")
        done = await tasks.announce_and_wait(eve, "inference", PROMPT, ("open",), TERMS)
        assert (done.state, done.provider) == ("done", ada.vault.peer_id)
        assert done.result is not None
        assert done.result["text"] == "Good day."

        meeting = {"title": "Lunch"}
        other = await tasks.announce_and_wait(eve, "meeting", meeting, ("open",), TERMS)
        assert (other.state, (await tasks.task(eve, other.id)).bids[0].reason) == ("refused", "not-allowed")
        with pytest.raises((CommandFailed, VaultError)):
            await letters.send_letter(eve, ada.vault.peer_id, "hello")


async def test_who_is_blocked_is_not_called_by_open(tmp_path: Path) -> None:
    async with alone(tmp_path / "ada") as ada:
        ada.vault.vault.peers.add("12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq", "Bob", ())
        await block_peer(ada, "Bob")
        with pytest.raises(CommandFailed) as caught:
            await tasks.announce(ada, "inference", PROMPT, ("open",))
        assert caught.value.key == "task-nobody"
