"""What is known of a peer's work, and what the person says of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app.actions.group import Requests
from app.actions.peers import names
from app.chain import feedback
from app.chain.reputation import Known, known
from app.node import Node
from app.reports import Report
from app.reputation_results import FeedbackChanged, FeedbackRow, ReasonRow, ReputationView
from app.texts import catalogue, text
from p2p.reputation import Reason
from storage.feedback import Word
from storage.vault import Vault

RATEABLE = 20  # receipts that are offered at once
_HUNDREDTHS = ("mean",)  # values of reasons that are shares of one


async def reputation(node: Node, name: str) -> ReputationView:
    """By name, peer id, or the end of one; the chain in use is read where there is one.

    Errors: VaultError `unknown-peer`, `ambiguous-peer`.
    """
    vault = node.vault.vault
    peer = await node.blocking(vault.peers.find, name)
    found = await known(node, peer.id)
    rateable = await node.blocking(_rateable, vault, peer.id)
    return _view(found, peer.id, peer.name, rateable, node.language)


async def give_feedback(node: Node, receipt: str, value: int, tag: str = "", public: bool = False) -> FeedbackRow:
    """Say how a task went that a peer did.  Errors: as app.chain.feedback.give's."""
    word = await feedback.give(node, receipt, value, tag, public=public)
    return await _changed(node, word)


async def revoke_feedback(node: Node, receipt: str) -> FeedbackRow:
    """Errors: as app.chain.feedback.take_back's."""
    return await _changed(node, await feedback.take_back(node, receipt))


async def feedback_given(node: Node, name: str = "") -> tuple[FeedbackRow, ...]:
    """Newest first; of one peer where it is named.  Errors: VaultError `unknown-peer`, `ambiguous-peer`."""
    vault = node.vault.vault
    peer = (await node.blocking(vault.peers.find, name)).id if name else ""
    called = await names(node)
    return tuple(_row(word, called(word.peer)) for word in await node.blocking(vault.feedback.list, peer))


async def _changed(node: Node, word: Word) -> FeedbackRow:
    node.listener(FeedbackChanged(word.peer))
    return _row(word, (await names(node))(word.peer))


def _rateable(vault: Vault, peer: str) -> tuple[str, ...]:
    said = {word.task for word in vault.feedback.list(peer)}
    mine = [one for one in vault.receipts.list() if one.peer == peer and one.role == "initiator"]
    return tuple(
        one.name for one in mine if one.outcome in ("done", "failed") and one.task not in said
    )[:RATEABLE]  # fmt: skip


def _view(found: Known, peer_id: str, name: str, rateable: tuple[str, ...], language: str) -> ReputationView:
    one = found.standing
    whole = {"likely": _whole(one.likely), "low": _whole(one.low), "high": _whole(one.high)}
    key = "unknown_nothing" if one.word == "unknown" and not one.weight else one.word
    naked = None if one.naked.mean is None else _whole(one.naked.mean)
    naked_key = "naked_none" if naked is None else "naked"
    return ReputationView(
        peer_id,
        name,
        one.word,
        text(f"swarm.reputation.{key}", language, **whole),
        weight=round(one.weight, 2),
        reasons=(*_chain(found, language), *(_reason(reason, language) for reason in one.reasons)),
        agent=found.agent,
        naked=naked,
        naked_count=one.naked.count,
        naked_sentence=text(f"swarm.reputation.{naked_key}", language, mean=naked, count=one.naked.count),
        network=found.network,
        problem=found.problem,
        rateable=rateable,
        **whole,
    )


def _chain(found: Known, language: str) -> tuple[ReasonRow, ...]:
    """Why the chain says nothing, or not the newest."""
    if not found.network:
        return (ReasonRow("no-chain", text("swarm.reputation.no_chain", language)),)
    if found.problem:
        key = f"error.{found.problem}"
        why = text(key, language, detail="") if key in catalogue() else found.problem
        return (ReasonRow("not-read", text("swarm.reputation.not_read", language, why=why)),)
    if found.agent is None:
        return (ReasonRow("no-agent", text("swarm.reputation.no_agent", language, network=found.network)),)
    return ()


def _reason(reason: Reason, language: str) -> ReasonRow:
    shown: dict[str, Any] = {key: _shown(key, value) for key, value in reason.values.items()}
    return ReasonRow(reason.code, text(f"swarm.reputation.{reason.code}", language, **shown), dict(reason.values))


def _shown(key: str, value: float) -> int | float:
    return _whole(value) if key in _HUNDREDTHS else int(value) if key == "count" else round(value, 1)


def _whole(share: float) -> int:
    return round(100 * share)


def _row(word: Word, name: str) -> FeedbackRow:
    state: Any = "here" if word.place is None else "public" if word.written else "going"
    agent = None if word.place is None else word.place.agent
    created = datetime.fromtimestamp(word.created, UTC).isoformat(timespec="seconds")
    return FeedbackRow(
        word.receipt, word.task, word.peer, name, word.value, word.tag, state, agent, word.written, created
    )


async def _reputation(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await reputation(node, args["name"]))


async def _give(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(
        await give_feedback(node, args["receipt"], args["value"], args.get("tag", ""), args.get("public", False))
    )


async def _revoke(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await revoke_feedback(node, args["receipt"]))


async def _list(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"feedback": [asdict(row) for row in await feedback_given(node, args.get("name", ""))]}


REQUESTS: Requests = {
    "reputation": (_reputation, True),
    "feedback-give": (_give, True),
    "feedback-revoke": (_revoke, True),
    "feedback": (_list, True),
}
