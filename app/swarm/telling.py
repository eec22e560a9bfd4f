"""What a person sees of a step of a negotiation: its arrow in the diagram, and how the task stands after it.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.swarm.paying import on_chain
from p2p.acl import AclError, Message, kind_of
from p2p.contents import Done, Proposal, Result, content_of
from p2p.contractnet import InitiatorPhase, ParticipantPhase
from p2p.deciding import Change
from p2p.participant import Participant
from p2p.wording import unpacked
from storage.outbox import Write
from storage.tasks import TaskState

_MOST_KEPT = 2**63 - 1  # of a price, in the vault; a person can agree to more


def arrow(message: Message) -> tuple[str, str]:
    """The performative and what is worth saying of it."""
    try:
        content = content_of(message)
    except AclError:
        return str(message.performative), ""
    match content:
        case Proposal(price=price) if on_chain(price):  # in words where the job is shown
            return str(message.performative), ""
        case Proposal(price=price) if price.amount:
            return str(message.performative), f"{price.amount} {price.token}"
        case Result():
            return "inform-result", ""
        case Done():
            return "inform-done", ""
        case _:
            return str(message.performative), str(getattr(content, "reason", ""))


_INITIATOR: dict[InitiatorPhase, TaskState] = {
    InitiatorPhase.NEW: "calling",
    InitiatorPhase.COLLECTING: "calling",
    InitiatorPhase.EVALUATING: "choosing",
    InitiatorPhase.AWAIT_RESULT: "working",
    InitiatorPhase.CANCELLING: "cancelling",
}
_PARTICIPANT: dict[ParticipantPhase, TaskState] = {
    ParticipantPhase.IDLE: "deciding",
    ParticipantPhase.DECIDING: "deciding",
    ParticipantPhase.BOUND: "offered",
    ParticipantPhase.PERFORMING: "working",
}


def shown(changed: Callable[..., Write], name: str, change: Change, state: TaskState | None, why: str) -> Write:
    """The task as it is seen after the step; `state`, `why`: how it ended."""
    if isinstance(change.state, Participant):
        return changed(name, state or _PARTICIPANT[change.state.phase], result=_agreed(change))
    machine = change.state
    awarded = machine.awarded
    told: dict[str, Any] = {"detail": why} if why else {}
    told["provider"] = ",".join(leg.peer for leg in awarded) or None
    bodies = {leg.peer: leg.body for leg in awarded if leg.body}
    if state == "done" and bodies:
        results = {peer: Result.from_map(unpacked(body)).result for peer, body in bodies.items()}
        first = next(iter(results.values()))
        told["result"] = first if len(results) == 1 and isinstance(first, dict) else {"results": results}
        told["price"] = min(sum(_price(leg.bid.body) for leg in awarded if leg.bid is not None), _MOST_KEPT)
    elif state and not why:
        told["detail"] = next((leg.code for leg in (*awarded, *machine.legs) if leg.code), "")
    return changed(name, state or _INITIATOR[machine.phase], **told)


def _agreed(change: Change) -> dict[str, Any] | None:
    """The time of a meeting that this node agreed to.  Of other kinds nothing is kept of what was done for others."""
    for message in change.sent:
        if kind_of(message.ontology)[0] != "meeting":
            continue
        try:
            content = content_of(message)
        except AclError:
            continue
        if isinstance(content, Result) and isinstance(content.result, dict) and content.result:
            return content.result
    return None


def _price(body: bytes) -> int:
    return Proposal.from_map(unpacked(body)).price.amount
