"""The only importer of imapclient: IMAP4rev1 (RFC 3501) over our own wire, every failure a SyncFailed.

IMAPClient and the standard library's imaplib under it write commands and read answers.  They trust the server with
time and memory, so reading and writing are replaced by `Wire`; and they can log what passes, so that is taken out.
"""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import LoginError, ProtocolError
from imapclient.imap_utf7 import decode
from imapclient.response_parser import parse_fetch_response, parse_message_list

from storage.sources.imap_wire import Stopped, Wire
from storage.sync import Stop, SyncFailed

__all__ = [
    "Client",
    "connect",
    "decode",
    "over",
    "parse_fetch_response",
    "parse_message_list",
    "quoted",
    "said",
    "speaking",
]

_LINE = 64 * 1024  # bytes of a line, unless `expect` allows longer ones

_CODE = re.compile(r"\[([A-Z-]+)")
_CODES = {
    "AUTHENTICATIONFAILED": "source-auth",
    "AUTHORIZATIONFAILED": "source-auth",
    "EXPIRED": "source-auth",
    "PRIVACYREQUIRED": "source-tls",
    "UNAVAILABLE": "source-busy",
    "INUSE": "source-busy",
    "LIMIT": "source-busy",
    "THROTTLED": "source-busy",
    "OVERQUOTA": "source-full",
    "NONEXISTENT": "source-gone",
}
_SENTENCES = {
    "source-auth": "The mail server does not accept this user name and password",
    "source-tls": "The mail server asks for an encrypted connection",
    "source-busy": "The mail server asks to come back later",
    "source-full": "The mailbox on the server is full",
    "source-gone": "The mail server does not have this folder",
    "source-refused": "The mail server refused",
    "source-unreachable": "The mail server ended the connection",
    "source-broken": "The mail server's answer makes no sense",
}
_PREFIX = re.compile(r"^(?:b['\"])?(?:\* BYE |command: [A-Z ]+ => |[A-Za-z]+ (?:failed: |command error: BAD ))+")


class _Protocol(imaplib.IMAP4):
    """imaplib over a Wire.  What is replaced is what its documentation names for replacing, and its log."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.longest = _LINE
        super().__init__("", 0)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """The wire is open already."""

    def read(self, size: int) -> bytes:
        return self._wire.read(size)

    def readline(self) -> bytes:
        return self._wire.readline(self.longest)

    def send(self, data: Any) -> None:
        self._wire.send(bytes(data))

    def shutdown(self) -> None:
        self._wire.close()

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:
        """RFC 3501 section 6.2.1: what was said in the clear is forgotten."""
        assert ssl_context is not None
        answer, data = self._simple_command("STARTTLS")
        if answer != "OK":
            raise self.error(f"STARTTLS failed: {data[0]!r}")
        self._wire.secure(ssl_context)
        self.untagged_responses.clear()
        self._get_capabilities()
        return answer, data

    def _mesg(self, _text: str, _seconds: float | None = None) -> None:
        """imaplib would print it."""

    def _log(self, _line: object) -> None:
        """imaplib would keep it, the password with it."""


class Client(IMAPClient):  # type: ignore[misc]  # the package brings no types
    """IMAPClient over a Wire."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        super().__init__("", 0, ssl=False)
        self._imap.debug = 0
        self.folder_encode = False  # names go in and out as the server writes them: see imap_folders
        self.normalise_times = False

    @property
    def protocol(self) -> Any:
        """imaplib's own commands, for what IMAPClient has no words for."""
        return self._imap

    def expect(self, count: int, longest: int = _LINE) -> None:
        """The answer to the next command may have `count` bytes, in lines of at most `longest`."""
        self.wire.allow(count + 2 * _LINE)
        self._imap.longest = longest
        self._imap.untagged_responses.clear()

    def sign_in(self, user: bytes, password: str) -> None:
        """`login` of IMAPClient, which does not quote the user and garbles what the server says."""
        try:
            self._imap.login(quoted(user), password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise LoginError(_text(error)) from None

    def begin_idle(self) -> None:
        """`idle` of IMAPClient, which takes news that come before the server's consent for a refusal."""
        tag = self._idle_tag = self._imap._command("IDLE")
        while self._imap._get_response() is not None:
            if (answer := self._imap.tagged_commands[tag]) is not None:
                raise self.Error(f"IDLE failed: {answer[1][0]!r}")

    def _create_IMAP4(self) -> _Protocol:  # noqa: N802 (the package's name)
        return _Protocol(self.wire)

    def _set_read_timeout(self) -> None:
        """The wire has its own."""


def connect(host: str, port: int, context: ssl.SSLContext | None, stop: Stop) -> Client:
    """Connect and read the greeting.  `context`: TLS from the first byte.  Errors: SyncFailed, Stopped."""
    wire = Wire(host, port, stop)
    try:
        if context is not None:
            wire.secure(context)
        return over(wire)
    except BaseException:
        wire.close()
        raise


def over(wire: Wire) -> Client:
    """Read the greeting that comes over `wire`.  Errors: SyncFailed, Stopped."""
    with speaking():
        return Client(wire)


@contextlib.contextmanager
def speaking(*secrets: str) -> Iterator[None]:
    """Whatever goes wrong in a talk with the server becomes SyncFailed.

    `secrets` are kept out of its sentence, even where the server repeats them.
    """
    try:
        yield
    except (SyncFailed, Stopped):
        raise
    except imaplib.IMAP4.error as error:
        raise _failure(error, secrets) from None  # its text may hold what was sent
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError) as error:
        # Parsing what the server sent; these are all that imaplib's and IMAPClient's parsers were seen to raise.
        raise SyncFailed("source-broken", f"{_SENTENCES['source-broken']} ({type(error).__name__}).") from None


def _failure(error: imaplib.IMAP4.error, secrets: tuple[str, ...]) -> SyncFailed:
    text = _text(error)
    found = _CODE.search(text)
    code = _CODES.get(found[1], "") if found else ""
    if not code:
        code = _by_kind(error, text)
    if code == "source-broken":
        return SyncFailed(code, f"{_SENTENCES[code]}.")
    return SyncFailed(code, f"{_SENTENCES[code]}{said(text, secrets)}.")


def _by_kind(error: imaplib.IMAP4.error, text: str) -> str:
    if isinstance(error, imaplib.IMAP4.abort):
        return "source-broken" if "unexpected" in text or "unterminated" in text else "source-unreachable"
    if isinstance(error, LoginError):
        return "source-auth"
    if isinstance(error, ProtocolError) or "not IMAP4" in text or "no CAPABILITY" in text:
        return "source-broken"
    return "source-unreachable" if "* BYE" in text else "source-refused"


def quoted(text: bytes) -> str:
    """RFC 3501 section 4.3."""
    escaped = text.decode("ascii").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text(error: imaplib.IMAP4.error) -> str:
    """imaplib raises with the server's bytes, or with a sentence around their repr."""
    said = error.args[0] if error.args else b""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def said(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The server's own words as an addition to a sentence; nothing where it repeats a secret."""
    words = "".join(c if c.isprintable() else " " for c in _PREFIX.sub("", text))
    words = " ".join(words.split()).strip("'\" .")[:200]
    if not words or any(secret and secret in words for secret in secrets):
        return ""
    return f": “{words}”"
