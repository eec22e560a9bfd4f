"""Looking up an agent on the chain: who it says it is, and which checks of that hold."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from app.agent_results import AgentView, ServiceRow
from app.theme.tokens import SPACE
from app.views.agent_checks import AgentChecks
from app.views.desk import Desk
from app.views.field import line_field
from app.views.parts import button, clear, column, frame, label, selectable
from app.views.plain import breakable, one_line


class AgentLookup(QWidget):
    """A stranger's words are text: no address in them can be opened."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._look = button(words("lookup.look"))
        desk.theme.dress(self._look, "magnifying-glass")
        self._which = line_field(words("lookup.which"), beside=self._look)
        line = self._which.control
        assert isinstance(line, QLineEdit)
        self._line = line
        self._look.clicked.connect(self._ask)
        line.returnPressed.connect(self._ask)
        self._busy = label(words("lookup.busy"), "muted")
        self._busy.hide()
        self._found = column(gap=SPACE)
        self.setLayout(column(self._which, self._busy, self._found, gap=SPACE))

    def _ask(self) -> None:
        wanted = self._line.text().strip()
        if not wanted:
            self._which.wrong(self._desk.words("lookup.missing"))
            return
        if not self._look.isEnabled():
            return
        self._which.right()
        clear(self._found)
        self._look.setEnabled(False)
        self._busy.show()
        self._desk.bridge.submit(
            self, "show_agent", wanted, on_done=self._show, on_failed=self._failed, on_cancelled=self._rest
        )

    def _rest(self) -> None:
        self._look.setEnabled(True)
        self._busy.hide()

    def _failed(self, error: BaseException) -> None:
        self._rest()
        self._which.wrong(self._desk.words.failure(error))

    def _show(self, agent: AgentView) -> None:
        self._rest()
        words = self._desk.words
        said = column(margin=SPACE + 4, gap=6)
        named = {"agent": str(agent.agent), "network": one_line(agent.network)}
        name = one_line(agent.name)
        said.addWidget(label(words("lookup.named", name=name, **named) if name else words("lookup.nameless", **named)))
        if agent.alike:
            said.addWidget(label(words("lookup.alike", name=one_line(agent.alike)), "danger"))
        said.addWidget(label(self._who(agent)))
        key, look = ("verified", "good") if agent.verified else ("not_verified", "danger")
        said.addWidget(label(words(f"lookup.{key}"), look))
        if agent.description:
            said.addWidget(label(breakable(one_line(agent.description)), "muted"))
        if agent.uri and not agent.uri.startswith("data:"):
            where = selectable(breakable(one_line(words("lookup.file", uri=agent.uri))))
            where.setProperty("role", "small")
            said.addWidget(where)
        for service in agent.services:
            shown = selectable(breakable(self._service(service)))
            shown.setProperty("role", "small")
            said.addWidget(shown)
        said.addWidget(AgentChecks(self._desk, agent.checks))
        self._found.addWidget(frame("card", said))

    def _who(self, agent: AgentView) -> str:
        words = self._desk.words
        if agent.mine:
            return words("lookup.mine")
        return words("lookup.contact", name=one_line(agent.contact)) if agent.contact else words("lookup.stranger")

    def _service(self, one: ServiceRow) -> str:
        said = f"{one_line(one.name)}: {one_line(one.endpoint)}"
        if one.dubious:
            said += f" ({self._desk.words('lookup.dubious')})"
        return "\n".join((said, *(f"    {one_line(value)}" for value in (*one.skills, *one.addresses))))
