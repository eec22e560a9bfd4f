"""The models that search by meaning: which one is used, add one, change, remove; how far a change is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QMenu, QProgressBar, QWidget

from app.bridge import Job
from app.embedder_results import EmbedderChange, EmbedderRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.model_card import ModelCard
from app.views.notice import Notice
from app.views.parts import button, clear, column, label, row
from app.views.pick import pick_folder, pick_source_file


class Embedders(QWidget):
    """A section of the page of models.  `changed` when another model is used from now on."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._adding: Job | None = None
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._rows = column(gap=SPACE)
        self._change = label("", "muted")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(words("embedders.progress"))
        self._stop = button(words("models.cancel"))
        self._stop.clicked.connect(self._cancel)
        self._busy = QFrame()
        busy = row(column(self._change, self._bar, gap=6), self._stop)
        busy.setStretch(0, 1)
        self._busy.setLayout(busy)
        self._busy.hide()
        self._add = button(words("embedders.add"))
        desk.theme.dress(self._add, "plus")
        menu = QMenu(self._add)
        menu.addAction(words("embedders.add_folder")).triggered.connect(self._pick_folder)
        menu.addAction(words("embedders.add_file")).triggered.connect(self._pick_file)
        self._add.setMenu(menu)
        self.setLayout(
            column(
                label(words("embedders.title"), "heading"),
                label(words("embedders.what"), "muted"),
                self._notice,
                self._rows,
                self._busy,
                row(self._add, 0),
                gap=SPACE * 2,
            )
        )

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "embedders", on_done=self._fill, on_failed=self._notice.tell)

    def hear(self, change: EmbedderChange) -> None:
        """How far a change to another model is; search uses the old one meanwhile."""
        words = self._desk.words
        going = change.state in ("loading", "embedding")
        self._busy.setVisible(going or self._adding is not None)
        self._stop.setVisible(self._adding is not None)
        if going:
            self._bar.setRange(0, change.total)
            self._bar.setValue(change.done)
            done, total = words.number(change.done), words.number(change.total)
            self._change.setText(words("embedders.changing", name=change.name, done=done, total=total))
        elif change.state == "failed":
            self._change.setText(words("embedders.failed", name=change.name))
            self._busy.show()
            self._bar.hide()
            return
        self._bar.show()
        if not going:
            self.refresh()
            self.changed.emit()

    def add(self, path: str) -> None:
        """Copy the model in a folder or an archive into the store; it is tried first."""
        if self._adding is not None:
            return
        self._notice.hide()
        self._add.setEnabled(False)
        self._change.setText(self._desk.words("embedders.adding"))
        self._bar.setRange(0, 0)
        self._stop.show()
        self._busy.show()
        self._adding = self._desk.bridge.submit(
            self,
            "add_embedder",
            path,
            on_done=lambda _: self._added(),
            on_failed=self._failed,
            on_cancelled=self._added,
        )

    def _added(self) -> None:
        self._adding = None
        self._busy.hide()
        self._add.setEnabled(True)
        self.refresh()

    def _failed(self, error: BaseException) -> None:
        self._added()
        self._notice.tell(error)

    def _cancel(self) -> None:
        if self._adding is not None:
            self._adding.cancel()

    def _pick_folder(self) -> None:
        pick_folder(self, self._desk, lambda paths: self.add(paths[0]), self._desk.words("embedders.pick"))

    def _pick_file(self) -> None:
        words = self._desk.words
        title, kinds = words("embedders.pick"), words("embedders.archives")
        pick_source_file(self, self._desk, lambda paths: self.add(paths[0]), title, kinds)

    def _fill(self, models: Sequence[EmbedderRow]) -> None:
        clear(self._rows)
        for model in models:
            self._rows.addWidget(self._card(model))

    def _card(self, model: EmbedderRow) -> ModelCard:
        removable = not model.built_in and (not model.current or model.kind == "reranker")
        card = ModelCard(
            self._desk, model.name, model.size, self._facts(model), current=model.current, removable=removable
        )
        card.wanted_use.connect(lambda: self._use(model))
        card.wanted_remove.connect(lambda: self._remove(model))
        return card

    def _facts(self, model: EmbedderRow) -> str:
        words = self._desk.words
        facts = [words.size(model.size)]
        if model.kind == "reranker":
            facts.append(words("embedders.reranker"))
        else:
            facts.append(words("embedders.multilingual" if model.multilingual else "embedders.one_language"))
        if model.built_in:
            facts.append(words("models.default"))
        if model.current and model.pending:
            facts.append(words("nav.embedding", count=model.pending, number=words.number(model.pending)))
        return " · ".join(facts)

    def _use(self, model: EmbedderRow) -> None:
        self._desk.bridge.submit(
            self, "use_embedder", model.name, on_done=lambda _: self._used(), on_failed=self._notice.tell
        )

    def _used(self) -> None:
        self.refresh()
        self.changed.emit()

    def _remove(self, model: EmbedderRow) -> None:
        self._desk.bridge.submit(
            self, "remove_embedder", model.name, on_done=lambda _: self.refresh(), on_failed=self._notice.tell
        )
