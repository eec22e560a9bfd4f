"""Requests between the node and the key-holder process as maps: strict, since what is read here gets signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from p2p.wallet_requests import AgentWallet, Bid, Meaning, Request, Signed, Transaction, WalletBinding, WalletRefused

_KINDS: dict[str, type[Request]] = {
    "transaction": Transaction,
    "bid": Bid,
    "agent-wallet": AgentWallet,
    "wallet-binding": WalletBinding,
}
_TYPES = {"int": int, "str": str, "bytes": bytes}


def request_to_map(request: Request) -> dict[str, Any]:
    """For JSON and CBOR alike: numbers and bytes as text."""
    kind = next(name for name, known in _KINDS.items() if known is type(request))
    return {"kind": kind, **{item.name: _plain(getattr(request, item.name)) for item in fields(request)}}


def request_from_map(found: Mapping[str, Any]) -> Request:
    """The inverse.  Errors: WalletRefused("wallet-request")."""
    try:
        kind = _KINDS[found["kind"]]
        names = {item.name: str(item.type) for item in fields(kind)}
        given = {name: value for name, value in found.items() if name != "kind"}
        return kind(**{name: _value(names[name], value) for name, value in given.items()})
    except (LookupError, ValueError, TypeError, RecursionError) as error:
        raise WalletRefused("wallet-request", "The wallet signs no request of this kind.") from error


def signed_to_map(signed: Signed) -> dict[str, Any]:
    return {
        "raw": signed.raw,
        "name": signed.name,
        "signer": signed.signer,
        "meaning": meaning_to_map(signed.meaning),
    }


def signed_from_map(found: Mapping[str, Any]) -> Signed:
    return Signed(bytes(found["raw"]), bytes(found["name"]), str(found["signer"]), meaning_from_map(found["meaning"]))


def meaning_to_map(meaning: Meaning) -> dict[str, Any]:
    return {"key": meaning.key, "values": [list(pair) for pair in meaning.values]}


def meaning_from_map(found: Mapping[str, Any]) -> Meaning:
    return Meaning(str(found["key"]), tuple((str(name), str(value)) for name, value in found["values"]))


def _plain(value: Any) -> Any:
    """Each text says what it is: `i` a number, `x` bytes, `s` text."""
    match value:
        case bool():
            return value
        case int():
            return f"i{value}"
        case bytes():
            return f"x{value.hex()}"
        case str():
            return f"s{value}"
        case _:
            return [_plain(item) for item in value]


def _value(kind: str, found: Any) -> Any:
    value = _read(found)
    if kind in _TYPES:
        if type(value) is not _TYPES[kind]:
            raise TypeError(kind)
        return value
    if type(value) is not list:
        raise TypeError(kind)
    return _tuples(value)


def _read(found: Any) -> Any:
    if isinstance(found, list):
        return [_read(item) for item in found]
    if isinstance(found, bool):
        return found
    match found[0], found[1:]:
        case "i", text:
            return int(text)
        case "x", text:
            return bytes.fromhex(text)
        case "s", text:
            return text
    raise ValueError(found)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
