"""What a delegate asks the node of a wallet, over `DELEGATED_PROTOCOL`: one JSON object each way.

    {"ask": "authority"}                              {"authority": {…}}: what it may have signed, see Authority
    {"ask": "sign", "note": text, "signature": hex}   {"sent": hash, "state": as p2p.sending's}
                                                      {"asks": digest}: the owner has to agree first; ask again then
                                                      {"refused": code, "values": {…}}

Contacts alone are answered, and the note is theirs or nobody's: its key is the identity that the contact proved.  The
same note is one transaction, however often it comes.  What comes is data: strict, bounded.  Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from p2p.methods import ROLES
from p2p.wallet_requests import WalletRefused, address

DELEGATED_PROTOCOL = "/nuee/delegated/1.0.0"
LIMIT = 256 * 1024  # bytes of a request or an answer
_MOST = 2**256
_DECIMALS = 36
_SYMBOL = 64  # characters
_CODE = 60


class BadDelegated(WalletRefused):
    """Not of this protocol."""

    def __init__(self, sentence: str) -> None:
        super().__init__("wallet-delegated", sentence)


@dataclass(frozen=True)
class Authority:
    """`account`: the address that pays; `contracts`: by role; limits and `spent` (today) in the token's smallest parts;
    `until`: seconds since the epoch.  `decimals`: -1 where nobody knows."""

    chain: int
    account: str
    contracts: Mapping[str, str]
    token: str
    symbol: str
    decimals: int
    task: int
    day: int
    counterparty: int
    spent: int
    until: int


@dataclass(frozen=True)
class Note:
    """What the delegate signed (p2p.delegation)."""

    text: bytes
    signature: bytes


@dataclass(frozen=True)
class Outcome:
    """One of them is set: `sent` with `state`, `asks`, or `refused` with `values`."""

    sent: str = ""
    state: str = ""
    asks: str = ""
    refused: str = ""
    values: Mapping[str, str] | None = None


def asking_authority() -> bytes:
    return json.dumps({"ask": "authority"}).encode()


def asking_signature(note: Note) -> bytes:
    return json.dumps({"ask": "sign", "note": note.text.decode(), "signature": note.signature.hex()}).encode()


def question(data: bytes) -> Note | None:
    """None asks for the authority.  Errors: BadDelegated."""
    found = _object(data)
    match found:
        case {"ask": "authority"} if len(found) == 1:
            return None
        case {"ask": "sign", "note": str(text), "signature": str(signature)} if len(found) == 3:
            try:
                return Note(text.encode(), bytes.fromhex(signature))
            except ValueError as error:
                raise BadDelegated("This is no signature.") from error
    raise BadDelegated("This asks for nothing that there is.")


def authority_answer(authority: Authority) -> bytes:
    """Amounts as text: they are larger than JSON's numbers."""
    found = {name: str(value) if type(value) is int else value for name, value in asdict(authority).items()}
    return json.dumps({"authority": found}).encode()


def authority_of(data: bytes) -> Authority | Outcome:
    """An Outcome where it was refused.  Errors: BadDelegated."""
    found = _object(data)
    if "refused" in found:
        return outcome_of(data)
    try:
        given = found["authority"]
        if set(given) != {item.name for item in fields(Authority)}:
            raise BadDelegated("This is no authority.")
        contracts = {role: address(given["contracts"][role]) for role in given["contracts"] if role in ROLES}
        numbers = {name: _number(given[name]) for name in _NUMBERS}
        symbol, token = given["symbol"], given["token"] and address(given["token"])
        if type(symbol) is not str or len(symbol) > _SYMBOL or numbers["decimals"] > _DECIMALS:
            raise BadDelegated("This is no token.")
        return Authority(
            account=address(given["account"]), contracts=contracts, token=token, symbol=symbol, **numbers
        )  # fmt: skip
    except (LookupError, TypeError, ValueError, AttributeError, WalletRefused) as error:
        raise BadDelegated("This is no authority.") from error


def outcome_answer(outcome: Outcome) -> bytes:
    if outcome.refused:
        return json.dumps({"refused": outcome.refused, "values": dict(outcome.values or {})}).encode()
    if outcome.asks:
        return json.dumps({"asks": outcome.asks}).encode()
    return json.dumps({"sent": outcome.sent, "state": outcome.state}).encode()


def outcome_of(data: bytes) -> Outcome:
    """Errors: BadDelegated."""
    match _object(data):
        case {"sent": str(sent), "state": str(state)} if len(sent) <= 80 and len(state) <= _CODE:
            return Outcome(sent=sent, state=state)
        case {"asks": str(digest)} if len(digest) <= 80:
            return Outcome(asks=digest)
        case {"refused": str(code), "values": dict(values)} if 0 < len(code) <= _CODE and len(values) <= 8:
            return Outcome(refused=code, values={str(k)[:_CODE]: str(v)[:200] for k, v in values.items()})
    raise BadDelegated("This is no answer.")


_NUMBERS = tuple(item.name for item in fields(Authority) if item.type == "int")


def _number(text: Any) -> int:
    """Errors: ValueError."""
    if type(text) is not str or len(text) > 80 or not text.removeprefix("-").isascii():
        raise ValueError(text)
    number = int(text)
    if not -1 <= number < _MOST:
        raise ValueError(text)
    return number


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data) if len(data) <= LIMIT else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadDelegated("This is not of this protocol.")
    return found
