"""Calling a contact by another name."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.swarm_results import PeerRow
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import line_field
from app.views.parts import button, column
from app.views.plain import one_line


class PeerRename(Dialog):
    """Opened with `open()`; `renamed` once it is stored."""

    renamed = Signal()

    def __init__(self, desk: Desk, parent: QWidget, peer: PeerRow) -> None:
        words = desk.words
        super().__init__(parent, words("peers.rename_title", name=one_line(peer.name)), 440)
        self._desk = desk
        self._peer = peer.peer_id
        self._name = line_field(words("peers.new_name"), words("peers.new_name_help"))
        line = self._name.control
        assert isinstance(line, QLineEdit)
        self._line = line
        line.setText(peer.name)
        line.selectAll()
        do = button(words("peers.do_rename"), "primary")
        do.clicked.connect(self._store)
        cancel = button(words("peers.cancel"))
        cancel.clicked.connect(self.reject)
        self.fill(column(self._name), cancel, do)
        line.setFocus()

    def _store(self) -> None:
        self._desk.bridge.submit(
            self, "rename_peer", self._peer, self._line.text().strip(),
            on_done=lambda _: self._ended(),
            on_failed=lambda error: self._name.wrong(self._desk.words.failure(error)),
        )  # fmt: skip

    def _ended(self) -> None:
        self.renamed.emit()
        self.accept()
