"""Theme, language, security, network, other programs, what the vault holds, backup."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from app.results import Status
from app.theme.tokens import SPACE
from app.views.airplane import Airplane
from app.views.backup import Backup
from app.views.desk import Desk
from app.views.endpoint import Endpoint
from app.views.notice import Notice
from app.views.parts import button, choices, column, form, label, line, row, select, selectable
from app.views.personal import Personal
from app.views.security import Security
from app.views.sheet import Sheet
from app.views.storage_figures import StorageFigures

_THEMES = (("system", "settings.theme_system"), ("light", "settings.theme_light"), ("dark", "settings.theme_dark"))
_LANGUAGES = (("system", "settings.language_system"), ("en", "settings.english"), ("fr", "settings.french"))
_ON_BATTERY = "sync_on_battery"


class Settings(QWidget):
    """`theme_chosen` and `language_chosen` with the choice, once it is stored; `wanted_forget` with a ForgetWish."""

    theme_chosen = Signal(str)
    language_chosen = Signal(str)
    wanted_shortcuts = Signal()
    wanted_forget = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._theme = self._choice("theme", words("settings.theme"), _THEMES)
        self._language = self._choice("language", words("settings.language"), _LANGUAGES)
        self._security = Security(desk)
        self._airplane = Airplane(desk)
        self._endpoint = Endpoint(desk)
        self._personal = Personal(desk)
        self._battery = QCheckBox(words("settings.battery"))
        self._battery.setAccessibleName(words("settings.battery"))
        self._battery.clicked.connect(lambda on: self._store(_ON_BATTERY, on))
        self._figures = StorageFigures(desk)
        self._figures.wanted_forget.connect(self.wanted_forget)
        self._about = form()
        content = column(label(words("settings.title"), "title"), self._notice, gap=SPACE * 2)
        for part in self._sections():
            content.addWidget(part) if isinstance(part, QWidget) else content.addLayout(part)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content, 680, middle=False))
        self.setFocusProxy(self._theme)

    def _sections(self) -> list[QWidget | QVBoxLayout]:
        words = self._desk.words
        looks = form()
        for name, field in ((words("settings.theme"), self._theme), (words("settings.language"), self._language)):
            caption = label(name, wrap=False)
            caption.setBuddy(field)
            looks.addRow(caption, field)
        shortcuts = button(words("settings.shortcuts"))
        self._desk.theme.dress(shortcuts, "keyboard")
        shortcuts.clicked.connect(self.wanted_shortcuts)
        backup = button(words("backup.open_dialog"))
        self._desk.theme.dress(backup, "download-simple")
        backup.clicked.connect(lambda: Backup(self._desk, self.window()).open())
        return [
            column(looks, row(shortcuts, 0), gap=SPACE * 2),
            line(),
            column(label(words("personal.title"), "heading"), self._personal, gap=SPACE * 2),
            line(),
            column(label(words("settings.security"), "heading"), self._security, gap=SPACE * 2),
            line(),
            column(label(words("settings.network"), "heading"), self._airplane, self._battery, gap=SPACE * 2),
            line(),
            column(label(words("endpoint.title"), "heading"), self._endpoint, gap=SPACE * 2),
            line(),
            column(label(words("settings.vault"), "heading"), self._figures, gap=SPACE * 2),
            line(),
            column(
                label(words("backup.title"), "heading"), label(words("backup.what"), "muted"), row(backup, 0),
                gap=SPACE + 4,
            ),
            line(),
            column(self._about, label(words("settings.about"), "small"), gap=SPACE * 2),
        ]  # fmt: skip

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        submit(self, "status", on_done=self._describe, on_failed=self._notice.tell)
        for key, box in (("theme", self._theme), ("language", self._language)):
            submit(self, "setting", key, on_done=partial(_select, box))
        submit(self, "setting", _ON_BATTERY, on_done=lambda value: self._battery.setChecked(value is not False))
        for part in (self._personal, self._security, self._airplane, self._endpoint, self._figures):
            part.refresh()

    def _choice(self, key: str, name: str, options: tuple[tuple[str, str], ...]) -> QComboBox:
        box = choices(name, [(value, self._desk.words(caption)) for value, caption in options])
        chosen = self.theme_chosen if key == "theme" else self.language_chosen
        box.activated.connect(lambda _: self._store(key, box.currentData(), chosen))
        return box

    def _store(self, key: str, value: Any, chosen: Any = None) -> None:
        """`chosen`: the signal that tells of it once it is stored."""
        self._desk.bridge.submit(
            self,
            "set_setting",
            key,
            value,
            on_done=lambda _: chosen.emit(value) if chosen is not None else None,
            on_failed=self._notice.tell,
        )

    def _describe(self, status: Status) -> None:
        while self._about.rowCount():
            self._about.removeRow(0)
        words = self._desk.words
        for key, value in (("settings.peer", status.peer_id or "–"), ("settings.version", status.version)):
            self._about.addRow(label(words(key), "muted", wrap=False), selectable(value))


def _select(box: QComboBox, value: Any) -> None:
    select(box, value or "system")
