"""What left for whom, and what the person agreed to for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app.actions.group import Requests
from app.actions.peers import names
from app.chain import ends
from app.node import Node
from app.reports import Report
from app.swarm_results import ConsentRow, DisclosureLedger, DisclosureRow
from storage.disclosures import Decision


async def disclosures(node: Node, limit: int = 1000) -> DisclosureLedger:
    """All that left, the newest first; and whether the chain still holds."""
    store = node.vault.vault.disclosures
    found = await node.blocking(store.list, limit)
    called = await _names(node, [one.peer for one in found])
    rows = tuple(
        DisclosureRow(
            one.number,
            datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds"),
            one.peer,
            called(one.peer),
            one.kind,
            one.task,
            one.bytes,
            one.digest,
            one.records,
            one.why,
        )
        for one in found
    )
    return DisclosureLedger(rows, await node.blocking(store.broken))


async def _names(node: Node, peers: Sequence[str]) -> Callable[[str], str]:
    """Of peers, and of what stands on a chain."""
    person = await names(node)
    chain = await node.blocking(
        ends.called, node.vault.vault, [one for one in peers if ends.is_end(one)], node.language
    )
    return lambda peer: chain(peer) if ends.is_end(peer) else person(peer)


async def consents(node: Node) -> tuple[ConsentRow, ...]:
    called = await names(node)
    found = await node.blocking(node.vault.vault.disclosures.consents)
    return tuple(ConsentRow(peer, called(peer), kind, decision) for peer, kind, decision in found)


async def decide(node: Node, peer: str, kind: str, decision: Decision | None) -> tuple[ConsentRow, ...]:
    """What holds for this peer and kind ("letter", or a kind of task) from now on; None: ask each time.

    Errors: VaultError `unknown-peer`, `ambiguous-peer`.
    """
    vault = node.vault.vault
    known = {one for one, _, _ in await node.blocking(vault.disclosures.consents)}
    # Somebody who was removed since may still have a decision.
    name = peer if peer in known else (await node.blocking(vault.peers.find, peer)).id
    await node.blocking(vault.disclosures.decide, name, kind, decision)
    return await consents(node)


async def _list(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await disclosures(node))


async def _consents(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"consents": [asdict(row) for row in await consents(node)]}


async def _decide(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"consents": [asdict(row) for row in await decide(node, args["peer"], args["kind"], args["decision"])]}


REQUESTS: Requests = {
    "disclosures": (_list, True),
    "consents": (_consents, True),
    "consent-set": (_decide, True),
}
