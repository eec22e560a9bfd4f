"""What a person sets about themselves and their agent: who they are, how long questions wait, what may be spent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from app import preferences
from app.chain.agent_files import GATEWAY
from app.functions.outgoing import NAME
from app.functions.people import SETTING as ADDRESSES
from app.hosting.execution import APPROVAL_DAYS, USUAL_DAYS
from app.hosting.gate import CALL_LIMIT, DAY_LIMIT
from app.results import CommandFailed
from storage.sources.compose import ADDRESS, MAX_ADDRESS
from storage.sources.fetch import normalised

MAX_NAME = 100  # characters
MAX_DAYS = 365
MOST = 50  # addresses
BATTERY = "sync_on_battery"
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,18})?")
_SWITCH = {"on": True, "off": False}

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {NAME: "", ADDRESSES: (), APPROVAL_DAYS: USUAL_DAYS, CALL_LIMIT: "0", DAY_LIMIT: "0", BATTERY: True, GATEWAY: ""}
)
"""What counts where nothing was set; a limit of 0 means that nothing may be spent."""


def cleaned(key: str, value: Any) -> Any:
    """The value in one form; of a key that is none of these, as it is.  A text is what somebody typed.

    Errors: CommandFailed("setting-name" | "setting-address" | "setting-addresses" |
    "setting-days" | "setting-amount" | "setting-switch" | "setting-gateway").
    """
    clean = _KINDS.get(key)
    return value if clean is None else clean(value)


def _name(value: Any) -> str:
    found = " ".join(value.split()) if isinstance(value, str) else None
    if found is None or len(found) > MAX_NAME or not found.isprintable():
        raise CommandFailed("setting-name", most=MAX_NAME)
    return found


def _addresses(value: Any) -> list[str]:
    given = re.split(r"[\s,;]+", value) if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise CommandFailed("setting-address", address="")
    found = list(dict.fromkeys(one.strip().lower() for one in given if one.strip()))
    for one in found:
        if len(one) > MAX_ADDRESS or not ADDRESS.fullmatch(one):
            raise CommandFailed("setting-address", address=one[:MAX_ADDRESS])
    if len(found) > MOST:
        raise CommandFailed("setting-addresses", most=MOST)
    return found


def _days(value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_DAYS):
        raise CommandFailed("setting-days", most=MAX_DAYS)
    return int(text)


def _amount(value: Any) -> str:
    """As decimal text: binary fractions are no money."""
    text = str(value).strip().replace(",", ".") or "0"
    if isinstance(value, bool) or not _AMOUNT.fullmatch(text):
        raise CommandFailed("setting-amount")
    return format(Decimal(text), "f")


def _switch(value: Any) -> bool:
    found = _SWITCH.get(value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise CommandFailed("setting-switch")
    return found


def _gateway(value: Any) -> str:
    """An https address without a path's end; "" and "off" for none."""
    text = value.strip() if isinstance(value, str) else None
    if text in ("", "off"):
        return ""
    try:
        found = normalised(text, secure=True).rstrip("/")
    except ValueError as error:
        raise CommandFailed("setting-gateway") from error
    if "?" in found or urlsplit(found).username is not None:
        raise CommandFailed("setting-gateway")
    return found


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    NAME: _name,
    ADDRESSES: _addresses,
    APPROVAL_DAYS: _days,
    CALL_LIMIT: _amount,
    DAY_LIMIT: _amount,
    BATTERY: _switch,
    GATEWAY: _gateway,
}
KEYS = (*preferences.CHOICES, *_KINDS)
