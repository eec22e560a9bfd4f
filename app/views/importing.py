"""The one import that may run at a time, whatever view shows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal

from app.bridge import Bridge, Job
from app.results import ImportReport, Progress


def dropped_paths(mime: QMimeData) -> list[str]:
    """The local files and folders in a drop; addresses of other machines are left out."""
    if not mime.hasUrls():
        return []
    return [url.toLocalFile() for url in mime.urls() if url.isLocalFile() and Path(url.toLocalFile()).exists()]


class Importing(QObject):
    """`began`, then `progressed` many times, then exactly one of `finished`, `failed`, `cancelled`."""

    began = Signal()
    progressed = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._job: Job | None = None
        self._waiting: list[str] = []

    @property
    def running(self) -> bool:
        return self._job is not None

    def paths(self, paths: Sequence[str]) -> None:
        """Import files and folders; while another import runs, they wait for it."""
        if self.running:
            self._waiting += paths
        elif paths:
            self._start("import_paths", tuple(paths))

    def sample(self) -> None:
        """Import the sample mailbox."""
        if not self.running:
            self._start("import_sample")

    def cancel(self) -> None:
        """Stop; what was imported so far stays."""
        self._waiting.clear()
        if self._job is not None:
            self._job.cancel()

    def _start(self, command: str, *args: object) -> None:
        self._job = self._bridge.submit(
            self,
            command,
            *args,
            on_report=self._report,
            on_done=self._done,
            on_failed=self._failed,
            on_cancelled=self._cancelled,
        )
        self.began.emit()

    def _report(self, report: object) -> None:
        if isinstance(report, Progress):
            self.progressed.emit(report)

    def _done(self, report: ImportReport) -> None:
        self._job = None
        self.finished.emit(report)
        self._next()

    def _failed(self, error: BaseException) -> None:
        self._job = None
        self.failed.emit(error)
        self._next()

    def _cancelled(self) -> None:
        self._job = None
        self.cancelled.emit()
        self._next()

    def _next(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not self.running:
            self.paths(waiting)
