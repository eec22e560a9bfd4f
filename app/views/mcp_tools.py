"""The tools of an MCP server as it describes them now, beside what was agreed to; and agreeing to them."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.interop_results import McpServerView, McpToolRow
from app.theme.tokens import SPACE
from app.views.approval_card import HOLD_MS
from app.views.approval_fields import ApprovalFields
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, label, row
from app.views.plain import one_line

_STATES = {
    "known": ("mcp.known", "muted"),
    "new": ("mcp.new", "warning"),
    "changed": ("mcp.changed", "warning"),
    "gone": ("mcp.gone", "muted"),
}
_FIRST = ("changed", "new", "gone", "known")


class McpTools(Dialog):
    """Opened with `open()`; `agreed` once they are agreed to.  A server's words are shown, never obeyed."""

    agreed = Signal()

    def __init__(self, desk: Desk, parent: QWidget, server: str) -> None:
        words = desk.words
        super().__init__(parent, words("mcp.tools_title", name=one_line(server)), 640)
        self._desk = desk
        self._server = server
        self._seen: McpServerView | None = None
        self._said = label(words("mcp.asking"), "muted")
        self._list = column(gap=SPACE)
        self._notice = Notice(desk)
        self._notice.again.connect(self._ask)
        close = button(words("mcp.close"))
        close.clicked.connect(self.reject)
        self._agree = button(words("mcp.agree"), "primary")
        self._agree.setAutoDefault(False)
        self._agree.clicked.connect(self._accept)
        self._agree.hide()
        self._hold = QTimer(self, singleShot=True, interval=HOLD_MS)
        self._hold.timeout.connect(lambda: self._agree.setEnabled(self.job is None))
        self.fill(column(self._said, self._list, self._notice, gap=SPACE * 2), close, self._agree)
        close.setFocus()
        self._ask()

    def _ask(self) -> None:
        self._notice.hide()
        self.job = self._desk.bridge.submit(
            self, "mcp_tools", self._server, on_done=self._show, on_failed=self._failed, on_cancelled=self._rest
        )

    def _show(self, view: McpServerView) -> None:
        self._rest()
        self._seen = view
        clear(self._list)
        words = self._desk.words
        tools = sorted(view.tools, key=lambda tool: (_FIRST.index(tool.state), tool.name))
        for tool in tools:
            self._list.addWidget(self._card(tool))
        different = any(tool.state != "known" for tool in tools)
        self._said.setText(words("mcp.different" if different else "mcp.same" if tools else "mcp.no_tools"))
        self._agree.setVisible(different)
        self._agree.setEnabled(False)
        self._hold.start()

    def _card(self, tool: McpToolRow) -> QFrame:
        words = self._desk.words
        key, look = _STATES[tool.state]
        fields = [(words("mcp.about"), tool.about or "–")]
        if tool.state == "changed":
            fields = [(words("mcp.about_before"), tool.before or "–"), (words("mcp.about_now"), tool.about or "–")]
            if tool.schema != tool.schema_before:
                fields += [(words("mcp.schema_before"), tool.schema_before), (words("mcp.schema_now"), tool.schema)]
        elif tool.state == "new":
            fields.append((words("mcp.schema"), tool.schema))
        head = row(label(one_line(tool.name), "heading"), label(words(key), look, wrap=False))
        head.setStretch(0, 1)
        return frame("card", column(head, ApprovalFields(self._desk, fields), margin=SPACE + 4))

    def _accept(self) -> None:
        if self.job is not None or self._seen is None:
            return
        self._agree.setEnabled(False)
        self._notice.hide()
        self.job = self._desk.bridge.submit(
            self,
            "agree_mcp",
            self._seen,
            on_done=lambda _: self._ended(),
            on_failed=self._failed,
            on_cancelled=self._rest,
        )

    def _ended(self) -> None:
        self._rest()
        self.agreed.emit()
        self.accept()

    def _failed(self, error: BaseException) -> None:
        self._rest()
        self._said.setText("")
        self._notice.tell(error)

    def _rest(self) -> None:
        self.job = None
        self._hold.start()
