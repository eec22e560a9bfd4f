"""Settings: what other programs of this computer may ask of Nuée, and the MCP servers whose tools it may use."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QFrame, QPushButton, QWidget

from app.interop_results import EndpointState, EndpointToken, McpServerRow, OfferedPart
from app.theme.tokens import SPACE
from app.views.confirm import confirm
from app.views.desk import Desk
from app.views.flow import Flow
from app.views.mcp_add import McpAdd
from app.views.mcp_tools import McpTools
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, icon_button, label, row, selectable
from app.views.plain import one_line

_PARTS = (("model", "endpoint.model", "endpoint.model_what"), ("mcp", "endpoint.mcp", "endpoint.mcp_what"))


class Endpoint(QWidget):
    """Everything is off until it is turned on here."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._problem = label("", "danger")
        self._problem.hide()
        self._copied = label(words("endpoint.copied"), "small")
        self._copied.hide()
        self._switches: dict[str, _Part] = {}
        offered = column(gap=SPACE)
        for part, title, what in _PARTS:
            card = _Part(desk, words(title), words(what))
            card.switch.clicked.connect(lambda on, part=part: self._turn(part, on))
            card.copy.clicked.connect(lambda _=False, part=part: self._copy(part, new=False))
            card.renew.clicked.connect(lambda _=False, part=part: self._ask_renew(part))
            self._switches[part] = card
            offered.addWidget(card)
        self._servers = column(gap=SPACE)
        add = button(words("endpoint.add"))
        desk.theme.dress(add, "plus")
        add.clicked.connect(self._add)
        self.setLayout(
            column(
                self._notice, self._problem, offered, self._copied, SPACE,
                label(words("endpoint.servers"), "heading"), label(words("endpoint.servers_what"), "muted"),
                self._servers, row(add, 0), gap=SPACE,
            )
        )  # fmt: skip

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        submit(self, "endpoint_state", on_done=self._show, on_failed=self._notice.tell)
        submit(self, "mcp_servers", on_done=self._list, on_failed=self._notice.tell)

    def _show(self, state: EndpointState) -> None:
        self._problem.setText(state.problem)
        self._problem.setVisible(bool(state.problem))
        for part in state.parts:
            if part.part in self._switches:
                self._switches[part.part].show_part(part)

    def _turn(self, part: str, on: bool) -> None:
        self._desk.bridge.submit(self, "set_endpoint", on, part, on_done=self._show, on_failed=self._failed)

    def _failed(self, error: BaseException) -> None:
        self.refresh()
        self._notice.tell(error)

    def _copy(self, part: str, *, new: bool) -> None:
        self._desk.bridge.submit(
            self, "endpoint_token", new, part, on_done=self._to_clipboard, on_failed=self._notice.tell
        )

    def _to_clipboard(self, token: EndpointToken) -> None:
        """It is never shown: whoever looks over a shoulder learns nothing."""
        QGuiApplication.clipboard().setText(token.token)
        self._copied.show()

    def _ask_renew(self, part: str) -> None:
        words = self._desk.words
        confirm(
            self.window(),
            words("endpoint.renew"),
            words("endpoint.renew_ask"),
            words("endpoint.do_renew"),
            words("endpoint.keep"),
            lambda: self._copy(part, new=True),
        )

    def _list(self, servers: Sequence[McpServerRow]) -> None:
        clear(self._servers)
        for server in servers:
            self._servers.addWidget(self._server(server))
        if not servers:
            self._servers.addWidget(label(self._desk.words("endpoint.no_servers"), "muted"))

    def _server(self, server: McpServerRow) -> QFrame:
        words, name = self._desk.words, one_line(server.name)
        about = " · ".join((one_line(server.target), words("endpoint.tools", count=server.tools)))
        remove = icon_button(self._desk.theme, "trash", words("endpoint.remove", name=name))
        remove.clicked.connect(lambda: self._ask_remove(server.name, name))
        tools = button(words("endpoint.see_tools"))
        tools.setAccessibleDescription(name)
        tools.clicked.connect(lambda: self._see_tools(server.name))
        line = row(column(label(name), label(about, "small"), gap=2), tools, remove, margin=SPACE + 4)
        line.setStretch(0, 1)
        return frame("card", line)

    def _add(self) -> None:
        dialog = McpAdd(self._desk, self.window())
        dialog.added.connect(lambda _: self.refresh())
        dialog.open()

    def _see_tools(self, server: str) -> None:
        dialog = McpTools(self._desk, self.window(), server)
        dialog.agreed.connect(self.refresh)
        dialog.open()

    def _ask_remove(self, server: str, name: str) -> None:
        words = self._desk.words
        confirm(
            self.window(),
            words("endpoint.remove_title"),
            words("endpoint.remove_ask", name=name),
            words("endpoint.do_remove"),
            words("endpoint.keep"),
            lambda: self._desk.bridge.submit(
                self, "remove_mcp", server, on_done=lambda _: self.refresh(), on_failed=self._notice.tell
            ),
        )


class _Part(QFrame):
    """One thing that is offered: its switch, where it answers, its token."""

    def __init__(self, desk: Desk, title: str, what: str) -> None:
        super().__init__()
        words = desk.words
        self.setProperty("role", "card")
        self.switch = QCheckBox(title)
        self.switch.setAccessibleName(title)
        self.switch.setAccessibleDescription(what)
        self._address = selectable("")
        self.copy = self._tool(words("endpoint.copy"), title)
        desk.theme.dress(self.copy, "copy")
        self.renew = self._tool(words("endpoint.renew"), title)
        self._tools = QWidget()
        self._tools.setLayout(Flow(self.copy, self.renew))
        layout = column(self.switch, label(what, "small"), self._address, self._tools, margin=SPACE + 4, gap=6)
        self.setLayout(layout)
        self._address.hide()
        self._tools.hide()

    def show_part(self, part: OfferedPart) -> None:
        with QSignalBlocker(self.switch):
            self.switch.setChecked(part.on)
        self._address.setText(part.address)
        self._address.setVisible(bool(part.address))
        self._tools.setVisible(part.on)

    @staticmethod
    def _tool(caption: str, title: str) -> QPushButton:
        result = button(caption)
        result.setAccessibleDescription(title)
        return result
