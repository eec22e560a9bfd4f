"""The chat: the list of conversations beside the one that is open."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from app.results import ConversationView
from app.views.conversations import Conversations
from app.views.desk import Desk
from app.views.examples import Examples
from app.views.notice import Notice
from app.views.parts import column, row
from app.views.talk import Talk

_WIDE_LIST = 230
_SMALL_LIST = 200
_WIDE = 800
_NO_LIST = 560  # below this width the list makes room for the conversation


class Chat(QWidget):
    """`opened` with a CitationView; `wanted_import`; `wanted_approvals`.

    An answer goes on while another conversation is looked at.
    """

    opened = Signal(object)
    wanted_import = Signal()
    wanted_approvals = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._list = Conversations(desk)
        self._side = QFrame()
        self._side.setLayout(column(self._list))
        self._pages = QStackedWidget()
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        outer = row(self._side, column(self._notice, self._pages, gap=0), gap=0)
        outer.setStretch(1, 1)
        self.setLayout(outer)
        self._list.chosen.connect(self.open_conversation)
        self._list.wanted_new.connect(self.new)
        self._list.deleted.connect(self._forget)
        self._list.failed.connect(self._notice.tell)
        self.new()
        self.refresh()

    @property
    def talk(self) -> Talk:
        """The conversation that is shown."""
        page = self._pages.currentWidget()
        assert isinstance(page, Talk)
        return page

    def new(self) -> None:
        """An empty conversation, ready for the first question."""
        examples = Examples(self._desk)
        talk = self._page(None, examples)
        examples.chosen.connect(talk.ask)
        examples.wanted_import.connect(self.wanted_import)
        self._turn_to(talk)

    def library_changed(self) -> None:
        """Records came or went: an untouched conversation offers other examples."""
        if self.talk.untouched:
            self.new()

    def reload(self) -> None:
        """Read the shown conversation again: something that it quoted was forgotten."""
        conversation = self.talk.conversation
        for page in self._talks():
            page.stop()
            page.conversation = None
        self.new()
        self.refresh()
        if conversation is not None:
            self.open_conversation(conversation)

    def refresh(self) -> None:
        """Read the list of conversations again."""
        self._desk.bridge.submit(
            self,
            "conversations",
            on_done=lambda rows: self._list.fill(rows, self.talk.conversation),
            on_failed=self._notice.tell,
        )

    def open_conversation(self, conversation: int) -> None:
        for page in self._talks():
            if page.conversation == conversation:
                self._turn_to(page)
                return
        self._desk.bridge.submit(self, "conversation", conversation, on_done=self._loaded, on_failed=self._notice.tell)

    def stop(self) -> None:
        self.talk.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._side.setVisible(self.width() >= _NO_LIST)
        self._side.setFixedWidth(_WIDE_LIST if self.width() >= _WIDE else _SMALL_LIST)

    def _loaded(self, conversation: ConversationView) -> None:
        talk = self._page(conversation.id, None)
        self._turn_to(talk)
        talk.load(conversation)

    def _page(self, conversation: int | None, welcome: QWidget | None) -> Talk:
        talk = Talk(self._desk, conversation, welcome)
        talk.opened.connect(self.opened)
        talk.wanted_approvals.connect(self.wanted_approvals)
        talk.kept.connect(lambda _: self.refresh())
        talk.rested.connect(self._tidy)
        self._pages.addWidget(talk)
        return talk

    def _turn_to(self, talk: Talk) -> None:
        moved = self._pages.currentWidget() is not talk
        self._pages.setCurrentWidget(talk)
        self.setFocusProxy(talk)
        self._list.select(talk.conversation)
        if moved and not self._list.isAncestorOf(self.focusWidget() or self):
            talk.setFocus(Qt.FocusReason.OtherFocusReason)
        self._tidy()

    def _tidy(self) -> None:
        """Pages that are neither shown nor answering go; they can be read from the vault again."""
        for page in self._talks():
            if page is not self._pages.currentWidget() and not page.answering:
                self._pages.removeWidget(page)
                page.deleteLater()

    def _forget(self, conversation: int) -> None:
        for page in self._talks():
            if page.conversation == conversation:
                page.stop()
                page.conversation = None
        self.new()
        self.refresh()

    def _talks(self) -> list[Talk]:
        pages = (self._pages.widget(index) for index in range(self._pages.count()))
        return [page for page in pages if isinstance(page, Talk)]
