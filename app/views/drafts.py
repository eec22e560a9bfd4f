"""Drafts that skills wrote for the person: nothing of them is sent before they have looked at it and send it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QWidget

from app.skill_results import DraftRow
from app.theme.tokens import SPACE
from app.views.confirm import confirm
from app.views.desk import Desk
from app.views.draft_edit import DraftEdit
from app.views.draft_send import DraftSend
from app.views.flow import Flow
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, label
from app.views.plain import one_line, revealed
from app.views.plain_document import PlainDocument

_LINES = 12  # of a draft that are seen at once


class Drafts(QWidget):
    """`opened` with the id of the mail that a draft answers; `wanted_account` to set up one that can send."""

    opened = Signal(str)
    wanted_account = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: tuple[DraftRow, ...] = ()
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._list = column(gap=SPACE)
        self.setLayout(column(self._notice, self._list, gap=SPACE * 2))

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "drafts", on_done=self._fill, on_failed=self._notice.tell)

    def _fill(self, drafts: Sequence[DraftRow]) -> None:
        self._notice.hide()
        if tuple(drafts) == self._shown and self._list.count():
            return
        self._shown = tuple(drafts)
        clear(self._list)
        for draft in drafts:
            self._list.addWidget(self._card(draft))
        if not drafts:
            words = self._desk.words
            title, what = label(words("drafts.none"), "heading"), label(words("drafts.none_what"), "muted")
            self._list.addWidget(frame("card", column(title, what, margin=SPACE * 3)))

    def _card(self, draft: DraftRow) -> QFrame:
        words = self._desk.words
        who = one_line(", ".join((*draft.to, *draft.cc)))
        subject = one_line(draft.subject) or words("record.untitled")
        about = words("drafts.about", skill=one_line(draft.skill), date=words.date(draft.created, time=True))
        copy = button(words("drafts.copy"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(draft.text))
        drop = button(words("drafts.drop"), "danger")
        drop.clicked.connect(lambda: self._ask_drop(draft, subject))
        edit, send = button(words("drafts.edit")), button(words("drafts.send"), "primary")
        edit.clicked.connect(lambda: self._edit(draft))
        send.clicked.connect(lambda: self._send(draft))
        send.setAutoDefault(False)
        tools = QWidget()
        flow = Flow(send, edit, copy, drop)
        if draft.record:
            see = button(words("drafts.answers"))
            see.clicked.connect(lambda: self.opened.emit(draft.record))
            flow.addWidget(see)
        tools.setLayout(flow)
        for control in (send, edit, copy, drop):
            control.setAccessibleDescription(subject)
        inside = column(
            label(subject, "heading"),
            label(words("drafts.to", who=who)),
            label(about, "small"),
            PlainDocument(words("drafts.text"), revealed(draft.text), _LINES),
            tools,
            margin=SPACE * 2,
        )
        return frame("card", inside)

    def _edit(self, draft: DraftRow) -> None:
        dialog = DraftEdit(self._desk, self.window(), draft)
        dialog.stored.connect(self.refresh)
        dialog.open()

    def _send(self, draft: DraftRow) -> None:
        dialog = DraftSend(self._desk, self.window(), draft)
        dialog.ended.connect(self.refresh)
        dialog.wanted_account.connect(self.wanted_account)
        dialog.open()

    def _ask_drop(self, draft: DraftRow, subject: str) -> None:
        words = self._desk.words
        confirm(
            self.window(),
            words("drafts.drop_title"),
            words("drafts.drop_ask", subject=subject),
            words("drafts.do_drop"),
            words("drafts.keep"),
            lambda: self._desk.bridge.submit(
                self, "drop_draft", draft.id, on_done=lambda _: self.refresh(), on_failed=self._notice.tell
            ),
        )
