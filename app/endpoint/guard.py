"""Who may speak to what this node offers: a program of this machine that holds the token.  Pure.

A web page that the person visits can reach loopback as well, under a name of its own (DNS rebinding) or across origins:
so the name that was asked for must be loopback's, and whatever a browser sends on behalf of a page is refused, token
or not.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from app.endpoint.replies import Refused

Headers = Sequence[tuple[bytes, bytes]]  # names in lower case


def check(headers: Headers, port: int, token: str) -> None:
    """Errors: Refused for a request that is not served."""
    hosts = [value for name, value in headers if name == b"host"]
    names = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost", "[::1]")}
    if len(hosts) != 1 or hosts[0].lower() not in names:
        raise Refused(403, "wrong_host", "Only 127.0.0.1, ::1 and localhost are answered.")
    for name, value in headers:
        if name == b"origin" or (name.startswith(b"sec-fetch-") and value != b"none"):
            raise Refused(403, "from_a_page", "Pages in a browser are not answered.")
    given = [value for name, value in headers if name == b"authorization"]
    if len(given) != 1 or not _is_token(given[0], token):
        raise Refused(401, "invalid_api_key", "The token is missing or wrong.")


def _is_token(given: bytes, token: str) -> bool:
    scheme, _, secret = given.partition(b" ")
    return bool(token) and hmac.compare_digest(secret.strip(), token.encode()) and scheme.lower() == b"bearer"
