"""How much a peer may take of this host, and who may come in.  Pure: no network, no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True)
class Limits:
    """Bounds of one host.  Counts are of what is open now; times are seconds; sizes are bytes.

    What peers can make this host hold is bounded by `connections` x `buffered_by_contact` for contacts and
    `strangers` x `buffered_by_stranger` for everybody else.
    """

    connections: int = 128  # inbound and outbound together
    connections_per_peer: int = 2  # the oldest makes room for the newest
    connections_per_address: int = 32  # inbound, of one IP address (an IPv6 /64 counts as one)
    handshakes_per_address: int = 16  # inbound and not yet authenticated
    strangers: int = 16  # connections of peers that are no contacts
    stranger_time: float = 60.0  # how long one of them may stay
    streams_of_contact: int = 64  # inbound, of one peer
    streams_of_stranger: int = 4
    buffered_by_contact: int = 16 * MIB  # received and not yet read, of one connection
    buffered_by_stranger: int = 1 * MIB
    message: int = 64 * KIB  # of a request or an answer
    handshake_time: float = 10.0
    negotiation_time: float = 10.0  # agreeing on a protocol when a stream is opened
    request_time: float = 10.0  # a request must have arrived within this
    answer_time: float = 30.0  # and its handler must have answered within this
    kept_time: float = 30.0  # how long the stream of a contact may wait for its next request
    idle: float = 60.0  # without one byte on a stream somebody waits for
    slowest: int = 1 * KIB  # bytes per second that a message under way must reach, after `idle`
    health_interval: float = 5.0  # a connection on which nothing was heard for so long is pinged
    health_timeout: float = 4.0  # and closed when no sign of life comes within this; see p2p.host_silence


class Standing(Enum):
    """What a peer is to this host."""

    CONTACT = "contact"
    STRANGER = "stranger"  # may use the protocols that are served to strangers, and no other
    BLOCKED = "blocked"  # may not even connect


class Gate(Protocol):
    """Decides who comes in; asked at every connection and again at every stream, so an answer may change."""

    def standing(self, peer_id: str) -> Standing:
        """Called in the trio thread; must not block."""
        ...


@dataclass(frozen=True)
class OpenGate:
    """Everybody is a contact: for a host that serves nothing but ping, and for tests of other things."""

    def standing(self, peer_id: str) -> Standing:  # noqa: ARG002 - the port's signature
        return Standing.CONTACT
