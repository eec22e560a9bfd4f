"""A QR code on the screen: dark on light in both themes, as cameras want it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_LARGEST = 260  # pixels
_LEAST = 3  # pixels of one module: less is hard to read for a camera


class QrPicture(QWidget):
    """`name` is what a screen reader says of it."""

    def __init__(self, modules: Sequence[Sequence[bool]], name: str) -> None:
        """`modules`: with their quiet zone, see app.swarm.qr."""
        super().__init__()
        self._modules = modules
        side = len(modules)
        self._scale = max(_LEAST, _LARGEST // side)
        self.setFixedSize(QSize(side, side) * self._scale)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(Qt.GlobalColor.white))
        for top, line in enumerate(self._modules):
            for left, dark in enumerate(line):
                if dark:
                    at = QRect(left, top, 1, 1)
                    scaled = QRect(at.topLeft() * self._scale, at.size() * self._scale)
                    painter.fillRect(scaled, QColor(Qt.GlobalColor.black))
        painter.end()


def grey(image: QImage) -> tuple[bytes, int, int]:
    """Shades of grey without gaps between the lines; height and width."""
    plain = image.convertToFormat(QImage.Format.Format_Grayscale8)
    width, height, stride = plain.width(), plain.height(), plain.bytesPerLine()
    data = bytes(plain.constBits())
    lines = (data[at : at + width] for at in range(0, stride * height, stride))
    return b"".join(lines), height, width
