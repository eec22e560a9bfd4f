"""What can be chosen in a source that can be read: the folders of an account, or one of the feeds of a page."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QPushButton, QWidget

from app.source_results import SourceCheck
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, label, row

_ROW = 34


class SourceChoice(QWidget):
    """A list with a box before each entry, or, where only one can be had, with one entry selected."""

    def __init__(self, desk: Desk, found: SourceCheck, *, several: bool, chosen: Collection[str] = ()) -> None:
        """`chosen`: what was chosen before, instead of the source's own proposal."""
        super().__init__()
        self._several = several
        words = desk.words
        self._list = QListWidget()
        self._list.setAccessibleName(words("choice.folders" if several else "choice.feeds"))
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        ticked = chosen or found.proposed
        for name in found.choices:
            item = QListWidgetItem(name, self._list)
            item.setSizeHint(QSize(0, _ROW))
            if several:
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Checked if name in ticked else Qt.CheckState.Unchecked)
        self._list.setCurrentRow(0)
        self._nothing = label(words("choice.none"), "danger")
        self._nothing.hide()
        self._list.itemChanged.connect(lambda _: self._nothing.hide())
        layout = column(label(words("choice.which" if several else "choice.which_feed")), self._list, gap=SPACE)
        if several:
            layout.addLayout(row(self._all(words("choice.all"), True), self._all(words("choice.no"), False), 0))
        layout.addWidget(self._nothing)
        self.setLayout(layout)
        self.setFocusProxy(self._list)

    def chosen(self) -> tuple[str, ...]:
        """In the source's order."""
        if not self._several:
            return tuple(item.text() for item in self._list.selectedItems())
        items = (self._list.item(index) for index in range(self._list.count()))
        return tuple(item.text() for item in items if item.checkState() == Qt.CheckState.Checked)

    def complete(self) -> bool:
        found = bool(self.chosen())
        self._nothing.setVisible(not found)
        return found

    def _all(self, caption: str, ticked: bool) -> QPushButton:
        result = button(caption, "quiet")
        result.clicked.connect(lambda: self._tick(ticked))
        return result

    def _tick(self, ticked: bool) -> None:
        for index in range(self._list.count()):
            self._list.item(index).setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
