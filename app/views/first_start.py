"""The way from nothing to the first chat: welcome, vault, recovery phrase, mail; or a backup brought back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.results import Created
from app.views.bring_mail import BringMail
from app.views.create_vault import CreateVault
from app.views.desk import Desk
from app.views.importing import Importing
from app.views.recovery_phrase import RecoveryPhrase
from app.views.restore import Restore
from app.views.welcome import Welcome


class FirstStart(QStackedWidget):
    """`finished` when the vault is there and its owner wants to chat."""

    finished = Signal()

    def __init__(self, desk: Desk, importing: Importing) -> None:
        super().__init__()
        self._desk = desk
        self._importing = importing
        self._welcome()

    def _welcome(self) -> None:
        page = Welcome(self._desk)
        page.begun.connect(self._create)
        page.wanted_restore.connect(self._restore)
        self._turn_to(page)

    def _restore(self) -> None:
        page = Restore(self._desk)
        page.restored.connect(self.finished)
        page.back.connect(self._welcome)
        self._turn_to(page)

    def _create(self) -> None:
        page = CreateVault(self._desk)
        page.created.connect(self._phrase)
        self._turn_to(page)

    def _phrase(self, created: Created) -> None:
        page = RecoveryPhrase(self._desk, created.recovery_phrase)
        page.confirmed.connect(self._bring)
        self._turn_to(page)

    def _bring(self) -> None:
        page = BringMail(self._desk, self._importing)
        page.done.connect(self.finished)
        self._turn_to(page)

    def _turn_to(self, page: QWidget) -> None:
        """Show `page`; the one before is destroyed with whatever secret it held."""
        before = self.currentWidget()
        self.addWidget(page)
        self.setCurrentWidget(page)
        page.setFocus()
        if before is not None:
            self.removeWidget(before)
            before.deleteLater()
