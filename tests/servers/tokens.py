"""A sign-in service for the tests: renews tokens, and tells a mail server whose token it is shown."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote


class TokenService:
    """`good`: access tokens and whose they are.  `answer`: what a renewal brings (status, JSON)."""

    def __init__(self) -> None:
        service = self
        self.good: dict[str, str] = {}
        self.answer: tuple[int, Any] = (400, {"error": "invalid_grant"})
        self.asked: list[dict[str, list[str]]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                service.asked.append(parse_qs(self.rfile.read(length).decode()))
                self._reply(*service.answer)

            def do_GET(self) -> None:
                user = service.good.get(unquote(self.path.rpartition("/")[2]))
                self._reply(200 if user else 401, {"email": user} if user else {"error": "invalid_token"})

            def _reply(self, status: int, body: Any) -> None:
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> TokenService:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
