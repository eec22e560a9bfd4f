"""The only module that knows both Qt and trio: the window's commands go to the node, its results come back.

Qt thread   --(inbox of requests)-->  trio thread    woken through TrioToken.run_sync_soon
trio thread --(outbox of events)-->   Qt thread      woken through one queued signal

Rules: the Qt thread never waits for trio; nothing mutable crosses; every command ends in exactly one of
`Done | Failed | Cancelled`, and whatever it reported was delivered before; `CoreStopped` is the last event of all
(what is submitted after it is Cancelled at once).
Events are delivered at most once per frame, and what arrives within one frame is merged where that loses nothing
(pieces of one answer are joined, of several progress reports the last one counts).
"""

from __future__ import annotations

import importlib
import itertools
import logging
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import outcome
import shiboken6
import trio
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.errors import code
from app.results import Piece, Progress

log = logging.getLogger(__name__)

FRAME_MS = 16
"""No two deliveries are closer together than this, and one delivery stops as soon as it has taken half of it."""

Command = str | Callable[..., Awaitable[Any]]
OpenNode = Callable[[Path, Callable[[object], None]], AbstractAsyncContextManager[Any]]


@dataclass(frozen=True)
class Done:
    job: int
    value: Any


@dataclass(frozen=True)
class Failed:
    job: int
    error: BaseException


@dataclass(frozen=True)
class Cancelled:
    job: int


@dataclass(frozen=True)
class Report:
    job: int
    value: object


@dataclass(frozen=True)
class Note:
    """What the node says unasked: StateChanged, EmbedderChanged, EngineRestarted, LibraryChanged."""

    value: object


@dataclass(frozen=True)
class CoreStopped:
    """The trio thread has ended.  `error` is None after a clean stop."""

    error: BaseException | None


Event = Done | Failed | Cancelled | Report | Note | CoreStopped


def _ignore(*_: object) -> None:
    """What is called where the caller of `submit` does not care."""


@dataclass(eq=False)
class Job:
    """One command on its way.  Qt thread only."""

    number: int
    _cancel: Callable[[int], None] = field(repr=False)
    owner: QObject = field(repr=False)
    on_done: Callable[[Any], None] = field(repr=False)
    on_failed: Callable[[BaseException], None] = field(repr=False)
    on_cancelled: Callable[[], None] = field(repr=False)
    on_report: Callable[[Any], None] = field(repr=False)

    def cancel(self) -> None:
        """Ask the command to stop.  It still ends in one event: Cancelled, or Done if it was quicker."""
        self._cancel(self.number)


@dataclass(frozen=True)
class _Begin:
    job: int
    command: Command
    args: tuple[object, ...]
    reports: bool


@dataclass(frozen=True)
class _Stop:
    """Cancel one job, or everything where `job` is None."""

    job: int | None


class Bridge(QObject):
    """Owns the trio thread and the node in it.  All public methods belong to the Qt thread."""

    noted = Signal(object)
    """A Note's value, on the Qt thread."""
    stopped = Signal(object)
    """The one CoreStopped, on the Qt thread, after every job has ended."""
    _woken = Signal()

    def __init__(
        self, home: Path, *, commands: object = None, open_node: OpenNode | None = None, parent: QObject | None = None
    ) -> None:
        """`commands` and `open_node` default to `app.commands` and `app.node.open_node`, imported by the core."""
        super().__init__(parent)
        self._home = home
        self._commands = commands
        self._open_node = open_node
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}  # Qt thread only
        self._inbox: queue.SimpleQueue[_Begin | _Stop] = queue.SimpleQueue()
        self._outbox: list[Event] = []
        self._outbox_lock = threading.Lock()
        self._backlog: list[Event] = []  # Qt thread only: taken from the outbox, not yet delivered
        self._token: trio.lowlevel.TrioToken | None = None
        self._over = False  # the trio thread takes no more requests
        self._thread = threading.Thread(target=self._run, name="trio", daemon=False)
        self._pace = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._pace.timeout.connect(self._deliver)
        self._delivered = 0.0
        self._woken.connect(self._wake, Qt.ConnectionType.QueuedConnection)
        self._core = _Core(self)

    # -- Qt thread -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the trio thread; returns at once.  Commands submitted before the node is open wait for it."""
        self._thread.start()

    def submit(
        self,
        owner: QObject,
        command: Command,
        *args: object,
        on_done: Callable[[Any], None] = _ignore,
        on_failed: Callable[[BaseException], None] = _ignore,
        on_cancelled: Callable[[], None] = _ignore,
        on_report: Callable[[Any], None] | None = None,
    ) -> Job:
        """Run `command(node, *args)` on the trio thread; with `on_report` it gets `report=` as well.

        The callbacks run on the Qt thread, never from within `submit`, and not at all once `owner` is destroyed.
        """
        job = Job(next(self._numbers), self._cancel, owner, on_done, on_failed, on_cancelled, on_report or _ignore)
        self._jobs[job.number] = job
        self._request(_Begin(job.number, command, args, on_report is not None))
        return job

    def cancel_all(self) -> None:
        """Ask every command to stop; each still ends in its one event."""
        for job in tuple(self._jobs.values()):
            job.cancel()

    def stop(self) -> None:
        """Cancel everything and close the node; `stopped` is the last thing heard of the bridge."""
        self._request(_Stop(None))

    def join(self) -> None:
        """Wait for the trio thread, which has nothing left to do once `stopped` was heard."""
        self._thread.join()

    @property
    def pending(self) -> int:
        """Commands that have not ended."""
        return len(self._jobs)

    def _cancel(self, job: int) -> None:
        if job in self._jobs:
            self._request(_Stop(job))

    def _request(self, request: _Begin | _Stop) -> None:
        self._inbox.put(request)
        # Whichever side empties the inbox takes each request exactly once, so that a request made while the
        # core starts or ends is neither lost nor answered twice.
        if self._over:
            self._refuse()
        elif self._token is not None:
            try:
                self._token.run_sync_soon(self._core.take_requests)
            except trio.RunFinishedError:
                self._refuse()

    def _wake(self) -> None:
        if not self._pace.isActive():
            elapsed = (time.monotonic() - self._delivered) * 1000
            self._pace.start(max(0, FRAME_MS - int(elapsed)))

    def _deliver(self) -> None:
        with self._outbox_lock:
            self._backlog += self._outbox
            self._outbox.clear()
        begun = time.monotonic()
        delivered = 0
        try:
            for event in self._backlog:
                delivered += 1
                self._hand_over(event)
                if time.monotonic() - begun > FRAME_MS / 2000:
                    break
        finally:
            del self._backlog[:delivered]
            self._delivered = time.monotonic()
            if self._backlog:
                self._pace.start(1)

    def _hand_over(self, event: Event) -> None:
        if isinstance(event, Note):
            self.noted.emit(event.value)
        elif isinstance(event, CoreStopped):
            self.stopped.emit(event)
        elif isinstance(event, Report):
            job = self._jobs[event.job]
            if shiboken6.isValid(job.owner):
                job.on_report(event.value)
        else:
            self._finish(self._jobs.pop(event.job), event)

    @staticmethod
    def _finish(job: Job, event: Done | Failed | Cancelled) -> None:
        if not shiboken6.isValid(job.owner):
            return
        if isinstance(event, Done):
            job.on_done(event.value)
        elif isinstance(event, Failed):
            job.on_failed(event.error)
        else:
            job.on_cancelled()

    # -- any thread ------------------------------------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Queue `event` for the Qt thread, merged into the one before where that loses nothing."""
        with self._outbox_lock:
            first = not self._outbox
            merged = _merged(self._outbox[-1], event) if self._outbox else None
            if merged is None:
                self._outbox.append(event)
            else:
                self._outbox[-1] = merged
        if first:
            self._woken.emit()

    def _refuse(self) -> None:
        """Answer requests that no core will take any more."""
        while True:
            try:
                request = self._inbox.get_nowait()
            except queue.Empty:
                return
            if isinstance(request, _Begin):
                self.post(Cancelled(request.job))

    # -- trio thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        result = outcome.capture(trio.run, self._core.main)
        self._over = True
        self._refuse()
        error = result.error if isinstance(result, outcome.Error) else None
        self.post(CoreStopped(error and _leaf(error)))


class _Core:
    """The trio side of a bridge."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._scopes: dict[int, trio.CancelScope] = {}
        self._nursery: trio.Nursery | None = None  # of the jobs; None until the node is open and after it closes
        self._everything = trio.CancelScope()
        self._waiting: list[_Begin] = []
        self._closed = False

    async def main(self) -> None:
        bridge = self._bridge
        try:
            with self._everything:
                bridge._token = trio.lowlevel.current_trio_token()
                self.take_requests()
                await self._serve()
        finally:
            self._close()

    async def _serve(self) -> None:
        bridge = self._bridge
        await trio.lowlevel.checkpoint()
        open_node = bridge._open_node or importlib.import_module("app.node").open_node
        if bridge._commands is None:
            bridge._commands = importlib.import_module("app.commands")
        node_open = open_node(bridge._home, lambda note: bridge.post(Note(note)))
        async with node_open as self._node, trio.open_nursery() as nursery:
            self._nursery = nursery
            waiting, self._waiting = self._waiting, []
            for request in waiting:
                nursery.start_soon(self._job, request)
            try:
                await trio.sleep_forever()
            finally:
                self._nursery = None
                self._close()

    def _close(self) -> None:
        """From here on nothing begins."""
        self._closed = True
        waiting, self._waiting = self._waiting, []
        for request in waiting:
            del self._scopes[request.job]
            self._bridge.post(Cancelled(request.job))

    def take_requests(self) -> None:
        """Begin and cancel what the Qt thread asked for, in its order."""
        while True:
            try:
                request = self._bridge._inbox.get_nowait()
            except queue.Empty:
                return
            if isinstance(request, _Begin):
                self._begin(request)
            elif request.job is None:
                self._everything.cancel()
            elif request.job in self._scopes:
                self._scopes[request.job].cancel()

    def _begin(self, request: _Begin) -> None:
        if self._closed:
            self._bridge.post(Cancelled(request.job))
            return
        # Made here, not in the task: a cancellation queued right behind comes before the task's first step.
        self._scopes[request.job] = trio.CancelScope()
        if self._nursery is None:
            self._waiting.append(request)
        else:
            self._nursery.start_soon(self._job, request)

    async def _job(self, request: _Begin) -> None:
        job = request.job
        final: Done | Failed | Cancelled = Cancelled(job)
        try:
            with self._scopes[job]:
                final = Done(job, await self._call(request))
        except Exception as error:  # noqa: BLE001 - whatever it was, it is the command's one end, and logged
            final = self._failed(request, error)
        except BaseExceptionGroup as group:
            # The core is being stopped while the command fails: the failure is its end, the stop goes on.
            stop, failure = group.split(trio.Cancelled)
            if failure is not None:
                final = self._failed(request, failure)
            if stop is not None:
                raise stop from None
        finally:
            del self._scopes[job]
            self._bridge.post(final)

    @staticmethod
    def _failed(request: _Begin, error: BaseException) -> Failed:
        failed = Failed(request.job, _leaf(error))
        if code(failed.error) == "internal":  # unforeseen; the others are told to the person, and that is enough
            log.error("command %s failed", request.command, exc_info=error)
        return failed

    async def _call(self, request: _Begin) -> Any:
        function = request.command
        if isinstance(function, str):
            function = getattr(self._bridge._commands, function)
        await trio.lowlevel.checkpoint_if_cancelled()
        if not request.reports:
            return await function(self._node, *request.args)
        return await function(self._node, *request.args, report=lambda r: self._bridge.post(Report(request.job, r)))


def _merged(last: Event, event: Event) -> Event | None:
    """One report that stands for both, or None where both are needed."""
    if not (isinstance(last, Report) and isinstance(event, Report) and last.job == event.job):
        return None
    if isinstance(last.value, Piece) and isinstance(event.value, Piece):
        return Report(event.job, Piece(last.value.text + event.value.text))
    if isinstance(last.value, Progress) and isinstance(event.value, Progress):
        return event
    return None


def _leaf(error: BaseException) -> BaseException:
    """The one error in a group of one: nurseries wrap what their tasks raise."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
