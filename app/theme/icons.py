"""Phosphor icons, drawn from the font that qtawesome carries.

Only the font and its character map are taken: importing qtawesome itself loads nine fonts and all of qtpy, which
costs a quarter of a second before the first paint.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap


class IconsMissing(Exception):
    """The icon font is not where its package puts it: the installation is damaged."""

    code = "icons_missing"


@functools.cache
def _font() -> tuple[str, dict[str, str]]:
    """The font's family name, and the code point (hexadecimal) of each icon."""
    spec = importlib.util.find_spec("qtawesome")
    folder = Path(spec.origin or "").parent / "fonts" if spec else Path()
    fonts, maps = sorted(folder.glob("phosphor-*.ttf")), sorted(folder.glob("phosphor-charmap-*.json"))
    if not (fonts and maps):
        raise IconsMissing(f"No Phosphor font in {folder}.")
    families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(fonts[-1])))
    return families[0], json.loads(maps[-1].read_text("utf-8"))


class _Glyph(QIconEngine):
    """Paints one character, sharp at every scale."""

    def __init__(self, character: str, family: str, colour: str, disabled: str) -> None:
        super().__init__()
        self._character = character
        self._family = family
        self._colour = colour
        self._disabled = disabled

    def clone(self) -> QIconEngine:
        return _Glyph(self._character, self._family, self._colour, self._disabled)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        font = QFont(self._family)
        font.setPixelSize(rect.height())
        painter.setFont(font)
        painter.setPen(QColor(self._disabled if mode == QIcon.Mode.Disabled else self._colour))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._character)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture


def icon(name: str, colour: str, disabled: str) -> QIcon:
    """The Phosphor icon `name`, e.g. "lock" or "chat-circle".  Errors: KeyError, IconsMissing."""
    family, characters = _font()
    return QIcon(_Glyph(chr(int(characters[name], 16)), family, colour, disabled))
