"""One conversation: its messages, the answer under way, and where the next question is typed."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.bridge import Job
from app.results import AnswerView, Began, ConversationView, MessageView
from app.theme.tokens import READING_WIDTH, SPACE
from app.views.answer import Answer
from app.views.composer import Composer
from app.views.desk import Desk
from app.views.parts import column, row
from app.views.question import Question

_PAGE = 20  # messages shown; earlier ones when the person scrolls up to them
_SLICE = 2  # messages built in one turn of the event loop
_NEAR_END = 40  # pixels
_SETTLE_MS = 100


class Talk(QWidget):
    """`opened` with a CitationView; `kept` with the conversation's id when an answer was stored; `rested` when
    nothing is under way any more.
    """

    opened = Signal(object)
    kept = Signal(int)
    rested = Signal()
    wanted_approvals = Signal()

    def __init__(self, desk: Desk, conversation: int | None, welcome: QWidget | None = None) -> None:
        """`welcome` is shown until the first question."""
        super().__init__()
        self._desk = desk
        self.conversation = conversation
        self._welcome = welcome
        self._job: Job | None = None
        self._question = ""
        self._answer: Answer | None = None
        self._earlier: list[MessageView] = []
        self._room = 0  # earlier messages to be built now
        self._arrive = QTimer(self, interval=0)
        self._arrive.timeout.connect(self._show_earlier)
        self._stick = True
        self._below: int | None = None  # what stays in view while earlier messages find their height
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._settled)
        self._messages = column(gap=SPACE * 3)
        self._scroll = self._scroller()
        self._composer = Composer(desk)
        self._composer.asked.connect(self.ask)
        self._composer.stopped.connect(self.stop)
        self._composer.setMaximumWidth(READING_WIDTH)
        foot = row(0, gap=0)
        foot.addWidget(self._composer, 1000)
        foot.addStretch(1)
        foot.setContentsMargins(SPACE * 3, SPACE, SPACE * 3, SPACE * 2)
        outer = column(self._scroll, foot, gap=0)
        outer.setStretch(0, 1)
        self.setLayout(outer)
        self.setFocusProxy(self._composer)

    @property
    def answering(self) -> bool:
        return self._job is not None

    @property
    def untouched(self) -> bool:
        """Nothing was asked and nothing is being typed."""
        return self.conversation is None and self._answer is None and not self._composer.drafting

    def load(self, conversation: ConversationView) -> None:
        """Show what was said; the newest messages first, earlier ones on scrolling up."""
        messages = list(conversation.messages)
        self._earlier, shown = messages[:-_SLICE], messages[-_SLICE:]
        for message in shown:
            self._place(message)
        self._room = _PAGE - _SLICE
        self._arrive.start()
        asked = [message.text for message in messages if message.role == "user"]
        if asked:
            self._question = asked[-1]
            self._composer.remember(asked[-1])
        if self._answer is not None:
            self._answer.offer_retry(True)
        self._stick = True
        self._to_end()

    def put(self, question: str) -> None:
        self._composer.put(question)

    def ask(self, question: str) -> None:
        """Ask the agent; the answer streams into this page."""
        if self.answering:
            return
        if self._welcome is not None:
            self._welcome.hide()
        if self._answer is not None:
            self._answer.offer_retry(False)
        self._question = question
        self._composer.remember(question)
        self._messages.addWidget(Question(self._desk, question))
        self._answer = self._new_answer()
        self._messages.addWidget(self._answer)
        self._run("ask", question, self.conversation)

    def retry(self) -> None:
        """Make the last answer anew."""
        if self.answering or self._answer is None:
            return
        if self.conversation is not None:
            self._run("retry", self.conversation)
        else:
            self._run("ask", self._question, None)

    def stop(self) -> None:
        """End the answer under way; what there is of it stays."""
        if self._job is not None:
            self._job.cancel()

    def _run(self, command: str, *args: object) -> None:
        answer = self._answer
        assert answer is not None
        answer.restart()
        self._composer.set_answering(True)
        self._stick = True
        self._to_end()
        self._job = self._desk.bridge.submit(
            self,
            command,
            *args,
            on_report=self._hear,
            on_done=self._done,
            on_failed=self._failed,
            on_cancelled=self._cancelled,
        )

    def _hear(self, report: object) -> None:
        if isinstance(report, Began):
            self.conversation = report.conversation
            self.kept.emit(report.conversation)
        elif self._answer is not None:
            self._answer.hear(report)

    def _done(self, result: AnswerView) -> None:
        self.conversation = result.conversation
        if self._answer is not None:
            self._answer.finish(result.answer, result.citations, stopped=result.stopped)
        self._rest()
        self.kept.emit(result.conversation)

    def _failed(self, error: BaseException) -> None:
        if self._answer is not None:
            self._answer.fail(error)
        self._rest(retry=False)

    def _cancelled(self) -> None:
        if self._answer is not None:
            self._answer.stop()
        self._rest()

    def _rest(self, *, retry: bool = True) -> None:
        self._job = None
        self._composer.set_answering(False)
        if self._answer is not None:
            self._answer.offer_retry(retry)
        self.rested.emit()

    # -- messages and scrolling ------------------------------------------------------------------------------------

    def _new_answer(self) -> Answer:
        answer = Answer(self._desk)
        answer.opened.connect(self.opened)
        answer.again.connect(self.retry)
        answer.wanted_approvals.connect(self.wanted_approvals)
        return answer

    def _place(self, message: MessageView, at: int = -1) -> None:
        if message.role == "user":
            self._messages.insertWidget(at, Question(self._desk, message.text))
            return
        answer = self._new_answer()
        answer.finish(message.text, message.citations, stopped=False)
        self._messages.insertWidget(at, answer)
        if at == -1:
            self._answer = answer

    def _scroller(self) -> QScrollArea:
        inner = QWidget()
        inner.setMaximumWidth(READING_WIDTH)
        inner_layout = QVBoxLayout(inner)
        inner_layout.setContentsMargins(0, 0, 0, 0)
        if self._welcome is not None:
            inner_layout.addWidget(self._welcome)
        inner_layout.addLayout(self._messages)
        inner_layout.addStretch(1)
        page = QWidget()
        page.setObjectName("column")
        sides = row(0, gap=0)
        sides.addWidget(inner, 1000)
        sides.addStretch(1)
        sides.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 2)
        page.setLayout(sides)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(page)
        scroll.verticalScrollBar().rangeChanged.connect(self._grown)
        scroll.verticalScrollBar().valueChanged.connect(self._scrolled)
        return scroll

    def _to_end(self) -> None:
        bar = self._scroll.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _grown(self) -> None:
        bar = self._scroll.verticalScrollBar()
        if self._stick:
            self._to_end()
        elif self._below is not None:
            bar.setValue(bar.maximum() - self._below)

    def _scrolled(self, value: int) -> None:
        bar = self._scroll.verticalScrollBar()
        self._stick = value >= bar.maximum() - _NEAR_END
        if value <= _NEAR_END and self._earlier and bar.maximum() > 0 and self._below is None:
            self._below = bar.maximum() - value
            self._room = _PAGE
            self._arrive.start()

    def _show_earlier(self) -> None:
        """Build the next few, latest first; what is in view stays where it is."""
        for _ in range(min(_SLICE, self._room, len(self._earlier))):
            self._place(self._earlier.pop(), 0)
            self._room -= 1
        if not (self._room and self._earlier):
            self._arrive.stop()
            self._settle.start()

    def _settled(self) -> None:
        self._below = None
        self._scrolled(self._scroll.verticalScrollBar().value())
