"""`nuee catalog serve`: a folder with a catalog and its archives, over HTTP for this machine or over HTTPS.

Read only.  Only catalogs and archives are there: no listing, no hidden file, and no key that somebody left beside them.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from app.catalogs import INDEX
from app.catalogs.addresses import is_loopback
from app.results import CommandFailed
from skills.archive import MAX_ARCHIVE, SUFFIX
from skills.catalog import MAX_HEADER
from skills.catalog_index import MAX_INDEX

_NAME = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]*")
_SERVED = (".catalog", SUFFIX)
_MOST = max(MAX_ARCHIVE, MAX_INDEX + MAX_HEADER)  # bytes
_SECONDS = 30.0  # of silence
_AT_ONCE = 32  # connections


class Server(ThreadingHTTPServer):
    """Serves `folder` until `shutdown`."""

    daemon_threads = True

    def __init__(self, folder: Path, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Errors: OSError."""
        super().__init__((host, port), _Handler)
        self.folder = folder.resolve()
        self.scheme = "http" if tls is None else "https"
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        if tls is not None:  # the handshake waits for the client, so it is left to the thread of its connection
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def address(self) -> str:
        host = str(self.server_address[0])
        return f"{self.scheme}://{f'[{host}]' if ':' in host else host}:{self.server_port}/{INDEX}"

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up or speaks no TLS is none of the keeper's business."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = _SECONDS
    server_version = "nuee"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Who reads the catalog is not written down."""

    def _answer(self, *, body: bool) -> None:
        content = read(self.server.folder, self.path)
        if content is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if body:
            self.wfile.write(content)


def read(folder: Path, target: str) -> bytes | None:
    """What lies at a path of the web, or None.  `folder`: without links in it.  Blocking."""
    names = target.removeprefix("/").split("/")
    if not all(_NAME.fullmatch(name) for name in names) or not names[-1].endswith(_SERVED):
        return None
    try:
        path = folder.joinpath(*names).resolve(strict=True)  # a link in the folder may lead out of it
        if not path.is_relative_to(folder) or not path.is_file() or path.stat().st_size > _MOST:
            return None
        return path.read_bytes()
    except (OSError, ValueError):
        return None


def opened(folder: Path, host: str, port: int, cert: Path | None, key: Path | None) -> Server:
    """Listening, not yet serving.  Errors: CommandFailed."""
    if not (folder / INDEX).is_file():
        raise CommandFailed("catalog-serve-folder", path=str(folder))
    if cert is None and not is_loopback(host):
        raise CommandFailed("catalog-serve-tls")
    try:
        tls = None
        if cert is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(cert, key)
        return Server(folder, host, port, tls)
    except (OSError, OverflowError) as error:  # SSLError is one
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise CommandFailed("catalog-serve-start", detail=reason) from error


def run(server: Server) -> None:
    """Until it is interrupted."""
    with server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
