"""The node's libp2p host: TCP, Noise, Yamux.  The only file that imports libp2p (0.7 s warm, more from a cold disk).

What differs from py-libp2p's defaults, and why (0.8.1, read in its source and measured):
  Noise alone          the default accepts plaintext as well, so that a peer could ask for no encryption
  nobody is dialled    the default keeps 200 connections by dialling every address it ever heard of, unasked
  health monitoring    a frozen or silently cut peer is otherwise never noticed
  no dial delay        every dial otherwise waits 250 ms per address
  no observed address  what peers say of our address is not believed
Nothing listens unless an address is given; mDNS, UPnP, bootstrap, QUIC and WebSocket are off.

Known limit of py-libp2p 0.8.1: a host accepts `MAX_CONNECTIONS` connections in its lifetime, closed ones included.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import trio

from p2p.identity import host_key_seed

with warnings.catch_warnings():
    # libp2p's WebSocket transport, which this program does not use, imports a deprecated module.
    warnings.filterwarnings("ignore", message="websockets.legacy is deprecated", category=DeprecationWarning)
    import libp2p
    import libp2p.network.swarm
    from libp2p import multiaddr
    from libp2p.crypto.ed25519 import Ed25519PrivateKey
    from libp2p.crypto.keys import KeyPair
    from libp2p.crypto.x25519 import create_new_key_pair as new_noise_keys
    from libp2p.custom_types import TProtocol
    from libp2p.host.ping import ID as PING
    from libp2p.host.ping import perform_ping_roundtrip
    from libp2p.network.config import ConnectionConfig
    from libp2p.peer.id import ID
    from libp2p.peer.peerinfo import info_from_p2p_addr
    from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
    from libp2p.security.noise.transport import Transport as NoiseTransport

MAX_CONNECTIONS = 300
CLOSE_TIMEOUT = 5.0  # seconds, as below
HEALTH_INTERVAL = 5.0  # between two pings of every connection
HEALTH_TIMEOUT = 3.0  # a connection that answers none within this is closed
PING_TIMEOUT = 10.0  # for connecting and the round trip together


class HostFailed(Exception):
    """`code`: bad-address | cannot-listen | unreachable | not-open.  The message is a sentence for the user."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def libp2p_peer_id(host_key: bytes) -> str:
    """The peer id as py-libp2p computes it; `p2p.identity.peer_id` must agree.  Errors: BadHostKey."""
    return str(ID.from_pubkey(_key_pair(host_key).public_key))


class Host:
    """A libp2p host while it is entered.  Trio thread only; enter and leave it in one task.

    `listen` holds multiaddrs, for example "/ip4/127.0.0.1/tcp/0" (0: any free port); empty means nobody can dial in.
    """

    def __init__(self, host_key: bytes, listen: Sequence[str] = ()) -> None:
        """Errors: BadHostKey; HostFailed bad-address."""
        self._keys = _key_pair(host_key)
        self._listen = tuple(_address(text) for text in listen)
        self._host: Any = None
        self._running = AsyncExitStack()
        self.peer_id = str(ID.from_pubkey(self._keys.public_key))

    async def __aenter__(self) -> Self:
        """Errors: HostFailed cannot-listen, which names the address; nothing is left open then."""
        libp2p.network.swarm._HAPPY_EYEBALLS_DELAY = 0.0
        host = _new_host(self._keys)
        await self._running.enter_async_context(host.run([]))
        try:
            await self._listen_on(host)
        except BaseException:
            await self._close(host)
            raise
        self._host = host
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What the body raised goes on as it is: thrown into py-libp2p's nurseries it would come back in a group."""
        host, self._host = self._host, None
        await self._close(host)

    async def _listen_on(self, host: Any) -> None:
        for address in self._listen:
            if not await host.get_network().listen(address):
                raise HostFailed("cannot-listen", f"Cannot listen on {address}: it is taken or not of this machine.")

    async def _close(self, host: Any) -> None:
        # Listeners are system tasks of trio: cancelling the body does not end them, only close does.
        with trio.move_on_after(CLOSE_TIMEOUT) as scope:
            scope.shield = True
            await host.close()
        await self._running.aclose()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where this host can be dialled, each ending in /p2p/<peer id>.  Errors: HostFailed not-open."""
        return tuple(str(address) for address in self._open().get_addrs())

    @property
    def connected(self) -> tuple[str, ...]:
        """Peer ids with an open connection.  Errors: HostFailed not-open."""
        return tuple(str(peer) for peer in self._open().get_connected_peers())

    async def ping(self, address: str, within: float = PING_TIMEOUT) -> float:
        """Dial a multiaddr that ends in /p2p/<peer id>, which the peer must prove; the round trip in seconds.

        `within` bounds connecting and the round trip together, in seconds.

        Errors: HostFailed bad-address, unreachable (also when somebody else answers there), not-open.
        """
        host = self._open()
        try:
            peer = info_from_p2p_addr(_address(address))
        except ValueError as error:  # InvalidAddrError is one
            raise HostFailed("bad-address", f"{address!r} does not end in /p2p/ and a peer id.") from error
        try:
            with trio.fail_after(within):
                await host.connect(peer)
                stream = await host.new_stream(peer.peer_id, [PING])
                start = trio.current_time()
                await perform_ping_roundtrip(stream)
                elapsed = trio.current_time() - start
                await stream.close()
                return elapsed
        except trio.TooSlowError as error:
            raise HostFailed("unreachable", f"No answer from {address} within {within:g} s.") from error
        except Exception as error:
            # py-libp2p raises many unrelated types here; whichever it is, the peer did not answer the ping.
            raise HostFailed("unreachable", f"Cannot reach {address}.") from error

    def _open(self) -> Any:
        if self._host is None:
            raise HostFailed("not-open", "The libp2p host is not running.")
        return self._host


def _key_pair(host_key: bytes) -> Any:
    private = Ed25519PrivateKey.from_bytes(host_key_seed(host_key))
    return KeyPair(private, private.get_public_key())


def _address(text: str) -> Any:
    try:
        return multiaddr.Multiaddr(text)
    except ValueError as error:  # multiaddr's own errors are ValueErrors
        raise HostFailed("bad-address", f"{text!r} is not a multiaddr.") from error


def _new_host(keys: Any) -> Any:
    noise = NoiseTransport(keys, noise_privkey=new_noise_keys().private_key)
    host = libp2p.new_host(
        key_pair=keys,
        sec_opt={TProtocol(NOISE): noise},
        muxer_preference="YAMUX",
        connection_config=ConnectionConfig(
            max_connections=MAX_CONNECTIONS,
            high_watermark=MAX_CONNECTIONS,
            low_watermark=0,
            min_connections=0,
            enable_health_monitoring=True,
            health_initial_delay=0.0,
            health_warmup_window=0.0,
            health_check_interval=HEALTH_INTERVAL,
            ping_timeout=HEALTH_TIMEOUT,
            abort_connection_on_ping_failure=True,
        ),
        disable_identify_address_discovery=True,
    )
    host.get_network().auto_connector.maybe_connect = _dial_nobody
    return host


async def _dial_nobody() -> None:
    """In the place of py-libp2p's auto-connector: a node dials whom it was told to dial."""
