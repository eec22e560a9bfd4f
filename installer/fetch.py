"""Fetching one large file: goes on where it was cut off, checks the digest, appears whole or not at all.

`fetch` keeps what it has in `<target>.part`, and in `<target>.part.json` the address and the validator (ETag or
Last-Modified, RFC 9110 section 8.8) of what it is a part of.  It asks for the rest with Range and If-Range (RFC 9110
sections 13.1.5 and 14.2), so a file that changed on the server meanwhile is fetched anew instead of being mixed.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Literal

from installer import files

BLOCK = 1 << 18
TIMEOUT_SECONDS = 30.0  # without a single byte
ATTEMPTS = 5  # in a row without progress
PAUSE_SECONDS = 1.0  # before the second attempt; twice as long before each further one
RESERVE = 100_000_000  # bytes left free on the disk

Code = Literal["address", "refused", "network", "digest", "space", "cancelled"]


class FetchFailed(Exception):
    """`code`: address | refused | network | digest | space | cancelled.  After "network" and "cancelled" the next
    `fetch` of the same address goes on where this one ended.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Progress:
    done: int  # bytes
    total: int | None  # bytes; None when the server does not say


def check_address(url: str) -> None:
    """HTTPS; plain HTTP to this machine only, since what travels openly can be seen and, without a digest, replaced."""
    parts = urllib.parse.urlsplit(url)
    local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise FetchFailed("address", f"Only https:// addresses can be fetched, not {url!r}.")


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        try:
            check_address(newurl)
        except FetchFailed:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def fetch(
    url: str,
    target: Path,
    sha256: str | None,
    progress: Callable[[Progress], None],
    cancelled: Callable[[], bool],
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Fetch `url` to `target` and return the file's SHA-256 (hexadecimal).

    Blocks; call it on a thread of its own.  `progress` and `cancelled` are called there, after every quarter megabyte.
    With `sha256` given, a file that differs is removed and refused ("digest").  Errors: FetchFailed.
    """
    check_address(url)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(url, target)
    failures = 0
    while True:
        before = part.size
        try:
            part.append(progress, cancelled)
            break
        except (OSError, http.client.HTTPException) as problem:
            failures = 1 if part.size > before else failures + 1
            if failures >= ATTEMPTS:
                raise FetchFailed("network", f"The connection to {part.host} keeps breaking: {problem}.") from problem
            pause(PAUSE_SECONDS * 2 ** (failures - 1))
    return part.finish(sha256)


class _Part:
    """What is there of a file so far."""

    def __init__(self, url: str, target: Path) -> None:
        self.url = url
        self.host = urllib.parse.urlsplit(url).hostname
        self.target = target
        self.path = target.with_name(target.name + ".part")
        self.facts = self.path.with_name(self.path.name + ".json")
        if files.read_json(self.facts).get("url") != url:
            self.forget()

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self.facts.unlink(missing_ok=True)

    def append(self, progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> None:
        """One request for what is missing.  OSError or HTTPException when the connection fails: try again."""
        with self._open() as response:
            resumed = response.status == http.client.PARTIAL_CONTENT
            done = self.size if resumed else 0
            total = _total(response, done)
            if resumed and _starts_at(response) != done:
                self.forget()
                raise OSError("the server sent another part than was asked for")
            validator = _validator(response)
            files.write_json(self.facts, {"url": self.url, "validator": validator, "total": total})
            self._check_space(total, done)
            with self.path.open("ab" if resumed else "wb") as out:
                while True:
                    if cancelled():
                        raise FetchFailed("cancelled", "The download was cancelled.")
                    progress(Progress(done, total))
                    block = response.read(BLOCK)
                    if not block:
                        break
                    out.write(block)
                    done += len(block)
                out.flush()
                os.fsync(out.fileno())
            if total is not None and done < total:
                raise OSError(f"the connection ended after {done} of {total} bytes")

    def _open(self) -> http.client.HTTPResponse:
        headers = {"User-Agent": "nuee", "Accept-Encoding": "identity"}
        validator = files.read_json(self.facts).get("validator")
        if self.size and validator:
            headers |= {"Range": f"bytes={self.size}-", "If-Range": str(validator)}
        opener = urllib.request.build_opener(_SafeRedirects)
        try:
            response = opener.open(urllib.request.Request(self.url, headers=headers), timeout=TIMEOUT_SECONDS)  # noqa: S310  checked
        except urllib.error.HTTPError as refusal:
            with refusal:
                if refusal.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                    self.forget()  # longer than the file: it is not a part of it
                    raise OSError("what was there is no part of the file") from refusal
                if refusal.code >= 500 or refusal.code == http.client.TOO_MANY_REQUESTS:
                    raise OSError(f"the server answered {refusal.code}") from refusal
                raise FetchFailed("refused", f"{self.host} answered {refusal.code} {refusal.reason}.") from refusal
        assert isinstance(response, http.client.HTTPResponse)
        return response

    def _check_space(self, total: int | None, done: int) -> None:
        free = shutil.disk_usage(self.path.parent).free
        if total is not None and total - done > free - RESERVE:
            raise FetchFailed(
                "space", f"The file needs {(total - done) / 1e9:.1f} GB, the disk has {free / 1e9:.1f} GB."
            )

    def finish(self, wanted: str | None) -> str:
        digest = files.sha256(self.path)
        if wanted and digest != wanted.lower():
            self.forget()
            raise FetchFailed("digest", f"The file from {self.host} is not the one expected: its SHA-256 is {digest}.")
        self.path.replace(self.target)
        self.facts.unlink(missing_ok=True)
        return digest


def _validator(response: http.client.HTTPResponse) -> str | None:
    """A strong ETag, else Last-Modified: If-Range may not carry a weak one (RFC 9110 section 13.1.5)."""
    tag = response.headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")


def _starts_at(response: http.client.HTTPResponse) -> int | None:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _total(response: http.client.HTTPResponse, done: int) -> int | None:
    with contextlib.suppress(TypeError, ValueError):
        return done + int(response.headers["Content-Length"])
    return None
