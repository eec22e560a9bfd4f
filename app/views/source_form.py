"""What a form that describes a source can do, and the forms that ask for a file, a folder or an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field, choose_button, line_field
from app.views.parts import column
from app.views.pick import pick_folder, pick_source_file

_ELSEWHERE = ("internal", "locked", "airplane", "closed", "disk-full", "read-only")  # no field mends these
_SCHEMES = ("http://", "https://", "webcal://", "webcals://")


class SourceForm(QWidget):
    """What the forms share.  `entered` on Enter in a field.

    Each form has `complete()` (whether everything needed is there; otherwise a field says what is missing), `name()`,
    `config()` as the commands want it, `show_failure(code, sentence)` (say it beside the field that can mend it; False
    where there is none), and `fill(name, config)` to show a source that is there already.
    """

    entered = Signal()

    def secrets(self) -> dict[str, str]:
        """By name; empty where nothing was typed."""
        return {}


@dataclass(frozen=True)
class _Place:
    """Where a kind of source can be: in a folder, in a file, at an address."""

    caption: str
    help: str
    placeholder: str
    missing: str
    folder: bool = False
    file: str = ""  # the file dialog's filter
    address: bool = False


_PLACES = {
    "notes": _Place("place.notes", "place.notes_help", "", "place.no_folder", folder=True),
    "folder": _Place("place.folder", "place.folder_help", "", "place.no_folder", folder=True),
    "feed": _Place("place.feed", "place.feed_help", "https://example.org/", "place.no_address", address=True),
    "calendar": _Place(
        "place.calendar", "place.calendar_help", "", "place.no_calendar", file="pick.calendar", address=True
    ),
    "contacts": _Place("place.contacts", "place.contacts_help", "", "place.no_file", file="pick.contacts"),
}


class PlaceForm(SourceForm):
    """For everything that is in one place and needs no password."""

    def __init__(self, desk: Desk, kind: str) -> None:
        super().__init__()
        self._desk = desk
        self._kind = kind
        self._place = _PLACES[kind]
        words = desk.words
        choose = None
        if self._place.folder or self._place.file:
            caption = words(self._place.caption)
            choose = choose_button(words("place.choose"), words("place.choose_name", what=caption), self._choose)
        self._where = line_field(words(self._place.caption), words(self._place.help), self._place.placeholder, choose)
        self._name = line_field(words("place.name"))
        for field in (self._where, self._name):
            self._line(field).returnPressed.connect(self.entered)
        self._line(self._where).textChanged.connect(lambda _: self._guess())
        self.setLayout(column(self._where, self._name, gap=SPACE * 2))
        self.setFocusProxy(self._where)

    def complete(self) -> bool:
        if self._text():
            return True
        self._where.wrong(self._desk.words(self._place.missing))
        return False

    def name(self) -> str:
        return self._line(self._name).text().strip() or self._named_after()

    def config(self) -> dict[str, Any]:
        where = self._text()
        if not self._place.address:
            return {"path": where}
        if where.startswith(_SCHEMES):
            return {"address": where}
        return {"path": where} if self._place.file else {"address": f"https://{where}"}

    def show_failure(self, code: str, sentence: str) -> bool:
        if code in _ELSEWHERE:
            return False
        self._where.wrong(sentence)
        return True

    def fill(self, name: str, config: Mapping[str, Any]) -> None:
        self._line(self._where).setText(str(config.get("path") or config.get("address") or ""))
        self._line(self._name).setText(name)

    def _text(self) -> str:
        return self._line(self._where).text().strip()

    def _named_after(self) -> str:
        """The last part of the path, or the host."""
        where = self._text()
        if where.startswith(_SCHEMES) or (self._place.address and not self._place.file):
            return urlsplit(where if "://" in where else f"https://{where}").hostname or where
        return PurePath(where).stem if self._place.file else PurePath(where).name or where

    def _guess(self) -> None:
        self._line(self._name).setPlaceholderText(self._named_after())

    def _choose(self) -> None:
        def take(paths: list[str]) -> None:
            self._line(self._where).setText(paths[0])

        if self._place.folder:
            pick_folder(self, self._desk, take, self._desk.words(self._place.caption))
        else:
            words = self._desk.words
            pick_source_file(self, self._desk, take, words(self._place.caption), words(self._place.file))

    @staticmethod
    def _line(field: Field) -> QLineEdit:
        assert isinstance(field.control, QLineEdit)
        return field.control
