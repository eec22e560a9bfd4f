"""The list of conversations, newest first: choose, rename, delete."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QMenu, QMessageBox, QWidget

from app.results import ConversationRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, icon_button, label, row

_ID = Qt.ItemDataRole.UserRole


class Conversations(QWidget):
    """`chosen` with an id; `wanted_new`; `deleted` with an id, after the vault has done it."""

    chosen = Signal(int)
    wanted_new = Signal()
    deleted = Signal(int)
    failed = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._filling = False
        self._box: QMessageBox | None = None
        self._new = button(words("talks.new"))
        desk.theme.dress(self._new, "plus")
        self._new.setToolTip(f"{words('talks.new')} (Ctrl+N)")
        self._new.clicked.connect(self.wanted_new)
        self._list = QListWidget()
        self._list.setProperty("role", "plain")
        self._list.setAccessibleName(words("talks.list"))
        self._list.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setUniformItemSizes(True)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._list.customContextMenuRequested.connect(self._menu)
        self._list.currentItemChanged.connect(self._current)
        self._list.itemChanged.connect(self._renamed)
        self._empty = label(words("talks.none"), "small")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._rename = icon_button(desk.theme, "pencil-simple", words("talks.rename"), "muted")
        self._delete = icon_button(desk.theme, "trash", words("talks.delete"), "muted")
        self._rename.clicked.connect(self._edit)
        self._delete.clicked.connect(self._ask_delete)
        remove = QAction(self._list)
        remove.setShortcut(QKeySequence(Qt.Key.Key_Delete))
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(self._ask_delete)
        self._list.addAction(remove)
        layout = column(self._new, self._empty, self._list, row(0, self._rename, self._delete, gap=2), margin=SPACE)
        self.setLayout(layout)
        self._enable()

    def fill(self, rows: Sequence[ConversationRow], current: int | None) -> None:
        """Show `rows`, with `current` selected; `chosen` is not emitted for it."""
        words = self._desk.words
        self._filling = True
        self._list.clear()
        for entry in rows:
            item = QListWidgetItem(entry.title or words("talks.untitled"))
            item.setData(_ID, entry.id)
            item.setToolTip(words.date(entry.updated, time=True))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self._list.addItem(item)
            if entry.id == current:
                self._list.setCurrentItem(item)
        self._empty.setVisible(not rows)
        self._list.setVisible(bool(rows))
        self._filling = False
        self._enable()

    def select(self, conversation: int | None) -> None:
        """Mark `conversation` as the one shown, without choosing it anew."""
        self._filling = True
        self._list.setCurrentRow(-1)
        for item in self._items():
            if item.data(_ID) == conversation:
                self._list.setCurrentItem(item)
        self._filling = False
        self._enable()

    def _items(self) -> list[QListWidgetItem]:
        return [self._list.item(index) for index in range(self._list.count())]

    def _enable(self) -> None:
        chosen = self._chosen() is not None
        self._rename.setVisible(chosen)
        self._delete.setVisible(chosen)

    def _current(self, item: QListWidgetItem | None) -> None:
        self._enable()
        if item is not None and not self._filling:
            self.chosen.emit(item.data(_ID))

    def _menu(self, where: QPoint) -> None:
        if self._list.itemAt(where) is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self._desk.words("talks.rename"), self._edit)
        menu.addAction(self._desk.words("talks.delete"), self._ask_delete)
        menu.popup(self._list.viewport().mapToGlobal(where))

    def _chosen(self) -> QListWidgetItem | None:
        """The selected item; the binding's own type does not admit that there may be none."""
        return next(iter(self._list.selectedItems()), None)

    def _edit(self) -> None:
        item = self._chosen()
        if item is not None:
            self._list.editItem(item)

    def _renamed(self, item: QListWidgetItem) -> None:
        if self._filling:
            return
        title = item.text().strip()
        self._desk.bridge.submit(self, "rename_conversation", item.data(_ID), title, on_failed=self.failed.emit)

    def _ask_delete(self) -> None:
        item = self._chosen()
        if item is None:
            return
        words = self._desk.words
        box = QMessageBox(self.window())
        box.setWindowTitle(words("talks.delete_title"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(words("talks.delete_ask", title=item.text()))
        remove = box.addButton(words("talks.delete"), QMessageBox.ButtonRole.DestructiveRole)
        remove.setProperty("role", "danger")
        keep = box.addButton(words("talks.keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        conversation = int(item.data(_ID))
        remove.clicked.connect(lambda: self._remove(conversation))
        self._box = box
        box.open()

    def _remove(self, conversation: int) -> None:
        self._desk.bridge.submit(
            self,
            "delete_conversation",
            conversation,
            on_done=lambda _: self.deleted.emit(conversation),
            on_failed=self.failed.emit,
        )
