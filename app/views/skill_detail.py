"""One skill: what it does and may do, running it, its log, its update, and removing it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from agent.tools import GUIDE
from app.skill_results import EntryView, RunView, SkillView
from app.theme.tokens import SPACE
from app.views.confirm import confirm
from app.views.desk import Desk
from app.views.install_dialog import InstallDialog
from app.views.notice import Notice
from app.views.parts import button, clear, column, form, frame, label, line, row, selectable
from app.views.permissions import Permissions
from app.views.plain import one_line
from app.views.run_form import RunForm
from app.views.run_log import RunLog
from app.views.sealed_text import SealedText
from app.views.skill_words import source, title
from app.views.wording import Words


class SkillDetail(QWidget):
    """`closed`; `removed`; `opened` with a record's id; `wanted_approvals`."""

    closed = Signal()
    removed = Signal()
    opened = Signal(str)
    wanted_approvals = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._name = ""
        self._skill: SkillView | None = None
        words = desk.words
        self._back = button(words("skills.back"), "quiet")
        desk.theme.dress(self._back, "arrow-left", "muted")
        self._back.clicked.connect(self.closed)
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._body = column(gap=SPACE * 2)
        self._log = RunLog(desk)
        self._log.opened.connect(self.opened)
        self._log.wanted_approvals.connect(self.wanted_approvals)
        self._log_title = label(words("runs.title"), "heading")
        self.setLayout(column(row(self._back, 0), self._notice, self._body, self._log_title, self._log, gap=SPACE * 2))
        self.setFocusProxy(self._back)

    def open_skill(self, name: str) -> None:
        if name != self._name:
            self._name = name
            self._skill = None
            clear(self._body)
            self._log.open_skill(name)
        self.refresh()

    def open_run(self, run: int) -> None:
        """The skill of this run, with the run opened; of a skill that was removed, the run alone."""
        self._desk.bridge.submit(self, "run", run, on_done=self._show_run, on_failed=self._notice.tell)

    def refresh(self) -> None:
        if self._name:
            self._desk.bridge.submit(self, "skill", self._name, on_done=self._show, on_failed=self._notice.tell)
            self._log.refresh()

    def _show_run(self, view: RunView) -> None:
        self.open_skill(view.row.skill)
        self._log.unfold(view.row.id)

    def _show(self, skill: SkillView) -> None:
        self._notice.hide()
        if skill == self._skill or skill.row.name != self._name:
            return
        self._skill = skill
        clear(self._body)
        for part in (self._head(skill), self._may(skill), self._ask(skill), self._instructions(skill)):
            self._body.addLayout(part)
        self._body.addWidget(line())

    # -- the parts -------------------------------------------------------------------------------------------------

    def _head(self, skill: SkillView) -> QVBoxLayout:
        words, entry = self._desk.words, skill.row
        name = title(entry)
        result = column(label(name, "title"), label(one_line(entry.about), "muted"), gap=SPACE)
        if entry.revoked:
            result.addWidget(frame("notice", column(label(words("skills.revoked"), "danger"), margin=SPACE + 4)))
        switch = QCheckBox(words("skills.enabled"))
        switch.setAccessibleName(words("skills.enabled_name", name=name))
        switch.setChecked(entry.enabled)
        switch.setEnabled(not entry.revoked)
        switch.clicked.connect(self._enable)
        remove = button(words("skills.remove"), "danger")
        remove.clicked.connect(self._ask_remove)
        tools = row(switch, 0, gap=SPACE * 2)
        if entry.update:
            update = button(words("skills.update", version=entry.update), "primary")
            update.clicked.connect(self._update)
            tools.addWidget(update)
        tools.addWidget(remove)
        result.addLayout(tools)
        return result

    def _may(self, skill: SkillView) -> QVBoxLayout:
        """Its permissions, when it runs by itself, and where it is from."""
        words, entry = self._desk.words, skill.row
        when = [label(one_line(sentence)) for sentence in entry.triggers] or [label(words("skills.on_request"))]
        facts = form()
        signer = one_line(skill.signer) or words("skills.unsigned")
        told = (
            ("skills.about", f"{entry.version} · {source(entry, words)}"),
            ("skills.signer", signer),
            ("skills.digest", skill.digest[:16]),
            ("skills.since", words.date(skill.installed)),
        )
        for key, value in told:
            if value:
                said = selectable(value)
                facts.addRow(label(words(key), "muted", wrap=False), said)
        heading, runs = label(words("skills.may"), "heading"), label(words("skills.when"), "heading")
        may = Permissions(self._desk, skill.permissions) if entry.runs else label(words("skills.guides"))
        return column(heading, may, SPACE, runs, *when, SPACE, facts, gap=6)

    def _ask(self, skill: SkillView) -> QVBoxLayout:
        """A form for each thing that can be asked of it; without a program, for an answer after its instructions."""
        result, words = column(gap=SPACE), self._desk.words
        askable = [entry for entry in skill.entries if entry.asked] if skill.row.runs else [_guide(words)]
        if not askable or skill.row.revoked:
            return result
        result.addWidget(label(words("runs.now" if skill.row.runs else "runs.guided"), "heading"))
        for entry in askable:
            about = "" if skill.row.runs else words("runs.guided_what")
            asking = RunForm(self._desk, skill.row.name, entry, about)
            asking.opened.connect(self.opened)
            asking.wanted_approvals.connect(self.wanted_approvals)
            asking.ended.connect(self._log.refresh)
            result.addWidget(asking)
        return result

    def _instructions(self, skill: SkillView) -> QVBoxLayout:
        words = self._desk.words
        result = column(gap=SPACE)
        if not skill.instructions.strip():
            return result
        text = SealedText(words("skills.instructions"))
        text.show_markdown(skill.instructions, ())
        text.hide()
        toggle = button(words("skills.instructions"), "quiet")
        toggle.setCheckable(True)
        toggle.toggled.connect(text.setVisible)
        self._desk.theme.dress(toggle, "file-text", "muted")
        result.addLayout(row(toggle, 0))
        result.addWidget(text)
        return result

    # -- what is done with it --------------------------------------------------------------------------------------

    def _enable(self, on: bool) -> None:
        self._desk.bridge.submit(
            self, "enable_skill", self._name, on, on_done=lambda _: self.refresh(), on_failed=self._failed
        )

    def _update(self) -> None:
        dialog = InstallDialog(self._desk, self.window(), self._name, update=True)
        dialog.installed.connect(lambda _: self.refresh())
        dialog.open()

    def _ask_remove(self) -> None:
        assert self._skill is not None
        words = self._desk.words
        confirm(
            self.window(),
            words("skills.remove_title"),
            words("skills.remove_ask", name=title(self._skill.row)),
            words("skills.remove"),
            words("skills.keep"),
            self._remove,
            words("skills.remove_what"),
        )

    def _remove(self) -> None:
        self._desk.bridge.submit(
            self, "remove_skill", self._name, on_done=lambda _: self._gone(), on_failed=self._failed
        )

    def _gone(self) -> None:
        self._name = ""
        self.removed.emit()

    def _failed(self, error: BaseException) -> None:
        self._skill = None
        self.refresh()
        self._notice.tell(error)


def _guide(words: Words) -> EntryView:
    """What a skill of instructions only is asked for."""
    return EntryView(GUIDE.name, ((GUIDE.arguments[0].name, "request", words("runs.request"), True, ()),), ())
