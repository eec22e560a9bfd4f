"""A model to fetch: one that contacts offer, by its name, or any by its SHA-256."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from app.results import ModelRow
from app.swarm_results import OfferedModel, PeerOffers
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field, line_field
from app.views.notice import Notice
from app.views.parts import choices, column, label, select
from app.views.plain import one_line
from app.views.task_form import TaskForm, put, typed

_OTHER = ""
_HEX = re.compile(r"[0-9a-f]{64}")


class ModelForm(TaskForm):
    """What contacts who are there offer is asked of them, less what is here already."""

    WRONG: ClassVar[Mapping[str, str]] = {"task-model-digest": "sha256", "task-model-here": "sha256"}

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = desk.words
        self._peers: dict[str, list[str]] = {}
        self._here: frozenset[str] = frozenset()
        self._told: Sequence[PeerOffers] = ()
        self._offered = choices(words("give.model"), ())
        self._offered.currentIndexChanged.connect(lambda _: self._chosen())
        self._choice = Field(words("give.model"), self._offered)
        self._known = label(words("give.looking"), "muted")
        self._notice = Notice(desk)
        self._notice.again.connect(self._look)
        self._sha256 = self.watched(
            "sha256", line_field(words("give.sha256"), words("give.sha256_help"), "0123…cdef"), self._wrong
        )
        lands = label(words("give.model_lands"), "small")
        self.setLayout(column(self._known, self._notice, self._choice, self._sha256, lands, gap=SPACE * 2))
        self._choice.hide()
        self.setFocusProxy(self._offered)
        self._look()

    def given(self) -> dict[str, Any] | None:
        chosen = str(self._offered.currentData() or "")
        if not chosen and not self.checked("sha256", self._wrong()):
            return None
        return {"sha256": chosen or self._digest()}

    def fill(self, arguments: Mapping[str, Any]) -> None:
        put(self._sha256, str(arguments.get("sha256", "")))
        select(self._offered, self._digest())

    def refused(self, code: str, sentence: str) -> bool:
        """Where one was chosen there is no field to say it beside."""
        return not self._offered.currentData() and super().refused(code, sentence)

    def _look(self) -> None:
        self._known.setText(self._desk.words("give.looking"))
        self._known.show()
        self._desk.bridge.submit(self, "models", on_done=self._note_own)
        self._desk.bridge.submit(self, "peer_offers", on_done=self._list, on_failed=self._not_known)

    def _note_own(self, rows: Sequence[ModelRow]) -> None:
        self._here = frozenset(row.digest for row in rows)
        if self._told:
            self._list(self._told)

    def _not_known(self, error: BaseException) -> None:
        self._list(())
        self._notice.tell(error)

    def _list(self, told: Sequence[PeerOffers]) -> None:
        words = self._desk.words
        self._told, self._peers = told, {}
        found, names = dict[str, OfferedModel](), dict[str, list[str]]()
        for peer in told:
            for one in (model for offer in peer.offers for model in offer.models):
                found.setdefault(one.sha256, one)
                self._peers.setdefault(one.sha256, []).append(peer.peer_id)
                names.setdefault(one.sha256, []).append(one_line(peer.name))
        offered = {digest: one for digest, one in found.items() if digest not in self._here}
        self._offered.clear()
        for digest, one in offered.items():
            what = f"{one_line(one.name) or digest[:12]}, {words.size(one.size)}"
            self._offered.addItem(words("give.of", what=what, names=", ".join(names[digest])), digest)
        self._offered.addItem(words("give.model_other"), _OTHER)
        if self._digest() and not select(self._offered, self._digest()):
            select(self._offered, _OTHER)
        self._known.setText(words("give.model_have" if found else "give.model_none"))
        self._known.setVisible(not offered)
        self._choice.setVisible(bool(offered))
        self._chosen()

    def _chosen(self) -> None:
        digest = str(self._offered.currentData() or "")
        self._sha256.setVisible(not digest)
        if digest:
            self.offered_by.emit(tuple(self._peers.get(digest, ())))
        self.edited.emit()

    def _digest(self) -> str:
        """Programs print it with the name of what it is of, or in groups."""
        return re.sub(r"[\s\u200b:]|^sha256", "", typed(self._sha256).casefold())

    def _wrong(self) -> str:
        if not _HEX.fullmatch(self._digest()):
            return self._desk.words("give.sha256_wrong", count=len(self._digest()))
        return self._desk.words("give.sha256_here") if self._digest() in self._here else ""
