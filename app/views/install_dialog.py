"""Before a skill is installed or updated: what it is, from whom, what it may do, and what of that is new."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from app.skill_results import InstallPlan
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.notice import Notice
from app.views.parts import button, clear, column, form, frame, label, rename, selectable
from app.views.permissions import Permissions
from app.views.plain import one_line


class InstallDialog(Dialog):
    """Opened with `open()`; `installed` with the skill's name.  What is done is what was shown: the plan's `agreed`."""

    installed = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget, what: str, *, update: bool = False) -> None:
        """`what`: a name, NAME@VERSION, or the path of a folder or an archive; of an update, the skill's name."""
        words = desk.words
        super().__init__(parent, words("install.looking"))
        self._desk = desk
        self._what = what
        self._update = update
        self._plan: InstallPlan | None = None
        self._bar = QProgressBar(textVisible=False, minimum=0, maximum=0)
        self._bar.setAccessibleName(words("install.looking"))
        self._body = column(gap=SPACE * 2)
        self._notice = Notice(desk)
        self._notice.again.connect(self._ask)
        self._do = button(words("install.do"), "primary")
        self._do.clicked.connect(self._install)
        self._do.setEnabled(False)
        self._cancel = button(words("install.cancel"))
        self._cancel.clicked.connect(self.reject)
        self.fill(column(self._body, self._notice, self._bar, gap=SPACE * 2), self._cancel, self._do)
        self._cancel.setFocus()
        self._ask()

    def _ask(self) -> None:
        self._bar.show()
        command = "plan_update" if self._update else "plan_install"
        self.job = self._desk.bridge.submit(
            self, command, self._what, on_done=self._show, on_failed=self._failed, on_cancelled=self._rest
        )

    def _show(self, plan: InstallPlan) -> None:
        self._rest()
        self._plan = plan
        words = self._desk.words
        refused = plan.verdict == "refuse"
        key = "install.refused" if refused else ("install.update_ask" if plan.before else "install.ask")
        self.tell(words(key, name=plan.name, version=plan.version, before=plan.before))
        clear(self._body)
        for reason in plan.reasons:
            look = "notice" if refused else "warning"
            self._body.addWidget(frame(look, column(label(one_line(reason)), margin=SPACE + 4)))
        if not refused:
            self._body.addWidget(label(words("install.may"), "heading"))
            self._body.addWidget(Permissions(self._desk, plan.permissions, plan.lost, mark=bool(plan.before)))
        facts = form()
        told = (("install.source", plan.source), ("skills.signer", plan.signer or words("skills.unsigned")))
        for caption, value in told:
            if value:
                facts.addRow(label(words(caption), "muted", wrap=False), selectable(one_line(value)))
        self._body.addLayout(facts)
        rename(self._do, words("install.do_update" if plan.before else "install.do"))
        self._do.setVisible(not refused)
        self._do.setEnabled(not refused)
        if refused:
            rename(self._cancel, words("install.close"))

    def _install(self) -> None:
        """Exactly what was shown; where it has changed since, the node refuses and it is shown anew."""
        assert self._plan is not None
        self._do.setEnabled(False)
        self._notice.hide()
        self._bar.show()
        command = "update" if self._update else "install"
        self.job = self._desk.bridge.submit(
            self,
            command,
            self._what,
            self._plan.agreed,
            on_done=self._ended,
            on_failed=self._failed,
            on_cancelled=self._rest,
        )

    def _ended(self, _result: Any) -> None:
        self._rest()
        assert self._plan is not None
        self.installed.emit(self._plan.name)
        self.accept()

    def _failed(self, error: BaseException) -> None:
        self._rest()
        if self._plan is None:
            self.tell(self._desk.words("install.failed"))
        self._notice.tell(error)

    def _rest(self) -> None:
        self.job = None
        self._bar.hide()
        self._do.setEnabled(self._plan is not None and self._plan.verdict != "refuse")
