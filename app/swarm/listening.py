"""Where the node listens: as the person chose, else one port of every network interface, the same after a restart."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Sequence

from p2p.host_addresses import interfaces, reachable
from storage.settings import Settings

__all__ = ["check", "choose", "chosen", "interfaces", "is_on", "let_relay", "reachable", "relays", "turn"]

_ON, _LISTEN, _PORT, _RELAYS = "swarm_on", "swarm_listen", "swarm_port", "swarm_relays"
_FIRST, _LAST = 20000, 60000


def is_on(settings: Settings) -> bool:
    """Whether the person wants to be reachable.  Blocking.  Errors: VaultError."""
    return settings.get(_ON, False) is True


def turn(settings: Settings, on: bool) -> None:
    settings.set(_ON, on)


def relays(settings: Settings) -> bool:
    """Whether contacts may be reached through this node.  Blocking.  Errors: VaultError."""
    return settings.get(_RELAYS, False) is True


def let_relay(settings: Settings, on: bool) -> None:
    settings.set(_RELAYS, on)


def chosen(settings: Settings) -> tuple[str, ...]:
    """The multiaddrs to listen on.  Without a choice: TCP and QUIC on one port that is drawn once and kept."""
    listed = settings.get(_LISTEN, None)
    if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
        return tuple(listed)
    port = settings.get(_PORT, None)
    if not isinstance(port, int):
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        settings.set(_PORT, port)
    every = ("/ip4/0.0.0.0", "/ip6/::") if socket.has_ipv6 else ("/ip4/0.0.0.0",)
    return tuple(f"{one}/{transport}" for transport in (f"tcp/{port}", f"udp/{port}/quic-v1") for one in every)


def check(addresses: Sequence[str]) -> None:
    """Blocking: imports libp2p.  Errors: HostFailed `bad-address`, `no-transport`."""
    from p2p.host_build import listen_address

    for address in addresses:
        listen_address(address)


def choose(settings: Settings, addresses: Sequence[str] | None) -> None:
    """None goes back to the usual."""
    if addresses is None:
        settings.unset(_LISTEN)
    else:
        settings.set(_LISTEN, list(addresses))
