"""A skill that somebody offers: which one, of whom, and what it is given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from app.swarm.kinds.skill import MAX_ARGUMENTS, arguments_of
from app.swarm_results import PeerOffers
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field, line_field
from app.views.notice import Notice
from app.views.parts import choices, column, label, select
from app.views.plain import one_line
from app.views.task_form import TaskForm, put, text_box, typed

_HEIGHT = 96
_OTHER = ""


class SkillForm(TaskForm):
    """What contacts who are there offer is asked of them; another one can be named."""

    WRONG: ClassVar[Mapping[str, str]] = {"task-skill-name": "skill", "task-skill-arguments": "arguments"}

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = desk.words
        self._peers: dict[str, list[str]] = {}
        self._offered = choices(words("give.skill"), ())
        self._offered.currentIndexChanged.connect(lambda _: self._chosen())
        self._choice = Field(words("give.skill"), self._offered)
        self._known = label(words("give.looking"), "muted")
        self._notice = Notice(desk)
        self._notice.again.connect(self._look)
        self._skill = self.watched("skill", line_field(words("give.skill_name"), words("give.skill_help")), lambda: "")
        self._entry = self.watched("entry", line_field(words("give.entry"), words("give.entry_help")), lambda: "")
        self._named = QWidget()
        self._named.setLayout(column(self._skill, self._entry, gap=SPACE * 2))
        self._named.hide()
        self._given = self.watched(
            "arguments", Field(words("give.arguments"), text_box(_HEIGHT), words("give.arguments_help")), self._wrong
        )
        self.setLayout(
            column(self._known, self._notice, self._choice, self._named, self._given, gap=SPACE * 2)
        )  # fmt: skip
        self._choice.hide()
        self.setFocusProxy(self._offered)
        self._look()

    def given(self) -> dict[str, Any] | None:
        chosen = self._offered.currentData()
        if chosen:
            skill, _, entry = str(chosen).partition("/")
        else:
            if not (self.checked("skill", "") and self.checked("entry", "")):
                return None
            skill, entry = typed(self._skill), typed(self._entry)
        if wrong := self._wrong():
            self._given.wrong(wrong)
            return None
        return {"skill": skill, "entry": entry, "arguments": json.dumps(_read(typed(self._given)), ensure_ascii=False)}

    def fill(self, arguments: Mapping[str, Any]) -> None:
        put(self._skill, str(arguments.get("skill", "")))
        put(self._entry, str(arguments.get("entry", "")))
        put(self._given, str(arguments.get("arguments", "")))
        select(self._offered, f"{arguments.get('skill')}/{arguments.get('entry')}")

    def _look(self) -> None:
        self._known.setText(self._desk.words("give.looking"))
        self._known.show()
        self._desk.bridge.submit(self, "peer_offers", on_done=self._list, on_failed=self._not_known)

    def _not_known(self, error: BaseException) -> None:
        self._list(())
        self._notice.tell(error)

    def _list(self, told: Sequence[PeerOffers]) -> None:
        words = self._desk.words
        before = f"{typed(self._skill)}/{typed(self._entry)}"
        self._peers, titles, names = {}, dict[str, str](), dict[str, list[str]]()
        for peer in told:
            for one in (skill for offer in peer.offers for skill in offer.skills):
                name = f"{one.skill}/{one.entry}"
                titles.setdefault(name, one_line(one.title) or one.skill)
                self._peers.setdefault(name, []).append(peer.peer_id)
                names.setdefault(name, []).append(one_line(peer.name))
        self._offered.clear()
        for name, title in titles.items():
            self._offered.addItem(words("give.of", what=f"{title} ({name})", names=", ".join(names[name])), name)
        self._offered.addItem(words("give.skill_other"), _OTHER)
        if not select(self._offered, before) and typed(self._skill):
            select(self._offered, _OTHER)
        self._known.setText(words("give.skill_none"))
        self._known.setVisible(not titles)
        self._choice.setVisible(bool(titles))
        self._chosen()

    def _chosen(self) -> None:
        name = str(self._offered.currentData() or "")
        self._named.setVisible(not name)
        if name:
            self.offered_by.emit(tuple(self._peers.get(name, ())))
        self.edited.emit()

    def _wrong(self) -> str:
        words = self._desk.words
        try:
            packed = json.dumps(_read(typed(self._given)), ensure_ascii=False)
        except ValueError:
            return words("give.arguments_wrong")
        return words("give.arguments_long") if len(packed.encode(errors="replace")) > MAX_ARGUMENTS else ""


def _read(text: str) -> dict[str, Any]:
    """Lines of `name: value`, or a JSON object as it is.  Errors: ValueError."""
    if text.startswith("{"):
        return arguments_of(text)
    found: dict[str, Any] = {}
    for line in filter(None, (one.strip() for one in text.splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or name.strip() in found:
            raise ValueError(line)
        found[name.strip()] = _value(value.strip())
    return found


def _value(text: str) -> Any:
    """A number, yes or no as such; everything else is text."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, int | float) and found == found and abs(found) < 2**53 else text
