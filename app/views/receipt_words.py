"""A receipt in words: whose it is, what it was about, how it ended, what was said.  No widgets here."""

from __future__ import annotations

from typing import Any

from app.receipt_reading import price_text
from app.receipt_results import ReceiptRow, ReceiptView, Spoken
from app.texts import catalogue, text
from app.views.plain import amount_line, one_line
from app.views.task_words import kind_of, pairs, reason
from app.views.wording import Words

_ENDS = ("settled", "refunded", "rejected", "void")  # of a job on chain
_LONG = 120  # characters of what a peer wrote in one line


def heading(words: Words, row: ReceiptRow) -> str:
    key = "receipts.ours" if row.role == "initiator" else "receipts.theirs"
    return words(key, kind=kind_of(words, row.kind), name=one_line(row.peer_name))


def outcome(words: Words, said: str) -> str:
    key = f"swarm.state.{said}"
    found = text(key, words.language) if key in catalogue() else words("receipts.open_end")
    return found[:1].upper() + found[1:]


def price(words: Words, row: ReceiptRow | ReceiptView) -> str:
    return amount_line(row.price) or words("receipts.free")


def settlement(words: Words, said: dict[str, Any]) -> list[tuple[str, str]]:
    """What a receipt says of a chain as (name, value); a form that is unknown here as it is."""
    match said:
        case {
            "chain": {"id": chain, "genesis": genesis},
            "contracts": dict(at),
            "job": job,
            "transactions": list(names),
        }:
            ended = str(said.get("outcome", ""))
            key = f"receipts.{ended}"
            shown = {
                "outcome": words(key) if ended in _ENDS else ended,
                "chain": str(chain),
                "genesis": str(genesis),
                "job": str(job),
                **({"paid": str(said["paid"])} if "paid" in said else {}),
                "contracts": at,
                "transactions": "\n".join(map(str, names)),
            }
            return pairs(words, shown)
    return pairs(words, said)


def party(words: Words, view: ReceiptView, which: str) -> str:
    """Who it is: you, by the name that the person gave, or by the end of its id."""
    if view.mine == which:
        return words("receipts.you")
    name, peer = (
        (view.initiator_name, view.initiator) if which == "initiator" else (view.participant_name, view.participant)
    )
    return one_line(name) or f"…{peer[-6:]}"


def said(words: Words, view: ReceiptView, one: Spoken) -> str:
    """One message as a line of the talk."""
    key = f"said.{one.performative}"
    if f"window.{key}" not in catalogue():
        what = one_line(one.performative)
    else:
        what = words(key, price=_price(words, view, one.says), reason=_reason(words, one.says))
    return words("receipts.line", time=words.date(one.sent, time=True), name=party(words, view, one.by), what=what)


def _price(words: Words, view: ReceiptView, says: dict[str, Any]) -> str:
    """As the one that was agreed to is said, where it is that one."""
    match says.get("price"):
        case {"amount": "0"}:
            return words("receipts.free")
        case {"amount": str(amount), "token": str(token)}:
            if (amount, token) == (view.amount, view.token):
                return price(words, view)
            return amount_line(price_text(amount, token, words.language))
    return ""


def _reason(words: Words, says: dict[str, Any]) -> str:
    return reason(words, str(says.get("reason", "")))[:_LONG]
