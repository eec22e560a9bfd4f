"""Contacts on the local network, found by mDNS: off until turned on, since everybody on that network sees the peer id.

Only contacts are dialled; a stranger who announces themselves here is not answered.
"""

from __future__ import annotations

import ipaddress
import logging
from typing import TYPE_CHECKING

import trio

from app.swarm import listening
from storage.settings import Settings

if TYPE_CHECKING:
    from app.swarm.swarm import Swarm
    from p2p.node import Host

log = logging.getLogger("app")
_ON = "swarm_lan"


def is_on(settings: Settings) -> bool:
    """Blocking.  Errors: VaultError."""
    return settings.get(_ON, False) is True


def turn(settings: Settings, on: bool) -> None:
    settings.set(_ON, on)


async def run(swarm: Swarm, host: Host) -> None:
    """Announce this node on the local networks it listens on, and connect contacts that are there; until cancelled."""
    while True:
        moved = swarm.reaching.moved
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_announced, swarm, host)
            await moved.wait()
            nursery.cancel_scope.cancel()


async def _announced(swarm: Swarm, host: Host) -> None:
    from p2p.host_mdns import Mdns

    addresses = [address for address in listening.reachable(host.addresses) if _local(address)]
    interfaces = sorted({address.split("/")[2] for address in addresses})
    if not interfaces or not await swarm.blocking(is_on, swarm.vault.settings):
        return
    sending, receiving = trio.open_memory_channel[str](64)

    def found(address: str) -> None:
        try:
            sending.send_nowait(address)
        except trio.WouldBlock:
            return  # it is announced again

    try:
        async with Mdns(interfaces, [f"{address}/p2p/{host.peer_id}" for address in addresses], found):
            async for address in receiving:
                bare, _, peer_id = address.rpartition("/p2p/")
                if peer_id in swarm.gate.contacts and peer_id not in host.connected:
                    await swarm.reaching.connect(host, peer_id, (bare,))
    except OSError as error:
        log.info("the local network cannot be used: %s", error.strerror)


def _local(address: str) -> bool:
    """An IPv4 address of a network, not of this machine alone."""
    parts = address.split("/")
    return parts[1] == "ip4" and not ipaddress.ip_address(parts[2]).is_loopback
