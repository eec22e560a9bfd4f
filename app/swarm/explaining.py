"""How a task stands and why, in words: one sentence or two, with what the person can do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.chain.amounts import amount_text
from app.texts import catalogue, text
from app.views.plain import one_line


def short(task: str) -> str:
    """By what a person names a task: the beginning of its conversation."""
    return task.rpartition("/")[2][:8]


def explained(row: Mapping[str, Any], language: str, award: str = "", peer: str = "", *, proposed: bool = False) -> str:
    """`row`: the fields of a TaskRow.  `award`: the policy of one of ours.  `peer`: whose it is, by name, where it is
    not ours, and `proposed`: whether this node proposed to do it."""
    name = one_line(str(row["provider_name"] or peer)) or text("swarm.told.somebody", language)
    key = f"swarm.told.{row['role']}_{row['state']}"
    if row["role"] == "initiator" and row["state"] == "choosing" and award != "ask":
        key = "swarm.told.initiator_judging"
    if row["role"] == "participant" and row["state"] == "refused" and proposed:
        key = "swarm.told.participant_rejected"
    seconds = (row["ms"] or 0) / 1000
    said = text(key, language, name=name, id=short(row["id"]), seconds=seconds)
    why = reason(str(row["detail"]), language)
    return f"{said} {why}" if why else said


def credits_text(count: int, language: str) -> str:
    """What is counted between peers without a chain; free where it is none."""
    if not count:
        return text("swarm.price.free", language)
    return text("swarm.price.credits", language, count=count, shown=amount_text(count, 0, "", language))


def price_asked(offer: Mapping[str, Any], language: str) -> str:
    """What a contact asks, in one line.  `offer`: the fields of a PeerOffer."""
    said = [credits_text(offer["price"], language)]
    if offer["tokens"] is not None:
        said.append(text("swarm.price.on_chain", language, said=offer["tokens"]["said"]))
    if offer["asks"]:
        said.append(text("swarm.price.asks_person", language))
    return " · ".join(said)


def spoken(performative: str, detail: str, language: str, why: Callable[[str], str]) -> str:
    """One message of a task as a person would say it.  `detail`: a price in credits, or the code of a reason, which
    `why` has in words."""
    key = f"swarm.said.{performative}"
    if key not in catalogue():
        return " · ".join(one_line(part) for part in (performative, detail) if part)
    amount, _, unit = detail.partition(" ")
    what = (
        credits_text(int(amount), language)
        if unit == "credit" and amount.isdecimal()
        else why(detail)
        if detail
        else ""
    )
    return text(f"{key}_with", language, what=what) if what and f"{key}_with" in catalogue() else text(key, language)


def reason(detail: str, language: str) -> str:
    """Why something was refused or failed: a sentence for a word that we know, else the word, which a peer may have
    said; "" for none."""
    code = detail.partition(" ")[0]
    if not code:
        return ""
    key = f"swarm.because.{code}"
    if key not in catalogue():
        return text("swarm.told.code", language, code=one_line(detail))
    peers = [f"…{one_line(peer)[-6:]}" for peer in detail.split()[1:]]
    return text(key, language) + (f" ({', '.join(peers)})" if peers else "")
