"""Giving a task to other people's agents: what, to whom, until when, and who gets it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.errors import code
from app.swarm_results import PeerRow, Preview, TaskRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field
from app.views.notice import Notice
from app.views.parts import button, choices, clear, column, label, select
from app.views.plain import one_line
from app.views.task_kinds import FORMS, TaskFields
from app.views.task_preview import TaskPreview

_SECONDS = (60.0, 600.0, 3600.0, 86_400.0)
_USUAL = 600.0
_LONGEST_REPLY = 30.0  # seconds that others have to propose something
_AWARDS = ("cheapest", "fastest", "contacts", "ask")
_ASKS = ("disclosure-ask", "disclosure-changed")
_WRONG = {"task-prompt-empty": "prompt", "task-prompt-long": "prompt", "task-tokens": "max_tokens"}


class TaskGive(Dialog):
    """Opened with `open()`; `given` with the task's id once the call is out."""

    given = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget, to: str = "") -> None:
        """`to`: the peer id that is chosen at first; "" for all contacts."""
        words = desk.words
        super().__init__(parent, words("give.title"), 620)
        self._desk = desk
        self._first = to
        self._names: dict[str, str] = {}
        self._kind = choices(words("give.kind"), [(kind, words(f"kind.{kind}")) for kind in FORMS])
        self._kind.currentIndexChanged.connect(lambda _: self._show_kind())
        kinds = Field(words("give.kind"), self._kind)
        kinds.setVisible(len(FORMS) > 1)
        self._leaves = label("", "muted")
        self._form = column()
        self._fields: TaskFields | None = None
        self._to = choices(words("give.to"), [("contacts", words("give.contacts")), ("open", words("give.open"))])
        self._until = choices(words("give.until"), zip(_SECONDS, self._times(), strict=True))
        select(self._until, _USUAL)
        self._award = choices(words("give.award"), [(one, words(f"give.by_{one}")) for one in _AWARDS])
        self._notice = Notice(desk)
        self._notice.again.connect(lambda: self._store())
        self._do = button(words("give.do"), "primary")
        self._do.clicked.connect(lambda: self._store())
        see = button(words("preview.see"))
        see.clicked.connect(lambda: self._preview(asks=False))
        cancel = button(words("peers.cancel"))
        cancel.clicked.connect(self.reject)
        self.fill(
            column(
                kinds, self._form, Field(words("give.to"), self._to), Field(words("give.until"), self._until),
                Field(words("give.award"), self._award, words("give.award_help")), self._leaves, self._notice,
                gap=SPACE * 2,
            ),
            see, cancel, self._do,
        )  # fmt: skip
        self._show_kind()
        desk.bridge.submit(self, "peers", on_done=self._list, on_failed=self._notice.tell)

    def _times(self) -> tuple[str, ...]:
        words = self._desk.words
        return (
            words("duration.minute", count=1),
            words("duration.minute", count=10),
            words("duration.hour", count=1),
            words("duration.day", count=1),
        )

    def _list(self, peers: Sequence[PeerRow]) -> None:
        for peer in peers:
            if peer.standing != "blocked":
                name = self._names[peer.peer_id] = one_line(peer.name) or f"…{peer.peer_id[-6:]}"
                self._to.addItem(name, peer.peer_id)
        select(self._to, self._first)

    def _show_kind(self) -> None:
        kind = str(self._kind.currentData())
        clear(self._form)
        self._fields = TaskFields(self._desk, kind)
        self._form.addWidget(self._fields)
        self._leaves.setText(self._desk.words(f"give.leaves_{kind}"))
        self._fields.setFocus()

    def _store(self, consent: str = "", shown: str = "") -> None:
        """`consent`, `shown`: the person's answer to the preview with this digest."""
        from app.swarm.negotiating import Terms

        assert self._fields is not None
        arguments = self._fields.given()
        if arguments is None:
            return
        self._notice.hide()
        self._do.setEnabled(False)
        seconds, award = float(self._until.currentData()), str(self._award.currentData())
        terms = Terms(seconds, min(_LONGEST_REPLY, seconds / 2), award=award, consent=consent, shown=shown)
        self.job = self._desk.bridge.submit(
            self, "announce", str(self._kind.currentData()), arguments, (str(self._to.currentData()),), terms,
            on_done=self._ended, on_failed=self._failed, on_cancelled=self._rest,
        )  # fmt: skip

    def _preview(self, *, asks: bool) -> None:
        """Show what would leave; where it `asks`, a yes sends it."""
        assert self._fields is not None
        arguments = self._fields.given()
        if arguments is not None:
            self._desk.bridge.submit(
                self, "preview_task", str(self._kind.currentData()), arguments, (str(self._to.currentData()),),
                on_done=lambda preview: self._show_preview(preview, asks=asks), on_failed=self._failed,
            )  # fmt: skip

    def _show_preview(self, preview: Preview, *, asks: bool) -> None:
        dialog = TaskPreview(self._desk, self, preview, self._names, asks=asks)
        dialog.agreed.connect(lambda consent: self._store(consent, preview.digest))
        dialog.open()

    def _ended(self, row: TaskRow) -> None:
        self._rest()
        self.given.emit(row.id)
        self.accept()

    def _failed(self, error: BaseException) -> None:
        self._rest()
        if code(error) in _ASKS:
            self._preview(asks=True)
            return
        argument = _WRONG.get(code(error), "")
        if self._fields is None or not self._fields.complain(argument, self._desk.words.failure(error)):
            self._notice.tell(error)

    def _rest(self) -> None:
        self.job = None
        self._do.setEnabled(True)
