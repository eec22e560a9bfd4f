"""OAuth2 for mail: an access token that is still good, renewed where it is not (RFC 6749 section 6).

The secret "oauth2" is JSON: access_token, refresh_token, client_id, client_secret (where the provider wants one),
token_url, expires (seconds since the epoch, UTC).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from storage import tls
from storage.sync import SyncFailed

if TYPE_CHECKING:
    import httpx

_MARGIN = 60.0  # seconds before it expires that a token is renewed
_SECONDS, _TO_CONNECT = 30.0, 20.0
_MAX_ANSWER = 256 * 1024  # bytes

Read = Callable[[str], str | None]
Write = Callable[[str, str], None]


def access_token(secret: Read, set_secret: Write, *, renew: bool = False) -> str:
    """A token to sign in with.  `renew`: the one at hand was refused.  What comes is stored before it is returned.

    Errors: SyncFailed `source-auth` where the person has to sign in again, `source-unreachable`, `source-tls`,
    `source-busy`, `source-broken`.
    """
    held = _held(secret)
    token, expires = held.get("access_token"), held.get("expires")
    fresh = not isinstance(expires, int | float) or time.time() < expires - _MARGIN
    if token and fresh and not renew:
        return str(token)
    if not held.get("refresh_token"):
        raise _again()
    answer = _ask(held)
    token = answer.get("access_token")
    if not isinstance(token, str) or not token or not token.isprintable():
        raise SyncFailed("source-broken", "The sign-in service answered without a token.")
    seconds = answer.get("expires_in")
    held |= {"access_token": token, "expires": time.time() + _seconds(seconds)}
    if isinstance(answer.get("refresh_token"), str) and answer["refresh_token"]:
        held["refresh_token"] = answer["refresh_token"]
    set_secret("oauth2", json.dumps(held))
    return token


def _held(secret: Read) -> dict[str, Any]:
    text = secret("oauth2")
    try:
        held = json.loads(text) if text else None
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise SyncFailed("source-auth", "There is no token for this mail account; sign in to it first.")
    return held


def _ask(held: dict[str, Any]) -> dict[str, Any]:
    import httpx  # brings a terminal library along: a tenth of a second that only some mail accounts cost

    address = str(held.get("token_url") or "")
    host = _host(address)
    fields = {"grant_type": "refresh_token", "refresh_token": str(held["refresh_token"])}
    fields |= {name: str(held[name]) for name in ("client_id", "client_secret") if held.get(name)}
    try:
        context, timeout = tls.context(), httpx.Timeout(_SECONDS, connect=_TO_CONNECT)
        with (
            httpx.Client(verify=context, timeout=timeout, trust_env=False) as client,
            client.stream("POST", address, data=fields, headers={"Accept": "application/json"}) as reply,
        ):
            body = _body(reply)
    except httpx.InvalidURL:
        raise _unusable() from None
    except httpx.HTTPError as error:  # never its text: it may hold the address with what is in it
        raise SyncFailed("source-unreachable", f"The sign-in service {host} does not answer.") from error
    if reply.status_code == 200:
        return _json(body)
    if reply.status_code == 429 or reply.status_code >= 500:
        raise SyncFailed("source-busy", f"The sign-in service {host} asks to come back later.")
    raise _again()


def _body(reply: httpx.Response) -> bytes:
    body, until = bytearray(), time.monotonic() + 60
    for piece in reply.iter_bytes():
        body += piece
        if len(body) > _MAX_ANSWER or time.monotonic() > until:
            raise SyncFailed("source-broken", "The sign-in service sends far more than it was asked for.")
    return bytes(body)


def _json(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise SyncFailed("source-broken", "The sign-in service's answer makes no sense.")
    return answer


def _host(address: str) -> str:
    """Errors: SyncFailed for an address where somebody could listen in."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        raise _unusable() from None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and tls.is_loopback(host))):
        raise _unusable()
    return host


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < 10**9 else 3600.0


def _again() -> SyncFailed:
    return SyncFailed("source-auth", "The mail account does not accept its token any more; sign in to it again.")


def _unusable() -> SyncFailed:
    return SyncFailed("source-auth", "The address of the sign-in service is not an https:// address.")
