"""Peers: invite, add, look at, ping, rename, block; and whether this node takes part at all."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app.actions.group import Requests
from app.node import Node
from app.reports import Report
from app.results import CommandFailed
from app.swarm import lan, listening, meeting, qr
from app.swarm_results import InviteMade, PeerRow, PeersChanged, PeerView, SwarmState
from storage.peers import Peer, Standing

INVITE_HOURS = 24.0
PING_WITHIN = 10.0  # seconds


async def swarm_state(node: Node) -> SwarmState:
    """Whether others can reach this node, and where."""
    return await node.swarm.state(node.language)


async def turn_swarm(
    node: Node,
    on: bool,
    listen: tuple[str, ...] | None = None,
    relays: bool | None = None,
    meets: bool | None = None,
) -> SwarmState:
    """Take part, or not.  `listen`: multiaddrs to listen on from now on; () goes back to the usual.

    `relays`: whether contacts may be reached through this node.  `meets`: whether it keeps sealed notes by which
    contacts find each other; a node that relays does.

    What keeps the host from running, such as an address that is taken, stands in the state's `problem`.

    Errors: HostFailed `bad-address`, `no-transport`; nothing is kept then.
    """
    settings = node.vault.vault.settings
    if listen is not None:
        await node.blocking(listening.check, listen)
        await node.blocking(listening.choose, settings, listen or None)
    if relays is not None:
        await node.blocking(listening.let_relay, settings, relays)
    if meets is not None:
        await node.blocking(meeting.agree, settings, meets)
    await node.blocking(listening.turn, settings, on)
    as_before = listen is None and relays is None and meets is None
    await (node.swarm.settle() if as_before else node.swarm.restart())
    return await swarm_state(node)


async def invite(node: Node, name: str = "", hours: float = INVITE_HOURS) -> InviteMade:
    """An invite for one person, who becomes a contact with it while this node runs.  Turns the swarm on.

    Errors: CommandFailed("invite-time" | "airplane"), HostFailed.
    """
    async with node.swarm.up():
        await node.blocking(listening.turn, node.vault.vault.settings, True)
        link, made = await node.swarm.greeting.invite(name, hours * 3600)
    return InviteMade(link, _moment(made.expires), made.addresses)


async def add_peer(node: Node, link: str, name: str = "") -> PeerRow:
    """Become the contact of whoever made the link.  Turns the swarm on.

    Errors: BadInvite, CommandFailed("invite-own" | "invite-expired" | "peer-unreachable" | …), HostFailed.
    """
    async with node.swarm.up():
        peer_id = await node.swarm.greeting.accept(link, name)
        await node.blocking(listening.turn, node.vault.vault.settings, True)
        return _row(node, await node.blocking(node.vault.vault.peers.get, peer_id))


async def peers(node: Node) -> tuple[PeerRow, ...]:
    """Contacts first."""
    points = await _points(node)
    return tuple(_row(node, peer, points) for peer in await node.blocking(node.vault.vault.peers.list))


async def peer(node: Node, name: str) -> PeerView:
    """By name, peer id, or the end of one.  Errors: VaultError `unknown-peer`, `ambiguous-peer`."""
    found = await node.blocking(node.vault.vault.peers.find, name)
    return PeerView(_row(node, found, await _points(node)), found.identity, found.addresses, _moment(found.added))


async def ping_peer(node: Node, name: str) -> PeerRow:
    """Connect, and measure a round trip.  Errors: as `peer`; CommandFailed("peer-unreachable"), HostFailed."""
    store = node.vault.vault.peers
    found = await node.blocking(store.find, name)
    async with node.swarm.up() as host:
        await node.swarm.reach(found.id, found.addresses)
        (way, *_) = host.ways(found.id)
        rtt = await host.ping(f"{way.address}/p2p/{found.id}", PING_WITHIN)
        await node.blocking(lambda: store.reached(found.id, way.transport, rtt=rtt))
        return _row(node, await node.blocking(store.get, found.id), await _points(node))


async def relay_through(node: Node, name: str, on: bool) -> PeerRow:
    """Be reached through a contact who relays (`nuee node --relay` there).  Errors: as `peer`."""
    store = node.vault.vault.peers
    found = await node.blocking(store.find, name)
    await node.blocking(store.relay, found.id, on)
    await node.swarm.reload()
    return await _changed(node, found)


async def meet_at(node: Node, name: str, on: bool) -> PeerRow:
    """Find contacts again, and be found, at a contact who keeps notes (`nuee node --meeting-point` there), or no more.

    Errors: as `peer`; CommandFailed("meeting-points").
    """
    found = await node.blocking(node.vault.vault.peers.find, name)
    if not await node.blocking(meeting.name_point, node.vault.vault.settings, found.id, on):
        raise CommandFailed("meeting-points", most=meeting.MOST)
    await node.swarm.reload()
    return await _changed(node, found)


async def local_network(node: Node, on: bool) -> SwarmState:
    """Find contacts on the local network, whose other users then see this node's peer id; or not."""
    await node.blocking(lan.turn, node.vault.vault.settings, on)
    await node.swarm.restart()
    return await swarm_state(node)


async def rename_peer(node: Node, name: str, to: str) -> PeerRow:
    """Errors: as `peer`; VaultError `empty-name`."""
    store = node.vault.vault.peers
    found = await node.blocking(store.find, name)
    await node.blocking(store.rename, found.id, to)
    return await _changed(node, found)


async def block_peer(node: Node, name: str, blocked: bool = True) -> PeerRow:
    """Nothing of it comes in any more, and it is disconnected; or let it be a contact again.  Errors: as `peer`."""
    store = node.vault.vault.peers
    found = await node.blocking(store.find, name)
    standing: Standing = "blocked" if blocked else "contact"
    await node.blocking(store.stand, found.id, standing)
    await node.swarm.reload()
    if blocked and node.swarm.running:
        await node.swarm.host.disconnect(found.id)
    return await _changed(node, found)


async def remove_peer(node: Node, name: str) -> PeerRow:
    """Forget it: it is a stranger again.  Errors: as `peer`."""
    store = node.vault.vault.peers
    found = await node.blocking(store.find, name)
    await node.blocking(store.remove, found.id)
    await node.swarm.reload()
    if node.swarm.running:
        await node.swarm.host.disconnect(found.id)
    node.listener(PeersChanged())
    return _row(node, found)


async def _changed(node: Node, found: Peer) -> PeerRow:
    node.listener(PeersChanged())
    return _row(node, await node.blocking(node.vault.vault.peers.get, found.id), await _points(node))


async def names(node: Node) -> Callable[[str], str]:
    """What the person calls a peer; the end of its id where it is not known."""
    known = {peer.id: peer.name for peer in await node.blocking(node.vault.vault.peers.list)}
    return lambda peer_id: known.get(peer_id) or f"…{peer_id[-6:]}"


async def _points(node: Node) -> tuple[str, ...]:
    points: tuple[str, ...] = await node.blocking(meeting.points, node.vault.vault.settings)
    return points


def _row(node: Node, one: Peer, points: Collection[str] = ()) -> PeerRow:
    connected = node.swarm.running and one.id in node.swarm.host.connected
    rtt = None if one.rtt is None else round(one.rtt * 1000, 1)
    seen = None if one.seen is None else _moment(one.seen)
    return PeerRow(one.id, one.name, one.standing, connected, one.way, rtt, seen, one.relays, one.id in points)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


async def _state(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await swarm_state(node))


async def _turn(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    listen = args.get("listen")
    return asdict(await turn_swarm(node, args["on"], None if listen is None else tuple(listen)))


async def _relay(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await relay_through(node, args["name"], args["on"]))


async def _meet(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await meet_at(node, args["name"], args["on"]))


async def _lan(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await local_network(node, args["on"]))


async def _invite(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    made = asdict(await invite(node, args.get("name", ""), args.get("hours", INVITE_HOURS)))
    if args.get("qr"):
        made["qr"] = await node.blocking(lambda: qr.blocks(qr.matrix(made["invite"])))
    return made


async def _add(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await add_peer(node, args["link"], args.get("name", "")))


async def _list(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"peers": [asdict(row) for row in await peers(node)]}


async def _show(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    """And what is known of its work."""
    from app.actions.reputation import reputation  # which names peers by this module

    found = await peer(node, args["name"])
    return {**asdict(found), "reputation": asdict(await reputation(node, found.row.peer_id))}


async def _ping(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await ping_peer(node, args["name"]))


async def _rename(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await rename_peer(node, args["name"], args["to"]))


async def _block(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await block_peer(node, args["name"], args["blocked"]))


async def _remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await remove_peer(node, args["name"]))


REQUESTS: Requests = {
    "swarm": (_state, True),
    "swarm-turn": (_turn, True),
    "swarm-lan": (_lan, True),
    "peer-relay": (_relay, True),
    "peer-meet": (_meet, True),
    "peer-invite": (_invite, True),
    "peer-add": (_add, True),
    "peers": (_list, True),
    "peer": (_show, True),
    "peer-ping": (_ping, True),
    "peer-rename": (_rename, True),
    "peer-block": (_block, True),
    "peer-remove": (_remove, True),
}
