"""A field for a passphrase or recovery phrase: hidden, with a switch to show it and a hint about Caps Lock."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.views.desk import Desk
from app.views.parts import column, icon_button, label, row


class _Line(QLineEdit):
    """Notices from what is typed whether Caps Lock is on; Qt does not tell."""

    caps = Signal(bool)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        typed = event.text()
        if len(typed) == 1 and typed.upper() != typed.lower():
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.caps.emit(typed.isupper() != shift)
        elif event.key() == Qt.Key.Key_CapsLock:
            self.caps.emit(False)
        super().keyPressEvent(event)


class SecretField(QWidget):
    """`text` is what was typed; `edited` and `entered` are the line's own signals."""

    edited = Signal()
    entered = Signal()

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__()
        self._desk = desk
        self._line = _Line()
        self._line.setEchoMode(QLineEdit.EchoMode.Password)
        self._line.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhNoAutoUppercase
        )
        self._line.setAccessibleName(name)
        self._line.setMaxLength(1024)
        caption = label(name)
        caption.setBuddy(self._line)
        self._eye = icon_button(desk.theme, "eye", desk.words("secret.show"), "muted")
        self._eye.setCheckable(True)
        self._caps = label(desk.words("secret.caps"), "small")
        self._caps.hide()
        self.setLayout(column(caption, row(self._line, self._eye, gap=4), self._caps, gap=4))
        self.setFocusProxy(self._line)
        self._eye.toggled.connect(self._reveal)
        self._line.caps.connect(self._caps.setVisible)
        self._line.textChanged.connect(lambda _: self.edited.emit())
        self._line.returnPressed.connect(self.entered)

    def text(self) -> str:
        return self._line.text()

    def set_placeholder(self, text: str) -> None:
        """What stands there while nothing is typed."""
        self._line.setPlaceholderText(text)

    def clear(self) -> None:
        self._line.clear()
        self._eye.setChecked(False)

    def select(self) -> None:
        """Put the cursor here, with everything selected, to be typed over."""
        self._line.setFocus()
        self._line.selectAll()

    def _reveal(self, shown: bool) -> None:
        echo = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        self._line.setEchoMode(echo)
        self._desk.theme.dress(self._eye, "eye-slash" if shown else "eye", "muted")
        name = self._desk.words("secret.hide" if shown else "secret.show")
        self._eye.setToolTip(name)
        self._eye.setAccessibleName(name)
