"""The skills that are installed: what each does, when it runs by itself, and whether it may."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QWidget

from app.skill_results import SkillRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, label, row
from app.views.plain import one_line
from app.views.skill_words import about, title


class SkillList(QWidget):
    """`wanted` with a skill's name; `wanted_catalog`; `changed` when one was switched on or off."""

    wanted = Signal(str)
    wanted_catalog = Signal()
    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: tuple[SkillRow, ...] = ()
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._list = column(gap=SPACE)
        self.setLayout(column(self._notice, self._list, gap=SPACE * 2))

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "skills", on_done=self._fill, on_failed=self._notice.tell)

    def _fill(self, skills: Sequence[SkillRow]) -> None:
        self._notice.hide()
        if tuple(skills) == self._shown and self._list.count():
            return
        self._shown = tuple(skills)
        clear(self._list)
        for skill in skills:
            self._list.addWidget(self._card(skill))
        if not skills:
            self._list.addWidget(self._nothing())

    def _nothing(self) -> QWidget:
        words = self._desk.words
        go = button(words("skills.see_catalog"))
        go.clicked.connect(self.wanted_catalog)
        heading, what = label(words("skills.none"), "heading"), label(words("skills.none_what"), "muted")
        return frame("card", column(heading, what, row(go, 0), margin=SPACE * 3))

    def _card(self, skill: SkillRow) -> QFrame:
        words, name = self._desk.words, title(skill)
        text = column(label(name, "heading"), label(one_line(skill.about), "muted"), gap=4)
        for sentence in skill.triggers:
            text.addWidget(label(one_line(sentence), "small"))
        text.addWidget(label(about(skill, words), "small"))
        if skill.revoked:
            text.addWidget(label(words("skills.revoked"), "danger"))
        elif skill.update:
            text.addWidget(label(words("skills.update_there", version=skill.update), "good"))
        switch = QCheckBox(words("skills.enabled"))
        switch.setAccessibleName(words("skills.enabled_name", name=name))
        switch.setChecked(skill.enabled)
        switch.setEnabled(not skill.revoked)
        switch.clicked.connect(lambda on: self._enable(skill.name, on))
        see = button(words("skills.open"))
        see.setAccessibleName(words("skills.open_name", name=name))
        see.clicked.connect(lambda: self.wanted.emit(skill.name))
        head = row(text, column(see, switch, 0), margin=SPACE * 2, gap=SPACE * 2)
        head.setStretch(0, 1)
        head.setAlignment(text, Qt.AlignmentFlag.AlignTop)
        return frame("card", head)

    def _enable(self, name: str, on: bool) -> None:
        self._desk.bridge.submit(
            self, "enable_skill", name, on, on_done=lambda _: self.changed.emit(), on_failed=self._not_enabled
        )

    def _not_enabled(self, error: BaseException) -> None:
        """The switch goes back to how it is."""
        self._shown = ()
        self.refresh()
        self._notice.tell(error)
