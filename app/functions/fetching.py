"""net.fetch: one page over HTTPS, as text.

Policy has said that the address may be asked.  What is left to hold here: only what is anybody's to reach (no private
network, by whatever name), no redirect to another site, no more than is asked for in size and time.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agent.taint import Provenance
from app import online
from app.functions.given import Given, failed, iso
from app.functions.port import Answer, Context, FunctionFailed
from app.results import CommandFailed
from app.stoppable import Flag
from storage.sources.fetch import Allowed, Fetched, Fetcher, Resolve, Stopped, Validators, Wanted, normalised, public
from storage.sources.page_text import Page, read
from storage.sync import SyncFailed

if TYPE_CHECKING:
    from app.node import Node

MAX_BYTES = 5 * 1024 * 1024
SECONDS = 30.0  # redirects included
MAX_TEXT = 200_000  # characters
MAX_TITLE = 300
_PAGE = Wanted("page", "text/html, application/xhtml+xml, text/plain;q=0.9, */*;q=0.1", MAX_BYTES, SECONDS)


@dataclass(frozen=True)
class Reach:
    """Which addresses may be asked, and how names become addresses."""

    allowed: Allowed = public
    resolve: Resolve | None = None
    tls: ssl.SSLContext | None = None


async def fetch(node: Node, context: Context, arguments: Mapping[str, Any], reach: Reach = Reach()) -> Answer:
    given = Given(context, arguments, "address")
    asked = given.text("address", most=2000, line=True)
    try:
        address = normalised(asked, secure=True) if asked.startswith("https://") else ""
    except ValueError:
        address = ""
    if not address:
        raise given.wrong("address", "https")
    fetched = await _fetched(node, context, address, reach)
    page = await node.blocking(_read, fetched)
    if page is None:
        raise failed("OSError", "not-a-page", context, type=fetched.media_type[:80] or "data")
    value = {
        "address": fetched.address,
        "title": page.title[:MAX_TITLE],
        "text": page.text[:MAX_TEXT],
        "type": fetched.media_type,
        "fetched": iso(context.now.timestamp()),
    }
    source = Provenance("page", title=page.title[:MAX_TITLE] or fetched.address, sender=_host(fetched.address))
    return Answer(value, (source,), did={"address": fetched.address})


async def _fetched(node: Node, context: Context, address: str, reach: Reach) -> Fetched:
    flag = Flag()
    fetcher = Fetcher(
        _PAGE,
        reach.allowed,
        lambda: flag.is_set() or node.airplane,
        resolve=reach.resolve,
        tls=reach.tls,
        follows=lambda target: target.startswith("https://") and _host(target) == _host(address),
    )
    try:
        online.network_allowed(node)
        return await node.interruptible(lambda: fetcher.fetch(address, Validators()), flag)
    except (CommandFailed, Stopped) as error:
        raise failed("OSError", "airplane", context) from error
    except SyncFailed as error:
        raise FunctionFailed("OSError", error.code, str(error)) from error


def _read(fetched: Fetched) -> Page | None:
    return read(fetched.body or b"", fetched.media_type, fetched.charset)


def _host(address: str) -> str:
    """The site: with or without "www." it is the same one's."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port not in (None, 443) else ""
    return (parts.hostname or "").removeprefix("www.") + port
