"""A signed-in connection to an IMAP server, in the few words that reading mail needs.

Folders are opened with EXAMINE and messages asked for with BODY.PEEK (RFC 3501): nothing is ever marked as read.  What
was not asked for is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, cast

from storage import tls
from storage.records import Flag
from storage.sources import MAX_MESSAGE, imap_folders, oauth2
from storage.sources.imap_client import connect, parse_fetch_response, parse_message_list, quoted, said, speaking
from storage.sources.imap_config import Server
from storage.sources.imap_folders import Folder
from storage.sync import Account, Stop, SyncFailed

MAX_MESSAGES = 5_000_000  # in one folder; a server that claims more is not believed
_FLAGS: dict[bytes, Flag] = {b"\\seen": "seen", b"\\answered": "answered", b"\\flagged": "flagged", b"\\draft": "draft"}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_BYTES_OF_FACTS = 512  # of one message's answer to a FETCH without its body
_NEWS = re.compile(rb"\* (?:\d+ (?:EXISTS|EXPUNGE|FETCH)|VANISHED)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Selected:
    """An open folder.  `next`: no message has this UID or a higher one; `modseq` (RFC 7162) None where not kept."""

    validity: int
    next: int | None
    exists: int
    modseq: int | None


@dataclass(frozen=True)
class Facts:
    """`size` in bytes as the server says; `arrived`: seconds since the epoch, UTC."""

    size: int
    flags: tuple[Flag, ...]
    arrived: float | None


class Session:
    """Blocking; one thread.  Every method: SyncFailed, or Stopped once `stop` says so."""

    def __init__(self, server: Server, account: Account, stop: Stop) -> None:
        try:
            context = None if server.security == "none" else tls.context(server.ca_file)
        except ValueError as error:
            raise SyncFailed("source-tls", str(error)) from None
        self._client = connect(server.host, server.port, context if server.security == "tls" else None, stop)
        self._secret = ""
        try:
            self._enter(server, account, context)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Drop the connection; EXAMINE left nothing to be finished on the server."""
        self._client.wire.close()

    def folders(self) -> list[Folder]:
        """What can be opened, inbox first."""
        with self._speak(imap_folders.MAX_FOLDERS * 256):
            return imap_folders.read(self._client.list_folders())

    def select(self, folder: Folder) -> Selected:
        with self._speak():
            answer = self._client.select_folder(folder.raw, readonly=True)
            validity, exists = answer.get(b"UIDVALIDITY"), answer.get(b"EXISTS")
            coming, modseq = answer.get(b"UIDNEXT"), answer.get(b"HIGHESTMODSEQ") or None
        if not isinstance(validity, int) or not isinstance(exists, int) or not 0 <= exists <= MAX_MESSAGES:
            raise SyncFailed("source-broken", "The mail server describes a folder in a way that cannot be true.")
        return Selected(validity, coming if isinstance(coming, int) else None, exists, modseq if self._marks else None)

    def status(self, folder: Folder) -> bytes:
        """Some bytes that change when something came into the folder or left it."""
        with self._speak():
            _, data = self._client.protocol.status(quoted(folder.raw), "(MESSAGES UIDNEXT UIDVALIDITY)")
        return bytes(data[0] or b"")

    def uids(self, exists: int, first: int = 1, since: date | None = None) -> set[int]:
        """The UIDs from `first` on, of messages that arrived on the day `since` or later."""
        longest = 64 * 1024 + 11 * exists
        criteria = [f"UID {first}:*"]
        if since is not None:
            criteria.append(f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}")
        with self._speak(longest, longest):
            answer, data = self._client.protocol.uid("SEARCH", *criteria)
            self._ok("SEARCH", answer, data)
            found = {uid for line in data for uid in parse_message_list([line])} if data != [None] else set()
        if len(found) > exists + 1000:  # a few may have come in since the folder was opened
            raise SyncFailed("source-broken", "The mail server names more messages than the folder has.")
        return {uid for uid in found if first <= uid < 2**32}

    def facts(self, uids: Collection[int]) -> dict[int, Facts]:
        """Of those of `uids` that are there."""
        found = self._fetch(uid_set(uids), "(UID RFC822.SIZE FLAGS INTERNALDATE)", len(uids) * _BYTES_OF_FACTS)
        return {
            uid: Facts(fields[b"RFC822.SIZE"], _flags(fields), _seconds(fields.get(b"INTERNALDATE")))
            for uid, fields in found.items()
            if uid in uids and isinstance(fields.get(b"RFC822.SIZE"), int)
        }

    def bodies(self, uids: Collection[int], announced: int) -> dict[int, bytes]:
        """The messages, byte for byte, of those of `uids` that the server gives out.

        `announced`: their sizes together.  Errors: TooMuch where much more comes, after which the session is over.
        """
        # Servers count line ends differently, and some guess; for one message alone the limit is what we read at all.
        count = MAX_MESSAGE if len(uids) == 1 else 2 * announced + 64 * 1024 * len(uids)
        found = self._fetch(uid_set(uids), "(UID BODY.PEEK[])", count)
        return {
            uid: fields[b"BODY[]"]
            for uid, fields in found.items()
            if uid in uids and isinstance(fields.get(b"BODY[]"), bytes)
        }

    def flags(self, uids: Collection[int]) -> dict[int, tuple[Flag, ...]]:
        found = self._fetch(uid_set(uids), "(UID FLAGS)", len(uids) * _BYTES_OF_FACTS)
        return {uid: _flags(fields) for uid, fields in found.items() if uid in uids and b"FLAGS" in fields}

    def changes(self, modseq: int, exists: int) -> tuple[dict[int, tuple[Flag, ...]], list[range] | None]:
        """Since `modseq`: flags by UID, and the UIDs that vanished; None where the server cannot say (no QRESYNC)."""
        modifier = f"(CHANGEDSINCE {modseq}{' VANISHED' if self._resyncs else ''})"
        longest = 64 * 1024 + 11 * exists
        found = self._fetch("1:*", "(UID FLAGS)", exists * _BYTES_OF_FACTS, modifier, longest)
        flags = {uid: _flags(fields) for uid, fields in found.items() if b"FLAGS" in fields}
        if not self._resyncs:
            return flags, None
        _, lines = self._client.protocol.response("VANISHED")
        with speaking():
            return flags, [part for line in lines if line for part in _ranges(bytes(line))]

    def can_wait(self) -> bool:
        with self._speak():
            return bool(self._client.has_capability("IDLE"))

    def begin_waiting(self) -> None:
        """IDLE (RFC 2177) on the selected folder."""
        with self._speak():
            self._client.begin_idle()

    def news_within(self, seconds: float) -> bool | None:
        """Between `begin_waiting` and `end_waiting`: what the next line says.

        True: the folder changed.  False: something else.  None: there was no line.
        """
        line = self._client.wire.line_within(seconds, 1024 * 1024)
        if line is None:
            return None
        if line[:6].upper() == b"* BYE ":
            text = line.decode("ascii", "replace").strip()
            raise SyncFailed("source-unreachable", f"The mail server ended the connection{said(text)}.")
        return _NEWS.match(line) is not None

    def end_waiting(self) -> None:
        with self._speak(1024 * 1024, 1024 * 1024):
            self._client.idle_done()

    def _enter(self, server: Server, account: Account, context: Any) -> None:
        client = self._client
        if server.security == "none" and not tls.is_loopback(client.wire.peer()):
            raise SyncFailed(
                "source-tls", f"{server.host} is not this computer; without encryption it is not spoken to."
            )
        if client.protocol.state != "NONAUTH":
            raise SyncFailed("source-refused", "The mail server takes everybody for signed in; it is not used.")
        if server.security == "starttls":
            with self._speak():
                if not client.has_capability("STARTTLS"):
                    raise SyncFailed("source-tls", f"{server.host} offers no encryption (STARTTLS) on this port.")
                client.starttls(context)
        if server.auth == "oauth2":
            self._sign_in_with_token(server.user, account)
        else:
            self._sign_in(server.user, account)
        with self._speak():
            client.protocol.untagged_responses.clear()
            self._resyncs = client.has_capability("QRESYNC") and client.has_capability("ENABLE")
            self._marks = self._resyncs or client.has_capability("CONDSTORE")
            if self._resyncs:
                client.enable("QRESYNC")

    def _sign_in(self, user: str, account: Account) -> None:
        password = account.secret("password")
        if not password:
            raise SyncFailed("source-auth", "There is no password for this mail account.")
        self._secret = password
        if "\r" in password or "\n" in password or "\0" in password:
            raise SyncFailed("source-auth", "The password has characters that no mail server takes.")
        with self._speak():
            if self._client.has_capability("AUTH=PLAIN"):
                self._client.plain_login(user, password)
            elif self._client.has_capability("LOGINDISABLED"):
                raise SyncFailed("source-auth", "The mail server takes no password on this connection.")
            elif not (user + password).isascii():
                raise SyncFailed("source-auth", "The mail server takes no letters beyond ASCII in name and password.")
            else:
                self._client.sign_in(user.encode("ascii"), password)

    def _sign_in_with_token(self, user: str, account: Account) -> None:
        """XOAUTH2 or OAUTHBEARER (RFC 7628); a token that is refused is renewed once."""
        token = oauth2.access_token(account.secret, account.set_secret)
        try:
            self._bear(user, token)
        except SyncFailed as refusal:
            if refusal.code != "source-auth":
                raise
            self._bear(user, oauth2.access_token(account.secret, account.set_secret, renew=True))

    def _bear(self, user: str, token: str) -> None:
        self._secret = token
        with self._speak():
            if self._client.has_capability("AUTH=OAUTHBEARER"):
                name = user.replace("=", "=3D").replace(",", "=2C")
                words = iter([f"n,a={name},\1auth=Bearer {token}\1\1"])
                # After a refusal the server explains itself and wants an answer before it says no.
                self._client.sasl_login("OAUTHBEARER", lambda _: next(words, "\1"))
            elif self._client.has_capability("AUTH=XOAUTH2"):
                words = iter([f"user={user}\1auth=Bearer {token}\1\1"])
                self._client.sasl_login("XOAUTH2", lambda _: next(words, ""))
            else:
                raise SyncFailed("source-auth", "The mail server does not take tokens (OAuth2); use a password.")

    def _fetch(self, uids: str, what: str, count: int, modifier: str = "", longest: int = 64 * 1024) -> dict[int, Any]:
        with self._speak(count, longest):
            answer, data = self._client.protocol.uid("FETCH", uids, what, *([modifier] if modifier else []))
            self._ok("FETCH", answer, data)
            return dict(parse_fetch_response(data, False, True)) if data != [None] else {}

    def _ok(self, command: str, answer: str, data: list[Any]) -> None:
        if answer != "OK":
            text = data[0].decode("ascii", "replace") if data and isinstance(data[0], bytes) else ""
            raise self._client.Error(f"{command} failed: {text}")

    def _speak(self, count: int = 1024 * 1024, longest: int = 64 * 1024) -> Any:
        self._client.expect(count, longest)
        return speaking(self._secret)


def uid_set(uids: Iterable[int]) -> str:
    """As RFC 3501 writes them: "1:3,7"."""
    runs = groupby(enumerate(sorted(uids)), lambda pair: pair[1] - pair[0])
    ends = ((run[0][1], run[-1][1]) for run in ([*group] for _, group in runs))
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in ends)


def _ranges(line: bytes) -> Iterator[range]:
    """Of "(EARLIER) 1:3,7" (RFC 7162 section 3.2.10)."""
    for part in line.rpartition(b" ")[2].split(b","):
        low, _, high = part.partition(b":")
        ends = sorted((int(low), int(high or low)))
        yield range(ends[0], ends[1] + 1)


def _flags(fields: Any) -> tuple[Flag, ...]:
    given = fields.get(b"FLAGS")
    if not isinstance(given, tuple):
        return ()
    found = {_FLAGS.get(flag.lower()) for flag in given if isinstance(flag, bytes)}
    return tuple(sorted(cast(set[Flag], found - {None})))


def _seconds(arrived: object) -> float | None:
    try:
        return arrived.timestamp() if isinstance(arrived, datetime) else None
    except (ValueError, OverflowError):
        return None
