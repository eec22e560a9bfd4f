"""The theme in use: applied to the application, and to icons, which a style sheet cannot colour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from PySide6.QtCore import QObject, QSize, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from app.theme.icons import icon
from app.theme.sheet import palette, style_sheet
from app.theme.tokens import DARK, ICON, LIGHT, SMALLEST_FONT, Tokens

Choice = Literal["light", "dark", "system"]


class Theme(QObject):
    """Qt thread only.  Widgets give their icons by name; a change of theme colours them anew."""

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._choice: Choice = "system"
        self._pictures = QTemporaryDir()
        self.tokens = LIGHT
        application.setStyle("Fusion")
        font = application.font()
        font.setPointSizeF(max(font.pointSizeF(), SMALLEST_FONT))
        application.setFont(font)
        application.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.choose("system")

    @property
    def choice(self) -> Choice:
        return self._choice

    def choose(self, choice: Choice) -> None:
        """Apply light, dark or whatever the desktop uses."""
        self._choice = choice
        dark = choice == "dark" or (choice == "system" and self._system_is_dark())
        self._apply(DARK if dark else LIGHT)

    @contextmanager
    def at_the_end(self) -> Iterator[None]:
        """Build many widgets in here: what they look like is worked out once, afterwards.

        With a style sheet in force Qt does it for a widget and everything in it each time that one is put into
        another: of the whole Home, deep as it is, that is 0.2 s, four fifths of the time until it shows.
        """
        sheet = self._application.styleSheet()
        self._application.setStyleSheet("")
        try:
            yield
        finally:
            self._application.setStyleSheet(sheet)

    def icon(self, name: str, role: str = "text") -> QIcon:
        """An icon in the colour of the token `role`."""
        return icon(name, getattr(self.tokens, role), self.tokens.muted)

    def dress(self, button: QAbstractButton, name: str, role: str = "text", size: int = ICON) -> None:
        """Give `button` the icon `name`; it follows the theme."""
        button.setProperty("glyph", f"{name}/{role}")
        button.setIcon(self.icon(name, role))
        button.setIconSize(QSize(size, size))

    def picture(self, label: QLabel, name: str, role: str = "text", size: int = ICON) -> None:
        """Show the icon `name` in `label`; it follows the theme."""
        label.setProperty("glyph", f"{name}/{role}/{size}")
        label.setPixmap(self._pixmap(name, role, size))

    def _pixmap(self, name: str, role: str, size: int) -> QPixmap:
        ratio = self._application.devicePixelRatio()
        return self.icon(name, role).pixmap(QSize(size, size), ratio)

    def _system_is_dark(self) -> bool:
        return self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _system_changed(self) -> None:
        if self._choice == "system":
            self.choose("system")

    def _apply(self, tokens: Tokens) -> None:
        self.tokens = tokens
        caret, tick = (self._pictures.filePath(f"{tokens.name}-{name}.png") for name in ("caret", "tick"))
        self.icon("caret-down", "muted").pixmap(QSize(24, 24)).save(caret)
        self.icon("check", "on_accent").pixmap(QSize(32, 32)).save(tick)
        self._application.setPalette(palette(tokens))
        self._application.setStyleSheet(style_sheet(tokens, caret, tick))
        for widget in self._application.allWidgets():
            self._recolour(widget)
        self.changed.emit()

    def _recolour(self, widget: QWidget) -> None:
        glyph = widget.property("glyph")
        if not glyph:
            return
        name, role, *size = glyph.split("/")
        if isinstance(widget, QAbstractButton):
            widget.setIcon(self.icon(name, role))
        elif isinstance(widget, QLabel):
            widget.setPixmap(self._pixmap(name, role, int(size[0])))
