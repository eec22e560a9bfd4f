"""Receipts of tasks: those there are, and the place where a file of somebody else's is verified."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.receipt_results import ReceiptRow, ReceiptSaved
from app.swarm_results import TaskView
from app.theme.tokens import SPACE
from app.views.confirm import confirm
from app.views.desk import Desk
from app.views.flow import Flow
from app.views.importing import dropped_paths
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, label, role, row
from app.views.pick import pick_source_file
from app.views.plain import breakable, one_line
from app.views.receipt_dialog import ReceiptDialog, save
from app.views.receipt_words import heading, outcome, price
from app.views.task_words import FINAL

_PAGE = 50


class ReceiptsTab(QWidget):
    """Refresh it when it is turned to, and on `ReceiptsChanged` while it is seen."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._shown: tuple[ReceiptRow, ...] | None = None
        self._most = _PAGE
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._saved = label("", "good")
        self._saved.hide()
        self._drop = ReceiptDrop(desk)
        self._drop.given.connect(self.open_file)
        self._list = column(gap=SPACE)
        what = label(words("receipts.what"), "muted")
        self.setLayout(column(what, self._drop, self._notice, self._saved, self._list, gap=SPACE * 2))
        self.setFocusProxy(self._drop)

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "receipts", on_done=self._fill, on_failed=self._notice.tell)

    def receipts_changed(self) -> None:
        """The node says that one was made."""
        if self.isVisible():
            self.refresh()

    def open_receipt(self, name: str) -> None:
        """Show one of this profile."""
        ReceiptDialog.of_name(self._desk, self.window(), name).open()

    def open_file(self, path: str) -> None:
        """Verify a file and show what came of it."""
        ReceiptDialog.of_file(self._desk, self.window(), path).open()

    def _fill(self, receipts: Sequence[ReceiptRow]) -> None:
        """What did not change stays as it is: the keyboard's place is in it."""
        self._notice.hide()
        if tuple(receipts) != self._shown:
            self._shown = tuple(receipts)
            self._build(self._shown)

    def _build(self, receipts: Sequence[ReceiptRow]) -> None:
        clear(self._list)
        words = self._desk.words
        for one in receipts[: self._most]:
            self._list.addWidget(self._card(one))
        if len(receipts) > self._most:
            more = button(words("receipts.older"))
            more.clicked.connect(self._show_more)
            self._list.addLayout(row(more, 0))
        if not receipts:
            said = column(label(words("receipts.none"), "heading"), label(words("receipts.none_what"), "muted"),
                          margin=SPACE * 3)  # fmt: skip
            self._list.addWidget(frame("card", said))

    def _show_more(self) -> None:
        self._most += _PAGE
        self._build(self._shown or ())

    def _card(self, one: ReceiptRow) -> QFrame:
        words = self._desk.words
        title = heading(words, one)
        what = f"{title}, {words.date(one.created, time=True)}"
        told = [outcome(words, one.outcome), price(words, one), words.date(one.created, time=True)]
        look = {"done": "good", "failed": "danger"}.get(one.outcome, "")
        said = column(label(breakable(title), "heading"), label(" · ".join(told), look), margin=SPACE * 2, gap=6)
        actions = Flow()
        if one.words:
            self._action(actions, "receipts.show", what, lambda: self.open_receipt(one.name))
            self._action(actions, "receipts.save", what, lambda: self._save(one.name))
        else:
            said.addWidget(label(words("receipts.forgotten"), "muted"))
        self._action(actions, "receipts.remove", what, lambda: self._ask_remove(one.name))
        tools = QWidget()
        tools.setLayout(actions)
        said.addWidget(tools)
        return frame("card", said)

    def _action(self, flow: Flow, key: str, what: str, then: object) -> None:
        result = button(self._desk.words(key))
        result.setAccessibleName(self._desk.words(f"{key}_name", what=what))
        result.clicked.connect(lambda _=False: then())  # type: ignore[operator]
        flow.addWidget(result)

    def _save(self, name: str) -> None:
        self._saved.hide()
        save(self, self._desk, name, self._told, self._notice.tell)

    def _told(self, saved: ReceiptSaved) -> None:
        self._notice.hide()
        self._saved.setText(breakable(self._desk.words("receipts.saved", path=saved.path)))
        self._saved.show()

    def _ask_remove(self, name: str) -> None:
        words = self._desk.words
        confirm(
            self.window(), words("receipts.remove_title"), words("receipts.remove_ask"), words("receipts.do_remove"),
            words("receipts.keep"),
            lambda: self._desk.bridge.submit(
                self, "remove_receipt", name, on_done=lambda _: self.refresh(), on_failed=self._notice.tell
            ),
        )  # fmt: skip


class ReceiptDrop(QFrame):
    """Where a receipt's file is dropped or chosen; `given` with its path."""

    given = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self.setProperty("role", "card")
        self.setAcceptDrops(True)
        pick = button(words("receipts.pick"))
        desk.theme.dress(pick, "receipt")
        pick.clicked.connect(self._pick)
        said = column(label(words("receipts.drop"), "heading"), label(words("receipts.drop_what"), "muted"), gap=4)
        line = row(said, pick, margin=SPACE * 2, gap=SPACE * 2)
        line.setStretch(0, 1)
        self.setLayout(line)
        self.setFocusProxy(pick)

    def _pick(self) -> None:
        words = self._desk.words
        pick_source_file(
            self.window(), self._desk, lambda paths: self.given.emit(paths[0]) if paths else None,
            words("receipts.pick_title"), words("receipts.files"),
        )  # fmt: skip

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if len(dropped_paths(event.mimeData())) == 1:
            event.acceptProposedAction()
            role(self, "drop")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        role(self, "card")
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        role(self, "card")
        event.acceptProposedAction()
        self.given.emit(dropped_paths(event.mimeData())[0])


class ReceiptLink(QWidget):
    """On the page of a task: the way to its receipts, one for each who was awarded.  Hidden where there is none."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._task = ""
        self._shown: list[ReceiptRow] = []
        self._flow = Flow()
        self._stays = label(desk.words("receipts.stays"), "small")
        buttons = QWidget()
        buttons.setLayout(self._flow)
        self.setLayout(column(buttons, self._stays, gap=4))
        self.hide()

    def show_task(self, view: TaskView) -> None:
        """Look what there is, once it has ended; one that is made later is shown when this is called again."""
        if view.row.id != self._task:
            self._task, self._shown = view.row.id, []
            self.hide()
        if view.row.state not in FINAL:
            return
        name = self._task
        self._desk.bridge.submit(self, "receipts", name, on_done=lambda rows: self._fill(name, rows))

    def _fill(self, task: str, receipts: Sequence[ReceiptRow]) -> None:
        words, readable = self._desk.words, [one for one in receipts if one.words]
        if task != self._task or readable == self._shown:
            return
        self._shown = readable
        clear(self._flow)
        for one in readable:
            many = len(readable) > 1
            caption = (
                words("receipts.of_task_with", name=one_line(one.peer_name)) if many else words("receipts.of_task")
            )
            link = button(caption)
            self._desk.theme.dress(link, "receipt")
            link.setAutoDefault(False)
            link.clicked.connect(lambda _=False, one=one: self._open(one.name))
            self._flow.addWidget(link)
        self.setVisible(bool(readable))

    def _open(self, name: str) -> None:
        ReceiptDialog.of_name(self._desk, self.window(), name).open()
