"""What a person chose for a source, checked and put in one form; where it is, in one line; when two are the same."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from app.results import CommandFailed
from storage.sources import drivers

Config = dict[str, Any]

_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_CHOICES = {"security": tuple(_PORTS), "auth": ("password", "oauth2"), "deleted": ("remove", "keep")}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
OUTGOING = ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "address")  # how mail is sent in its name
MAX_TEXT = 2000  # characters of any one setting


def cleaned(kind: str, config: Mapping[str, Any]) -> Config:
    """The settings of this kind in one form; what is not known to it is refused, so that no password hides there.

    Blocking: looks whether a path is there.  Errors: CommandFailed with the sentence to show.
    """
    clean = _KINDS.get(kind)
    if clean is None:
        raise CommandFailed("source-kind", detail=f"“{kind}” is not a kind of source that Nuée can read.")
    given = {key: value for key, value in config.items() if value not in (None, "", [], ())}
    made = clean(given)
    for key, value in given.items():
        if key not in made and value is not False:
            raise CommandFailed("source-setting", key=key)
    return made


def place(kind: str, config: Mapping[str, Any]) -> str:
    """Where it is, in one line and without a secret.

    The private address of a calendar is a password in itself: its server alone is named.
    """
    if kind == "imap":
        folders = ", ".join(config.get("folders") or ())
        account = f"{config.get('user', '')}@{config.get('host', '')}"
        if "@" in str(config.get("user", "")):
            account = f"{config['user']} ({config.get('host', '')})"
        return f"{account}: {folders}" if folders else account
    if "path" in config:
        return str(config["path"])
    parts = urllib.parse.urlsplit(str(config.get("address", "")))
    server = parts.hostname or ""
    return f"{server}/…" if kind != "feed" else server + parts.path.rstrip("/")


def name(kind: str, config: Mapping[str, Any]) -> str:
    """What to call it where the person gave no name."""
    if kind == "imap":
        return str(config.get("user", ""))
    if "path" in config:
        return Path(str(config["path"])).stem or str(config["path"])
    return drivers.host(kind, config)


def same(kind: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Two sources with equal answers read the same place."""
    if kind == "imap":
        return kind, str(config["host"]).lower(), str(config["port"]), str(config["user"]).lower()
    if "path" in config:
        return kind, str(Path(str(config["path"])).expanduser().resolve())
    parts = urllib.parse.urlsplit(str(config["address"]))
    return kind, (parts.hostname or "").lower(), str(parts.port), parts.path.rstrip("/"), parts.query


def _imap(given: Config) -> Config:
    made: Config = {"host": _text(given, "host", "source-no-host"), "user": _text(given, "user", "source-no-user")}
    for key, choices in _CHOICES.items():
        made[key] = _chosen(given, key, choices)
    made["port"] = _port(given.get("port", _PORTS[made["security"]]))
    folders = given.get("folders", [])
    if not isinstance(folders, list | tuple) or not all(isinstance(one, str) and one for one in folders):
        raise CommandFailed("source-folders")
    made["folders"] = list(dict.fromkeys(folders))
    if "since" in given:
        made["since"] = _day(given["since"])
    if "ca_file" in given:
        made["ca_file"] = _existing(given, "ca_file")
    return made | _outgoing(given)


def _outgoing(given: Config) -> Config:
    """How mail is sent in this account's name, where it is: see `app.functions.outgoing`."""
    keys = ("smtp_host", "smtp_user", "address")
    made: Config = {key: _text(given, key, "source-no-host") for key in keys if key in given}
    if "smtp_security" in given:
        made["smtp_security"] = _chosen(given, "smtp_security", _CHOICES["security"])
    if "smtp_port" in given:
        made["smtp_port"] = _port(given["smtp_port"])
    return made


def _chosen(given: Config, key: str, choices: tuple[str, ...]) -> str:
    """The first choice is the default."""
    value = given.get(key, choices[0])
    if value not in choices:
        raise CommandFailed("source-choice", key=key, choices=", ".join(choices))
    return str(value)


def _port(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 65536:
        raise CommandFailed("source-port")
    return value


def _folder(given: Config) -> Config:
    path = _existing(given)
    if not Path(path).is_dir():
        raise CommandFailed("source-not-a-folder", path=path)
    return {"path": path}


def _calendar(given: Config) -> Config:
    return {"path": _existing(given)} if "path" in given or "address" not in given else _address(given)


def _address(given: Config) -> Config:
    """`local`: it may lie in the person's own network.  Errors: CommandFailed for one that is no web address, or that
    has a password in it."""
    address = _text(given, "address", "source-no-address")
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = "https", address
    scheme = {"webcal": "https", "webcals": "https", "feed": "https"}.get(scheme.lower(), scheme.lower())
    address = f"{scheme}://{rest}"
    try:
        parts = urllib.parse.urlsplit(address)
        valid = scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid or any(character.isspace() for character in address):
        raise CommandFailed("source-address")
    if parts.username or parts.password:
        raise CommandFailed("source-address-secret")
    return {"address": address, **({"local": True} if given.get("local") is True else {})}


def _text(given: Config, key: str, missing: str) -> str:
    value = given.get(key)
    if not isinstance(value, str) or not value.strip():
        raise CommandFailed(missing)
    if _CONTROL.search(value) or len(value) > MAX_TEXT:
        raise CommandFailed("source-characters", key=key)
    return value.strip()


def _existing(given: Config, key: str = "path") -> str:
    try:
        path = Path(_text(given, key, "source-no-path")).expanduser().absolute()
        there = path.exists()
    except (OSError, RuntimeError) as error:
        raise CommandFailed("source-path", path=str(given[key])) from error
    if not there:
        raise CommandFailed("source-path", path=str(path))
    return str(path)


def _day(value: object) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as error:
        raise CommandFailed("source-since") from error


_KINDS: dict[str, Callable[[Config], Config]] = {
    "imap": _imap,
    "notes": _folder,
    "folder": _folder,
    "feed": _address,
    "calendar": _calendar,
    "contacts": _calendar,
}
