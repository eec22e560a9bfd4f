"""Who this person is: their names, whether they could get them back, their agent on chain, and what others see."""

from __future__ import annotations

import json
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QWidget

from app.agent_results import AgentView, IdentityView, RegistrationDraft
from app.theme.tokens import SPACE
from app.views.agent_checks import AgentChecks
from app.views.agent_lookup import AgentLookup
from app.views.backup import Backup
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, icon_button, label, row, selectable
from app.views.plain import breakable, one_line, revealed
from app.views.plain_document import PlainDocument
from app.views.register_agent import RegisterAgent
from app.views.secrets import AskNewPhrase

_LINES = 14  # of the public file that are seen at once


class IdentityTab(QWidget):
    """`wanted_chain` when the person wants to choose a chain."""

    wanted_chain = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._shown: IdentityView | None = None
        self._stale: QLabel | None = None
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._copied = label("", "small")
        self._copied.hide()
        self._names = column(gap=SPACE + 4)
        self._keys = column(gap=SPACE)
        self._agent = column(gap=SPACE)
        self._others = column(gap=SPACE)
        content = column(
            self._notice,
            _card(words("identity.who"), words("identity.who_what"), self._names, self._copied),
            _card(words("identity.keys"), words("identity.keys_what"), self._keys),
            _card(words("identity.agent"), "", self._agent),
            _card(words("identity.others"), "", self._others),
            _card(words("lookup.title"), words("lookup.what"), AgentLookup(desk)),
            gap=SPACE * 2,
        )
        self.setLayout(content)

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "identity", on_done=self._fill, on_failed=self._notice.tell)

    def _fill(self, found: IdentityView) -> None:
        """What did not change stays as it is: the keyboard's place is in it."""
        self._notice.hide()
        if found.agent is not None:  # None each time: what would be said now
            self._desk.bridge.submit(self, "draft_registration", None, None, None, None, False, on_done=self._compare)
        if found == self._shown:
            return
        self._shown = found
        self._stale = None
        for part in (self._names, self._keys, self._agent, self._others):
            clear(part)
        self._show_names(found)
        self._show_keys(found)
        self._show_agent(found)
        self._show_others(found)

    def _compare(self, draft: RegistrationDraft) -> None:
        """Whether what stands on the chain is what would be said now; where nobody can tell, nothing is said."""
        if self._stale is not None:
            self._stale.setVisible(draft.changes)

    def _show_names(self, found: IdentityView) -> None:
        words = self._desk.words
        said = words("identity.named", name=one_line(found.name)) if found.name else words("identity.unnamed")
        self._names.addWidget(label(said))
        self._names.addWidget(self._name("did", found.did, words("identity.did_what")))
        about = words("identity.account_what", network=one_line(found.network)) if found.account else ""
        self._names.addWidget(self._name("account", found.account, about or words("identity.no_account")))
        self._names.addWidget(self._name("peer", found.peer_id, words("identity.peer_what")))

    def _name(self, kind: str, value: str, about: str) -> QWidget:
        words, theme = self._desk.words, self._desk.theme
        caption = words(f"identity.{kind}")
        lines = column(label(caption), gap=2)
        if value:
            shown = selectable(breakable(value))
            shown.setAccessibleName(f"{caption}: {value}")
            lines.addWidget(shown)
        lines.addWidget(label(about, "small"))
        line = row(lines)
        line.setStretch(0, 1)
        if value:
            copy = icon_button(theme, "copy", words("identity.copy", what=caption))
            copy.clicked.connect(lambda: self._copy(caption, value))
            line.addWidget(copy)
        holder = QWidget()
        holder.setLayout(line)
        return holder

    def _copy(self, caption: str, value: str) -> None:
        QGuiApplication.clipboard().setText(value)
        self._copied.setText(self._desk.words("identity.copied", what=caption))
        self._copied.show()

    def _show_keys(self, found: IdentityView) -> None:
        words = self._desk.words
        for kind, moment, caption, glyph in (
            ("phrase", found.phrase, "identity.new_phrase", "list-numbers"),
            ("backup", found.backup, "identity.make_backup", "archive"),
        ):
            key = f"identity.{kind}_{'yes' if moment else 'no'}"
            said = label(words(key, when=words.date(moment)) if moment else words(key), "good" if moment else "warning")
            do = button(words(caption))
            self._desk.theme.dress(do, glyph)
            do.clicked.connect(self._new_phrase if kind == "phrase" else self._backup)
            line = row(said, do)
            line.setStretch(0, 1)
            self._keys.addLayout(line)

    def _new_phrase(self) -> None:
        self._open(AskNewPhrase(self._desk, self.window()))

    def _backup(self) -> None:
        self._open(Backup(self._desk, self.window()))

    def _open(self, dialog: AskNewPhrase | Backup) -> None:
        dialog.finished.connect(lambda _: self.refresh())
        dialog.open()

    def _show_agent(self, found: IdentityView) -> None:
        words = self._desk.words
        if found.problem:
            self._agent.addWidget(label(found.problem, "danger"))
        if not found.chain:
            self._agent.addWidget(label(words("identity.no_chain"), "muted"))
            self._agent.addLayout(self._action("identity.choose_chain", "link", self.wanted_chain.emit, primary=False))
        elif found.agent is None:
            self._agent.addWidget(label(words("identity.no_agent", network=one_line(found.network)), "muted"))
            self._agent.addLayout(self._action("identity.register", "identification-card", self._register))
        else:
            self._show_registered(found.agent)
            self._agent.addLayout(
                self._action("identity.update", "identification-card", self._register, primary=not found.agent.verified)
            )

    def _show_registered(self, agent: AgentView) -> None:
        words = self._desk.words
        named = words(
            "identity.number", agent=str(agent.agent), network=one_line(agent.network), name=one_line(agent.name) or "…"
        )
        self._agent.addWidget(label(named))
        where = selectable(breakable(f"{agent.registry}/{agent.agent}"))
        where.setProperty("role", "small")
        self._agent.addWidget(where)
        if agent.verified:
            self._agent.addWidget(label(words("identity.verified"), "good"))
        else:
            self._agent.addWidget(label(words("identity.not_verified"), "danger"))
            self._agent.addWidget(AgentChecks(self._desk, agent.checks, failing=True))
        self._agent.addWidget(label(words("identity.looked", when=words.when(agent.looked)), "small"))
        self._stale = label(words("identity.stale"), "warning")
        self._stale.hide()
        self._agent.addWidget(self._stale)

    def _action(self, key: str, glyph: str, then: Callable[[], object], *, primary: bool = True) -> QHBoxLayout:
        do = button(self._desk.words(key), "primary" if primary else "")
        self._desk.theme.dress(do, glyph, "on_accent" if primary else "text")
        do.clicked.connect(lambda: then())
        return row(do, 0)

    def _register(self) -> None:
        found = self._shown
        assert found is not None
        dialog = RegisterAgent(self._desk, self.window(), found.agent, found.name)
        dialog.changed.connect(self.refresh)
        dialog.open()

    def _show_others(self, found: IdentityView) -> None:
        words, agent = self._desk.words, found.agent
        self._others.addWidget(label(words("identity.contacts_see")))
        if agent is None or agent.file is None:
            self._others.addWidget(label(words("identity.strangers_see_nothing")))
            return
        hosted = agent.uri.startswith("https:")
        key = "identity.strangers_see_hosted" if hosted else "identity.strangers_see"
        self._others.addWidget(label(words(key, uri=breakable(one_line(agent.uri))) if hosted else words(key)))
        self._others.addWidget(PlainDocument(words("identity.file"), _laid_out(agent.file), _LINES))


def _card(title: str, about: str, *parts: QLayout | QWidget) -> QFrame:
    said = [label(title, "heading"), *([label(about, "muted")] if about else [])]
    return frame("card", column(*said, *parts, margin=SPACE * 2, gap=SPACE))


def _laid_out(file: str) -> str:
    """One member on a line; as it is where it is no JSON."""
    try:
        return revealed(json.dumps(json.loads(file), indent=2, ensure_ascii=False))
    except (ValueError, RecursionError):
        return revealed(file)
