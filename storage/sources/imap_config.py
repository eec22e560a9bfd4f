"""What a person chose for a mail account, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast, get_args

from storage import tls

Security = Literal["tls", "starttls", "none"]
Auth = Literal["password", "oauth2"]
Deleted = Literal["remove", "keep"]

_IMAP_PORTS: dict[Security, int] = {"tls": 993, "starttls": 143, "none": 143}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[A-Za-z0-9._:%\[\]\u0080-\uffff-]{1,255}")


@dataclass(frozen=True)
class Server:
    """Where to connect and as whom."""

    host: str
    port: int
    security: Security
    user: str
    auth: Auth
    ca_file: str


@dataclass(frozen=True)
class Config:
    server: Server
    folders: tuple[str, ...]
    deleted: Deleted
    since: date | None


def parse(config: Mapping[str, Any]) -> Config:
    """Keys: those of `server`, folders (names as `check` gives them), deleted, since (ISO date).

    Errors: ValueError with a sentence.
    """
    folders = config.get("folders") or []
    if not isinstance(folders, list | tuple) or not all(isinstance(name, str) and name for name in folders):
        raise ValueError("The folders of a mail account are a list of names.")
    return Config(
        server(config, _IMAP_PORTS),
        tuple(dict.fromkeys(folders)),
        cast(Deleted, _choice(config, "deleted", get_args(Deleted))),
        _since(config.get("since")),
    )


def server(config: Mapping[str, Any], ports: Mapping[Security, int]) -> Server:
    """Keys: host, port (by default that of `ports`), security, user, auth, ca_file.

    Errors: ValueError with a sentence.
    """
    host = _text(config, "host", "the name of the mail server")
    if not _HOST.fullmatch(host):
        raise ValueError(f"“{host[:80]}” is not the name of a server.")
    security = cast(Security, _choice(config, "security", get_args(Security)))
    if security == "none" and not tls.is_loopback(host):
        raise ValueError("Without encryption, Nuée only speaks to a mail server on this very computer.")
    port = config.get("port") or ports[security]
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        raise ValueError("A port is a number from 1 to 65535.")
    auth = cast(Auth, _choice(config, "auth", get_args(Auth)))
    return Server(host, port, security, _text(config, "user", "the user name"), auth, str(config.get("ca_file") or ""))


def _text(config: Mapping[str, Any], key: str, what: str) -> str:
    value = config.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"A mail account needs {what}.")
    if _CONTROL.search(value):
        raise ValueError(f"There are characters in {what} that cannot be meant.")
    return value.strip()


def _choice(config: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str:
    """The first choice is the default."""
    value = config.get(key) or choices[0]
    if value not in choices:
        raise ValueError(f"“{key}” of a mail account is one of: {', '.join(choices)}.")
    return str(value)


def _since(value: object) -> date | None:
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("“since” of a mail account is a date such as 2024-01-31.") from None
