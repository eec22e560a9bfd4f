"""Waiting for news of a mail account: IDLE on one folder, a look at the others every few minutes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from storage.sources.imap_folders import Folder
from storage.sources.imap_session import Session
from storage.sync import Stop

# RFC 2177: servers end an IDLE after 30 minutes.  Routers forget silent connections sooner than that.
IDLE_SECONDS = 25 * 60.0
POLL_SECONDS = 5 * 60.0
_LISTEN = 1.0  # seconds between two looks at the clock
_CALM = 60.0  # seconds without news, after which the next is told at once


class Bell:
    """Tells that something changed: the first time at once, then ever more rarely while it goes on, up to a minute."""

    def __init__(self, changed: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._changed = changed
        self._clock = clock
        self._gap = 0.0
        self._rung = self._heard = clock() - _CALM
        self._waits = False

    def heard(self, *, news: bool) -> None:
        """Call often; `news` when there are any."""
        now = self._clock()
        if news:
            self._waits, self._heard = True, now
        elif now - self._heard >= _CALM:
            self._gap = 0.0
        if self._waits and now - self._rung >= self._gap:
            self._waits, self._rung = False, now
            self._gap = min(max(1.0, 2 * self._gap), _CALM)
            self._changed()


def wait(session: Session, folders: Sequence[Folder], changed: Callable[[], None], stop: Stop) -> None:
    """Until `stop`; at once where the server has no IDLE.  The first folder is watched, the others are looked at.

    Errors: SyncFailed, Stopped.
    """
    if not session.can_wait():
        return
    first, *others = folders
    bell = Bell(changed)
    before: object = None
    while not stop():
        now = (session.select(first), [session.status(folder) for folder in others])
        bell.heard(news=before is not None and now != before)
        before = now
        session.begin_waiting()
        until = time.monotonic() + (POLL_SECONDS if others else IDLE_SECONDS)
        while time.monotonic() < until:
            bell.heard(news=bool(session.news_within(_LISTEN)))
        session.end_waiting()
