"""How mail is sent through an account: off until it is switched on, then proposed from the account's IMAP server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field, line_field
from app.views.mail_server import SENDING_PORTS, guess_sending
from app.views.parts import choices, column, label, row, select

KEYS = ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "address")
_SECURITY = (("tls", "mailform.tls"), ("starttls", "mailform.starttls"), ("none", "mailform.none"))


class SendingForm(QWidget):
    """`entered` on Enter in a field.  What was not typed is as proposed."""

    entered = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._touched = False  # whether the security was chosen by hand
        self._proposed = ""
        self._mine = ""  # the account's own address
        self.switch = QCheckBox(words("sending.switch"))
        self.switch.setAccessibleName(words("sending.switch"))
        self.switch.setAccessibleDescription(words("sending.what"))
        self._host = line_field(words("sending.host"))
        self._port = line_field(words("sending.port"))
        self._user = line_field(words("sending.user"), placeholder=words("sending.same"))
        self._address = line_field(words("sending.address"))
        options = [(value, words(key)) for value, key in _SECURITY]
        self._security: QComboBox = choices(words("sending.security"), options)
        self._bare = label(words("mailform.none_warning"), "warning")
        self._bare.hide()
        self._rest = QWidget()
        security = Field(words("sending.security"), self._security)
        rest = column(
            self._host, row(security, self._port, gap=SPACE * 2), self._bare, self._user, self._address, gap=SPACE + 4
        )
        self._rest.setLayout(rest)
        self._rest.hide()
        self.setLayout(column(self.switch, label(words("sending.what"), "small"), self._rest, gap=SPACE))
        self.switch.toggled.connect(self._rest.setVisible)
        self._security.activated.connect(lambda _: self._chosen())
        for field in (self._host, self._port, self._user, self._address):
            _line(field).returnPressed.connect(self.entered)
        self._secured()

    def begin(self) -> None:
        """Switched on, with the cursor where it begins."""
        self.switch.setChecked(True)
        self._host.setFocus()

    def propose(self, imap_host: str, address: str) -> None:
        """From the rest of the form: what stands there until something else is typed."""
        self._proposed, security = guess_sending(imap_host)
        self._mine = address.strip() if "@" in address else ""
        _line(self._host).setPlaceholderText(self._proposed)
        _line(self._address).setPlaceholderText(self._mine)
        if not self._touched:
            select(self._security, security)
            self._secured()

    def fill(self, config: Mapping[str, Any]) -> None:
        """As it is set up already."""
        self.switch.setChecked(bool(config.get("smtp_host")))
        if not self.switch.isChecked():
            return
        self._touched = True
        select(self._security, config.get("smtp_security") or "tls")
        self._secured()
        for field, key in ((self._host, "smtp_host"), (self._user, "smtp_user"), (self._address, "address")):
            _line(field).setText(str(config.get(key) or ""))
        if config.get("smtp_port"):
            _line(self._port).setText(str(config["smtp_port"]))

    def complete(self) -> bool:
        """Whether all that is needed is there; otherwise a field says what is missing."""
        if not self.switch.isChecked():
            return True
        words, port = self._desk.words, _text(self._port)
        if not (_text(self._host) or self._proposed):
            self._host.wrong(words("sending.no_host"))
        elif not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            self._port.wrong(words("mailform.bad_port"))
        elif "@" not in (_text(self._address) or self._mine):
            self._address.wrong(words("sending.no_address"))
        else:
            return True
        return False

    def config(self, user: str) -> dict[str, Any]:
        """`user`: of the account.  What is as the account's own is left out."""
        if not self.switch.isChecked():
            return {}
        address = _text(self._address) or self._mine
        made = {
            "smtp_host": _text(self._host) or self._proposed,
            "smtp_port": int(_text(self._port)),
            "smtp_security": self._security.currentData(),
            "smtp_user": _text(self._user),
            "address": address if address != user else "",
        }
        return {key: value for key, value in made.items() if value}

    def _chosen(self) -> None:
        self._touched = True
        self._secured()

    def _secured(self) -> None:
        security = self._security.currentData()
        with QSignalBlocker(self._port.control):
            _line(self._port).setText(str(SENDING_PORTS[security]))
        self._port.right()
        self._bare.setVisible(security == "none")


def _text(field: Field) -> str:
    return _line(field).text().strip()


def _line(field: Field) -> QLineEdit:
    assert isinstance(field.control, QLineEdit)
    return field.control
