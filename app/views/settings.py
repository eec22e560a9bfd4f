"""Theme, language, and where and how large the vault is."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from app.results import Status
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, column, label, row
from app.views.sheet import Sheet

_THEMES = (("system", "settings.theme_system"), ("light", "settings.theme_light"), ("dark", "settings.theme_dark"))
_LANGUAGES = (("system", "settings.language_system"), ("en", "settings.english"), ("fr", "settings.french"))


class Settings(QWidget):
    """`theme_chosen` and `language_chosen` with the choice, once it is stored."""

    theme_chosen = Signal(str)
    language_chosen = Signal(str)
    wanted_shortcuts = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._theme = self._choice("theme", words("settings.theme"), _THEMES)
        self._language = self._choice("language", words("settings.language"), _LANGUAGES)
        self._facts = _form()
        looks = _form()
        for name, field in ((words("settings.theme"), self._theme), (words("settings.language"), self._language)):
            caption = label(name, wrap=False)
            caption.setBuddy(field)
            looks.addRow(caption, field)
        shortcuts = button(words("settings.shortcuts"))
        self._desk.theme.dress(shortcuts, "keyboard")
        shortcuts.clicked.connect(self.wanted_shortcuts)
        content = column(
            label(words("settings.title"), "title"),
            self._notice,
            looks,
            SPACE,
            label(words("settings.vault"), "heading"),
            self._facts,
            SPACE,
            row(shortcuts, 0),
            label(words("settings.about"), "small"),
            gap=SPACE * 2,
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content, 620, middle=False))
        self.setFocusProxy(self._theme)
        self.refresh()

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        submit(self, "status", on_done=self._describe, on_failed=self._notice.tell)
        submit(self, "setting", "theme", on_done=lambda value: _select(self._theme, value))
        submit(self, "setting", "language", on_done=lambda value: _select(self._language, value))

    def _choice(self, key: str, name: str, options: tuple[tuple[str, str], ...]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.view().setAccessibleName(name)
        for value, caption in options:
            box.addItem(self._desk.words(caption), value)
        box.activated.connect(lambda _: self._store(key, box.currentData()))
        return box

    def _store(self, key: str, value: str) -> None:
        chosen = self.theme_chosen if key == "theme" else self.language_chosen
        self._desk.bridge.submit(
            self, "set_setting", key, value, on_done=lambda _: chosen.emit(value), on_failed=self._notice.tell
        )

    def _describe(self, status: Status) -> None:
        while self._facts.rowCount():
            self._facts.removeRow(0)
        words = self._desk.words
        meaning = words("settings.embedded_of", done=words.number(status.embedded), total=words.number(status.chunks))
        for key, value in (
            ("settings.home", status.home),
            ("settings.size", words.size(status.vault_bytes)),
            ("settings.records", words.number(status.records)),
            ("settings.embedded", meaning),
            ("settings.conversations", words.number(status.conversations)),
            ("settings.peer", status.peer_id or "–"),
            ("settings.version", status.version),
        ):
            self._facts.addRow(label(words(key), "muted", wrap=False), _value(value))


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(SPACE * 3)
    form.setVerticalSpacing(SPACE)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _value(text: str) -> QLabel:
    result = label(text)
    result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return result


def _select(box: QComboBox, value: Any) -> None:
    index = box.findData(value or "system")
    if index >= 0:
        box.setCurrentIndex(index)
