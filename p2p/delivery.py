"""Messages on their way: each is sent until its peer acknowledges it or refuses it for good, or its time is over."""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import trio

from p2p.acknowledgement import Ack, answer_from_bytes
from p2p.acl import AclError, Message, Performative, SignedMessage
from p2p.committing import Committing
from p2p.contractnet_terms import Act, Input, Received
from p2p.deciding import Blocking, Deciding
from p2p.inbox import WINDOW
from storage.database import VaultError
from storage.outbox import Dialogue, Effect, Look, Outbox, Pending, Settled, Transaction

log = logging.getLogger("p2p")
Ask = Callable[[str, bytes], Awaitable[bytes]]
SEND = "send"
FIRST_PAUSE = 1.0  # seconds after a peer could not be reached; twice as long each time
LONGEST_PAUSE = 300.0
LONGEST_SLEEP = 60.0
SHORTEST_SLEEP = 0.01
AT_ONCE = 500  # effects that are looked at together
SETTLED_AT_ONCE, SETTLED_AFTER = 16, 0.2  # messages to one peer, or seconds, until what was acknowledged is crossed off


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


@dataclass(frozen=True)
class _Sent:
    """A message is delivered or given up, or goes again after `later` seconds."""

    pending: Pending
    delivered: bool = False
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
        self._started: tuple[Ask, trio.Nursery] | None = None

    def nudge(self) -> None:
        """Something is there to be sent."""
        self._look(0.0)

    def kept(self, pending: Sequence[Pending], wake: float | None = None) -> None:
        """These are in the outbox now and go at once; a machine wants to know the time at `wake`."""
        if self._started is not None:  # else they are found at the start
            for one in pending:
                self._line(one.peer).append(one)
        if wake is not None:
            self._look(wake)

    async def arrived(self, peer: str) -> None:
        """The peer is connected: what waits for it goes now."""
        try:
            await self._blocking(self._outbox.hurry, peer)
        except VaultError as error:  # it goes when its pause is over
            log.info("what waits for a peer could not be hurried: %s", error.code)
        self.nudge()

    async def run(self, ask: Ask) -> None:
        """Until cancelled.  What the vault cannot keep now, as on a full disk, is tried again."""
        self._lines.clear()
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
        try:
            look: Look = await self._blocking(self._outbox.look, frozenset(self._lines), AT_ONCE)
            for one in look.due:
                line = self._line(one.peer)
                if all(known.number != one.number for known in line):  # `kept` may have been faster
                    line.append(one)
            for dialogue in look.waking:
                await self._tick(dialogue)
            if look.then is not None:
                self._look(max(look.then, self._clock() + SHORTEST_SLEEP))
        except VaultError as error:
            log.warning("messages wait: %s", error.code)
            self._look(self._clock() + FIRST_PAUSE)

    def _line(self, peer: str) -> deque[Pending]:
        """What is sent to a peer next, by a task that is there as long as the line is."""
        if peer not in self._lines and self._started is not None:
            ask, nursery = self._started
            self._lines[peer] = deque()
            nursery.start_soon(self._send_all, peer, ask)
        return self._lines[peer]

    async def _send_all(self, peer: str, ask: Ask) -> None:
        """What is due for one peer, in its order, until it cannot be reached."""
        line = self._lines[peer]
        try:
            while line:
                sent, pause = await self._send_some(line, ask)
                if pause is not None:
                    line.clear()  # all of it waits in the outbox
                due, then = await self._settle(peer, sent, pause)
                known = {one.number for one in line}
                line.extend(one for one in due if one.number not in known)
                self._look(then)
        except VaultError as error:  # a message that went and is not crossed off goes again, and is known there
            log.warning("messages to a peer wait: %s", error.code)
            self._look(self._clock() + FIRST_PAUSE)
        finally:
            del self._lines[peer]

    async def _send_some(self, line: deque[Pending], ask: Ask) -> tuple[list[_Sent], float | None]:
        """What became of the first in line, and the pause after which a peer that was not reached is asked again."""
        sent: list[_Sent] = []
        since = self._clock()
        while line and len(sent) < SETTLED_AT_ONCE and self._clock() < since + SETTLED_AFTER:
            pending = line.popleft()
            try:
                sent.append(await self._send(pending, ask))
            except (NotReached, AclError):
                pause = min(FIRST_PAUSE * 2.0 ** min(pending.tries, 12), LONGEST_PAUSE)
                return sent, pause * random.uniform(0.8, 1.2)
        return sent, None

    async def _send(self, pending: Pending, ask: Ask) -> _Sent:
        """Errors: NotReached, AclError for an answer that is none."""
        if pending.expires <= self._clock():
            return _Sent(pending, delivered=False)
        try:
            answer = answer_from_bytes(await ask(pending.peer, pending.payload))
        except NotReached as failed:
            if not failed.refused:
                raise
            return await self._given_up(pending, "not-allowed")
        if isinstance(answer, Ack):
            return _Sent(pending, delivered=True)
        if answer.retried:
            return _Sent(pending, later=min(FIRST_PAUSE * 2.0 ** min(pending.tries, 6), LONGEST_PAUSE))
        return await self._given_up(pending, answer.code)

    async def _given_up(self, pending: Pending, code: str) -> _Sent:
        """The machine hears of it first: after a kill in between the message goes again, and is refused again."""
        await self._refused(SignedMessage.from_bytes(pending.payload).message, code)
        return _Sent(pending, delivered=False)

    async def _settle(
        self, peer: str, sent: Sequence[_Sent], pause: float | None
    ) -> tuple[list[Pending], float | None]:
        """Keep what became of messages to a peer; what is due for it now, and when more is."""

        def job(transaction: Transaction) -> tuple[list[Pending], float | None]:
            transaction.settle([self._settled(one) for one in sent])
            if pause is not None:
                transaction.postpone(peer, self._clock() + pause)
            return transaction.due(AT_ONCE, peer), transaction.due_next(peer)

        return await self._committing.do(job)

    def _settled(self, sent: _Sent) -> Settled:
        if sent.later is not None:
            return Settled(sent.pending.number, self._clock() + sent.later)
        record = self._deciding.delivered if sent.delivered else self._deciding.undelivered
        return Settled(sent.pending.number, within=record(sent.pending.payload))


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
