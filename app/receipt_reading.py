"""A receipt from a file, in plain values: needs no profile, no vault and no network.  Blocking; any thread."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.chain.amounts import amount_text
from app.errors import code, sentence
from app.receipt_results import ReceiptView, Spoken, Verified
from app.results import CommandFailed
from app.swarm.explaining import credits_text
from app.texts import text
from app.views.plain import one_line
from p2p.acl import MESSAGE_LIMIT, AclError, Performative, SignedMessage, kind_of
from p2p.contents import Acceptance, CallForProposals, Content, Result, content_of
from p2p.receipts import RECEIPT_LIMIT, BadReceipt, Receipt, verified
from p2p.settlement_terms import asset_of

SUFFIX = ".nuee-receipt"
CREDIT = "credit"  # of a price: what is counted between peers without a chain
LAST_MOMENT = 253_402_214_400_000  # 9999-12-31T00:00:00Z, in milliseconds: a calendar holds it in every time zone
_PIECE = 1 << 20  # bytes
_READING = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)  # a pipe is opened at once, and refused


@dataclass(frozen=True)
class Shown:
    """A result that is held against a receipt.  `text`: None where it is too long for a message, or no text."""

    digest: bytes
    text: str | None


def read(path: str) -> bytes:
    """A file that may be a receipt; one that is too large for it is not read.

    Errors: CommandFailed("receipt-file" | "receipt-large").
    """
    try:
        handle = os.open(path, _READING)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise CommandFailed("receipt-file", path=path)
            data = b"" if found.st_size > RECEIPT_LIMIT else file.read(RECEIPT_LIMIT + 1)
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        raise CommandFailed("receipt-file", path=path) from error
    if found.st_size > RECEIPT_LIMIT or len(data) > RECEIPT_LIMIT:
        raise CommandFailed("receipt-large", path=path)
    return data


def verify(path: str, result: str | None, language: str, called: Callable[[str], str] = lambda _peer: "") -> Verified:
    """What a file proves.  `result`: a file or a text that is held against the result in it; `called`: see `view`.

    Errors: CommandFailed("receipt-result") where that file cannot be read; of the receipt's own nothing is raised.
    """
    shown = None if result is None else _shown(result)
    try:
        receipt = verified(read(path))
    except (BadReceipt, CommandFailed) as error:
        return Verified(False, code=code(error), reason=sentence(error, language))
    return Verified(True, view(receipt, language, called), matches=None if shown is None else matches(receipt, shown))


def same(receipt: Receipt, result: str | None) -> bool | None:
    """Whether a file or a text is the result in it; None for none.  Errors: CommandFailed("receipt-result")."""
    return None if result is None else matches(receipt, _shown(result))


def view(receipt: Receipt, language: str, called: Callable[[str], str] = lambda _peer: "", me: str = "") -> ReceiptView:
    """`called`: what the person calls a peer, "" where they do not know it; `me`: this node's peer id."""
    parties = {receipt.initiator: "initiator", receipt.participant: "participant"}
    agreed = receipt.agreed
    kind, _ = kind_of(receipt.messages[0].message.ontology)
    paid = agreed is not None and bool(agreed.price.amount)
    digest = receipt.result_digest
    return ReceiptView(
        name=receipt.name,
        kind=kind,
        conversation=receipt.conversation,
        initiator=receipt.initiator,
        initiator_name=called(receipt.initiator),
        participant=receipt.participant,
        participant_name=called(receipt.participant),
        issuer=receipt.issuer,
        mine=parties.get(me, ""),
        outcome=receipt.outcome,
        asked=_asked(receipt),
        amount=str(agreed.price.amount) if agreed is not None and paid else "",
        token=agreed.price.token if agreed is not None and paid else "",
        result=_plain(_result(receipt)),
        result_digest="" if digest is None else digest.hex(),
        settlement=_plain(receipt.settlement, "0x"),
        messages=tuple(_spoken(signed, parties) for signed in receipt.messages),
        bytes=len(receipt.data),
        price=price_text(str(agreed.price.amount), agreed.price.token, language) if agreed is not None and paid else "",
    )


def price_text(amount: str, token: str, language: str) -> str:
    """For whoever does not know the token: in its smallest units, which is all that was signed.  "" for no amount.

    Credits are no token of any chain: they are counted.
    """
    if not amount.isdecimal():
        return ""
    found, shown = asset_of(token), amount_text(int(amount), 0, "", language)
    if found is not None:
        return text("cli.receipt.units", language, amount=shown, chain=found[0], token=found[1])
    if token == CREDIT:
        return credits_text(int(amount), language)
    return f"{shown}\u00a0{one_line(token)}"


def matches(receipt: Receipt, shown: Shown) -> bool:
    """Whether it is a text of the result, the whole of it as JSON, or has a digest that the provider signed."""
    said = next((one for one in map(_content, reversed(receipt.messages)) if isinstance(one, Result)), None)
    if said is None:
        return False
    if shown.digest in said.digests.values():
        return True
    if shown.text is None:
        return False
    return _unended(shown.text) in map(_unended, _texts(said.result)) or _as_json(shown.text) == [_plain(said.result)]


def _shown(what: str) -> Shown:
    try:
        is_file = Path(what).is_file()
    except (OSError, ValueError):  # too long for a path, or with a zero in it: a text
        is_file = False
    if not is_file:
        data = what.encode("utf-8", "surrogateescape")
        return Shown(hashlib.sha256(data).digest(), what)
    digest, kept = hashlib.sha256(), b""
    try:
        with Path(what).open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                kept = (kept + piece)[: MESSAGE_LIMIT + 1]
    except OSError as error:
        raise CommandFailed("receipt-result", path=what) from error
    try:
        return Shown(digest.digest(), kept.decode("utf-8") if len(kept) <= MESSAGE_LIMIT else None)
    except UnicodeDecodeError:
        return Shown(digest.digest(), None)


def _content(signed: SignedMessage) -> Content | None:
    try:
        return content_of(signed.message)
    except AclError:
        return None


def _asked(receipt: Receipt) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for content in map(_content, receipt.messages):
        if isinstance(content, CallForProposals):
            asked |= content.spec
        elif isinstance(content, Acceptance):
            asked |= content.input
    found: dict[str, Any] = _plain(asked)
    return found


def _result(receipt: Receipt) -> Any:
    said = [one.result for one in map(_content, receipt.messages) if isinstance(one, Result)]
    return said[-1] if said else None


def _spoken(signed: SignedMessage, parties: dict[str, str]) -> Spoken:
    message = signed.message
    act = str(message.performative)
    if message.performative is Performative.INFORM:
        act = "inform-result" if isinstance(_content(signed), Result) else "inform-done"
    sent = datetime.fromtimestamp(min(message.sent, LAST_MOMENT) / 1000, UTC).isoformat(timespec="seconds")
    return Spoken(parties[message.sender], act, sent, message.digest().hex(), _plain(dict(message.content)))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for held in value.values():
                yield from _texts(held)
        case list():
            for held in value:
                yield from _texts(held)


def _unended(text: str) -> str:
    """Without the end of line that editors put at the end of a file."""
    return text.rstrip("\r\n")


def _as_json(text: str) -> list[Any]:
    """The one value it is; none where it is no JSON."""
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        return []


def _plain(value: Any, before: str = "") -> Any:
    """For JSON: bytes as hexadecimal digits, with `before` before them."""
    match value:
        case bytes():
            return before + value.hex()
        case list():
            return [_plain(held, before) for held in value]
        case dict():
            return {key: _plain(held, before) for key, held in value.items()}
        case _:
            return value
