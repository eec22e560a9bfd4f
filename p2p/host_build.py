"""Puts py-libp2p's parts together: TCP with Noise and Yamux, QUIC, identify and ping.

What differs from py-libp2p's defaults, and why (0.8.1, read in its source and measured):
  Noise alone          the default accepts plaintext as well, so that a peer could ask for no encryption
  Yamux alone          the default accepts Mplex as well, which has no flow control
  nobody is dialled    the default keeps 200 connections by dialling every address it ever heard of, unasked
  no identify push     what a peer says unasked is not listened to
  no observed address  what peers say of our address is not believed
  no dial delay        every dial otherwise waits 250 ms per address
  no resource manager  its limits overlap ours (host_swarm.py) and let a leaked count wedge a host
  a QUIC of our own    its streams lose bytes and it does not check who is at the other end (host_quic.py)
mDNS, UPnP, bootstrap and WebSocket are off.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from p2p.host_addresses import reachable
from p2p.host_errors import HostFailed
from p2p.host_identify import AskingHost
from p2p.host_libp2p import (
    ID,
    IDENTIFY_PUSH,
    NOISE,
    YAMUX,
    ConnectionConfig,
    Ed25519PrivateKey,
    KeyPair,
    NoiseTransport,
    PeerStore,
    RetryConfig,
    TProtocol,
    TransportUpgrader,
    multiaddr,
    new_noise_keys,
    swarm_module,
)
from p2p.host_limits import Gate, Limits
from p2p.host_quic import QuicTransport
from p2p.host_quic_identity import credentials
from p2p.host_swarm import GuardedSwarm, Report
from p2p.host_tcp import TidyTcp
from p2p.host_yamux import GuardedMuxers, GuardedYamux
from p2p.identity import host_key_seed


def key_pair(host_key: bytes) -> Any:
    """py-libp2p's form of a host key.  Errors: BadHostKey."""
    private = Ed25519PrivateKey.from_bytes(host_key_seed(host_key))
    return KeyPair(private, private.get_public_key())


def address(text: str) -> Any:
    """Errors: HostFailed bad-address."""
    try:
        return multiaddr.Multiaddr(text)
    except ValueError as error:  # multiaddr's own errors are ValueErrors
        raise HostFailed("bad-address", f"{text!r} is not a multiaddr.") from error


def listen_address(text: str) -> Any:
    """An address to listen on.  Errors: HostFailed bad-address, no-transport."""
    parsed = address(text)
    names = [found.name for found in parsed.protocols()]
    if names[:1] not in (["ip4"], ["ip6"]) or names[1:] not in (["tcp"], ["udp", "quic-v1"]):
        raise HostFailed(
            "no-transport", f"Cannot listen on {text}: only /ip4/…/tcp/… and /ip4/…/udp/…/quic-v1 (or ip6) are spoken."
        )
    return parsed


def new_host(host_key: bytes, limits: Limits, gate: Gate, report: Report) -> Any:
    """A host that is not running yet."""
    swarm_module._HAPPY_EYEBALLS_DELAY = 0.0
    swarm = _new_swarm(host_key, limits, gate, report)
    host = AskingHost(
        swarm,
        negotiate_timeout=int(limits.negotiation_time),
        disable_identify_address_discovery=True,
        addrs_factory=_told,
    )
    host.remove_stream_handler(IDENTIFY_PUSH)
    return host


def _told(listening: Sequence[Any]) -> list[Any]:
    """What peers are told of where this host is: nobody could dial an address that stands for every interface."""
    return [address(one) for one in reachable([str(one) for one in listening])]


def _new_swarm(host_key: bytes, limits: Limits, gate: Gate, report: Report) -> GuardedSwarm:
    keys = key_pair(host_key)
    noise = NoiseTransport(keys, noise_privkey=new_noise_keys().private_key)
    upgrader = TransportUpgrader({TProtocol(NOISE): noise}, OrderedDict({TProtocol(YAMUX): GuardedYamux}))
    upgrader.muxer_multistream = GuardedMuxers()
    peers = PeerStore()
    own, tcp = ID.from_pubkey(keys.public_key), TidyTcp()
    peers.add_key_pair(own, keys)
    swarm = GuardedSwarm(
        own,
        peers,
        upgrader,
        transports=[tcp, QuicTransport(credentials(host_key_seed(host_key)), limits)],
        retry_config=RetryConfig(max_retries=0),
        connection_config=ConnectionConfig(
            max_connections=limits.connections,
            high_watermark=limits.connections,
            low_watermark=0,
            min_connections=0,
            max_connections_per_peer=limits.connections_per_peer + 1,  # the swarm above ends the oldest itself
            inbound_upgrade_timeout=limits.handshake_time,
            outbound_upgrade_timeout=limits.handshake_time,
            inbound_stream_protocol_negotiation_timeout=limits.negotiation_time,
            outbound_stream_protocol_negotiation_timeout=limits.negotiation_time,
        ),
        limits=limits,
        gate=gate,
        report=report,
    )
    swarm.auto_connector.maybe_connect = _dial_nobody
    swarm.close_rest = tcp.close_rest
    return swarm


async def _dial_nobody() -> None:
    """In the place of py-libp2p's auto-connector: a node dials whom it was told to dial."""
