"""Messages on their way: each is sent until its peer acknowledges it or refuses it for good, or its time is over."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Awaitable, Callable

import trio

from p2p.acknowledgement import Ack, answer_from_bytes
from p2p.acl import AclError, Message, Performative, SignedMessage
from p2p.contractnet_terms import Act, Input, Received
from p2p.deciding import GIVEN_UP, Blocking, Deciding
from p2p.inbox import WINDOW
from storage.database import VaultError
from storage.outbox import Dialogue, Effect, Outbox, Pending

log = logging.getLogger("p2p")
Ask = Callable[[str, bytes], Awaitable[bytes]]
SEND = "send"
FIRST_PAUSE = 1.0  # seconds after a peer could not be reached; twice as long each time
LONGEST_PAUSE = 300.0
AT_ONCE = 500  # effects that are looked at together


class NotReached(Exception):
    """The peer could not be asked, now; `refused` where its node will not talk to us about this."""

    def __init__(self, *, refused: bool = False) -> None:
        super().__init__("not reached")
        self.refused = refused


def effect_of(key: str, signed: SignedMessage, now: float) -> Effect:
    """A message as the outbox keeps it.  What asks for an answer is of no use after its reply-by."""
    reply_by = signed.message.reply_by
    expires = now + WINDOW / 1000 if reply_by is None else max(reply_by / 1000, now + 1)
    return Effect(key, SEND, signed.to_bytes(), expires, signed.message.receiver)


class Delivery:
    """Trio thread only.  `tick(dialogue)` when a machine's timer is over; `refused(message, code)` for good."""

    def __init__(
        self,
        outbox: Outbox,
        blocking: Blocking,
        deciding: Deciding,
        tick: Callable[[Dialogue], Awaitable[None]],
        refused: Callable[[Message, str], Awaitable[None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._blocking = blocking
        self._deciding = deciding
        self._tick = tick
        self._refused = refused
        self._clock = clock
        self._wake = trio.Event()
        self._sending: set[str] = set()
        self._came: set[str] = set()  # while they were being asked

    def nudge(self) -> None:
        """Something is there to be sent."""
        self._wake.set()

    async def arrived(self, peer: str) -> None:
        """The peer is connected: what waits for it goes now."""
        if peer in self._sending:
            self._came.add(peer)
        try:
            await self._blocking(self._outbox.hurry, peer)
        except VaultError as error:  # it goes when its pause is over
            log.info("what waits for a peer could not be hurried: %s", error.code)
        self.nudge()

    async def run(self, ask: Ask) -> None:
        """Until cancelled.  What the vault cannot keep now, as on a full disk, is tried again."""
        self._sending.clear()
        async with trio.open_nursery() as nursery:
            while True:
                self._wake = trio.Event()
                try:
                    await self._round(ask, nursery)
                    pause = await self._pause()
                except VaultError as error:
                    log.warning("messages wait: %s", error.code)
                    await trio.sleep(FIRST_PAUSE)
                    continue
                with trio.move_on_after(pause):
                    await self._wake.wait()

    async def _round(self, ask: Ask, nursery: trio.Nursery) -> None:
        now = self._clock()
        for dialogue in await self._blocking(self._outbox.waking, now):
            await self._tick(dialogue)
        for pending in await self._blocking(self._outbox.due, now, AT_ONCE):
            if pending.peer not in self._sending:
                self._sending.add(pending.peer)
                nursery.start_soon(self._send_all, pending.peer, ask)

    async def _pause(self) -> float:
        following = await self._blocking(self._outbox.next, frozenset(self._sending))
        return 60.0 if following is None else min(max(following - self._clock(), 0.01), 60.0)

    async def _send_all(self, peer: str, ask: Ask) -> None:
        """What is due for one peer, in its order, until it cannot be reached."""
        try:
            while True:
                due = await self._blocking(self._outbox.due, self._clock(), AT_ONCE, peer)
                for pending in due:
                    if not await self._send(pending, ask):
                        return
                if not due:
                    return
        except VaultError as error:  # a message that went and is not crossed off goes again, and is known there
            log.warning("messages to a peer wait: %s", error.code)
            await trio.sleep(FIRST_PAUSE)
        finally:
            self._sending.discard(peer)
            self._came.discard(peer)
            self._wake.set()

    async def _send(self, pending: Pending, ask: Ask) -> bool:
        """Whether the peer could be asked."""
        if pending.expires <= self._clock():
            await self._done(pending, GIVEN_UP)
            return True
        self._came.discard(pending.peer)
        try:
            answer = answer_from_bytes(await ask(pending.peer, pending.payload))
        except (NotReached, AclError) as failed:
            if isinstance(failed, NotReached) and failed.refused:
                await self._given_up(pending, "not-allowed")
                return True
            pause = min(FIRST_PAUSE * 2.0 ** min(pending.tries, 12), LONGEST_PAUSE) * random.uniform(0.8, 1.2)
            await self._blocking(self._outbox.postpone, pending.peer, self._clock() + pause)
            if pending.peer in self._came:  # it failed on a line that was already of the past
                await self._blocking(self._outbox.hurry, pending.peer)
            return False
        if isinstance(answer, Ack):
            await self._done(pending)
        elif answer.retried:
            pause = min(FIRST_PAUSE * 2.0 ** min(pending.tries, 6), LONGEST_PAUSE)
            await self._blocking(self._outbox.later, pending.number, self._clock() + pause)
        else:
            await self._given_up(pending, answer.code)
        return True

    async def _done(self, pending: Pending, code: str = "") -> None:
        """`code`: why it was not delivered."""
        deciding, payload = self._deciding, pending.payload

        def store() -> None:
            writes = deciding.undelivered(payload, code) if code else deciding.delivered(payload)
            self._outbox.done(pending.number, writes)

        await self._blocking(store)

    async def _given_up(self, pending: Pending, code: str) -> None:
        await self._done(pending, code)
        await self._refused(SignedMessage.from_bytes(pending.payload).message, code)


def refusal_as_input(message: Message, code: str, now: int) -> Input | None:
    """What it means for our machine that the peer's node refused a message for good; None where nothing waits for it.

    The connection proves that it was the peer who refused.
    """
    answers = {
        Performative.CFP: (Act.REFUSE, Act.CFP),
        Performative.ACCEPT_PROPOSAL: (Act.FAILURE, Act.ACCEPT),
        Performative.CANCEL: (Act.NOT_UNDERSTOOD, Act.CANCEL),
    }
    if message.performative not in answers:
        return None
    act, to = answers[message.performative]
    return Received(now, message.receiver, act, str(to), code=code)
