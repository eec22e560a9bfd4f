"""What others may try: an address to listen on that stands for every interface, as one for each."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

import psutil

EVERY = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


def interfaces() -> frozenset[str]:
    """Every address of this machine, but link-local ones.  Blocking, for less than a millisecond."""
    return frozenset(_interfaces(4)) | frozenset(_interfaces(6))


def reachable(listening: Sequence[str]) -> tuple[str, ...]:
    """The addresses without /p2p/…, networks before loopback.

    Link-local ones are left out: they say nothing on another link.
    """
    found: dict[str, None] = {}
    for address in listening:
        bare = address.split("/p2p/")[0]
        parts = bare.split("/")
        if stands_for_every(bare):
            for one in _interfaces(4 if parts[1] == "ip4" else 6):
                found["/".join(["", parts[1], one, *parts[3:]])] = None
        else:
            found[bare] = None
    return tuple(sorted(found, key=lambda one: ("/127." in one or "/::1/" in one, one.startswith("/ip6"))))


def stands_for_every(address: str) -> bool:
    """Whether it names no interface, and is of no use to anybody else."""
    parts = address.split("/")
    return len(parts) > 2 and parts[2] in EVERY


def _interfaces(version: int) -> list[str]:
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    found = []
    for addresses in psutil.net_if_addrs().values():
        for one in addresses:
            bare = one.address.split("%")[0]
            if one.family == family and not ipaddress.ip_address(bare).is_link_local:
                found.append(bare)
    return found
