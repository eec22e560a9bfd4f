"""Decides from what was said and heard on a line whether it is dead.  Pure: the caller brings the time.

A line is asked (pinged) when something was said on it and nothing came back for `ASK_AFTER`, or when nothing at all was
heard for `interval`; it is dead when it was asked and then no sign came for `patience`.  A sign is any byte that
arrived, and the kernel's word that the other side's kernel still takes what is sent, so that a slow line under load is
not taken for a dead one.  A peer whose kernel answers and whose program does not has no more signs to give after the
one for the question, so a frozen program is noticed as well.

Time is counted in turns of our own loop and never as more than one turn each: when this machine stood still, nobody
else is blamed for it.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from enum import Enum, auto

ASK_AFTER = 1.0  # seconds without a sign after something was said
HURRIED = 2.0  # seconds without a sign after a question that was asked on a suspicion
LONGEST = 60.0  # seconds that a question may be open whatever signs there are


class Verdict(Enum):
    FINE = auto()
    ASK = auto()  # send a ping now
    DEAD = auto()


class Silence:
    """Of one line.  `interval` and `patience` are seconds: see above."""

    def __init__(self, interval: float, patience: float) -> None:
        self._interval = interval
        self._patience = patience
        self._said = False  # since the last byte that was heard
        self._unheard = 0.0  # since the last byte
        self._quiet = 0.0  # since the last sign
        self._asked: float | None = 0.0  # how long the question is open; the first is asked when the line opens
        self._suspected = False

    @property
    def doubtful(self) -> bool:
        """Whether a question is open and there was no sign since for longer than a line takes that is well."""
        return self._asked is not None and min(self._asked, self._quiet) >= ASK_AFTER

    def said(self) -> None:
        """Bytes were handed to the line."""
        self._said = True

    def heard(self) -> None:
        """Bytes came."""
        self._said = self._suspected = False
        self._unheard = self._quiet = 0.0
        self._asked = None

    def sign(self) -> None:
        """The other side's kernel acknowledged something, which says nothing of its program."""
        self._quiet = 0.0

    def suspect(self) -> bool:
        """There is a reason to doubt it; whether it is to be asked now."""
        self._suspected = True
        if self._asked is not None:
            return False
        self._asked = self._quiet = 0.0
        return True

    def turn(self, seconds: float) -> Verdict:
        """`seconds` have passed, as our own loop counts them."""
        self._unheard += seconds
        self._quiet += seconds
        if self._asked is None:
            if self._unheard < (min(ASK_AFTER, self._interval) if self._said else self._interval):
                return Verdict.FINE
            self._asked = 0.0
            return Verdict.ASK
        self._asked += seconds
        patience = min(HURRIED, self._patience) if self._suspected else self._patience
        dead = min(self._asked, self._quiet) >= patience or self._asked >= LONGEST
        return Verdict.DEAD if dead else Verdict.FINE


class Watched:
    """A multiplexed connection that the swarm can watch.  It says what it says and hears through `silence`."""

    silence: Silence | None = None
    _turned = 0.0

    @abstractmethod
    def ask(self) -> None:
        """Have a ping sent, without waiting for anything."""

    @abstractmethod
    async def cut(self) -> None:
        """End it without a word, waiting for nothing: whoever reads or writes on it hears so now.  Never raises."""

    @abstractmethod
    def round_trip(self) -> float | None:
        """Seconds, as last measured."""

    def last_sign(self) -> float | None:
        """Seconds since a sign of the other side's kernel; None where nothing is known of it."""
        return None

    def watch(self, interval: float, patience: float) -> None:
        """From now on.  See `Silence`."""
        self.silence = Silence(interval, patience)
        self._turned = time.monotonic()
        self.ask()

    @property
    def doubtful(self) -> bool:
        """Whether it is being asked for a sign of life and is late with it."""
        return self.silence is not None and self.silence.doubtful

    def suspect(self) -> None:
        """There is a reason to doubt it: ask it now, and wait for less than usual."""
        if self.silence is not None and self.silence.suspect():
            self.ask()

    def heard(self) -> None:
        if self.silence is not None:
            self.silence.heard()

    def said(self) -> None:
        if self.silence is not None:
            self.silence.said()

    def turn(self, seconds: float) -> bool:
        """A turn of so long is over; whether the line is dead."""
        if self.silence is None:
            return False
        now, ago = time.monotonic(), self.last_sign()
        if ago is not None and ago < now - self._turned:
            self.silence.sign()
        self._turned = now
        verdict = self.silence.turn(seconds)
        if verdict is Verdict.ASK:
            self.ask()
        return verdict is Verdict.DEAD
