"""What the library shows: the vault's records page by page, or the hits of a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.bridge import Job
from app.results import LibraryPage, LibraryRow, SearchHit, SearchResult
from app.views.chip import short_name
from app.views.desk import Desk
from app.views.filter_words import only_filters
from app.views.kinds import GLYPHS, NAMES

PAGE = 100
HITS = 50
Index = QModelIndex | QPersistentModelIndex

_HEADS = ("library.title", "library.from", "library.date", "library.attachments")
TITLE, SENDER, DATE, ATTACHMENTS = range(4)


@dataclass(frozen=True)
class Line:
    """One row.  `start` and `end` mark the passage that was found; equal where nothing was searched."""

    id: str
    kind: str
    title: str
    sender: str
    date: str | None
    attachments: int
    snippet: str = ""
    start: int = 0
    end: int = 0


class LibraryModel(QAbstractTableModel):
    """`loaded` after every answer of the node; `failed` with its error.  Only the newest request counts."""

    loaded = Signal()
    failed = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._lines: list[Line] = []
        self._job: Job | None = None
        self.query = ""
        self.ranked = False
        """Whether the lines are the hits of a search, best first, and not a list, newest first."""
        self.total = 0
        self.mode = ""
        """Of the search shown: hybrid | words; empty where nothing was searched."""

    def ask(self, query: str) -> None:
        """Show what `query` finds; everything that fits it where it has filters alone; everything where it is empty.

        Asked the same again, as many lines are read as are there, so that nobody loses their place.
        """
        again = query.strip() == self.query
        self.query = query.strip()
        self.ranked = not only_filters(self.query)
        if self._job is not None:
            self._job.cancel()
        if self.ranked:
            self._job = self._desk.bridge.submit(
                self, "search", self.query, HITS, on_done=self._found, on_failed=self._failed
            )
        else:
            self._request(0, max(PAGE, len(self._lines)) if again else PAGE)

    def line(self, row: int) -> Line:
        return self._lines[row]

    # -- QAbstractTableModel ---------------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802
        return 0 if parent is not None and parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802
        return 0 if parent is not None and parent.isValid() else len(_HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._desk.words(_HEADS[section])
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self._lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shown(line, index.column())
        if role == Qt.ItemDataRole.DecorationRole and index.column() == TITLE:
            return self._desk.theme.icon(GLYPHS.get(line.kind, "file-text"), "muted")
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == TITLE:
            words = self._desk.words
            return f"{words(NAMES[line.kind])}: {self._shown(line, TITLE)}" if line.kind in NAMES else line.title
        if role == Qt.ItemDataRole.UserRole:
            return line
        return None

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802
        return not parent.isValid() and not self.ranked and self._job is None and len(self._lines) < self.total

    def fetchMore(self, parent: Index) -> None:  # noqa: N802
        if self.canFetchMore(parent):
            self._request(len(self._lines))

    def _shown(self, line: Line, column: int) -> str:
        if column == TITLE:
            return line.title or self._desk.words("record.untitled")
        if column == SENDER:
            return short_name(line.sender)
        if column == DATE:
            return self._desk.words.date(line.date)
        return str(line.attachments) if line.attachments else ""

    # -- answers ---------------------------------------------------------------------------------------------------

    def _request(self, offset: int, limit: int = PAGE) -> None:
        self._job = self._desk.bridge.submit(
            self,
            "library",
            self.query,
            "",
            offset,
            limit,
            on_done=lambda page: self._paged(page, offset),
            on_failed=self._failed,
        )

    def _paged(self, page: LibraryPage, offset: int) -> None:
        if self.ranked or offset not in (0, len(self._lines)):
            return
        self._job = None
        self.total = page.total
        self.mode = ""
        lines = [_of_row(row) for row in page.rows]
        if offset == 0:
            self._replace(lines)
        elif lines:
            self.beginInsertRows(QModelIndex(), offset, offset + len(lines) - 1)
            self._lines += lines
            self.endInsertRows()
        self.loaded.emit()

    def _found(self, result: SearchResult) -> None:
        self._job = None
        lines = [_of_hit(hit) for hit in result.hits]
        self.total = len(lines)
        self.mode = result.mode
        self._replace(lines)
        self.loaded.emit()

    def _failed(self, error: BaseException) -> None:
        self._job = None
        self.failed.emit(error)

    def _replace(self, lines: Sequence[Line]) -> None:
        if self._lines == lines:
            return
        self.beginResetModel()
        self._lines = list(lines)
        self.endResetModel()


def _of_row(row: LibraryRow) -> Line:
    return Line(row.id, row.kind, row.title, row.sender, row.date, row.attachments)


def _of_hit(hit: SearchHit) -> Line:
    snippet = " ".join(hit.snippet.split())
    return Line(hit.id, hit.kind, hit.title, hit.sender, hit.date, 0, snippet, hit.start, hit.end)
