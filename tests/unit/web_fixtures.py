"""A web server on loopback that answers well or badly, and what fetches from it."""

from __future__ import annotations

import contextlib
import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from storage.sources.fetch import Fetched, Fetcher, Validators, Wanted, reachable
from storage.sync import SyncFailed

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
        for name, value in {"Content_Type": "application/rss+xml", "Content_Length": str(len(body)), **headers}.items():
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
    return gzip.compress(body, mtime=0)


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


MOST = 1024 * 1024  # bytes that `fetch` takes


def fetch(address: str, known: Validators | None = None, **options: Any) -> Fetched:
    wanted = Wanted("file", "text/plain", MOST, options.pop("seconds", 60.0))
    reach = options.pop("allowed", reachable(True))
    return Fetcher(wanted, reach, options.pop("stop", lambda: False), **options).fetch(address, known or Validators())


def failure(address: str, **options: Any) -> SyncFailed:
    with pytest.raises(SyncFailed) as failed:
        fetch(address, **options)
    return failed.value
