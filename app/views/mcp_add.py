"""Adding an MCP server: its name, its command or address, and the secrets it wants, which are never shown again."""

from __future__ import annotations

import shlex
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.errors import code
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field, line_field
from app.views.notice import Notice
from app.views.parts import button, choices, column, icon_button, label, row
from app.views.secret_field import SecretField

_KINDS = (("command", "mcp.by_command"), ("url", "mcp.by_url"))


class _Secret(QWidget):
    """The name of an environment variable or a header, and its value."""

    gone = Signal(QWidget)

    def __init__(self, desk: Desk, number: int) -> None:
        super().__init__()
        words = desk.words
        self._name = line_field(words("mcp.secret_name", number=number))
        self._value = SecretField(desk, words("mcp.secret_value", number=number))
        remove = icon_button(desk.theme, "trash", words("mcp.secret_remove", number=number))
        remove.clicked.connect(lambda: self.gone.emit(self))
        layout = row(self._name, self._value, remove)
        layout.setStretch(0, 2)
        layout.setStretch(1, 3)
        layout.setAlignment(remove, Qt.AlignmentFlag.AlignBottom)
        self.setLayout(layout)
        self.setFocusProxy(self._name)

    def pair(self) -> tuple[str, str]:
        return _line(self._name).text().strip(), self._value.text()

    def complete(self, missing: str) -> bool:
        name, value = self.pair()
        if value and not name:
            self._name.wrong(missing)
        return bool(name) or not value


class McpAdd(Dialog):
    """Opened with `open()`; `added` with the server's name once it has told its tools."""

    added = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        words = desk.words
        super().__init__(parent, words("mcp.add_title"), 600)
        self._desk = desk
        self._secrets: list[_Secret] = []
        self._name = line_field(words("mcp.name"), words("mcp.name_help"), "files")
        self._kind = choices(words("mcp.kind"), [(value, words(key)) for value, key in _KINDS])
        self._command = line_field(words("mcp.command"), words("mcp.command_help"), "npx -y some-server")
        self._url = line_field(words("mcp.url"), words("mcp.url_help"), "https://example.org/mcp")
        self._list = column(gap=SPACE)
        more = button(words("mcp.secret_add"))
        desk.theme.dress(more, "plus")
        more.clicked.connect(self._add_secret)
        self._secret_what = label("", "small")
        self._busy = label(words("mcp.asking"), "muted")
        self._busy.hide()
        self._notice = Notice(desk)
        self._notice.again.connect(self._store)
        self._save = button(words("mcp.do_add"), "primary")
        self._save.clicked.connect(self._store)
        cancel = button(words("mcp.cancel"))
        cancel.clicked.connect(self.reject)
        self._kind.currentIndexChanged.connect(lambda _: self._show_kind())
        content = column(
            label(words("mcp.what"), "muted"), self._name, Field(words("mcp.kind"), self._kind), self._command,
            self._url, self._list, self._secret_what, row(more, 0), self._busy, self._notice, gap=SPACE * 2,
        )  # fmt: skip
        self.fill(content, cancel, self._save)
        self._show_kind()
        self._name.setFocus()

    def _show_kind(self) -> None:
        remote = self._kind.currentData() == "url"
        self._command.setVisible(not remote)
        self._url.setVisible(remote)
        self._secret_what.setText(self._desk.words("mcp.headers" if remote else "mcp.variables"))

    def _add_secret(self) -> None:
        one = _Secret(self._desk, len(self._secrets) + 1)
        one.gone.connect(self._remove_secret)
        self._secrets.append(one)
        self._list.addWidget(one)
        one.setFocus()

    def _remove_secret(self, one: QWidget) -> None:
        self._secrets = [kept for kept in self._secrets if kept is not one]
        one.hide()
        one.deleteLater()

    def _store(self) -> None:
        words = self._desk.words
        self._notice.hide()
        given = self._given()
        if given is None or not all(one.complete(words("mcp.no_secret_name")) for one in self._secrets):
            return
        secrets = dict(one.pair() for one in self._secrets if one.pair()[0])
        self._rest(busy=True)
        self.job = self._desk.bridge.submit(
            self,
            "add_mcp",
            _line(self._name).text().strip(),
            *given,
            secrets,
            on_done=lambda _: self._ended(),
            on_failed=self._failed,
            on_cancelled=self._rest,
        )

    def _given(self) -> tuple[tuple[str, ...], str] | None:
        """The command's words and the address; None where it is not one of both."""
        words = self._desk.words
        if not _line(self._name).text().strip():
            self._name.wrong(words("mcp.no_name"))
            return None
        if self._kind.currentData() == "url":
            url = _line(self._url).text().strip()
            if not url:
                self._url.wrong(words("mcp.no_url"))
            return ((), url) if url else None
        try:
            command = tuple(shlex.split(_line(self._command).text()))
        except ValueError:
            command = ()
        if not command:
            self._command.wrong(words("mcp.no_command"))
        return (command, "") if command else None

    def _ended(self) -> None:
        self._rest()
        self.added.emit(_line(self._name).text().strip())
        self.accept()

    def _failed(self, error: BaseException) -> None:
        self._rest()
        sentence: Any = self._desk.words.failure(error)
        match code(error):
            case "mcp-name" | "mcp-exists":
                self._name.wrong(sentence)
            case "mcp-address":
                (self._url if self._url.isVisible() else self._command).wrong(sentence)
            case _:
                self._notice.tell(error)

    def _rest(self, *, busy: bool = False) -> None:
        if not busy:
            self.job = None
        self._busy.setVisible(busy)
        self._save.setEnabled(not busy)


def _line(field: Field) -> QLineEdit:
    assert isinstance(field.control, QLineEdit)
    return field.control
