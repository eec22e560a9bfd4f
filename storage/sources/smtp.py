"""Message submission (RFC 6409): hand one message to the person's own mail server, and know whether it was taken.

The caller makes the Message-ID; a retry with the same one can be told apart from a new message.
"""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from storage import tls
from storage.sources import imap_config, oauth2
from storage.sources.imap_config import Security, Server
from storage.sync import SyncFailed

CONNECT_SECONDS = 20.0
READ_SECONDS = 60.0
ACCEPT_SECONDS = 600.0  # RFC 5321 section 4.5.3.2.6: the server may think that long about a whole message
_REPLY_LINES = 200
_PORTS: dict[Security, int] = {"tls": 465, "starttls": 587, "none": 25}
_ADDRESS = re.compile(r"[^\s<>\x00-\x1f\x7f]{1,254}@[^\s<>@\x00-\x1f\x7f]{1,253}")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


class SendFailed(Exception):
    """`code`: send-auth | send-unreachable | send-tls | send-refused | send-recipients | send-too-large | send-busy:
    nothing was sent, to nobody; send-perhaps: the connection was lost while the server was taking the message.
    `recipients`: those that were refused, with `send-recipients`.  The sentence never holds a secret."""

    def __init__(self, code: str, message: str, recipients: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.recipients = tuple(recipients)


def send(
    config: Mapping[str, Any],
    secret: Callable[[str], str | None],
    message: bytes,
    sender: str,
    recipients: Sequence[str],
    *,
    set_secret: Callable[[str, str], None] | None = None,
) -> None:
    """Returns once the server has taken the message for all recipients; if it refuses one, nobody gets it.

    `config`: host, port (465; 587 with starttls), security, user, auth, ca_file, as for IMAP.  `secret`: "password", or
    "oauth2", which needs `set_secret` too.  `message`: RFC 5322, whole, without Bcc.  `sender`, `recipients`: bare
    addresses.  Blocking.  Errors: SendFailed; ValueError for a configuration or an address that cannot be meant.
    """
    server = imap_config.server(config, _PORTS)
    context = None if server.security == "none" else tls.context(server.ca_file)
    if not recipients:
        raise ValueError("A message needs somebody to send it to.")
    for address in (sender, *recipients):
        if not _ADDRESS.fullmatch(address):
            raise ValueError(f"“{address[:80]}” is not a mail address.")
    with _speaking(server.host):
        connection = _connect(server, context)
        try:
            _sign_in(connection, server, secret, set_secret)
            _submit(connection, _on_the_wire(message), sender, recipients)
            with suppress(OSError, smtplib.SMTPException):
                connection.docmd("QUIT")
        finally:
            connection.close()


class _Submission(smtplib.SMTP):
    """smtplib, which believes in short answers."""

    def __init__(self, server: Server, context: ssl.SSLContext | None) -> None:
        self._server, self._context = server, context
        # Its own name would tell the server what the computer is called, and asking for it can take long.
        super().__init__(local_hostname="[127.0.0.1]", timeout=CONNECT_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        if self._server.security != "tls" or self._context is None:
            return plain
        return self._context.wrap_socket(plain, server_hostname=self._server.host)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            assert self.sock is not None
            self.file = _Bounded(self.sock.makefile("rb"))
        self.file.begin()
        return super().getreply()


class _Lines(Protocol):
    def readline(self, limit: int = ..., /) -> bytes: ...
    def close(self) -> None: ...


class _Bounded:
    """The lines of one answer at a time: not without end, and not one byte a minute."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines

    def begin(self) -> None:
        self._left, self._until = _REPLY_LINES, time.monotonic() + ACCEPT_SECONDS

    def readline(self, limit: int = -1) -> bytes:
        self._left -= 1
        if self._left < 0 or time.monotonic() > self._until:
            raise TimeoutError("the answer does not end")
        return self._lines.readline(limit)

    def close(self) -> None:
        self._lines.close()


def _connect(server: Server, context: ssl.SSLContext | None) -> _Submission:
    connection = _Submission(server, context)
    try:
        _greet(connection, server, context)
    except BaseException:
        connection.close()
        raise
    return connection


def _greet(connection: _Submission, server: Server, context: ssl.SSLContext | None) -> None:
    code, said = connection.connect(server.host, server.port)
    if code != 220:
        raise _refused("send-busy" if code < 500 else "send-refused", said)
    assert connection.sock is not None
    connection.sock.settimeout(READ_SECONDS)
    if server.security == "none" and not tls.is_loopback(str(connection.sock.getpeername()[0])):
        raise SendFailed("send-tls", f"{server.host} is not this computer; it is not spoken to in the clear.")
    connection.ehlo_or_helo_if_needed()
    if server.security == "starttls":
        _encrypt(connection, server, context)


def _encrypt(connection: _Submission, server: Server, context: ssl.SSLContext | None) -> None:
    if not connection.has_extn("starttls"):
        raise SendFailed("send-tls", f"{server.host} offers no encryption (STARTTLS) on this port.")
    code, said = connection.docmd("STARTTLS")
    if code != 220:
        raise _refused("send-tls", said)
    assert connection.sock is not None
    assert context is not None
    # What came in the clear after its answer is dropped with the file that holds it: it may be somebody else's.
    if connection.file is not None:
        connection.file.close()
        connection.file = None
    connection.sock = context.wrap_socket(connection.sock, server_hostname=server.host)
    connection.helo_resp = connection.ehlo_resp = None
    connection.esmtp_features, connection.does_esmtp = {}, False
    connection.ehlo()


def _sign_in(
    connection: _Submission,
    server: Server,
    secret: Callable[[str], str | None],
    set_secret: Callable[[str, str], None] | None,
) -> None:
    if not connection.has_extn("auth"):
        raise SendFailed("send-auth", f"{server.host} lets nobody sign in on this port.")
    if server.auth == "password":
        password = secret("password")
        if not password:
            raise SendFailed("send-auth", "There is no password for this mail account.")
        _authenticate(connection, server.user, password)
        return
    if set_secret is None:
        raise ValueError("A token that may have to be renewed needs a place to be stored.")
    if not _bear(connection, server.user, oauth2.access_token(secret, set_secret)):
        token = oauth2.access_token(secret, set_secret, renew=True)
        if not _bear(connection, server.user, token):
            raise SendFailed("send-auth", "The mail server does not accept the token; sign in to the account again.")


def _authenticate(connection: _Submission, user: str, password: str) -> None:
    offered = connection.esmtp_features["auth"].upper().split()
    if "PLAIN" in offered:
        code, said = connection.docmd("AUTH", "PLAIN " + _base64(f"\0{user}\0{password}"))
    elif "LOGIN" in offered:
        code, said = connection.docmd("AUTH", "LOGIN " + _base64(user))
        if code == 334:
            code, said = connection.docmd(_base64(password))
    else:
        raise SendFailed("send-auth", "The mail server takes no passwords; it may want a token (OAuth2).")
    if code != 235:
        if 400 <= code < 500:
            raise _refused("send-busy", said, password)
        raise SendFailed("send-auth", "The mail server does not accept this user name and password.")


def _bear(connection: _Submission, user: str, token: str) -> bool:
    """XOAUTH2 or OAUTHBEARER (RFC 7628); whether the token was accepted."""
    offered = connection.esmtp_features["auth"].upper().split()
    if "OAUTHBEARER" in offered:
        name = user.replace("=", "=3D").replace(",", "=2C")
        code, _ = connection.docmd("AUTH", "OAUTHBEARER " + _base64(f"n,a={name},\1auth=Bearer {token}\1\1"))
    elif "XOAUTH2" in offered:
        code, _ = connection.docmd("AUTH", "XOAUTH2 " + _base64(f"user={user}\1auth=Bearer {token}\1\1"))
    else:
        raise SendFailed("send-auth", "The mail server does not take tokens (OAuth2); use a password.")
    if code == 334:  # after a refusal the server explains itself and wants an answer before it says no
        connection.docmd("AQ==" if "OAUTHBEARER" in offered else "")
    return code == 235


def _submit(connection: _Submission, message: bytes, sender: str, recipients: Sequence[str]) -> None:
    limit = connection.esmtp_features.get("size", "")
    if limit.isdigit() and 0 < int(limit) < len(message):
        sentence = f"The mail server takes messages of up to {int(limit):,} bytes; this one has {len(message):,}."
        raise SendFailed("send-too-large", sentence)
    options = [f"SIZE={len(message)}"] if connection.has_extn("size") else []
    if not message.isascii() and connection.has_extn("8bitmime"):
        options.append("BODY=8BITMIME")
    if not all(address.isascii() for address in (sender, *recipients)):
        if not connection.has_extn("smtputf8"):
            raise SendFailed("send-refused", "The mail server takes no addresses with letters beyond ASCII.")
        options.append("SMTPUTF8")
        connection.command_encoding = "utf-8"
    code, said = connection.mail(sender, options)
    if code != 250:
        raise _refused(_code(code, said), said)
    refused = {address: connection.rcpt(address) for address in recipients}
    refused = {address: reply for address, reply in refused.items() if reply[0] not in (250, 251)}
    if refused:
        code, said = next(iter(refused.values()))
        names = ", ".join(refused)
        kind = "send-busy" if all(reply[0] < 500 for reply in refused.values()) else "send-recipients"
        raise SendFailed(kind, f"The mail server refused to send to {names}{_words(said)}.", tuple(refused))
    code, said = connection.docmd("DATA")
    if code != 354:
        raise _refused(_code(code, said), said)
    _hand_over(connection, message)


def _hand_over(connection: _Submission, message: bytes) -> None:
    """From the final dot to the server's answer nobody knows whether it was taken (RFC 5321 section 4.1.1.4)."""
    assert connection.sock is not None
    connection.send(message)  # without the final dot: whatever fails here, nothing was sent
    connection.sock.settimeout(ACCEPT_SECONDS)
    try:
        connection.send(b".\r\n")
        code, said = connection.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise _perhaps() from error
    if not 200 <= code < 600:
        raise _perhaps()
    if code >= 300:
        raise _refused(_code(code, said), said)


def _on_the_wire(message: bytes) -> bytes:
    """RFC 5321 section 4.5.2: every line ends in CRLF, so that none can pass for the end; leading dots are doubled."""
    lines = _LEADING_DOT.sub(b"..", _LINE_END.sub(b"\r\n", message))
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def _code(code: int, said: bytes) -> str:
    if code == 552 or b"5.3.4" in said:
        return "send-too-large"
    if code in (530, 535):
        return "send-auth"
    return "send-busy" if 400 <= code < 500 else "send-refused"


def _perhaps() -> SendFailed:
    sentence = "The connection was lost while the mail server was taking the message; perhaps it was sent."
    return SendFailed("send-perhaps", sentence)


def _refused(code: str, said: bytes, secret: str = "") -> SendFailed:
    words = _words(said)
    return SendFailed(code, f"The mail server refused{'' if secret and secret in words else words}.")


def _words(said: bytes) -> str:
    text = "".join(c if c.isprintable() else " " for c in said.decode("utf-8", "replace"))
    text = " ".join(text.split()).strip(" .")[:200]
    return f": “{text}”" if text else ""


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


@contextmanager
def _speaking(host: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        raise SendFailed("send-tls", tls.problem(error, host)) from error
    except SyncFailed as failure:  # the token's renewal
        raise SendFailed(failure.code.replace("source-", "send-").replace("-broken", "-auth"), str(failure)) from None
    except smtplib.SMTPServerDisconnected:
        raise SendFailed("send-unreachable", f"{host} closed the connection.") from None
    except smtplib.SMTPException as error:
        raise SendFailed("send-refused", f"The answer of {host} makes no sense ({type(error).__name__}).") from None
    except socket.gaierror as error:
        raise SendFailed("send-unreachable", f"The mail server {host} could not be found.") from error
    except (OSError, UnicodeError) as error:
        raise SendFailed("send-unreachable", f"{host} does not answer.") from error
