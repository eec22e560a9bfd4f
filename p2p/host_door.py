"""Counts who is at the door and who is inside, so that one address cannot take every place.  Pure."""

from __future__ import annotations

import ipaddress
from collections import Counter

from p2p.host_limits import Limits


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, an IPv6 /64 (what one household has)."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class Door:
    """Inbound connections by address: `knock`, then `authenticated` once, then `leave`.

    A caller that was not let in calls neither of the others.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: Counter[str] = Counter()
        self._all: Counter[str] = Counter()

    def knock(self, network: str) -> bool:
        """Whether this connection may begin its handshake."""
        if (
            self._waiting[network] >= self._limits.handshakes_per_address
            or self._all[network] >= self._limits.connections_per_address
            or self._all.total() >= self._limits.connections
        ):
            return False
        self._waiting[network] += 1
        self._all[network] += 1
        return True

    def authenticated(self, network: str) -> None:
        """The handshake is over, however it ended."""
        _less(self._waiting, network)

    def leave(self, network: str) -> None:
        _less(self._all, network)

    @property
    def inside(self) -> int:
        """Every inbound connection, those in their handshake included."""
        return self._all.total()


def _less(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
