"""Fetches the bytes behind an address that a stranger may have chosen.

Bounded in time, size and redirects.  Nothing is sent that tells who asks: no cookie, referrer, credential or proxy
from the environment.  An address on this machine or in a private network is refused unless the person allowed it:
each name is resolved here, every address it has is looked at, and the connection goes to the very address that was
looked at, so that neither a redirect nor a name server can lead elsewhere.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from storage.sources.fetch_deadline import Deadline, Stopped
from storage.sync import Stop, SyncFailed

if TYPE_CHECKING:
    import httpx

MAX_REDIRECTS = 5
MAX_LATER = 7 * 86400.0  # seconds: a server that asks for more means never
_SILENCE = 15.0  # seconds without a byte
_MAX_ADDRESS = 2000  # characters
_USER_AGENT = "Nuee (personal reader)"
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
_HOST = re.compile(rb"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|[0-9a-f:.]+", re.IGNORECASE)  # a name, or IPv6
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Allowed = Callable[[Address], bool]
Resolve = Callable[[str, int], list[str]]

__all__ = ["Fetched", "Fetcher", "Stopped", "Validators", "Wanted", "normalised", "public", "reachable"]


@dataclass(frozen=True)
class Wanted:
    """What is at the address, and how much of it is taken.  `answers`: what a status means (code and sentence) where it
    means something else than usual."""

    called: str  # in sentences: "feed"
    accept: str
    most: int  # bytes, decompressed, and on the wire
    seconds: float  # for the whole of a fetch, redirects included
    answers: Mapping[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Validators:
    """What the server said of the bytes that were read last, and the address it said it of (RFC 9110, 8.8)."""

    address: str = ""
    etag: str = ""
    modified: str = ""

    @classmethod
    def of(cls, state: Mapping[str, str]) -> Validators:
        """From the state of a source, as `state` gave it."""
        return cls(state.get("from", ""), state.get("etag", ""), state.get("modified", ""))

    def state(self) -> dict[str, str]:
        return {"from": self.address, "etag": self.etag, "modified": self.modified}


@dataclass(frozen=True)
class Fetched:
    """`address`: where the bytes came from.  `lasting`: what to ask the next time, after permanent redirects only.
    `body` is None where nothing changed."""

    address: str
    lasting: str
    body: bytes | None
    media_type: str
    charset: str | None
    validators: Validators


class Fetcher:
    """Blocking.  A connection lives as long as one `fetch`."""

    def __init__(
        self,
        wanted: Wanted,
        allowed: Allowed,
        stop: Stop,
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
        follows: Callable[[str], bool] = lambda _address: True,
    ) -> None:
        """`follows`: whether a redirect to this address is gone along with."""
        self._follows = follows
        self._wanted = wanted
        self._allowed = allowed
        self._stop = stop
        self._resolve = resolve or _resolve
        self._tls = tls
        self._clock = clock

    def fetch(self, address: str, known: Validators) -> Fetched:
        """`address`: as `normalised` gives it.  Errors: SyncFailed; Stopped."""
        import httpx  # brings a terminal library along: a tenth of a second that only the network costs

        with (
            httpx.HTTPTransport(verify=self._tls or True, trust_env=False) as transport,
            Deadline(self._wanted.seconds, self._stop) as deadline,
        ):
            lasting, forever = address, True
            for _ in range(MAX_REDIRECTS + 1):
                with contextlib.closing(self._ask(transport, deadline, address, known)) as response:
                    if response.status_code not in _REDIRECTS:
                        return self._answer(response, deadline, address, lasting, known)
                    forever = forever and response.status_code in _PERMANENT
                    address = self._redirected(address, response.headers.get("location", ""))
                    lasting = address if forever else lasting
        raise SyncFailed("source-refused", "The server sends from one address to the next without end.")

    def _redirected(self, address: str, location: str) -> str:
        import httpx

        target = _next(address, location)
        if not self._follows(target):
            raise SyncFailed("source-refused", f"The server sends to another one, {httpx.URL(target).host}.")
        return target

    def _ask(
        self, transport: httpx.HTTPTransport, deadline: Deadline, address: str, known: Validators
    ) -> httpx.Response:
        import httpx

        url = httpx.URL(address)
        headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": _USER_AGENT,
            "Accept": self._wanted.accept,
            "Accept-Encoding": "gzip",
        }
        if known.address == address:
            headers |= {"If-None-Match": known.etag} if known.etag else {}
            headers |= {"If-Modified-Since": known.modified} if known.modified else {}
        failure: Exception | None = None
        for place in self._places(url):
            deadline.check()
            request = httpx.Request(
                "GET",
                url.copy_with(host=place),
                headers=headers,
                extensions={
                    "sni_hostname": url.raw_host.decode("ascii"),  # the certificate must be for the name
                    "timeout": httpx.Timeout(_SILENCE).as_dict(),
                    "trace": deadline.trace,
                },
            )
            try:
                with _sentences(deadline):
                    return transport.handle_request(request)
            except SyncFailed as error:
                if not isinstance(error.__cause__, (httpx.ConnectError, httpx.ConnectTimeout)):
                    raise
                failure = error
        assert failure is not None
        raise failure

    def _places(self, url: httpx.URL) -> list[str]:
        """The addresses of the host, in the order to try them; all of them are allowed."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = list(dict.fromkeys(self._resolve(url.raw_host.decode("ascii"), port)))[:4]
        except (OSError, UnicodeError) as error:
            raise SyncFailed("source-unreachable", f"The server {url.host} cannot be found.") from error
        if not found:
            raise SyncFailed("source-unreachable", f"The server {url.host} cannot be found.")
        for place in found:
            if not self._allowed(ipaddress.ip_address(place)):
                raise SyncFailed(
                    "source-refused",
                    f"{url.host} is on this machine or in a private network. Allow local addresses for this "
                    f"{self._wanted.called} if that is meant.",
                )
        return found

    def _answer(
        self, response: httpx.Response, deadline: Deadline, address: str, lasting: str, known: Validators
    ) -> Fetched:
        status = response.status_code
        if status == 304 and known.address == address:
            return Fetched(address, lasting, None, "", None, known)
        if status != 200:
            raise _refusal(status, self._wanted, _later(response.headers.get("retry-after", ""), self._clock()))
        with _sentences(deadline):
            encoding = response.headers.get("content-encoding", "")
            body = b"".join(_decompressed(response.iter_raw(), encoding, self._wanted))
        validators = Validators(address, _header(response.headers, "etag"), _header(response.headers, "last-modified"))
        media_type, _, rest = response.headers.get("content-type", "").partition(";")
        charset = re.search(r"charset\s*=\s*[\"']?([\w.:+-]{1,40})", rest, re.IGNORECASE)
        return Fetched(address, lasting, body, media_type.strip().lower(), charset[1] if charset else None, validators)


def normalised(address: object, secure: bool = False) -> str:
    """An address as a person types it, as one to ask: https where no scheme of the web is given, no fragment.

    `secure`: http is refused.  Errors: ValueError with a sentence.
    """
    if not isinstance(address, str) or not address.strip():
        raise ValueError("Give an address.")
    text = re.sub(r"^feed:(?://)?(?=https?:)|^(?:feed|webcals?):(?=//)", "", address.strip(), flags=re.IGNORECASE)
    text = f"https:{text}" if text.startswith("//") else text
    if not re.match(r"[a-z][a-z0-9+.-]*:(?!\d)", text, re.IGNORECASE):
        text = f"https://{text}"
    import httpx

    try:
        url = httpx.URL(text)
        sound = (
            len(text) <= _MAX_ADDRESS and _HOST.fullmatch(url.raw_host) and (url.port is None or 0 < url.port < 65536)
        )
        given = bool(url.userinfo)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise ValueError("This is not an address.") from error
    if url.scheme != "https" and (secure or url.scheme != "http"):
        raise ValueError(
            "The address begins with https://." if secure else "The address begins with https:// or http://."
        )
    if not sound:
        raise ValueError("The address names no machine that can be asked.")
    if given:
        raise ValueError("Leave name and password out of the address.")
    return str(url.copy_with(fragment=None))


def public(address: Address) -> bool:
    """Whether the address is anybody's to reach: not this machine, nor a private network, nor a way into one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None and not public(inner):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def reachable(local: object) -> Allowed:
    """What may be asked where the setting `local` says so: anything for true itself, else what is public."""
    return (lambda _address: True) if local is True else public


def _resolve(host: str, port: int) -> list[str]:
    found = [str(each[4][0]) for each in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)]
    return [address for address in found if "%" not in address]  # of one network card: no web address can say so


def _next(address: str, location: str) -> str:
    """Where a redirect leads.  Errors: SyncFailed where it must not be followed."""
    import httpx

    try:
        target = httpx.URL(address).join(location)
        joined = normalised(str(target)) if location and target.scheme in ("http", "https") else ""
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise SyncFailed("source-refused", "The server sends to something that is no address.") from error
    if not joined:
        raise SyncFailed("source-refused", "The server sends to another address, which is none of the web.")
    if address.startswith("https:") and not joined.startswith("https:"):
        raise SyncFailed("source-refused", "The server sends from an encrypted to an open address.")
    return joined


def _refusal(status: int, wanted: Wanted, later: float | None) -> SyncFailed:
    if status in wanted.answers:
        return SyncFailed(*wanted.answers[status])
    if status == 410:
        return SyncFailed("source-gone", f"The server says that this {wanted.called} is gone for good.")
    if status in (401, 407):
        return SyncFailed("source-auth", "The server asks for a name and a password.")
    if status in (408, 425, 429, 503):
        return SyncFailed("source-busy", f"The server is busy and asks to come back later ({status}).", later)
    if status >= 500:
        return SyncFailed("source-unreachable", f"The server has a problem of its own ({status}).", later)
    if status == 404:
        return SyncFailed("source-refused", "The server knows nothing at this address (404).")
    return SyncFailed("source-refused", f"The server does not give this {wanted.called} ({status}).")


def _later(value: str, now: float) -> float | None:
    """Retry-After, as seconds or as a date (RFC 9110, 10.2.3)."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:12]), MAX_LATER)
    try:
        return min(max(parsedate_to_datetime(value[:60]).timestamp() - now, 0.0), MAX_LATER)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _header(headers: Mapping[str, str], name: str) -> str:
    """To be sent back as it came; nothing where it is too long, or no plain text."""
    value = headers.get(name, "")
    return value if len(value) <= 500 and value.isascii() and value.isprintable() else ""


def _decompressed(pieces: Iterator[bytes], encoding: str, wanted: Wanted) -> Iterator[bytes]:
    """Errors: SyncFailed beyond `wanted.most`, counted before and after, and for damage."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise SyncFailed("source-broken", f"The server compresses the {wanted.called} in a way that was not asked for.")
    wire = size = 0
    decoder = zlib.decompressobj(31)
    for piece in pieces:
        wire += len(piece)
        for plain in _inflated(decoder, piece, wanted.most + 1 - size) if "gzip" in encoding else (piece,):
            size += len(plain)
            yield plain
        if max(wire, size) > wanted.most:
            raise SyncFailed("source-broken", f"The {wanted.called} is larger than {wanted.most // (1024 * 1024)} MiB.")
    if "gzip" in encoding and wire and not decoder.eof:
        raise SyncFailed("source-unreachable", "The connection broke off.")


def _inflated(decoder: zlib._Decompress, piece: bytes, most: int) -> Iterator[bytes]:
    """At most `most` bytes of it; what follows the compressed data is dropped."""
    if decoder.eof:
        return
    try:
        yield decoder.decompress(piece, most)
    except zlib.error as error:
        raise SyncFailed("source-broken", "What the server compressed is damaged.") from error


@contextlib.contextmanager
def _sentences(deadline: Deadline) -> Iterator[None]:
    import httpx

    try:
        yield
    except (httpx.TransportError, httpx.StreamError) as error:
        deadline.check()
        if _is_tls(error):
            raise SyncFailed("source-tls", "The server cannot prove that it is who the address says.") from error
        if isinstance(error, httpx.TimeoutException):
            raise SyncFailed("source-unreachable", "The server does not answer.") from error
        if isinstance(error, httpx.ConnectError):
            raise SyncFailed("source-unreachable", "The server cannot be reached.") from error
        raise SyncFailed("source-unreachable", "The connection broke off.") from error
    deadline.check()  # a connection that was cut can look like one that ended


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
