"""A mail account: address and password, the server guessed from them, and the rest where somebody wants it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field, line_field
from app.views.mail_server import PORTS, guess
from app.views.parts import button, choices, column, label, row, select
from app.views.secret_field import SecretField
from app.views.sending_form import KEYS as SENDING
from app.views.sending_form import SendingForm
from app.views.source_form import SourceForm

_SECURITY = (("tls", "mailform.tls"), ("starttls", "mailform.starttls"), ("none", "mailform.none"))
_AUTH = (("password", "mailform.auth_password"), ("oauth2", "mailform.auth_token"))
_DELETED = (("remove", "mailform.deleted_remove"), ("keep", "mailform.deleted_keep"))
_SINCE = ((0, "mailform.since_all"), (1, "mailform.since_one"), (3, "mailform.since_three"))
_SERVER_CODES = (
    "source-unreachable", "source-tls", "source-busy", "source-refused", "source-broken", "source-slow",
    "source-no-host", "source-config", "source-port",
)  # fmt: skip


class MailForm(SourceForm):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._editing = False
        self._known: dict[str, Any] = {}
        self._address = line_field(words("mailform.address"), placeholder="ada@example.org")
        self._password = SecretField(desk, words("mailform.password"))
        self._secret = Field("", self._password, words("mailform.app_password"))
        self._host = line_field(words("mailform.host"))
        self._name = line_field(words("place.name"))
        self._user = line_field(words("mailform.user"))
        self._security = self._box("mailform.security", _SECURITY)
        self._auth = self._box("mailform.auth", _AUTH)
        self._deleted = self._box("mailform.deleted", _DELETED)
        self._since = self._box("mailform.since", _SINCE)
        self._port = line_field(words("mailform.port"))
        self._line(self._port).setText(str(PORTS["tls"]))
        self._bare = label(words("mailform.none_warning"), "warning")
        self._bare.hide()
        self._more = self._make_more()
        self._fold = self._make_fold()
        self.sending = SendingForm(desk)
        rest = (row(self._fold, 0), self._more, self.sending)
        self.setLayout(column(self._address, self._secret, self._host, *rest, gap=SPACE + 4))
        self.setFocusProxy(self._address)
        self._connect()

    def _box(self, caption: str, options: tuple[tuple[object, str], ...]) -> QComboBox:
        words = self._desk.words
        return choices(words(caption), [(value, words(key)) for value, key in options])

    def _make_more(self) -> QWidget:
        words = self._desk.words
        security = Field(words("mailform.security"), self._security)
        rest = (
            row(security, self._port, gap=SPACE * 2),
            self._bare,
            self._user,
            Field(words("mailform.auth"), self._auth),
            Field(words("mailform.since"), self._since),
            Field(words("mailform.deleted"), self._deleted),
            self._name,
        )
        more = QWidget()
        more.setLayout(column(*rest, gap=SPACE + 4))
        more.hide()
        return more

    def _make_fold(self) -> QPushButton:
        fold = button(self._desk.words("mailform.more"), "quiet")
        fold.setCheckable(True)
        self._desk.theme.dress(fold, "caret-down")
        fold.toggled.connect(self._more.setVisible)
        return fold

    def _connect(self) -> None:
        for field in (self._address, self._host, self._port, self._user, self._name):
            self._line(field).returnPressed.connect(self.entered)
        self._password.entered.connect(self.entered)
        self._password.edited.connect(self._secret.right)
        self._line(self._address).textChanged.connect(self._guess)
        self._line(self._host).textChanged.connect(lambda _: self._propose())
        self.sending.entered.connect(self.entered)
        self._security.currentIndexChanged.connect(lambda _: self._secured())
        self._auth.currentIndexChanged.connect(lambda _: self._explain())

    # -- SourceForm ------------------------------------------------------------------------------------------------

    def complete(self) -> bool:
        words = self._desk.words
        named = self._text(self._address)
        if not named or ("@" not in named and not self._text(self._host)):
            self._address.wrong(words("mailform.no_address"))
        elif not self._password.text() and not self._editing:
            self._secret.wrong(words("mailform.no_password"))
        elif not self._server():
            self._host.wrong(words("mailform.no_host"))
        elif not self._port_is_one():
            self._fold.setChecked(True)
            self._port.wrong(words("mailform.bad_port"))
        else:
            return self.sending.complete()
        return False

    def _port_is_one(self) -> bool:
        typed = self._text(self._port)
        return typed.isascii() and typed.isdigit() and 0 < int(typed) < 65_536

    def name(self) -> str:
        return self._text(self._name) or self._text(self._address) or self._text(self._user)

    def config(self) -> dict[str, Any]:
        user = self._text(self._user) or self._text(self._address)
        made = {
            "host": self._server(),
            "port": int(self._text(self._port)),
            "security": self._security.currentData(),
            "user": user,
            "auth": self._auth.currentData(),
            "deleted": self._deleted.currentData(),
        }
        since = self._since.currentData()
        if since:
            made["since"] = since if isinstance(since, str) else _years_ago(since)
        known = {key: value for key, value in self._known.items() if key not in ("since", *SENDING)}
        return {**known, **made, **self.sending.config(user)}

    def secrets(self) -> dict[str, str]:
        typed = self._password.text()
        if not typed:
            return {}
        return {"oauth2": _token(typed)} if self._auth.currentData() == "oauth2" else {"password": typed}

    def show_failure(self, code: str, sentence: str) -> bool:
        if code in _SERVER_CODES:
            self._host.wrong(sentence)
        elif code == "source-auth":
            self._secret.wrong(sentence)
        elif code in ("source-there", "source-no-user"):
            self._address.wrong(sentence)
        else:
            return False
        return True

    def fill(self, name: str, config: Mapping[str, Any]) -> None:
        self._editing = True
        self._known = dict(config)
        user = str(config.get("user", ""))
        self._line(self._address).setText(user)
        self._line(self._host).setText(str(config.get("host", "")))
        self._line(self._name).setText(name)
        self._password.set_placeholder(self._desk.words("mailform.unchanged"))
        since = config.get("since")
        if since:
            self._since.addItem(self._desk.words("mailform.since_date", date=self._desk.words.date(str(since))), since)
        for box, key in ((self._security, "security"), (self._auth, "auth"), (self._deleted, "deleted")):
            select(box, config.get(key))
        select(self._since, since or 0)
        self._secured()
        self._line(self._port).setText(str(config.get("port") or PORTS[self._security.currentData()]))
        self.sending.fill(config)

    # -- guesses ---------------------------------------------------------------------------------------------------

    def _server(self) -> str:
        return self._text(self._host) or guess(self._text(self._address))

    def _guess(self, address: str) -> None:
        self._line(self._host).setPlaceholderText(guess(address))
        self._line(self._user).setPlaceholderText(address.strip())
        self._line(self._name).setPlaceholderText(address.strip())
        self._propose()

    def _propose(self) -> None:
        self.sending.propose(self._server(), self._text(self._address))

    def _secured(self) -> None:
        security = self._security.currentData()
        self._line(self._port).setText(str(PORTS[security]))
        self._bare.setVisible(security == "none")

    def _explain(self) -> None:
        token = self._auth.currentData() == "oauth2"
        self._secret.right()
        self._secret.help.setText(self._desk.words("mailform.token" if token else "mailform.app_password"))

    def _text(self, field: Field) -> str:
        return self._line(field).text().strip()

    @staticmethod
    def _line(field: Field) -> QLineEdit:
        assert isinstance(field.control, QLineEdit)
        return field.control


def _token(typed: str) -> str:
    """A bare access token as the JSON that is kept; what is that JSON already, with what renews it, stays."""
    try:
        whole = isinstance(json.loads(typed), dict)
    except ValueError:
        whole = False
    return typed if whole else json.dumps({"access_token": typed.strip()})


def _years_ago(years: int) -> str:
    """A local date, YYYY-MM-DD."""
    return (date.today() - timedelta(days=round(365.25 * years))).isoformat()
