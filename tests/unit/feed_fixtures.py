"""A web server on loopback that serves feeds well or badly, and a feed source whose vault is real."""

from __future__ import annotations

import contextlib
import gzip
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from storage.ledger import Ledger
from storage.records import StoredRecord
from storage.sources.feed import Feeds
from storage.sync import Account, Synced
from storage.vault import Vault

KEY = bytes(range(32))
NOW = 1_790_000_000.0
RSS_TYPE = "application/rss+xml"


def item(number: int | str, text: str = "", **fields: str) -> str:
    parts = {
        "title": f"Title {number}",
        "guid": f"https://news.example/{number}",
        "link": f"https://news.example/{number}",
        "pubDate": "Thu, 01 Jan 2026 10:00:00 GMT",
        "description": text or f"Text {number}.",
        **fields,
    }
    return "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in parts.items() if value) + "</item>"


def rss(*items: str, title: str = "The News") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>{title}</title><link>https://news.example/</link>{''.join(items)}</channel></rss>"
    ).encode()


Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Web

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.close_connection = True
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client has had enough: often the point
            self.server.routes[self.path](self)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def reply(self, body: bytes = b"", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Type": RSS_TYPE, "Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Web(ThreadingHTTPServer):
    """`routes`: what is answered, by path.  `asked`: (path, headers) of every request so far."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), Handler)
        self.routes: dict[str, Reply] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.over = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet: clients that hang up are what is tested."""

    def address(self, path: str = "/feed") -> str:
        return f"http://{self.server_address[0]}:{self.server_address[1]}{path}"  # type: ignore[str-bytes-safe]

    def serve(self, body: bytes, path: str = "/feed", status: int = 200, **headers: str) -> None:
        self.routes[path] = lambda handler: handler.reply(body, status, **headers)

    def serve_with_etag(self, body: bytes, etag: str = '"one"', path: str = "/feed") -> None:
        def answer(handler: Handler) -> None:
            if handler.headers.get("If-None-Match") == etag:
                handler.reply(b"", 304, ETag=etag)
            else:
                handler.reply(body, ETag=etag, Last_Modified="Thu, 01 Jan 2026 10:00:00 GMT")

        self.routes[path] = answer

    def redirect(self, to: str, path: str, status: int = 302) -> None:
        self.routes[path] = lambda handler: handler.reply(b"", status, Location=to)


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body)


def started(web: Web) -> Iterator[Web]:
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield web
    web.over.set()
    web.shutdown()
    thread.join()
    web.server_close()


@pytest.fixture(name="web")
def web_fixture() -> Iterator[Web]:
    yield from started(Web())


@dataclass
class Subscribed:
    """A feed and the vault it goes into.  `now` is the driver's time."""

    vault: Vault
    web: Web
    config: dict[str, Any] = field(default_factory=dict)
    now: float = NOW
    driver: Feeds = field(default_factory=Feeds)

    def __post_init__(self) -> None:
        self.driver = Feeds(clock=lambda: self.now)
        self.config = {"address": self.web.address(), "local": True, **self.config}
        self.source = self.vault.sources.add("feed", "News", self.config, {})

    @property
    def account(self) -> Account:
        return self.vault.sources.account(self.source)

    @property
    def ledger(self) -> Ledger:
        return self.vault.sources.ledger(self.source)

    def sync(self, stop: Callable[[], bool] = lambda: False) -> Synced:
        return self.driver.sync(self.account, self.ledger, lambda *_: None, stop)

    def check(self) -> tuple[str, ...]:
        return self.driver.check(self.account)

    def articles(self) -> list[StoredRecord]:
        """By title."""
        lines, _ = self.vault.library.page(limit=20_000)
        return sorted((self.vault.library.get(line.id) for line in lines), key=lambda one: one.record.title)


@pytest.fixture(name="feed")
def feed_fixture(tmp_path: Path, web: Web) -> Iterator[Subscribed]:
    with Vault.create(tmp_path / "vault.nuee", KEY) as vault:
        yield Subscribed(vault, web)
