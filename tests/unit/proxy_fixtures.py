"""An endpoint that stands before a real node and does to its answers what a test says."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Spoil = Callable[[str, Callable[[], bytes]], bytes]  # the method, and the node's answer to it once it is asked


class Proxy:
    """`spoil`: None for an honest one; `asked`: the methods in order."""

    def __init__(self) -> None:
        self.url = ""
        self.spoil: Spoil | None = None
        self.asked: list[str] = []


@contextmanager
def before(node: str) -> Iterator[Proxy]:
    """A proxy of the node at that URL, on loopback."""
    proxy = Proxy()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            method = str(json.loads(body)["method"])
            proxy.asked.append(method)

            def ask() -> bytes:
                request = urllib.request.Request(node, body, {"Content-Type": "application/json"})
                with urllib.request.urlopen(request, timeout=60) as response:
                    return bytes(response.read())

            answer = ask() if proxy.spoil is None else proxy.spoil(method, ask)
            with contextlib.suppress(OSError):  # the other side may have gone
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def saying(result: object) -> bytes:
    """An answer with this result, whatever was asked."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()
