"""The reader of documents as the node sees it: a worker process that is started when a document comes, ended when one
takes too long, and gone when the vault is locked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from app import services
from app.workers import WorkerFailed, WorkerProcess, ask
from storage.documents import MAX_DOCUMENT, MAX_TEXT, SECONDS, Extracted
from storage.sources import dates

START_SECONDS = 60.0  # a cold disk may take its time
_MAX_WARNINGS = 20
_MAX_SENTENCE = 300
_ABSENT = Extracted(failure="Documents cannot be read now: their reader does not start.", absent=True)


class Documents:
    """Blocking; any thread, one document at a time.  `absent`: the reader was tried and does not start."""

    def __init__(
        self, start: Callable[[], WorkerProcess] = lambda: services.start("documents"), seconds: float = SECONDS
    ) -> None:
        self.absent = False
        self._start = start
        self._seconds = seconds
        self._turn = threading.Lock()  # one document at a time
        self._state = threading.Lock()  # held for moments only, so that `close` never waits for a document
        self._worker: WorkerProcess | None = None
        self._closed = False

    def extract(self, media_type: str, name: str, content: bytes) -> Extracted:
        """The text of a document: an `Extract` as `storage.documents` has it."""
        if len(content) > MAX_DOCUMENT:
            return Extracted(failure=f"It is larger than {MAX_DOCUMENT // (1024 * 1024)} MiB.")
        with self._turn:
            worker = self._ready()
            if worker is None:
                return _ABSENT
            try:
                return _checked(
                    ask(worker, "extract", self._seconds, media_type=media_type, name=name, content=content)
                )
            except TimeoutError:
                self._end(worker)
                return Extracted(failure=f"Reading it took longer than {self._seconds:.0f} s; it was left out.")
            except WorkerFailed as error:
                if error.code == "worker-died":
                    self._end(worker)
                    return Extracted(failure="It made the program that reads it stop; it was left out.")
                return Extracted(failure="Its reader failed on it; it was left out.")
            except (KeyError, TypeError, ValueError):
                self._end(worker)  # what answers nonsense is not asked again
                return Extracted(failure="Its reader failed on it; it was left out.")

    def rest(self) -> None:
        """End the process unless it is at work; the next document starts another."""
        if self._turn.acquire(blocking=False):
            try:
                self._end(self._worker)
            finally:
                self._turn.release()

    def close(self) -> None:
        """End the process at once, whatever it reads.  No document is read afterwards."""
        with self._state:
            self._closed = True
        self._end(self._worker)

    def _ready(self) -> WorkerProcess | None:
        """The worker, started where there is none; None where it does not start, which is tried once."""
        with self._state:
            if self._closed or self.absent:
                return None
            if self._worker is not None and self._worker.alive:
                return self._worker
            try:
                worker = self._worker = self._start()
            except OSError:
                self.absent = True
                return None
        try:
            ask(worker, "ready", START_SECONDS)
        except (TimeoutError, WorkerFailed):
            self._end(worker)
            self.absent = not self._closed
            return None
        return worker

    def _end(self, worker: WorkerProcess | None) -> None:
        if worker is None:
            return
        worker.kill()
        with self._state:
            if self._worker is worker:
                self._worker = None


def _checked(answer: dict[str, Any]) -> Extracted:
    """A worker that a document has taken over may answer anything: types and lengths are what they must be.

    Errors: KeyError, TypeError, ValueError.
    """
    date = answer["date"]
    if not isinstance(date, float | int | None) or not isinstance(answer["warnings"], list | tuple):
        raise TypeError
    texts = [answer["text"], answer["title"], answer["failure"], *answer["warnings"]]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError
    warnings = tuple(text[:_MAX_SENTENCE] for text in answer["warnings"][:_MAX_WARNINGS])
    text, title, failure = answer["text"][:MAX_TEXT], answer["title"][:_MAX_SENTENCE], answer["failure"]
    return Extracted(text, title, dates.sane(date), warnings, failure[:_MAX_SENTENCE])
