"""The table of the library: one line for each record, or for each passage that was found."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.views.desk import Desk
from app.views.library_model import ATTACHMENTS, DATE, SENDER, TITLE, Index, LibraryModel, Line

_NARROW = 560  # pixels
_ROW = 34
_ROW_WITH_SNIPPET = 52
_LINE = Qt.ItemDataRole.UserRole


class LibraryTable(QTableView):
    """`chosen` with a Line on Enter or a double click; `wanted_menu` with where on the screen; `wanted_forget` on
    Delete.
    """

    chosen = Signal(object)
    wanted_menu = Signal(QPoint)
    wanted_forget = Signal()

    def __init__(self, desk: Desk, model: LibraryModel) -> None:
        super().__init__()
        self._ranked = False
        self._kept: tuple[list[str], str, int] = ([], "", 0)  # of a model that is read again: selected, current, scroll
        self.setModel(model)
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._restore)
        self.setAccessibleName(desk.words("library.table"))
        self.setItemDelegate(_Painter(desk, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
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

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The title is what people look for: the other columns make room for it."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self.setColumnWidth(SENDER, 110 if narrow else 170)
        self.setColumnWidth(DATE, 106 if narrow else 110)
        self._fit()

    def _fit(self) -> None:
        self.setColumnHidden(ATTACHMENTS, self._ranked or self.width() < _NARROW)

    def show_snippets(self, shown: bool) -> None:
        """Hits show their passage in a second line, and no attachments."""
        self.verticalHeader().setDefaultSectionSize(_ROW_WITH_SNIPPET if shown else _ROW)
        self._ranked = shown
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._choose(self.currentIndex())
        elif event.key() == Qt.Key.Key_Delete and self.selected():
            self.wanted_forget.emit()
        else:
            super().keyPressEvent(event)

    def selected(self) -> list[Line]:
        """The selected lines, in the order of the table."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [line for row in rows if isinstance(line := self.model().index(row, TITLE).data(_LINE), Line)]

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        if not self.selected():
            return
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            below = self.visualRect(self.currentIndex()).bottomLeft()
            self.wanted_menu.emit(self.viewport().mapToGlobal(below))
        else:
            self.wanted_menu.emit(event.globalPos())

    def _keep(self) -> None:
        current = self.currentIndex().data(_LINE)
        at = current.id if isinstance(current, Line) else ""
        self._kept = ([line.id for line in self.selected()], at, self.verticalScrollBar().value())

    def _restore(self) -> None:
        """What was selected is selected again, as far as it is still there, and the place is kept."""
        selected, at, scroll = self._kept
        model, selection = self.model(), self.selectionModel()
        if selected or at:
            flags = QItemSelectionModel.SelectionFlag
            for row in range(model.rowCount()):
                index = model.index(row, TITLE)
                line = index.data(_LINE)
                if line.id == at:
                    selection.setCurrentIndex(index, flags.NoUpdate)
                if line.id in selected:
                    selection.select(index, flags.Select | flags.Rows)
        self.verticalScrollBar().setValue(scroll)

    def _choose(self, index: QModelIndex) -> None:
        line = index.data(_LINE)
        if isinstance(line, Line):
            self.chosen.emit(line)


class _Painter(QStyledItemDelegate):
    """Paints the passage that was found under the title, in the muted colour."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line = index.data(_LINE)
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
