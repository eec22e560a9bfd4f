"""Messages on their way: each is sent until its peer acknowledges it or refuses it for good, or its time is over."""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

import trio

from p2p.acknowledgement import Ack, answer_from_bytes
from p2p.acl import AclError, Message, Performative, SignedMessage
from p2p.committing import Committing
from p2p.contractnet_terms import Act, Input, Received
from p2p.deciding import GIVEN_UP, Blocking, Deciding
from p2p.inbox import WINDOW
from storage.database import VaultError
from storage.outbox import Dialogue, Effect, Look, Outbox, Pending, Settled, Transaction, Write

log = logging.getLogger("p2p")
Ask = Callable[[str, bytes], Awaitable[bytes]]
SEND = "send"
FIRST_PAUSE = 1.0  # seconds after a peer could not be reached; twice as long each time
LONGEST_PAUSE = 300.0
LONGEST_SLEEP = 60.0
SHORTEST_SLEEP = 0.01
AT_ONCE = 500  # effects that are looked at together
GRACE = 0.05  # seconds by which rejections stand back
PATIENCE = 0.25  # seconds until what was acknowledged is crossed off, where no step comes along


class NotReached(Exception):
    """The peer could not be asked, now; `refused` where its node will not talk to us about this."""

    def __init__(self, *, refused: bool = False) -> None:
        super().__init__("not reached")
        self.refused = refused


def effect_of(key: str, signed: SignedMessage, now: float) -> Effect:
    """A message as the outbox keeps it.  What asks for an answer is of no use after its reply-by.

    Who was chosen hears it before the others hear that they were not.
    """
    reply_by = signed.message.reply_by
    expires = now + WINDOW / 1000 if reply_by is None else max(reply_by / 1000, now + 1)
    due = now + GRACE if signed.message.performative is Performative.REJECT_PROPOSAL else 0.0
    return Effect(key, SEND, signed.to_bytes(), expires, signed.message.receiver, due)


@dataclass(frozen=True)
class _Sent:
    """A message is delivered, or given up with `code`, or goes again after `later` seconds."""

    pending: Pending
    code: str = ""
    later: float | None = None


class Delivery:
    """Trio thread only.  `tick(dialogue)` when a machine's timer is over; `refused(message, code)` for good.

    What is kept is handed over at once (`kept`); the outbox is looked at when something that waited is due, at the
    start, and after whatever went wrong.
    """

    def __init__(
        self,
        outbox: Outbox,
        blocking: Blocking,
        committing: Committing,
        deciding: Deciding,
        tick: Callable[[Dialogue], Awaitable[None]],
        refused: Callable[[Message, str], Awaitable[None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._blocking = blocking
        self._committing = committing
        self._deciding = deciding
        self._tick = tick
        self._refused = refused
        self._clock = clock
        self._news = trio.Event()
        self._look_at = 0.0  # seconds since the epoch: when the outbox is looked at next
        self._lines: dict[str, deque[Pending]] = {}  # by peer that is being sent to: what is known to be due for it
        self._crossing: set[int] = set()  # what was sent, until it is crossed off
        self._came: set[str] = set()  # while they were being asked
        self._started: tuple[Ask, trio.Nursery] | None = None

    def nudge(self) -> None:
        """Something is there to be sent."""
        self._look(0.0)

    def kept(self, pending: Sequence[Pending], wake: float | None = None) -> None:
        """These are in the outbox now and go at once, or when due; a machine wants to know the time at `wake`."""
        now, first = self._clock(), min((one.due for one in pending), default=0.0)
        for one in pending:
            if (pause := one.due - min(first, now)) > 0:  # after the first of them, however long the commit took
                self._look(now + pause)
            elif self._started is not None:  # else they are found at the start
                self._put(one)
        if wake is not None:
            self._look(wake)

    async def arrived(self, peer: str) -> None:
        """The peer is connected: what waits for it goes now."""
        if peer in self._lines:
            self._came.add(peer)
        try:
            await self._blocking(self._outbox.hurry, peer)
        except VaultError as error:  # it goes when its pause is over
            log.info("what waits for a peer could not be hurried: %s", error.code)
        self.nudge()

    async def run(self, ask: Ask) -> None:
        """Until cancelled.  What the vault cannot keep now, as on a full disk, is tried again."""
        self._lines.clear()
        self._crossing.clear()
        self._look_at = 0.0
        try:
            async with trio.open_nursery() as nursery:
                self._started = ask, nursery
                while True:
                    with trio.move_on_after(min(max(self._look_at - self._clock(), 0.0), LONGEST_SLEEP)):
                        await self._news.wait()
                    self._news = trio.Event()
                    if self._look_at <= self._clock():
                        await self._look_now()
        finally:
            self._started = None

    def _look(self, at: float | None) -> None:
        """Look at the outbox then, at the latest."""
        if at is not None and at < self._look_at:
            self._look_at = at
            self._news.set()

    async def _look_now(self) -> None:
        self._look_at = self._clock() + LONGEST_SLEEP
        crossing = frozenset(self._crossing)
        try:
            look: Look = await self._blocking(self._outbox.look, frozenset(self._lines), AT_ONCE)
            for one in look.due:
                self._put(one, crossing | self._crossing)
            for dialogue in look.waking:
                await self._tick(dialogue)
            if look.then is not None:
                self._look(max(look.then, self._clock() + SHORTEST_SLEEP))
        except VaultError as error:
            log.warning("messages wait: %s", error.code)
            self._look(self._clock() + FIRST_PAUSE)

    def _put(self, pending: Pending, besides: Collection[int] = ()) -> None:
        """Into the line of its peer, unless it is there; for each line there is a task that sends it."""
        assert self._started is not None
        ask, nursery = self._started
        if pending.number in besides:
            return
        if pending.peer not in self._lines:
            self._lines[pending.peer] = deque()
            nursery.start_soon(self._send_all, pending.peer, ask, nursery)
        line = self._lines[pending.peer]
        if all(known.number != pending.number for known in line):
            line.append(pending)

    async def _send_all(self, peer: str, ask: Ask, nursery: trio.Nursery) -> None:
        """What is due for one peer, in its order, until it cannot be reached."""
        line = self._lines[peer]
        try:
            while line:
                pending = line.popleft()
                self._crossing.add(pending.number)
                try:
                    sent = await self._send(pending, ask)
                except (NotReached, AclError):
                    line.clear()  # all of it waits in the outbox
                    await self._postpone(peer, pending.tries)
                    self._crossing.discard(pending.number)
                except VaultError:
                    self._crossing.discard(pending.number)
                    raise
                else:
                    nursery.start_soon(self._cross_off, sent)
        except VaultError as error:
            log.warning("messages to a peer wait: %s", error.code)
            self._look(self._clock() + FIRST_PAUSE)
        finally:
            del self._lines[peer]
            self._came.discard(peer)

    async def _postpone(self, peer: str, tries: int) -> None:
        pause = min(FIRST_PAUSE * 2.0 ** min(tries, 12), LONGEST_PAUSE) * random.uniform(0.8, 1.2)

        def job(transaction: Transaction) -> float:
            # One that came meanwhile was asked on a line that was already of the past.
            due = self._clock() if peer in self._came else self._clock() + pause
            transaction.postpone(peer, due)
            return due

        self._look(await self._committing.do(job))

    async def _cross_off(self, sent: _Sent) -> None:
        """Keep what became of a message, with others or with the next step: until then it would only go once more."""
        deciding, number, payload = self._deciding, sent.pending.number, sent.pending.payload
        later = None if sent.later is None else self._clock() + sent.later

        def job(transaction: Transaction) -> None:
            within: Sequence[Write] = ()
            if later is None:
                within = deciding.undelivered(payload, sent.code) if sent.code else deciding.delivered(payload)
            transaction.settle([Settled(number, later, within)])

        try:
            await self._committing.do(job, patience=PATIENCE)
            self._look(later)
        except VaultError as error:  # it goes again, and is known there
            log.warning("a message that went is not crossed off: %s", error.code)
            self._look(self._clock() + FIRST_PAUSE)
        finally:
            self._crossing.discard(number)

    async def _send(self, pending: Pending, ask: Ask) -> _Sent:
        """Errors: NotReached, AclError for an answer that is none."""
        if pending.expires <= self._clock():
            return _Sent(pending, GIVEN_UP)
        self._came.discard(pending.peer)
        try:
            answer = answer_from_bytes(await ask(pending.peer, pending.payload))
        except NotReached as failed:
            if not failed.refused:
                raise
            return await self._given_up(pending, "not-allowed")
        if isinstance(answer, Ack):
            return _Sent(pending)
        if answer.retried:
            return _Sent(pending, later=min(FIRST_PAUSE * 2.0 ** min(pending.tries, 6), LONGEST_PAUSE))
        return await self._given_up(pending, answer.code)

    async def _given_up(self, pending: Pending, code: str) -> _Sent:
        """The machine hears of it first: after a kill in between the message goes again, and is refused again."""
        await self._refused(SignedMessage.from_bytes(pending.payload).message, code)
        return _Sent(pending, code)


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
