"""Navigation: which page the window shows, the keys, files dropped on it, locking and closing."""

from __future__ import annotations

import functools
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QDialog, QMainWindow, QWidget

from app.bridge import Bridge
from app.events import CoreStopped
from app.results import StateChanged, Status, WindowWanted
from app.texts import system_language
from app.theme.theme import Theme
from app.views.demo_guide import Part
from app.views.desk import Desk
from app.views.drop_overlay import DropOverlay
from app.views.first_start import FirstStart
from app.views.home import CHAT, SETTINGS, Home
from app.views.importing import Importing, dropped_paths
from app.views.input import Input
from app.views.navigation import KEYS
from app.views.opening import Opening
from app.views.shortcuts import Shortcuts
from app.views.unlock import Unlock
from app.views.wording import Words

_DEMO_HEIGHT = 820  # pixels, where the screen has them


class Window(QMainWindow):
    """`finished` when the window is closed and the node has ended.  A locked window holds nothing of the vault."""

    finished = Signal()

    def __init__(self, bridge: Bridge, theme: Theme, language: str) -> None:
        """`language`: en | fr."""
        super().__init__()
        self._bridge = bridge
        self._theme = theme
        self._desk = Desk(bridge, Words(language), theme)
        self._stopped = False
        self._closing = False
        self._name = "Nuée"
        self._waiting = 0
        self._importing = Importing(bridge)
        self._importing.setParent(self)
        self.setWindowTitle("Nuée")
        self.setWindowIcon(theme.icon("cloud", "accent"))
        self.setAcceptDrops(True)
        self.setMinimumSize(640, 480)
        self.resize(1100, 720)
        self._overlay = DropOverlay(self._desk, self)
        self._turn_to(Opening(self._desk))
        self._bind_keys()
        self._input = Input(bridge, lambda: self.home is not None)
        self._input.setParent(self)
        bridge.noted.connect(self._hear)
        bridge.stopped.connect(self._core_stopped)
        bridge.submit(self, "status", on_done=self._begin, on_failed=self._cannot_begin)

    @property
    def home(self) -> Home | None:
        """The views of the open vault; None while it is locked or not there yet."""
        page = self.centralWidget()
        return page if isinstance(page, Home) else None

    # -- pages -----------------------------------------------------------------------------------------------------

    def _turn_to(self, page: QWidget) -> None:
        """Show `page`; the page before is destroyed with everything it showed."""
        before = self.takeCentralWidget()
        page.setObjectName(page.objectName() or "page")
        self.setCentralWidget(page)
        page.setFocus()
        if before is not None:
            before.hide()
            before.deleteLater()

    def _begin(self, status: Status) -> None:
        if status.state == "absent":
            page = FirstStart(self._desk, self._importing)
            page.finished.connect(self._open_home)
            self._turn_to(page)
        elif status.state == "locked":
            self._ask_secret()
        else:
            self._open_home()

    def _cannot_begin(self, error: BaseException) -> None:
        page = Opening(self._desk, error)
        page.wanted_quit.connect(self.close)
        self._turn_to(page)

    def _ask_secret(self) -> None:
        page = Unlock(self._desk)
        page.unlocked.connect(self._open_home)
        self._turn_to(page)

    def _open_home(self) -> None:
        if self.home is not None:
            return
        with self._theme.at_the_end():
            page = Home(self._desk, self._importing)
            self._turn_to(page)
        page.wanted_lock.connect(self.lock)
        page.wanted_shortcuts.connect(self._show_shortcuts)
        page.theme_chosen.connect(self._theme.choose)
        page.language_chosen.connect(self._change_language)
        page.waiting.connect(self._tell_waiting)
        page.demo.connect(self._show_whose)
        page.turn_to(CHAT)

    def lock(self) -> None:
        """Destroy every view of the vault at once; the node ends what holds plaintext."""
        if self.home is None:
            return
        self._leave_home()
        self._bridge.submit(self, "lock", on_failed=self._cannot_begin)

    def _tell_waiting(self, waiting: int) -> None:
        """How many acts wait for the person, also where the window is only a name in a list of windows."""
        self._waiting = waiting
        self.setWindowTitle(f"({waiting}) {self._name}" if waiting else self._name)

    def _show_whose(self, part: Part) -> None:
        """One of the two windows of a demonstration: they stand beside each other, each with its name."""
        self._name = part.title(self._desk.words)
        self._tell_waiting(self._waiting)
        room = self.screen().availableGeometry()
        wide = max(self.minimumWidth(), min(self.width(), room.width() // 2))
        left = room.left() if part.begins else room.right() + 1 - wide
        self.setGeometry(left, room.top(), wide, min(room.height(), max(self.height(), _DEMO_HEIGHT)))

    def _leave_home(self) -> None:
        self._tell_waiting(0)
        self._importing.cancel()
        self._bridge.cancel_all()
        for dialog in self.findChildren(QDialog):
            dialog.close()
            dialog.deleteLater()
        self._overlay.hide()
        self._ask_secret()

    def _change_language(self, choice: str) -> None:
        """Build the views anew in the other language.  An answer under way goes on; the vault keeps it."""
        language = system_language() if choice == "system" else choice
        if language == self._desk.words.language or self.home is None:
            return
        self._desk = Desk(self._bridge, Words(language), self._theme)
        self._overlay.deleteLater()
        self._overlay = DropOverlay(self._desk, self)
        self._turn_to(QWidget())
        self._open_home()
        if self.home is not None:
            self.home.turn_to(SETTINGS)

    # -- what the node says ----------------------------------------------------------------------------------------

    def _hear(self, note: object) -> None:
        if isinstance(note, WindowWanted):
            self.showNormal() if self.isMinimized() else self.show()
            self.raise_()
            self.activateWindow()
        elif isinstance(note, StateChanged):
            self._state_changed(note.state)
        elif self.home is not None:
            self.home.hear(note)

    def _state_changed(self, state: str) -> None:
        """Another `nuee` on this profile locked, unlocked or created the vault."""
        page = self.centralWidget()
        if state == "locked" and self.home is not None:
            self._leave_home()
        elif state == "open" and isinstance(page, Unlock):
            self._open_home()

    def _core_stopped(self, event: CoreStopped) -> None:
        self._stopped = True
        if event.error is not None and not self._closing:
            self._cannot_begin(event.error)
        else:
            self.finished.emit()

    # -- keys ------------------------------------------------------------------------------------------------------

    def _bind_keys(self) -> None:
        def at_home(action: Callable[[Home], object]) -> Callable[[], None]:
            def act() -> None:
                if self.home is not None:
                    action(self.home)

            return act

        keys: dict[str, Callable[[], object]] = {
            "Ctrl+N": at_home(lambda home: home.new_chat()),
            "Ctrl+F": at_home(lambda home: home.search()),
            "Ctrl+K": at_home(lambda home: home.search()),
            "Ctrl+I": at_home(lambda home: home.import_files()),
            "Esc": at_home(lambda home: home.escape()),
            "Ctrl+L": self.lock,
            "F1": self._show_shortcuts,
            "Ctrl+Q": self.close,
        }
        for number, sequence in enumerate(KEYS):
            keys[sequence] = at_home(functools.partial(Home.turn_to, view=number))
        for sequence, act in keys.items():
            QShortcut(QKeySequence(sequence), self).activated.connect(act)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.text() == "?":  # reaches the window only where nothing is typed
            self._show_shortcuts()
        else:
            super().keyPressEvent(event)

    def _show_shortcuts(self) -> None:
        dialog = Shortcuts(self._desk, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # -- files dropped anywhere ------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if self.home is not None and dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            self._overlay.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        self._overlay.hide()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self._overlay.hide()
        if self.home is not None:
            event.acceptProposedAction()
            self._importing.paths(dropped_paths(event.mimeData()))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self._overlay.isVisible():
            self._overlay.cover()

    # -- closing ---------------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """The window goes at once; the program ends when the node has."""
        if self._stopped:
            event.accept()
            self.finished.emit()
            return
        event.ignore()
        self.hide()
        if not self._closing:
            self._closing = True
            self._bridge.stop()
