"""Filters that can be clicked.  They write what a person could type, and show what is typed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget

from app.source_results import SourceRow
from app.views import filter_words
from app.views.desk import Desk
from app.views.flow import Flow
from app.views.parts import button, choices, select

_KINDS = (
    ("", "library.all"),
    ("mail", "library.mail"),
    ("note", "library.notes"),
    ("file", "library.files"),
    ("article", "filter.articles"),
    ("event", "filter.events"),
    ("contact", "filter.contacts"),
)
_OTHER = "other"  # a date that was typed


class FilterBar(QWidget):
    """`changed` with the text that stands for what was clicked; `wanted_date` with it and the part to be typed over."""

    changed = Signal(str)
    wanted_date = Signal(str, str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._text = ""
        words = desk.words
        self.kind = choices(words("library.kind"), [(value, words(key)) for value, key in _KINDS])
        self.source = choices(words("filter.source"), [("", words("filter.any_source"))])
        self.date = choices(words("filter.date"), self._dates())
        self.attachment = self._toggle("filter.attachment", "paperclip")
        self.unread = self._toggle("filter.unread", "envelope-simple")
        self.clear = button(words("filter.clear"), "quiet")
        desk.theme.dress(self.clear, "x", "muted", 14)
        self.setLayout(Flow(self.kind, self.source, self.date, self.attachment, self.unread, self.clear))
        self.source.setMaximumWidth(220)
        self._connect()
        self.show_text("")
        self.refresh()

    def _dates(self) -> list[tuple[object, str]]:
        words, today = self._desk.words, date.today()
        week = today - timedelta(days=6)
        return [
            ("", words("filter.any_time")),
            (f"since:{week.isoformat()}", words("filter.week")),
            (f"since:{today:%Y-%m}", words("filter.month")),
            (f"since:{today:%Y}", words("filter.year")),
            (f"before:{today:%Y-%m-%d}", words("filter.before")),
        ]

    def _toggle(self, key: str, glyph: str) -> QPushButton:
        result = button(self._desk.words(key), "filter")
        result.setCheckable(True)
        self._desk.theme.dress(result, glyph, "text", 15)
        return result

    def _connect(self) -> None:
        put = filter_words.put
        self.kind.activated.connect(lambda _: self._change(put(self._text, "kind", "kind", self.kind.currentData())))
        self.source.activated.connect(
            lambda _: self._change(put(self._text, "source", "source", self.source.currentData()))
        )
        self.date.activated.connect(lambda _: self._date_chosen())
        toggled = filter_words.toggled
        self.attachment.clicked.connect(lambda on: self._change(toggled(self._text, "has", "attachment", on)))
        self.unread.clicked.connect(lambda on: self._change(toggled(self._text, "is", "unread", on)))
        self.clear.clicked.connect(self._clear)

    def refresh(self) -> None:
        """Ask which sources there are."""
        self._desk.bridge.submit(self, "sources", on_done=self._list_sources)

    def show_text(self, text: str) -> None:
        """Show in the controls what the filters in `text` say."""
        self._text = text
        self._show(self.kind, filter_words.value(text, "kind"))
        self._show(self.source, filter_words.value(text, "source"))
        self._show(self.date, filter_words.date(text))
        for toggle, field, wanted in ((self.attachment, "has", "attachment"), (self.unread, "is", "unread")):
            with QSignalBlocker(toggle):
                toggle.setChecked(filter_words.holds(text, field, wanted))
        self.clear.setVisible(self._without_filters() != " ".join(text.split()))

    def _list_sources(self, sources: Sequence[SourceRow]) -> None:
        """Nobody needs a choice between no sources."""
        while self.source.count() > 1:
            self.source.removeItem(1)
        for source in sources:
            self.source.addItem(source.name, source.name)
        self.source.setVisible(bool(sources))
        self._show(self.source, filter_words.value(self._text, "source"))

    def _change(self, text: str) -> None:
        self.changed.emit(text)

    def _date_chosen(self) -> None:
        name, _, day = str(self.date.currentData()).partition(":")
        text = filter_words.put(self._text, "date", name, day)
        if name == "before":
            self.wanted_date.emit(text, day)
        else:
            self._change(text)

    def _without_filters(self) -> str:
        text = self._text
        for field in ("kind", "source", "date"):
            text = filter_words.put(text, field, "", "")
        for field, wanted in (("has", "attachment"), ("is", "unread")):
            text = filter_words.toggled(text, field, wanted, False)
        return text

    def _clear(self) -> None:
        self._change(self._without_filters())

    @staticmethod
    def _show(box: QComboBox, value: str) -> None:
        """A value that is not in the list is one that was typed: it is listed as it stands."""
        extra = box.findData(_OTHER)
        if not select(box, value):
            if extra < 0:
                box.addItem(value, _OTHER)
                extra = box.count() - 1
            box.setItemText(extra, value)
            select(box, _OTHER)
        elif extra >= 0:
            box.removeItem(extra)
