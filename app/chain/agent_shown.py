"""An agent as it is shown: what the chain says, what its file claims, and which checks hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.agent_results import AgentView, CheckRow, ServiceRow
from app.chain.agents import Looked
from app.swarm.naming import likeness
from app.texts import text
from p2p.networks import network_name
from p2p.registration import Registration, Service
from p2p.registration_checks import dubious
from p2p.wallet_requests import NOBODY
from storage.peers import Peer

if TYPE_CHECKING:
    from app.node import Node

_NOTHING = Registration("", "", "", (), (), (), active=False, x402=False)
MOST_URI = 200  # characters of an address that are shown: a whole file may be in it


async def shown(node: Node, looked: Looked) -> AgentView:
    """Errors: VaultError."""
    row, file = looked.row, looked.file or _NOTHING
    known: list[Peer] = await node.blocking(node.vault.vault.peers.list)
    contact = next((peer.name for peer in known if peer.id == row.peer), "")
    return AgentView(
        agent=row.agent,
        registry=f"eip155:{row.registry.chain}:{row.registry.address}",
        network=network_name(row.registry.chain),
        owner=row.owner,
        wallet="" if row.wallet == NOBODY else row.wallet,
        uri=row.uri if len(row.uri) <= MOST_URI else row.uri[:MOST_URI] + "…",
        name=file.name,
        description=file.description,
        peer_id=row.peer,
        contact=contact,
        alike=_alike(file.name, row.peer, known),
        verified=row.verified and not looked.problem,
        mine=row.mine,
        checks=tuple(
            CheckRow(one.name, not one.code, one.code, _why(one.code, node.language)) for one in looked.checks
        ),
        services=tuple(_service(one) for one in file.services),
        registrations=tuple(f"{one.where}/{one.agent}" for one in file.registrations),
        trust=file.trust,
        others=file.others,
        file=None if row.file is None else row.file.decode("utf-8", "replace"),
        looked=datetime.fromtimestamp(row.looked, UTC).isoformat(timespec="seconds"),
    )


def _service(one: Service) -> ServiceRow:
    return ServiceRow(one.name, one.endpoint, one.version, one.skills, one.addresses, dubious(one.endpoint))


def _alike(name: str, peer: str, known: list[Peer]) -> str:
    """The contact whose name a reader may take this agent's for, and which it is not."""
    claimed = likeness(name)
    return next((one.name for one in known if claimed and one.id != peer and likeness(one.name) == claimed), "")


def _why(code: str, language: str) -> str:
    return text(f"error.{code}", language, detail=code) if code else ""
