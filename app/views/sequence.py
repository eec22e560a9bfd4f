"""A contract net as a sequence diagram: who said what to whom, drawn while it happens."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from app.swarm.explaining import spoken
from app.swarm_results import Arrow
from app.theme.tokens import RADIUS
from app.views.desk import Desk
from app.views.plain import one_line
from app.views.task_words import reason

_CLOCK = 68  # pixels for the time of day
_LANE = 190  # pixels between lifelines, at least
_HEAD = 44
_STEP = 40  # pixels from one message to the next
_EDGE = 12
_HEAD_WIDTH = 150
_POINT = 8
_MOST_HEIGHT = 420
_AGAINST = frozenset(("refuse", "reject-proposal", "failure", "cancel", "not-understood"))
_FOR = frozenset(("accept-proposal", "inform-result", "inform-done"))


class Lifelines(QWidget):
    """Lifelines and arrows; as wide and high as they need."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._arrows: tuple[Arrow, ...] = ()
        self._lanes: tuple[str, ...] = ()  # peer ids, after our own
        self._names: dict[str, str] = {}
        self.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)

    def show_messages(self, arrows: Sequence[Arrow]) -> None:
        self._arrows = tuple(arrows)
        self._names = {arrow.peer_id: one_line(arrow.name) for arrow in arrows}
        self._lanes = tuple(self._names)
        self.updateGeometry()
        self.setMinimumSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        wide = _CLOCK + _HEAD_WIDTH + max(1, len(self._lanes)) * _LANE + _EDGE
        return QSize(wide, _HEAD + (len(self._arrows) + 1) * _STEP + _EDGE)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        at = self._positions()
        for peer, x in at.items():
            self._lifeline(painter, x, self._desk.words("tasks.you") if not peer else self._names[peer])
        for index, arrow in enumerate(self._arrows):
            self._arrow(painter, arrow, _HEAD + (index + 1) * _STEP, at)
        painter.end()

    def _positions(self) -> dict[str, float]:
        """Where each lifeline stands; "" is ours.  They spread over the width there is."""
        lanes = max(1, len(self._lanes))
        first = _CLOCK + _HEAD_WIDTH / 2
        apart = max(_LANE, (self.width() - first - _HEAD_WIDTH / 2 - _EDGE) / lanes)
        return {peer: first + number * apart for number, peer in enumerate(("", *self._lanes))}

    def _lifeline(self, painter: QPainter, x: float, name: str) -> None:
        tokens = self._desk.theme.tokens
        box = QRectF(x - _HEAD_WIDTH / 2, 4, _HEAD_WIDTH, _HEAD - 12)
        painter.setPen(QPen(QColor(tokens.edge), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, box.bottom()), QPointF(x, self.height() - _EDGE / 2))
        painter.setPen(QPen(QColor(tokens.border), 1))
        painter.setBrush(QColor(tokens.soft))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        painter.setPen(QColor(tokens.text))
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, int(box.width()) - 16)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)

    def _arrow(self, painter: QPainter, arrow: Arrow, y: float, at: dict[str, float]) -> None:
        tokens = self._desk.theme.tokens
        own, peer = at[""], at[arrow.peer_id]
        start, end = (own, peer) if arrow.outgoing else (peer, own)
        against, agreed = arrow.performative in _AGAINST, arrow.performative in _FOR
        colour = QColor(tokens.danger if against else tokens.good if agreed else tokens.link)
        clock = QRectF(0, y - _STEP / 2, _CLOCK, _STEP)
        painter.setPen(QColor(tokens.muted))
        painter.drawText(clock, Qt.AlignmentFlag.AlignVCenter, _clock(self._desk, arrow))
        painter.setPen(QPen(colour, 2))
        painter.drawLine(QPointF(start, y), QPointF(end, y))
        back = -_POINT if end > start else _POINT
        painter.setBrush(colour)
        tip = QPolygonF([QPointF(end, y), QPointF(end + back, y - 5), QPointF(end + back, y + 5)])
        painter.drawPolygon(tip)
        left, right = sorted((own, peer))
        box = QRectF(left + _POINT, y - _STEP + 14, right - left - 2 * _POINT, _STEP - 16)
        self._caption(painter, box, _said(self._desk, arrow))

    def _caption(self, painter: QPainter, box: QRectF, said: str) -> None:
        """Beside our own lifeline, on the ground's colour: lines that it crosses do not run through the letters."""
        tokens = self._desk.theme.tokens
        room = min(int(box.width()), _LANE - 2 * _POINT)
        shown = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, room)
        wide = painter.fontMetrics().horizontalAdvance(shown)
        x = box.left() + max(0.0, (_LANE - 2 * _POINT - wide) / 2) if box.width() < 2 * _LANE else box.left()
        painter.setPen(QColor(tokens.text))
        painter.drawText(QRectF(x, box.top(), wide + 2, box.height()), Qt.AlignmentFlag.AlignCenter, shown)


class SequenceView(QScrollArea):
    """The diagram where it scrolls; a screen reader hears it as lines of text."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._diagram = Lifelines(desk)
        self._count = 0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setWidget(self._diagram)
        self._diagram.setObjectName("column")
        self.setAccessibleName(desk.words("tasks.diagram"))

    def show_messages(self, arrows: Sequence[Arrow]) -> None:
        """All that went so far; what is new comes into sight."""
        self._diagram.show_messages(arrows)
        self.setAccessibleDescription(as_text(self._desk, arrows))
        self.setFixedHeight(min(_MOST_HEIGHT, self._diagram.sizeHint().height() + 14))
        if len(arrows) > self._count:
            bar = self.verticalScrollBar()
            bar.setValue(bar.maximum())
        self._count = len(arrows)


def as_text(desk: Desk, arrows: Sequence[Arrow]) -> str:
    """The diagram in words, one message a line."""
    words = desk.words
    return "\n".join(
        words(
            "tasks.said_to" if arrow.outgoing else "tasks.said_by",
            time=_clock(desk, arrow), name=one_line(arrow.name), what=_said(desk, arrow),
        )
        for arrow in arrows
    )  # fmt: skip


def _said(desk: Desk, arrow: Arrow) -> str:
    words = desk.words
    return spoken(arrow.performative, arrow.detail, words.language, lambda code: reason(words, code))


def _clock(desk: Desk, arrow: Arrow) -> str:
    return desk.words.time(arrow.at)
