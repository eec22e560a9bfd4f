"""What is stored: everything, or what a search finds; opened with Enter."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.importing import Importing
from app.views.library_model import ATTACHMENTS, DATE, SENDER, TITLE, Index, LibraryModel, Line
from app.views.notice import Notice
from app.views.parts import button, column, label, row
from app.views.pick import pick_files, pick_folder

_PAUSE_MS = 200
_ROW = 34
_ROW_WITH_SNIPPET = 52
_KINDS = (("", "library.all"), ("mail", "library.mail"), ("note", "library.notes"), ("file", "library.files"))


class Library(QWidget):
    """`opened` with (id, start, end)."""

    opened = Signal(str, int, int)

    def __init__(self, desk: Desk, importing: Importing) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._search = QLineEdit()
        self._search.setPlaceholderText(words("library.search"))
        self._search.setAccessibleName(words("library.search"))
        self._search.setAcceptDrops(False)
        self._kind = QComboBox()
        self._kind.setAccessibleName(words("library.kind"))
        self._kind.view().setAccessibleName(words("library.kind"))
        for kind, key in _KINDS:
            self._kind.addItem(words(key), kind)
        self._files = button(words("library.import_files"))
        self._folder = button(words("library.import_folder"))
        self._model = LibraryModel(desk)
        self._model.setParent(self)
        self._table = _Table(desk, self._model)
        self._count = label("", "small")
        self._empty = label("", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._notice = Notice(desk)
        bar = row(self._search, self._kind, self._files, self._folder)
        bar.setStretch(0, 1)
        layout = column(bar, self._notice, self._table, self._empty, self._count, margin=SPACE * 2)
        layout.setStretch(2, 1)
        layout.setStretch(3, 1)
        self.setLayout(layout)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.refresh)
        self._search.textChanged.connect(lambda _: self._pause.start())
        self._search.returnPressed.connect(self._enter)
        self._kind.currentIndexChanged.connect(lambda _: self.refresh())
        self._files.clicked.connect(lambda: pick_files(self, desk, importing.paths))
        self._folder.clicked.connect(lambda: pick_folder(self, desk, importing.paths))
        self._notice.again.connect(self.refresh)
        self._model.loaded.connect(self._loaded)
        self._model.failed.connect(self._notice.tell)
        self._table.chosen.connect(lambda line: self.opened.emit(line.id, line.start, line.end))
        self.setFocusProxy(self._search)
        self.refresh()

    def refresh(self) -> None:
        """Ask the node again, e.g. after an import."""
        self._pause.stop()
        self._model.ask(self._search.text(), self._kind.currentData())

    def search(self) -> None:
        """Put the cursor into the search box."""
        self._search.setFocus()
        self._search.selectAll()

    def _enter(self) -> None:
        if self._pause.isActive():
            self.refresh()
        elif self._model.rowCount():
            self._table.setFocus()
            self._table.selectRow(0)

    def _loaded(self) -> None:
        words = self._desk.words
        self._notice.hide()
        self._table.show_snippets(bool(self._model.query))
        found = self._model.rowCount() > 0
        self._table.setVisible(found)
        self._empty.setVisible(not found)
        if self._model.query:
            self._empty.setText(words("library.nothing", query=self._model.query))
            count = words("library.hits", count=self._model.total, number=words.number(self._model.total))
            by_words = words("library.words_only") if self._model.mode == "words" else ""
            self._count.setText(f"{count} {by_words}".strip())
        else:
            self._empty.setText(words("library.empty"))
            self._count.setText(
                words("library.records", count=self._model.total, number=words.number(self._model.total))
            )


class _Table(QTableView):
    """`chosen` with a Line on Enter or a double click."""

    chosen = Signal(object)

    def __init__(self, desk: Desk, model: LibraryModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName(desk.words("library.table"))
        self.setItemDelegate(_Painter(desk, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionResizeMode(TITLE, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(SENDER, QHeaderView.ResizeMode.Interactive)
        head.setSectionResizeMode(DATE, QHeaderView.ResizeMode.Interactive)
        head.setSectionResizeMode(ATTACHMENTS, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(SENDER, 170)
        self.setColumnWidth(DATE, 110)
        self.setColumnWidth(ATTACHMENTS, 60)
        self.show_snippets(False)
        self.doubleClicked.connect(self._choose)

    def show_snippets(self, shown: bool) -> None:
        """Hits show their passage in a second line, and no attachments."""
        self.verticalHeader().setDefaultSectionSize(_ROW_WITH_SNIPPET if shown else _ROW)
        self.setColumnHidden(ATTACHMENTS, shown)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        line = index.data(Qt.ItemDataRole.UserRole)
        if isinstance(line, Line):
            self.chosen.emit(line)


class _Painter(QStyledItemDelegate):
    """Paints the passage that was found under the title, in the muted colour."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line = index.data(Qt.ItemDataRole.UserRole)
        if index.column() != TITLE or not line.snippet:
            super().paint(painter, option, index)
            return
        rect = QRect(option.rect)
        half = rect.height() // 2
        option.rect = rect.adjusted(0, 2, 0, -half)
        self._background(painter, option, rect)
        super().paint(painter, option, index)
        painter.save()
        painter.setPen(QColor(self._desk.theme.tokens.muted))
        below = rect.adjusted(34, half, -8, -4)
        metrics = option.fontMetrics
        shown = metrics.elidedText(line.snippet, Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

    def _background(self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect) -> None:
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(self._desk.theme.tokens.soft))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        return QSize(super().sizeHint(option, index).width(), _ROW)
