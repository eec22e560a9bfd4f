"""Before something is forgotten: what goes, what follows from it, and that nothing brings it back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from app.privacy_results import ForgetPreview
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.forget_wish import ForgetWish
from app.views.notice import Notice
from app.views.parts import button, column, frame, label, rename, row

_TITLES = 5
_FOLLOWS = ("forget.gone", "forget.gap", "forget.stays_away", "forget.backups", "forget.for_good")


class Forget(Dialog):
    """Opened with `open()`; `forgotten` once they are gone."""

    forgotten = Signal()

    def __init__(self, desk: Desk, wish: ForgetWish, parent: QWidget) -> None:
        words = desk.words
        super().__init__(parent, words("forget.counting"))
        self._desk = desk
        self._wish = wish
        self._titles = label("", "muted")
        self._titles.hide()
        self._notice = Notice(desk)
        self._notice.again.connect(self._ask)
        self._bar = QProgressBar(textVisible=False, minimum=0, maximum=0)
        self._bar.setAccessibleName(words("forget.busy"))
        self._keep = button(words("forget.keep"), "primary")
        self._keep.clicked.connect(self.reject)
        self._forget = button(words("forget.do"), "danger")
        self._forget.setEnabled(False)
        self._forget.clicked.connect(self._do)
        self._receipts = _Follow("")
        self._receipts.hide()
        follows = (*(_Follow(words(key)) for key in _FOLLOWS[:2]), self._receipts,
                   *(_Follow(words(key)) for key in _FOLLOWS[2:]))  # fmt: skip
        self._what = frame("hint", column(*follows, margin=SPACE + 4, gap=SPACE))
        content = column(self._titles, self._what, self._notice, self._bar, gap=SPACE * 2)
        self.fill(content, self._forget, self._keep)
        self._keep.setFocus()
        self._ask()

    def _ask(self) -> None:
        wish = self._wish
        self._bar.show()
        self._desk.bridge.submit(
            self,
            "forget_preview",
            wish.ids,
            wish.sender,
            wish.before,
            on_done=self._show,
            on_failed=self._failed,
        )

    def _show(self, preview: ForgetPreview) -> None:
        words = self._desk.words
        self._bar.hide()
        count = preview.count
        if not count:
            self.tell(words("forget.nothing"))
            self._what.hide()
            self._forget.hide()
            rename(self._keep, words("forget.close"))
            return
        self.tell(words("forget.ask", count=count, number=words.number(count)))
        shown = [title or words("record.untitled") for title in preview.titles[:_TITLES]]
        lines = [f"• {title}" for title in shown]
        if count > len(shown):
            lines.append(words("forget.rest", count=count - len(shown), number=words.number(count - len(shown))))
        self._titles.setText("\n".join(lines))
        self._titles.setVisible(bool(shown))
        emptied = words("forget.receipts", count=preview.receipts, number=words.number(preview.receipts))
        self._receipts.said.setText(emptied)
        self._receipts.setVisible(bool(preview.receipts))
        self._forget.setEnabled(True)

    def _do(self) -> None:
        wish = self._wish
        self._forget.setEnabled(False)
        self._keep.setEnabled(False)
        self._bar.show()
        self.job = self._desk.bridge.submit(
            self, "forget", wish.ids, wish.sender, wish.before, on_done=lambda _: self._gone(), on_failed=self._failed
        )

    def _gone(self) -> None:
        self.job = None
        self.forgotten.emit()
        self.accept()

    def _failed(self, error: BaseException) -> None:
        self.job = None
        self._bar.hide()
        self._keep.setEnabled(True)
        self._notice.tell(error)

    def reject(self) -> None:
        """Forgetting that has begun is seen to its end."""
        if self.job is None:
            super().reject()


class _Follow(QWidget):
    """One thing that follows."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        mark = label("•", "muted", wrap=False)
        self.said = label(sentence)
        line = row(mark, self.said, gap=SPACE)
        line.setAlignment(mark, Qt.AlignmentFlag.AlignTop)
        line.setStretch(1, 1)
        self.setLayout(line)
