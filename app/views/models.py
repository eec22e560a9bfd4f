"""The language models on this machine: which one answers, add a file, remove one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QVBoxLayout, QWidget

from app.bridge import Job
from app.results import ModelRow, Progress, Status
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.embedders import Embedders
from app.views.model_card import ModelCard
from app.views.notice import Notice
from app.views.parts import button, clear, column, label, line, row
from app.views.pick import pick_model
from app.views.sheet import Sheet

_MILLION = 1_000_000
_BILLION = 1_000_000_000


class Models(QWidget):
    """`changed` when another model answers from now on."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._adding: Job | None = None
        words = desk.words
        self._add = button(words("models.add"))
        desk.theme.dress(self._add, "plus")
        self._add.clicked.connect(lambda: pick_model(self, desk, lambda paths: self.add(paths[0])))
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(words("models.adding"))
        self._stop = button(words("models.cancel"))
        self._stop.clicked.connect(self._cancel)
        self._busy = QFrame()
        self._busy.setLayout(row(label(words("models.adding"), wrap=False), self._bar, self._stop))
        self._busy.hide()
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._rows = column(gap=SPACE)
        self._engine = label("", "muted")
        self.search = Embedders(desk)
        self.search.changed.connect(self.changed)
        content = column(
            label(words("models.title"), "title"),
            label(words("models.what"), "muted"),
            self._notice,
            self._rows,
            self._busy,
            row(self._add, 0),
            self._engine,
            line(),
            self.search,
            gap=SPACE * 2,
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content, 720, middle=False))
        self.setFocusProxy(self._add)
        self.refresh()

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        submit(self, "models", on_done=self._fill, on_failed=self._notice.tell)
        submit(self, "status", on_done=self._describe)
        self.search.refresh()

    def add(self, path: str) -> None:
        """Copy a GGUF file into the store."""
        if self._adding is None:
            self._begin()
            self._adding = self._desk.bridge.submit(
                self,
                "add_model",
                path,
                on_report=self._progress,
                on_done=lambda _: self._end(),
                on_failed=self._failed,
                on_cancelled=self._end,
            )

    def _begin(self) -> None:
        self._notice.hide()
        self._bar.setRange(0, 0)
        self._busy.show()
        self._add.setEnabled(False)

    def _progress(self, progress: object) -> None:
        if isinstance(progress, Progress) and progress.total:
            self._bar.setRange(0, 1000)  # a file may have more bytes than the bar can count
            self._bar.setValue(progress.done * 1000 // progress.total)

    def _end(self) -> None:
        self._adding = None
        self._busy.hide()
        self._add.setEnabled(True)
        self.refresh()

    def _failed(self, error: BaseException) -> None:
        self._end()
        self._notice.tell(error)

    def _cancel(self) -> None:
        if self._adding is not None:
            self._adding.cancel()

    def _fill(self, models: Sequence[ModelRow]) -> None:
        clear(self._rows)
        for model in models:
            self._rows.addWidget(self._card(model))
        if not models:
            self._rows.addWidget(label(self._desk.words("models.none")))

    def _describe(self, status: Status) -> None:
        words = self._desk.words
        self._engine.setText(words("models.engine", engine=status.engine, device=status.device))

    def _card(self, model: ModelRow) -> ModelCard:
        words = self._desk.words
        facts = [words.size(model.size), _parameters(model.parameters, self._desk)]
        facts.append(words("models.context", number=words.number(model.context)))
        if model.is_default:
            facts.append(words("models.default"))
        told = " · ".join(fact for fact in facts if fact)
        card = ModelCard(
            self._desk, model.name, model.size, told, current=model.current, removable=not model.current
        )  # fmt: skip
        card.wanted_use.connect(lambda: self._use(model))
        card.wanted_remove.connect(lambda: self._remove(model))
        return card

    def _use(self, model: ModelRow) -> None:
        self._desk.bridge.submit(
            self, "use_model", model.name, on_done=lambda _: self._used(), on_failed=self._notice.tell
        )

    def _used(self) -> None:
        self.refresh()
        self.changed.emit()

    def _remove(self, model: ModelRow) -> None:
        self._desk.bridge.submit(
            self, "remove_model", model.name, on_done=lambda _: self.refresh(), on_failed=self._notice.tell
        )


def _parameters(count: int, desk: Desk) -> str:
    """135M or 7.6B, as people name models; empty where the file does not say."""
    if count >= _BILLION:
        size = f"{desk.words.locale.toString(count / _BILLION, 'f', 1)}B"
    elif count >= _MILLION:
        size = f"{round(count / _MILLION)}M"
    else:
        return ""
    return desk.words("models.parameters", size=size)
