"""Registering the person's agent, or changing what is registered: the exact file is seen before it becomes public."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QLineEdit, QPushButton, QWidget

from app.agent_results import AgentView, Registered, RegistrationDraft
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field, line_field
from app.views.parts import button, choices, clear, column, frame, label, row, select
from app.views.pick import pick_new_file
from app.views.plain import one_line, revealed
from app.views.plain_document import PlainDocument

_LINES = 12  # of the file that are seen at once
_CHAIN, _HOSTED = "chain", "hosted"


class RegisterAgent(Dialog):
    """Opened with `open()`; `changed` when the registry has another word of this agent."""

    changed = Signal()

    def __init__(self, desk: Desk, parent: QWidget, agent: AgentView | None, name: str = "") -> None:
        """`agent`: as it is registered, None for not at all; `name`: what the person calls themselves."""
        words = desk.words
        super().__init__(parent, words("register.title" if agent is None else "register.change_title"), 640)
        self._desk = desk
        self._draft: RegistrationDraft | None = None
        self._fields(agent)
        if agent is None:
            self._line(self._name).setText(name)
        self._wrong = label("", "danger")
        self._wrong.hide()
        self._told = label("", "good")
        self._told.hide()
        self._preview = column(gap=SPACE)
        self._cancel = button(words("register.cancel"))
        self._cancel.clicked.connect(self.reject)
        self._look = button(words("register.look"), "primary")
        self._look.clicked.connect(self._ask)
        self._publish = button(words("register.publish"), "primary")
        self._publish.setAutoDefault(False)  # Enter shows; only pressing it publishes
        self._publish.clicked.connect(self._do_publish)
        self._publish.hide()
        content = column(
            self._name, self._description, self._addresses, label(words("register.addresses_what"), "small"),
            self._where_line, self._uri, self._told, self._preview, self._wrong, gap=SPACE * 2,
        )  # fmt: skip
        self.fill(content, self._cancel, self._look, self._publish)
        for field in (self._name, self._description, self._uri):
            self._line(field).textChanged.connect(self._forget)
        self._addresses.toggled.connect(self._forget)
        self._where.currentIndexChanged.connect(self._moved)
        self._moved()
        self._line(self._name).setFocus()

    def _fields(self, agent: AgentView | None) -> None:
        words = self._desk.words
        self._name = line_field(words("register.name"))
        self._description = line_field(words("register.description"), words("register.description_help"))
        self._addresses = QCheckBox(words("register.addresses"))
        self._addresses.setAccessibleName(words("register.addresses"))
        self._addresses.setAccessibleDescription(words("register.addresses_what"))
        options = [(_CHAIN, words("register.in_chain")), (_HOSTED, words("register.hosted"))]
        self._where = choices(words("register.where"), options)
        caption = label(words("register.where"), wrap=False)
        caption.setBuddy(self._where)
        self._where_line = row(caption, self._where, 0, gap=SPACE * 2)
        self._save = button(words("register.save"))
        self._save.clicked.connect(self._pick)
        self._uri = line_field(words("register.uri"), words("register.uri_help"), "https://", beside=self._save)
        if agent is not None:
            self._line(self._name).setText(agent.name)
            self._line(self._description).setText(agent.description)
            self._addresses.setChecked(any(one.addresses for one in agent.services))
            if agent.uri.startswith("https:"):
                select(self._where, _HOSTED)
                self._line(self._uri).setText(agent.uri)

    def _line(self, field: Field) -> QLineEdit:
        assert isinstance(field.control, QLineEdit)
        return field.control

    def _moved(self) -> None:
        """The file lies in the chain, or elsewhere."""
        self._uri.setVisible(self._where.currentData() == _HOSTED)
        self._forget()

    def _said(self) -> tuple[Any, ...]:
        """Name, description, addresses and address, as the commands want them; None: as it was."""
        name, about = (self._line(field).text().strip() for field in (self._name, self._description))
        uri = self._line(self._uri).text().strip() if self._where.currentData() == _HOSTED else ""
        return name or None, about or None, self._addresses.isChecked(), uri

    def _forget(self) -> None:
        """What was shown is not what would be published any more."""
        self._draft = None
        clear(self._preview)
        self._publish.hide()
        self._look.show()
        self._look.setAutoDefault(True)
        self._wrong.hide()
        self._save.setEnabled(False)

    def _ask(self) -> None:
        """Before there is an address, what is shown is the file to be hosted."""
        self._wrong.hide()
        held = self._where.currentData() == _HOSTED and not self._said()[3]
        self._desk.bridge.submit(
            self, "draft_registration", *self._said(), held, on_done=self._show, on_failed=self._failed
        )

    def _show(self, draft: RegistrationDraft) -> None:
        words = self._desk.words
        self._forget()
        self._draft = draft
        self._preview.addWidget(label(words("register.exact"), "heading"))
        self._preview.addWidget(PlainDocument(words("register.exact"), revealed(draft.file), _LINES))
        self._preview.addWidget(self._warning(draft))
        hosted = self._where.currentData() == _HOSTED
        self._save.setEnabled(hosted)
        ready = draft.changes and (not hosted or bool(draft.uri))
        self._publish.setVisible(ready)
        self._look.setVisible(not ready)

    def _warning(self, draft: RegistrationDraft) -> QFrame:
        words = self._desk.words
        said = column(margin=SPACE + 4, gap=6)
        if not draft.changes:
            said.addWidget(label(words("register.same")))
            return frame("hint", said)
        hosted = self._where.currentData() == _HOSTED
        key = "register.hosted_for_good" if hosted else "register.for_good"
        size, network = words.number(draft.bytes), one_line(draft.network)
        said.addWidget(
            label(words(key, network=network) if hosted else words(key, network=network, bytes=size), "warning")
        )
        said.addWidget(label(words("register.linked"), "warning"))
        if draft.agent is None:
            said.addWidget(label(words("register.number"), "small"))
        if draft.real_value:
            said.addWidget(label(words("register.real"), "danger"))
        return frame("warning", said)

    def _pick(self) -> None:
        words = self._desk.words
        pick_new_file(self, self._do_save, words("register.pick"), "registration.json", words("register.kind"))

    def _do_save(self, paths: list[str]) -> None:
        """The number is taken with it: what was seen is what is written, but for that."""
        seen = self._draft
        if seen is None:
            return

        def same(draft: RegistrationDraft) -> None:
            if draft.file != seen.file:
                self._show(draft)
                return
            self._work(draft.digest, "", paths[0])

        name, about, addresses, _uri = self._said()
        self._desk.bridge.submit(
            self, "draft_registration", name, about, addresses, "", True, on_done=same, on_failed=self._failed
        )

    def _do_publish(self) -> None:
        if self._draft is not None:
            self._work(self._draft.digest, self._said()[3], "")

    def _work(self, digest: str, uri: str, path: str) -> None:
        name, about, addresses, _uri = self._said()
        self._wrong.hide()
        self._tell(self._desk.words("register.busy"), "muted")
        for control in self._controls():
            control.setEnabled(False)
        self.job = self._desk.bridge.submit(
            self, "register_agent", digest, name, about, addresses, uri, path,
            on_done=self._done, on_failed=self._failed, on_cancelled=self._rest,
        )  # fmt: skip

    def _controls(self) -> tuple[QWidget | QPushButton, ...]:
        return (self._name, self._description, self._addresses, self._where, self._uri, self._look, self._publish)

    def _rest(self) -> None:
        self.job = None
        self._told.hide()
        for control in self._controls():
            control.setEnabled(True)

    def _tell(self, sentence: str, look: str) -> None:
        self._told.setProperty("role", look)
        self._told.style().unpolish(self._told)
        self._told.style().polish(self._told)
        self._told.setText(sentence)
        self._told.show()

    def _failed(self, error: BaseException) -> None:
        self._rest()
        self._wrong.setText(self._desk.words.failure(error))
        self._wrong.show()

    def _done(self, found: Registered) -> None:
        self._rest()
        self.changed.emit()
        if not found.saved:
            self.accept()
            return
        self._forget()
        said = self._desk.words("register.saved", agent=str(found.agent.agent), path=found.saved)
        self._tell(said, "good")
        self._line(self._uri).setFocus()
