"""What is stored: everything, or what a search finds; opened with Enter, forgotten with Delete."""

from __future__ import annotations

from email.utils import parseaddr

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QMenu, QPushButton, QWidget

from app.errors import code
from app.theme.tokens import SPACE
from app.views.chip import short_name
from app.views.desk import Desk
from app.views.filter_bar import FilterBar
from app.views.forget_wish import ForgetWish
from app.views.importing import Importing
from app.views.library_model import LibraryModel
from app.views.library_table import LibraryTable
from app.views.notice import Notice
from app.views.parts import button, column, label, row
from app.views.pick import pick_files, pick_folder

_PAUSE_MS = 200
_HALF_TYPED = ("bad-filter", "bad-date")  # said quietly: the person is still typing


class Library(QWidget):
    """`opened` with (id, start, end); `wanted_forget` with a ForgetWish."""

    opened = Signal(str, int, int)
    wanted_forget = Signal(object)

    def __init__(self, desk: Desk, importing: Importing) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._search = QLineEdit()
        self._search.setPlaceholderText(words("library.search"))
        self._search.setToolTip(words("filter.how"))
        self._search.setAccessibleName(words("library.search"))
        self._search.setAccessibleDescription(words("filter.how"))
        self._search.setAcceptDrops(False)
        self.filters = FilterBar(desk)
        self._import = self._import_button(importing)
        self._model = LibraryModel(desk)
        self._model.setParent(self)
        self._table = LibraryTable(desk, self._model)
        self._count = label("", "small")
        self._empty = label("", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._notice = Notice(desk)
        bar = row(self._search, self._import)
        bar.setStretch(0, 1)
        layout = column(bar, self.filters, self._notice, self._table, self._empty, self._count, margin=SPACE * 2)
        layout.setStretch(3, 1)
        layout.setStretch(4, 1)
        self.setLayout(layout)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self.setFocusProxy(self._search)
        self._connect()
        self.refresh()

    def _import_button(self, importing: Importing) -> QPushButton:
        desk, words = self._desk, self._desk.words
        result = button(words("library.import"))
        desk.theme.dress(result, "download-simple")
        menu = QMenu(result)
        files, folder = menu.addAction(words("library.import_files")), menu.addAction(words("library.import_folder"))
        files.triggered.connect(lambda: pick_files(self, desk, importing.paths))
        folder.triggered.connect(lambda: pick_folder(self, desk, importing.paths))
        result.setMenu(menu)
        return result

    def _connect(self) -> None:
        self._pause.timeout.connect(self.refresh)
        self._search.textChanged.connect(self._typed)
        self._search.returnPressed.connect(self._enter)
        self.filters.changed.connect(self._clicked)
        self.filters.wanted_date.connect(self._type_date)
        self._notice.again.connect(self.refresh)
        self._model.loaded.connect(self._loaded)
        self._model.failed.connect(self._failed)
        self._table.chosen.connect(lambda line: self.opened.emit(line.id, line.start, line.end))
        self._table.wanted_menu.connect(self._show_menu)
        self._table.wanted_forget.connect(self._forget_selected)

    def refresh(self) -> None:
        """Ask the node again, e.g. after an import."""
        self._pause.stop()
        self._model.ask(self._search.text())

    def search(self) -> None:
        """Put the cursor into the search box."""
        self._search.setFocus()
        self._search.selectAll()

    def _typed(self, text: str) -> None:
        self.filters.show_text(text)
        self._pause.start()

    def _clicked(self, text: str) -> None:
        self._search.setText(text)
        self.refresh()

    def _type_date(self, text: str, day: str) -> None:
        """A date to be typed over stands in the box, selected."""
        self._search.setText(text)
        self._search.setFocus()
        at = text.rfind(day)
        self._search.setSelection(at, len(day))

    def _enter(self) -> None:
        if self._pause.isActive():
            self.refresh()
        elif self._model.rowCount():
            self._table.setFocus()
            self._table.selectRow(0)

    def _show_menu(self, where: QPoint) -> None:
        words, lines = self._desk.words, self._table.selected()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        first = lines[0]
        menu.addAction(words("library.open")).triggered.connect(
            lambda: self.opened.emit(first.id, first.start, first.end)
        )
        forget = menu.addAction(words("forget.menu"))
        forget.setShortcut(Qt.Key.Key_Delete)
        forget.triggered.connect(self._forget_selected)
        if len(lines) == 1 and first.sender:
            name = short_name(first.sender).replace("&", "&&")
            everything = menu.addAction(words("forget.menu_sender", name=name))
            everything.triggered.connect(lambda: self.wanted_forget.emit(ForgetWish(sender=_address(first.sender))))
        menu.popup(where)

    def _forget_selected(self) -> None:
        ids = tuple(dict.fromkeys(line.id for line in self._table.selected()))
        if ids:
            self.wanted_forget.emit(ForgetWish(ids))

    def _failed(self, error: BaseException) -> None:
        if code(error) in _HALF_TYPED:
            self._count.setText(self._desk.words.failure(error))
        else:
            self._notice.tell(error)

    def _loaded(self) -> None:
        words = self._desk.words
        self._notice.hide()
        self._table.show_snippets(self._model.ranked)
        found = self._model.rowCount() > 0
        self._table.setVisible(found)
        self._empty.setVisible(not found)
        query = self._model.query
        self._empty.setText(words("library.nothing", query=query) if query else words("library.empty"))
        if self._model.ranked:
            count = words("library.hits", count=self._model.total, number=words.number(self._model.total))
            by_words = words("library.words_only") if self._model.mode == "words" else ""
            self._count.setText(f"{count} {by_words}".strip())
        else:
            self._count.setText(
                words("library.records", count=self._model.total, number=words.number(self._model.total))
            )


def _address(sender: str) -> str:
    """The address alone, since a person's name is written in many ways."""
    address = parseaddr(sender)[1]
    return address or sender
