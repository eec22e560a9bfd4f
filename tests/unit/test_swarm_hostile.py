"""What a contact may do to a whole node that means nobody well: the node goes on, holds little, and serves others."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.actions import tasks as tasking
from app.node import Node
from app.swarm.negotiating import ACL_PROTOCOL
from app.swarm.progress import PROTOCOL as PROGRESS
from p2p.acknowledgement import Ack, answer_from_bytes
from p2p.acl import SignedMessage
from p2p.content_fields import FREE
from p2p.contents import CallForProposals, Proposal
from p2p.contractnet_terms import Act, Announce, Send
from p2p.hello import HELLO_PROTOCOL
from p2p.host_conduct import BAN_AT, FALSE_MESSAGE
from p2p.initiator_state import announcement
from p2p.node import Host, HostFailed
from p2p.stepping import stepped
from p2p.wording import message_of, packed
from storage import dialogues
from storage.offers import Offer
from tests.unit.fault_fixtures import PATIENCE, acquaint, given_model, open_profile, until

PROMPT = {"prompt": "Say hello."}
SPEC = {"max-tokens": 16, "prompt-bytes": 3}
PROTOCOLS = (ACL_PROTOCOL, HELLO_PROTOCOL, PROGRESS)
GARBAGE = (b"", b"\x00", b"\xff" * 4, b"\x05abc", b"\xff\xff\x7f", b"\x80" * 64, b"\x40" + b"\x9f" * 64)


class Mallory:
    """A contact's node with a mind of its own: its host speaks, and nothing holds it back."""

    def __init__(self, node: Node, victim: Node) -> None:
        self.node, self.victim = node, victim

    @property
    def host(self) -> Host:
        return self.node.swarm.host

    def call(self, spec: dict[str, Any], kind: str = "inference") -> bytes:
        """A call for proposals like any other, signed."""
        negotiator = self.node.swarm.negotiating.negotiator
        now, conversation = negotiator.now(), secrets.token_bytes(16)
        body = packed(CallForProposals(spec, now + 600_000, FREE))
        state = announcement(
            conversation.hex(), body, (self.victim.vault.peer_id,), (now + 60_000, now + 90_000, now + 600_000), 1
        )
        (send,) = (effect for effect in stepped(state, Announce(now))[1] if isinstance(effect, Send))
        return self.signed(send, conversation, kind)

    def signed(self, send: Send, conversation: bytes, kind: str = "inference") -> bytes:
        """What a node of good will would say here, and only there."""
        me, stepper = self.node.vault.peer_id, self.node.swarm.negotiating.negotiator._stepper
        return stepper.sign(lambda sent: message_of(send, me, conversation, f"nuee/{kind}/1", sent)).to_bytes()

    async def say(self, data: bytes) -> object:
        return answer_from_bytes(await self.host.request(self.victim.vault.peer_id, ACL_PROTOCOL, data, PATIENCE))


@asynccontextmanager
async def three(folder: Path) -> AsyncIterator[tuple[Node, Node, Mallory]]:
    """Alice, whom Bob asks for something and Mallory for trouble."""
    async with AsyncExitStack() as stack:
        alice, bob, node = [
            await stack.enter_async_context(open_profile(folder / name)) for name in ("alice", "bob", "mallory")
        ]
        given_model(alice)
        await acquaint(alice, bob)
        await acquaint(alice, node, "Mallory")
        yield alice, bob, Mallory(node, alice)


async def is_served(bob: Node) -> bool:
    return (await tasking.announce_and_wait(bob, "inference", PROMPT, ("Alice",))).state == "done"


async def test_a_flood_of_calls_fills_no_more_than_one_peers_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogues, "MAX_LIVE_OF_ONE", 20)
    async with three(tmp_path) as (alice, bob, mallory):
        taken = 0
        for _ in range(300):
            try:
                taken += isinstance(await mallory.say(mallory.call(SPEC)), Ack)
            except HostFailed:
                break
        live = await alice.blocking(alice.vault.vault.outbox.live)
        assert (taken, len(live)) == (20, 20)
        assert await is_served(bob)
        assert alice.swarm.host.banned_until(mallory.node.vault.peer_id)


async def test_whatever_a_contact_sends_leaves_nothing_behind_and_others_are_served(tmp_path: Path) -> None:
    async with three(tmp_path) as (alice, bob, mallory):
        for attack in (breaks_off, holds_silent_streams, says_the_same_again, calls_for_nonsense):
            await attack(alice, mallory)
            await until(lambda: quiet(alice))
            alice.swarm.host.pardon(mallory.node.vault.peer_id)  # lengths over any limit ban, and the next attack comes
            assert await is_served(bob), attack.__name__


async def test_a_proposal_of_somebody_who_was_never_asked_is_not_taken(tmp_path: Path) -> None:
    async with three(tmp_path) as (alice, bob, mallory):
        given_model(bob)
        offer = Offer("inference", "contacts", 10_000, asks=True)  # so that the call stays open
        await bob.blocking(bob.vault.vault.offers.set, offer)
        task = (await tasking.announce(alice, "inference", PROMPT, ("Bob",))).id
        conversation = bytes.fromhex(task)
        call = SignedMessage.from_bytes(mallory.call(SPEC)).message
        until_when = call.sent + 60_000
        send = Send("x", alice.vault.peer_id, Act.PROPOSE, "cfp", "propose", until_when, packed(Proposal(FREE, 1)))
        await mallory.say(mallory.signed(send, conversation))
        assert [bid.peer_id for bid in (await tasking.task(alice, task)).bids] == [bob.vault.peer_id]
        assert (await tasking.task(alice, task)).row.state == "calling"


async def test_false_messages_ban_their_sender_and_the_ban_outlives_a_restart(tmp_path: Path) -> None:
    async with three(tmp_path) as (alice, bob, mallory):
        peer, said = mallory.node.vault.peer_id, 0
        with contextlib.suppress(HostFailed):
            for _ in range(20):
                await mallory.say(b"this is no message")
                said += 1
        await until(lambda: alice.swarm.host.banned_until(peer))
        assert BAN_AT / FALSE_MESSAGE - 1 <= said < 20
        await until(lambda: peer not in alice.swarm.host.connected)
        assert await is_served(bob)

        async def kept() -> bool:
            return peer in await alice.blocking(alice.vault.vault.peers.bans)

        await until(kept)
        await alice.swarm.restart()
        assert alice.swarm.host.banned_until(peer)


async def breaks_off(alice: Node, mallory: Mallory) -> None:
    for protocol in PROTOCOLS:
        for data in GARBAGE:
            with contextlib.suppress(HostFailed):
                stream = await mallory.host.open_stream(alice.vault.peer_id, protocol, PATIENCE)
                await stream.write(data)
                await stream.reset()


async def holds_silent_streams(alice: Node, mallory: Mallory) -> None:
    for protocol in PROTOCOLS * 5:
        with contextlib.suppress(HostFailed):
            await mallory.host.open_stream(alice.vault.peer_id, protocol, PATIENCE)


async def says_the_same_again(alice: Node, mallory: Mallory) -> None:
    before = len(await alice.blocking(alice.vault.vault.tasks.list))
    call = mallory.call({})
    answers = [await mallory.say(call) for _ in range(5)]
    assert all(isinstance(answer, Ack) for answer in answers)
    assert len(await alice.blocking(alice.vault.vault.tasks.list)) == before + 1


async def calls_for_nonsense(_alice: Node, mallory: Mallory) -> None:
    for spec in ({"max-tokens": 2**40, "prompt-bytes": 1}, {"x": "y" * 30_000}, {}):
        await mallory.say(mallory.call(spec))
    await mallory.say(mallory.call({}, "no-such-kind"))


async def quiet(alice: Node) -> bool:
    return not await alice.blocking(alice.vault.vault.outbox.live)
