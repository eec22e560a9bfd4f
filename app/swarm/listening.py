"""Where the node listens: as the person chose, else one port of every network interface, the same after a restart."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Sequence

import psutil

from storage.settings import Settings

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


def reachable(listening: Sequence[str]) -> tuple[str, ...]:
    """What others may try: an address that stands for all interfaces becomes one for each; without /p2p/….

    Link-local addresses are left out: they say nothing on another link.  Networks before loopback.
    """
    found: dict[str, None] = {}
    for address in listening:
        bare = address.split("/p2p/")[0]
        parts = bare.split("/")
        if len(parts) > 2 and parts[2] in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
            version = 4 if parts[1] == "ip4" else 6
            for one in _interfaces(version):
                found["/".join(["", parts[1], one, *parts[3:]])] = None
        else:
            found[bare] = None
    return tuple(sorted(found, key=lambda one: ("/127." in one or "/::1/" in one, one.startswith("/ip6"))))


def interfaces() -> frozenset[str]:
    """Every address of this machine, but link-local ones.  Blocking, for less than a millisecond."""
    return frozenset(_interfaces(4)) | frozenset(_interfaces(6))


def _interfaces(version: int) -> list[str]:
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    found = []
    for addresses in psutil.net_if_addrs().values():
        for one in addresses:
            bare = one.address.split("%")[0]
            if one.family == family and not ipaddress.ip_address(bare).is_link_local:
                found.append(bare)
    return found
