"""Where a catalog is: an address of the web, or a file."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from app.catalogs import INDEX
from app.results import CommandFailed
from storage.sources.fetch import normalised

_WEB = ("https://", "http://")


def is_web(address: str) -> bool:
    return address.lower().startswith(_WEB)


def cleaned(address: str) -> str:
    """As it is kept: an https address, an http address of this machine, or the absolute path of a file.

    A folder stands for its `nuee.catalog`.  Blocking.  Errors: CommandFailed.
    """
    if not is_web(address):
        return _path(address)
    import httpx  # takes a tenth of a second: only where a catalog of the web is named

    try:
        url = httpx.URL(normalised(address))
    except ValueError as error:
        raise CommandFailed("catalog-address") from error
    if url.query or (url.scheme == "http" and not is_loopback(url.host)):
        raise CommandFailed("catalog-address")
    text = str(url)
    return text + INDEX if text.endswith("/") else text


def beside(address: str, location: str) -> str:
    """Where an archive of the catalog at `address` is.  `location`: as skills.catalog_index allows it."""
    if location.startswith("https://"):
        return location
    if is_web(address):
        return f"{address.rpartition('/')[0]}/{location}"
    return str(Path(address).parent / location)


def is_loopback(host: str) -> bool:
    """Whether the name can only be this machine's."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _path(address: str) -> str:
    path = Path(address)
    try:
        path = path / INDEX if path.is_dir() else path
        there = path.is_absolute() and path.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise CommandFailed("catalog-path", path=address)
    return str(path)
