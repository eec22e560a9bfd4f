"""One file from an https address: bounded, conditional, and never from the person's own network unless they said so.

The address is resolved here and the connection made to what was checked, so that a name cannot mean a public machine
while it is looked at and a private one afterwards.  Certificates are checked against the name.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from storage.sync import Stop, SyncFailed

MAX_BYTES = 20 * 1024 * 1024
SECONDS = 120.0  # for all of it
_TIMEOUT = httpx.Timeout(20.0)
_REDIRECTS = 5


@dataclass(frozen=True)
class Downloaded:
    """`data` is None where it is as it was.  `state`: what to give the next time."""

    data: bytes | None
    state: dict[str, str]


def address_of(text: str, local: bool) -> httpx.URL:
    """Errors: ValueError with a sentence for what cannot be read from."""
    try:
        url = httpx.URL(text.strip().replace("webcal://", "https://", 1))
    except httpx.InvalidURL:
        raise ValueError("this is not an address") from None
    if url.userinfo:
        raise ValueError("an address may not hold a password")
    if url.scheme != "https" and not (local and url.scheme == "http"):
        raise ValueError("the address must begin with https://")
    if not url.host:
        raise ValueError("the address names no machine")
    return url


def fetch(address: str, state: Mapping[str, str], local: bool, stop: Stop) -> Downloaded:
    """`state` is that of the last download.  Errors: SyncFailed, ValueError for an address that cannot be meant."""
    url = address_of(address, local)
    deadline = time.monotonic() + SECONDS
    conditions = {"If-None-Match": state.get("etag", ""), "If-Modified-Since": state.get("modified", "")}
    sent = {name: value for name, value in conditions.items() if value}
    with httpx.Client(trust_env=False, timeout=_TIMEOUT, follow_redirects=False) as client:
        for _ in range(_REDIRECTS + 1):
            try:
                with client.stream(*_request(url, local), headers=_headers(url, sent), extensions=_name(url)) as answer:
                    if not answer.has_redirect_location:
                        return _taken(answer, dict(state), deadline, stop)
                    url = address_of(str(url.join(answer.headers["location"])), local)
            except httpx.HTTPError as error:
                raise _failure(error) from error
            except ValueError as error:  # of a redirect; the first address was checked above
                raise SyncFailed("source-refused", f"The address leads elsewhere: {error}.") from error
    raise SyncFailed("source-broken", "The address leads in circles.")


def _headers(url: httpx.URL, sent: Mapping[str, str]) -> dict[str, str]:
    host = url.netloc.decode("ascii")
    return {"Host": host, "User-Agent": "Nuee", "Accept-Encoding": "identity", "Accept": "*/*", **sent}


def _name(url: httpx.URL) -> dict[str, str]:
    return {"sni_hostname": url.raw_host.decode("ascii")}


def _request(url: httpx.URL, local: bool) -> tuple[str, httpx.URL]:
    """With the machine's number in place of its name."""
    return "GET", url.copy_with(host=_resolved(url.host, url.port or (443 if url.scheme == "https" else 80), local))


def _resolved(host: str, port: int, local: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SyncFailed("source-unreachable", "The machine at this address was not found.") from error
    numbers = [str(each[4][0]) for each in found]
    if not local and not all(_is_public(number) for number in numbers):
        raise SyncFailed("source-refused", "The address lies in a private network, which was not allowed for it.")
    return numbers[0]


def _is_public(number: str) -> bool:
    address = ipaddress.ip_address(number.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return address.is_global and not address.is_multicast


def _taken(answer: httpx.Response, state: dict[str, str], deadline: float, stop: Stop) -> Downloaded:
    if answer.status_code == 304:
        return Downloaded(None, state)
    if answer.status_code != 200:
        raise _refusal(answer)
    if answer.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise SyncFailed("source-broken", "The answer is packed in a way that was not asked for.")
    data = bytearray()
    for piece in answer.iter_raw(64 * 1024):
        data += piece
        if len(data) > MAX_BYTES:
            raise SyncFailed("source-broken", f"The file is larger than {MAX_BYTES // (1024 * 1024)} MiB.")
        if stop() or time.monotonic() > deadline:
            raise SyncFailed("source-unreachable", "The file did not come in time.")
    kept = {"etag": answer.headers.get("etag", ""), "modified": answer.headers.get("last-modified", "")}
    return Downloaded(bytes(data), {name: value[:1000] for name, value in kept.items()})


def _refusal(answer: httpx.Response) -> SyncFailed:
    status = answer.status_code
    if status in (401, 403):
        return SyncFailed("source-auth", "The address asks for a password, or is not for you.")
    if status in (404, 410):
        return SyncFailed("source-gone", "There is nothing at this address any more.")
    if status in (429, 503):
        return SyncFailed("source-busy", "The server asks to come back later.", _later(answer))
    return SyncFailed("source-refused", f"The server answered {status}.")


def _later(answer: httpx.Response) -> float | None:
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value), 7 * 86400))
    try:
        return min(max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()), 7 * 86400.0)
    except (ValueError, TypeError):
        return None


def _failure(error: httpx.HTTPError) -> SyncFailed:
    """Without the error's own text, which may hold the address."""
    if "CERTIFICATE" in str(error).upper() or "SSL" in str(error).upper():
        return SyncFailed("source-tls", "The connection is not secure: the certificate was not accepted.")
    if isinstance(error, httpx.TimeoutException):
        return SyncFailed("source-unreachable", "The server did not answer in time.")
    return SyncFailed("source-unreachable", "The server could not be reached.")
