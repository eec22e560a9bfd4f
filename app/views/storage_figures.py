"""Settings: what is in the vault and what takes room; and letting go of what is old."""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QWidget

from app.results import LibraryPage, ModelRow, Status
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.forget_wish import ForgetWish
from app.views.kinds import COUNTS
from app.views.notice import Notice
from app.views.parts import button, choices, column, form, label, row, selectable

_YEARS = (1, 2, 5, 10)


class StorageFigures(QWidget):
    """`wanted_forget` with a ForgetWish."""

    wanted_forget = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._counts: dict[str, int] = {}
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._facts = form()
        self._kinds = selectable("")
        self._models = selectable("")
        self._old = choices(words("storage.older"), [(years, words("duration.year", count=years)) for years in _YEARS])
        caption = label(words("storage.older"), wrap=False)
        caption.setBuddy(self._old)
        forget = button(words("forget.menu"))
        desk.theme.dress(forget, "trash")
        forget.clicked.connect(self._forget)
        self.setLayout(
            column(self._notice, self._facts, row(caption, self._old, forget, 0, gap=SPACE + 4), gap=SPACE * 2)
        )

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        submit(self, "status", on_done=self._describe, on_failed=self._notice.tell)

    def _describe(self, status: Status) -> None:
        self._notice.hide()
        self._clear(self._facts)
        words = self._desk.words
        meaning = words("settings.embedded_of", done=words.number(status.embedded), total=words.number(status.chunks))
        self._kinds, self._models = selectable(""), selectable("")
        for key, value in (
            ("settings.records", selectable(words.number(status.records))),
            ("storage.kinds", self._kinds),
            ("settings.conversations", selectable(words.number(status.conversations))),
            ("settings.embedded", selectable(meaning)),
            ("storage.vault", selectable(words.size(status.vault_bytes))),
            ("storage.models", self._models),
            ("settings.home", selectable(status.home)),
        ):
            self._facts.addRow(label(words(key), "muted", wrap=False), value)
        submit = self._desk.bridge.submit
        self._counts = {}
        for kind in COUNTS:
            submit(self, "library", "", kind, 0, 1, on_done=partial(self._count, kind))
        submit(self, "models", on_done=self._weigh)

    def _count(self, kind: str, page: LibraryPage) -> None:
        self._counts[kind] = page.total
        words = self._desk.words
        shown = [
            words(key, count=self._counts[known], number=words.number(self._counts[known]))
            for known, key in COUNTS.items()
            if self._counts.get(known)
        ]
        self._kinds.setText(", ".join(shown) or words("storage.nothing"))

    def _weigh(self, models: tuple[ModelRow, ...]) -> None:
        self._models.setText(self._desk.words.size(sum(model.size for model in models)))

    def _forget(self) -> None:
        today = date.today()
        day = today.replace(year=today.year - int(self._old.currentData()), day=min(today.day, 28))
        self.wanted_forget.emit(ForgetWish(before=day.isoformat()))

    @staticmethod
    def _clear(facts: QFormLayout) -> None:
        while facts.rowCount():
            facts.removeRow(0)
