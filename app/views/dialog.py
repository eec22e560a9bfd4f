"""A dialog: a title, what it is about, and the buttons beneath, which stay in sight where the window is small."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QDialog, QFrame, QLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.bridge import Job
from app.theme.tokens import SPACE
from app.views.parts import column, label, row

_EDGE = 32  # pixels of the window that stay seen around it
_BAR = 12  # pixels that a scroll bar takes
_BELOW = 48  # pixels under a field that its complaint takes


class Dialog(QDialog):
    """Opened with `open()`, destroyed when it is closed.  While `job` is set, closing cancels that first."""

    def __init__(self, parent: QWidget, title: str, width: int = 520) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.job: Job | None = None
        self._behind = parent
        self._width = min(width, parent.width() - _EDGE)
        self._most = parent.height() - _EDGE
        self.heading = label(title, "title")
        self._area = QScrollArea(widgetResizable=True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._holder = QWidget()
        self._holder.setObjectName("column")
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 3)
        self._outer.setSpacing(SPACE * 2)

    def fill(self, content: QLayout, *buttons: QPushButton) -> None:
        """Show `content` with `buttons` beneath, the last one rightmost.  Once only."""
        inner = column(content, 0)
        inner.setContentsMargins(2, 2, SPACE, 2)
        self._holder.setLayout(inner)
        self._area.setWidget(self._holder)
        self._holder.installEventFilter(self)
        self._outer.addWidget(self.heading)
        self._outer.addWidget(self._area, 1)
        self._outer.addLayout(row(0, *buttons))
        self._fit()

    def tell(self, title: str) -> None:
        """Another title."""
        self.heading.setText(title)
        self.setWindowTitle(title)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """What is in it became higher or lower; where somebody types stays in sight, and what is said beneath."""
        if watched is self._holder and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
            typing = self.focusWidget()
            if typing is not None and self._holder.isAncestorOf(typing):
                self._area.ensureWidgetVisible(typing, 0, _BELOW)
        return False

    def _fit(self) -> None:
        """As high as what is in it, within the window behind.

        Measuring marks a layout as arranged: it may only be done when it is, that is after its LayoutRequest.
        """
        self.setFixedWidth(self._width)
        layout = self._holder.layout()
        assert layout is not None
        inside = self._width - 2 * SPACE * 3
        high = layout.hasHeightForWidth()
        beside_bar = inside - _BAR  # high enough even so, else the bar that makes the text higher stays for good
        wanted = layout.totalHeightForWidth(beside_bar) if high else self._holder.sizeHint().height()
        self.heading.setFixedWidth(inside)
        frame = self._outer.totalSizeHint().height() - self._area.sizeHint().height()
        self.resize(self._width, min(self._most, wanted + frame + SPACE))
        self._stay()

    def _stay(self) -> None:
        """What grew downwards moves up, so that its buttons stay within the window behind."""
        behind = self._behind.window().geometry()
        below = self.geometry().bottom() - (behind.bottom() - _EDGE // 2)
        if self.isVisible() and below > 0:
            self.move(self.x(), max(behind.top(), self.y() - below))

    def reject(self) -> None:
        """What is under way is cancelled first; the next time, the dialog goes."""
        if self.job is not None:
            self.job.cancel()
        else:
            super().reject()
