"""Bytes of catalogs and archives, from the disk or over the network; nothing here trusts them.  Blocking."""

from __future__ import annotations

import os
import ssl
import stat
from collections.abc import Callable
from pathlib import Path

from app.catalogs.addresses import is_loopback, is_web
from app.results import CommandFailed
from skills.archive import MAX_ARCHIVE
from skills.catalog import MAX_HEADER
from skills.catalog_index import MAX_INDEX
from storage.sources.fetch import Address, Allowed, Fetcher, Validators, Wanted, public

_SECONDS = 120.0  # for one file
_MAX_FILE = {"catalog": MAX_INDEX + MAX_HEADER, "skill": MAX_ARCHIVE}


class Reader:
    """`stop` is polled while something is fetched; then Stopped is raised.  `tls`: whom to believe, None as usual."""

    def __init__(self, stop: Callable[[], bool], tls: ssl.SSLContext | None = None) -> None:
        self._stop = stop
        self._tls = tls

    def catalog(self, address: str) -> bytes:
        """Errors: SyncFailed, CommandFailed, Stopped."""
        return self._fetch(address, "catalog", _typed(address)) if is_web(address) else _read(address, "catalog")

    def archive(self, address: str, catalog: str) -> bytes:
        """`catalog`: the address of the catalog that names it: only that machine may be one of a private network."""
        if not is_web(address):
            return _read(address, "skill")
        same = is_web(catalog) and _host(address) == _host(catalog)
        return self._fetch(address, "skill", _typed(address) if same else public)

    def _fetch(self, address: str, called: str, allowed: Allowed) -> bytes:
        wanted = Wanted(called, "*/*", _MAX_FILE[called], _SECONDS)
        fetched = Fetcher(wanted, allowed, self._stop, tls=self._tls).fetch(address, Validators())
        assert fetched.body is not None, "nothing was known before"
        return fetched.body


def _typed(address: str) -> Allowed:
    """Which addresses may be asked where the person typed this one.

    http goes to this machine only.  https goes to whatever is public, and to this machine or a private network where
    the person named it by number; a name that leads there is not believed.
    """
    import httpx

    url = httpx.URL(address)
    if url.scheme == "http":
        return _loopback
    if is_loopback(url.host):
        return lambda found: found.is_loopback or public(found)
    return lambda found: str(found) == url.host.strip("[]") or public(found)


def _host(address: str) -> str:
    import httpx

    return httpx.URL(address).host


def _loopback(found: Address) -> bool:
    return found.is_loopback


def _read(path: str, called: str) -> bytes:
    """One byte more than the limit at most, so that whoever parses it sees that it is too long."""
    try:
        descriptor = os.open(Path(path), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise CommandFailed("catalog-path", path=path)
            return stream.read(_MAX_FILE[called] + 1)
    except (OSError, ValueError) as error:
        raise CommandFailed("catalog-path", path=path) from error
