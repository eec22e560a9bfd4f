"""The open vault: navigation, the views, and the reader beside them.  Destroyed when the vault is locked."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from app.embedder_results import EmbedderChange
from app.receipt_results import ReceiptsChanged
from app.results import CitationView, EmbedderChanged, EngineRestarted, LibraryChanged, Status
from app.skill_results import ApprovalsChanged, RunChanged, SkillsChanged
from app.source_results import SourceChanged
from app.swarm_results import LettersChanged, PeersChanged, TaskChanged
from app.theme.tokens import NARROW, SPACE
from app.views.account import Account
from app.views.activity import Activity
from app.views.approvals import Approvals
from app.views.chat import Chat
from app.views.demo_guide import DemoGuide, Part
from app.views.desk import Desk
from app.views.forget import Forget
from app.views.forget_wish import ForgetWish
from app.views.import_progress import ImportProgress
from app.views.importing import Importing
from app.views.library import Library
from app.views.memory import Memory
from app.views.models import Models
from app.views.navigation import Navigation
from app.views.parts import column, row
from app.views.peers import Peers
from app.views.pick import pick_files
from app.views.reader import Reader
from app.views.settings import Settings
from app.views.skills import Skills
from app.views.sources import Sources
from app.views.swarm_setting import DEMO
from app.views.tasks import Tasks
from app.views.timeline import Timeline
from app.wallet_results import TransactionChanged

CHAT, LIBRARY, SOURCES, TIMELINE, MODELS, SETTINGS, SKILLS, APPROVALS, ACTIVITY, MEMORY, PEERS, TASKS, ACCOUNT = range(
    13
)
_REFRESHED = (Sources, Timeline, Models, Settings, Skills, Approvals, Activity, Memory, Peers, Tasks, Account)
_STATUS_PAUSE_MS = 300
_BESIDE = 820  # below this width of the content, the reader takes the place of the view


class Home(QWidget):
    """Keyboard commands come from the window; what concerns the window goes to it as signals."""

    wanted_lock = Signal()
    wanted_shortcuts = Signal()
    theme_chosen = Signal(str)
    language_chosen = Signal(str)
    waiting = Signal(int)
    demo = Signal(object)

    def __init__(self, desk: Desk, importing: Importing) -> None:
        super().__init__()
        self._desk = desk
        self._records: int | None = None
        self._importing = importing
        self.navigation = Navigation(desk)
        self.chat = Chat(desk)
        self.library = Library(desk, importing)
        self.sources = Sources(desk)
        self.timeline = Timeline(desk)
        self.models = Models(desk)
        self.settings = Settings(desk)
        self.skills = Skills(desk)
        self.approvals = Approvals(desk)
        self.activity = Activity(desk)
        self.memory = Memory(desk)
        self.peers = Peers(desk)
        self.tasks = Tasks(desk)
        self.account = Account(desk)
        self._views = QStackedWidget()
        before = (self.chat, self.library, self.sources, self.timeline, self.models, self.settings)
        agent = (self.skills, self.approvals, self.activity, self.memory)
        for view in (*before, *agent, self.peers, self.tasks, self.account):
            self._views.addWidget(view)
        self.reader = Reader(desk)
        self.reader.hide()
        self._beside = _beside(self._views, self.reader)
        self._guided = column(gap=0)
        content = column(self._guided, self._beside, ImportProgress(desk, importing), gap=0)
        content.setStretch(1, 1)
        outer = row(self.navigation, content, gap=0)
        outer.setStretch(1, 1)
        self.setLayout(outer)
        self._status_soon = QTimer(self, singleShot=True, interval=_STATUS_PAUSE_MS)
        self._status_soon.timeout.connect(self._ask_status)
        self._connect(importing)
        self.turn_to(CHAT)
        self._ask_status()
        desk.bridge.submit(self, "approvals_waiting", on_done=self._show_waiting)
        desk.bridge.submit(self, "setting", DEMO, on_done=self._guide)
        self.tasks.list.refresh()
        self.peers.refresh()
        self.account.look()

    def _connect(self, importing: Importing) -> None:
        self.navigation.turned.connect(self.turn_to)
        self.navigation.locked.connect(self.wanted_lock)
        self.chat.opened.connect(self._open_citation)
        self.chat.wanted_import.connect(lambda: self.turn_to(LIBRARY))
        self.library.opened.connect(self.open_record)
        self.library.wanted_forget.connect(self.forget)
        self.sources.changed.connect(self._imported)
        self.sources.changed.connect(self.library.filters.refresh)
        self.timeline.opened.connect(self.open_record)
        self.timeline.wanted_sources.connect(lambda: self.turn_to(SOURCES))
        self.models.changed.connect(self._ask_status)
        self.settings.wanted_forget.connect(self.forget)
        self.settings.theme_chosen.connect(self.theme_chosen)
        self.settings.language_chosen.connect(self.language_chosen)
        self.settings.wanted_shortcuts.connect(self.wanted_shortcuts)
        for page in (self.skills, self.approvals, self.activity, self.memory):
            page.opened.connect(self.open_record)
        self.approvals.wanted_account.connect(self._set_up_sending)
        self.skills.wanted_approvals.connect(self.show_approvals)
        self.chat.wanted_approvals.connect(self.show_approvals)
        for asking in (self.activity, self.approvals):
            asking.wanted_skills.connect(lambda: self.turn_to(SKILLS))
        self.activity.wanted_run.connect(self._show_run)
        self.peers.wanted_task.connect(self._give_task)
        self.peers.wanted_memory.connect(lambda: self.turn_to(MEMORY))
        self.peers.unread.connect(self.navigation.show_unread)
        self.tasks.waiting.connect(self.navigation.show_calls)
        self.account.waiting.connect(self.navigation.show_asks)
        self.tasks.wanted_models.connect(lambda: self.turn_to(MODELS))
        self.reader.closed.connect(self._close_reader)
        self.reader.wanted_forget.connect(lambda record: self.forget(ForgetWish((record,))))
        for ended in (importing.finished, importing.failed, importing.cancelled):
            ended.connect(self._imported)

    def _guide(self, told: object) -> None:
        """In a throw-away profile: whose window this is, and what to do next."""
        part = Part.read(told)
        if part is None:
            return
        guide = DemoGuide(self._desk, part)
        guide.wanted_give.connect(self._begin_task)
        guide.wanted_task.connect(self._show_task)
        self.tasks.list.listed.connect(guide.show_tasks)
        self._guided.addWidget(guide)
        self._guided.setContentsMargins(SPACE, SPACE, SPACE, 0)
        self.tasks.list.refresh()
        self.demo.emit(part)

    def _begin_task(self, kind: str, arguments: dict[str, Any]) -> None:
        self.turn_to(TASKS)
        self.tasks.give(kind=kind, arguments=arguments)

    def _show_task(self, name: str) -> None:
        self.turn_to(TASKS)
        if name:
            self.tasks.open_task(name)

    def turn_to(self, view: int) -> None:
        """Show a view and put the cursor where work begins in it."""
        self._views.setCurrentIndex(view)
        self.navigation.select(view)
        if not self._views.isVisible():
            self._close_reader()
        page = self._focus()
        if isinstance(page, _REFRESHED):
            page.refresh()

    def _focus(self) -> QWidget | None:
        page = self._views.currentWidget()
        if page is not None:
            page.setFocus()
        return page

    def import_files(self) -> None:
        pick_files(self, self._desk, self._importing.paths)

    def show_approvals(self) -> None:
        """What waits for the person."""
        self.turn_to(APPROVALS)
        self.approvals.turn_to_waiting()

    def search(self) -> None:
        self.turn_to(LIBRARY)
        self.library.search()

    def new_chat(self) -> None:
        self.turn_to(CHAT)
        self.chat.new()
        self.chat.talk.setFocus()

    def escape(self) -> None:
        """Close the reader, else stop the answer."""
        if self.reader.isVisibleTo(self):
            self.reader.close_reader()
        else:
            self.chat.stop()

    def open_record(self, record: str, start: int = 0, end: int = 0) -> None:
        self.reader.show()
        self._arrange()
        self.reader.open_record(record, start, end)

    def forget(self, wish: ForgetWish) -> None:
        """Ask whether it is really meant, saying what follows."""
        dialog = Forget(self._desk, wish, self.window())
        dialog.forgotten.connect(self._forgotten)
        dialog.open()

    def hear(self, note: object) -> None:
        """What the node says unasked."""
        if isinstance(note, EmbedderChange):
            self.models.search.hear(note)
        if isinstance(note, SourceChanged):
            self.sources.source_changed()
            self._status_soon.start()
        if isinstance(note, LibraryChanged):
            self.timeline.library_changed()
        if isinstance(note, PeersChanged):
            self.peers.peers_changed()
        if isinstance(note, LettersChanged):
            self.navigation.show_unread(note.unread)
            self.peers.letters_changed()
        if isinstance(note, TaskChanged | ReceiptsChanged) or (isinstance(note, TransactionChanged) and note.task):
            self.tasks.task_changed()
        self.account.hear(note)
        self._hear_of_skills(note)
        if isinstance(note, EmbedderChanged | EngineRestarted | LibraryChanged) and not self._status_soon.isActive():
            self._status_soon.start()

    def _hear_of_skills(self, note: object) -> None:
        if isinstance(note, ApprovalsChanged):
            self._show_waiting(note.waiting)
            self.approvals.approvals_changed()
        if isinstance(note, SkillsChanged | RunChanged):
            self.skills.skills_changed()
        if isinstance(note, ApprovalsChanged | RunChanged):
            self.activity.something_happened()

    def _show_waiting(self, waiting: int) -> None:
        self.navigation.show_waiting(waiting)
        self.waiting.emit(waiting)

    def _set_up_sending(self) -> None:
        self.turn_to(SOURCES)
        self.sources.set_up_sending()

    def _give_task(self, peer: str) -> None:
        self.turn_to(TASKS)
        self.tasks.give(peer)

    def _show_run(self, run: int) -> None:
        self.turn_to(SKILLS)
        self.skills.open_run(run)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.navigation.set_narrow(self.width() < NARROW)
        self._arrange()

    def _open_citation(self, citation: CitationView) -> None:
        self.open_record(citation.id, citation.start, citation.end)

    def _close_reader(self) -> None:
        self.reader.hide()
        self._arrange()
        self._focus()

    def _arrange(self) -> None:
        reading = not self.reader.isHidden()
        self._views.setVisible(not reading or self._beside.width() >= _BESIDE)

    def _forgotten(self) -> None:
        """Nothing of it may stay on the screen."""
        self._close_reader()
        self.reader.clear()
        self._imported()
        self.chat.reload()
        self.timeline.refresh()
        for page in (self.approvals, self.activity, self.memory):
            page.refresh()

    def _imported(self) -> None:
        self.library.refresh()
        self.chat.library_changed()
        self._ask_status()

    def _ask_status(self) -> None:
        self._desk.bridge.submit(self, "status", on_done=self._show_status)

    def _show_status(self, status: Status) -> None:
        self.navigation.show_status(status, max(0, status.chunks - status.embedded))
        if self._records not in (None, status.records) and not self._importing.running:
            self.library.refresh()
            self.chat.library_changed()
        self._records = status.records


def _beside(views: QWidget, reader: QWidget) -> QSplitter:
    """The reader stands right of the view, where there is room for both."""
    result = QSplitter()
    result.setChildrenCollapsible(False)
    result.addWidget(views)
    result.addWidget(reader)
    result.setSizes([560, 440])
    return result
