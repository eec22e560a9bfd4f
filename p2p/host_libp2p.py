"""What the host_*.py files use of py-libp2p 0.8.1, imported in one place (0.7 s warm, more from a cold disk).

py-libp2p logs every ordinary disconnect as a warning or an error with a traceback.  What matters to a person reaches
them as an event or a HostFailed, so its loggers speak from CRITICAL on, unless LIBP2P_DEBUG is set.
"""

from __future__ import annotations

import logging
import os
import warnings

with warnings.catch_warnings():
    # libp2p's WebSocket transport, which this program does not use, imports a deprecated module.
    warnings.filterwarnings("ignore", message="websockets.legacy is deprecated", category=DeprecationWarning)
    import libp2p.network.swarm as swarm_module
    import libp2p.stream_muxer.yamux.yamux as yamux_module
    from libp2p import multiaddr
    from libp2p.abc import ConnectionType, IListener, IMuxedConn, IMuxedStream, INotifee, ITransport
    from libp2p.crypto.ed25519 import Ed25519PrivateKey
    from libp2p.crypto.keys import KeyPair
    from libp2p.crypto.x25519 import create_new_key_pair as new_noise_keys
    from libp2p.custom_types import TProtocol
    from libp2p.host.basic_host import BasicHost
    from libp2p.host.exceptions import StreamFailure
    from libp2p.host.ping import ID as PING
    from libp2p.host.ping import perform_ping_roundtrip
    from libp2p.identity.identify.identify import ID as IDENTIFY
    from libp2p.identity.identify_push.identify_push import ID_PUSH as IDENTIFY_PUSH
    from libp2p.io.exceptions import IOException
    from libp2p.network.config import ConnectionConfig, RetryConfig
    from libp2p.network.connection.raw_connection import RawConnection
    from libp2p.network.exceptions import SwarmException
    from libp2p.network.stream.exceptions import StreamEOF
    from libp2p.network.swarm import Swarm
    from libp2p.peer.id import ID
    from libp2p.peer.peerinfo import PeerInfo, info_from_p2p_addr
    from libp2p.peer.peerstore import PeerStore
    from libp2p.protocol_muxer.exceptions import MultiselectClientError
    from libp2p.protocol_muxer.multiselect_client import MultiselectClient
    from libp2p.protocol_muxer.multiselect_communicator import MultiselectCommunicator
    from libp2p.relay.circuit_v2.config import RelayConfig, RelayRole
    from libp2p.relay.circuit_v2.protocol import PROTOCOL_ID as HOP
    from libp2p.relay.circuit_v2.protocol import CircuitV2Protocol
    from libp2p.relay.circuit_v2.resources import RelayLimits
    from libp2p.relay.circuit_v2.transport import CircuitV2Transport
    from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
    from libp2p.security.noise.transport import Transport as NoiseTransport
    from libp2p.stream_muxer.exceptions import (
        MuxedConnUnavailable,
        MuxedStreamClosed,
        MuxedStreamEOF,
        MuxedStreamError,
        MuxedStreamReset,
    )
    from libp2p.stream_muxer.muxer_multistream import MuxerMultistream
    from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
    from libp2p.stream_muxer.yamux.yamux import Yamux, YamuxStream
    from libp2p.tools.anyio_service import background_trio_service
    from libp2p.transport.exceptions import OpenConnectionError
    from libp2p.transport.tcp.tcp import TCP
    from libp2p.transport.upgrader import TransportUpgrader

if not os.environ.get("LIBP2P_DEBUG"):
    logging.getLogger("libp2p").setLevel(logging.CRITICAL + 1)

__all__ = [
    "HOP",
    "ID",
    "IDENTIFY",
    "IDENTIFY_PUSH",
    "NOISE",
    "PING",
    "TCP",
    "YAMUX",
    "BasicHost",
    "CircuitV2Protocol",
    "CircuitV2Transport",
    "ConnectionConfig",
    "ConnectionType",
    "Ed25519PrivateKey",
    "IListener",
    "IMuxedConn",
    "IMuxedStream",
    "INotifee",
    "IOException",
    "ITransport",
    "KeyPair",
    "MultiselectClient",
    "MultiselectClientError",
    "MultiselectCommunicator",
    "MuxedConnUnavailable",
    "MuxedStreamClosed",
    "MuxedStreamEOF",
    "MuxedStreamError",
    "MuxedStreamReset",
    "MuxerMultistream",
    "NoiseTransport",
    "OpenConnectionError",
    "PeerInfo",
    "PeerStore",
    "RawConnection",
    "RelayConfig",
    "RelayLimits",
    "RelayRole",
    "RetryConfig",
    "StreamEOF",
    "StreamFailure",
    "Swarm",
    "SwarmException",
    "TProtocol",
    "TransportUpgrader",
    "Yamux",
    "YamuxStream",
    "background_trio_service",
    "info_from_p2p_addr",
    "multiaddr",
    "new_noise_keys",
    "perform_ping_roundtrip",
    "swarm_module",
    "yamux_module",
]
