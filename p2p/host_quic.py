"""libp2p over QUIC: dialling, listening, and the sockets of both.

py-libp2p 0.8.1 has a QUIC transport of its own, which is not used: its streams lose bytes, its writers are not held
back, and it does not look at the outcome of checking who is at the other end (docs/decisions.md).  This one stands on
aioquic directly.  What it keeps to of the swarm's rules: a place at the door before a handshake begins
(p2p.host_door), the gate and the connection limits when it is over (p2p.host_swarm), and while many handshakes are
waiting, an address must show that it receives what is sent to it (RFC 9000, 8.1.2) before anything is kept of it.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import trio
from aioquic._buffer import Buffer
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.packet import (
    QuicPacketType,
    encode_quic_retry,
    encode_quic_version_negotiation,
    pull_quic_header,
)
from aioquic.quic.retry import QuicRetryTokenHandler

from p2p.host_door import network_of
from p2p.host_libp2p import ID, IListener, ITransport, OpenConnectionError, multiaddr
from p2p.host_limits import Limits
from p2p.host_quic_connection import QuicConn
from p2p.host_quic_identity import Credentials
from p2p.host_quic_metered import MeteredQuic

ALPN = "libp2p"
DATAGRAM = 1232  # bytes of QUIC in a datagram: what every IPv6 link carries
SMALLEST = 1200  # bytes of a client's first datagram (RFC 9000, 14.1)
CONNECTION_ID = 8  # bytes
AT_ONCE = 64  # datagrams read before others run
UNPROVED = 8  # handshakes under way from which on an address must prove itself first
FULL = 0.001  # seconds to wait when the socket takes no more
_BUFFER = 4 * 1024 * 1024  # bytes of a socket's buffers; the system may give less
_LOG = logging.getLogger(__name__)
if not os.environ.get("LIBP2P_DEBUG"):
    logging.getLogger("quic").setLevel(logging.CRITICAL + 1)  # aioquic's: as with py-libp2p's in host_libp2p


class QuicTransport(ITransport):  # type: ignore[misc]  # py-libp2p is not followed by mypy
    """Trio thread only."""

    def __init__(self, credentials: Credentials, limits: Limits) -> None:
        self._credentials = credentials
        self.limits = limits
        self._nursery: trio.Nursery | None = None
        self.swarm: Any = None

    def set_background_nursery(self, nursery: trio.Nursery) -> None:
        """From py-libp2p: where connections run."""
        self._nursery = nursery

    def set_swarm(self, swarm: Any) -> None:
        """From py-libp2p: whose connections they are."""
        self.swarm = swarm

    @property
    def window(self) -> int:
        """Bytes that whoever comes may send unread, until it is known who it is."""
        return min(self.limits.buffered_by_stranger, self.limits.buffered_by_contact)

    @property
    def nursery(self) -> trio.Nursery:
        """Errors: OpenConnectionError while the host does not run."""
        if self._nursery is None:
            raise OpenConnectionError("The host is not running.")
        return self._nursery

    def configuration(self, is_client: bool) -> QuicConfiguration:
        return QuicConfiguration(
            alpn_protocols=[ALPN],
            certificate=self._credentials.certificate,
            private_key=self._credentials.key,
            connection_id_length=CONNECTION_ID,
            idle_timeout=self.limits.idle,
            is_client=is_client,
            max_datagram_size=DATAGRAM,
            verify_mode=0,  # ssl.CERT_NONE: no authority signs these; host_quic_identity says whose they are
        )

    def protocols(self) -> list[str]:
        return ["quic-v1"]

    def can_dial(self, maddr: Any) -> bool:
        return is_quic(maddr)

    def can_listen(self, maddr: Any) -> bool:
        return is_quic(maddr)

    async def dial(self, maddr: Any) -> QuicConn:
        """Connect to an address that ends in /p2p/….  Errors: OpenConnectionError, when somebody else answers too."""
        wanted = ID.from_string(maddr.value_for_protocol("p2p"))
        family, remote = _endpoint(maddr)
        udp = _Socket(family)
        try:
            udp.socket.connect(remote)
        except OSError as error:
            udp.close()
            raise OpenConnectionError(f"Nothing answers at {maddr}.") from error
        quic = MeteredQuic(configuration=self.configuration(True), window=self.window)
        connection = QuicConn(quic, remote, _multiaddr(remote), udp.send, _no_names)
        quic.connect(remote, trio.current_time())
        self.nursery.start_soon(_run_dialled, connection, udp, remote)
        try:
            with trio.fail_after(self.limits.handshake_time):
                if await connection.established() and connection.peer_id == wanted:
                    return connection
        except BaseException as error:
            await _close(connection)
            if isinstance(error, trio.TooSlowError):
                raise OpenConnectionError(f"Nobody answered in time at {maddr}.") from error
            raise
        await _close(connection)
        raise OpenConnectionError(f"{wanted} does not answer at {maddr}.")

    def create_listener(self, handler_function: Callable[[Any], Awaitable[None]]) -> QuicListener:
        """`handler_function` is py-libp2p's; connections go to the swarm at once, with what is known of them."""
        del handler_function
        return QuicListener(self)


class QuicListener(IListener):  # type: ignore[misc]  # as above
    """One UDP socket and the connections that came in through it."""

    def __init__(self, transport: QuicTransport) -> None:
        self._transport = transport
        self._udp: _Socket | None = None
        self._by_id: dict[bytes, QuicConn] = {}
        self._handshakes = 0
        self._tokens = QuicRetryTokenHandler()
        self._scope = trio.CancelScope()

    async def listen(self, maddr: Any) -> None:
        """Errors: OpenConnectionError."""
        family, local = _endpoint(maddr)
        udp = _Socket(family)
        try:
            udp.socket.bind(local)
        except OSError as error:
            udp.close()
            raise OpenConnectionError(f"Cannot listen on {maddr}.") from error
        self._udp = udp
        self._transport.nursery.start_soon(self._serve, udp)
        await trio.lowlevel.checkpoint()

    def get_addrs(self) -> tuple[Any, ...]:
        return () if self._udp is None else (_multiaddr(self._udp.socket.getsockname()),)

    async def close(self) -> None:
        """Every connection that came in here is closed first."""
        async with trio.open_nursery() as nursery:
            for connection in set(self._by_id.values()):
                nursery.start_soon(_close, connection)
        self._scope.cancel()
        if self._udp is not None:
            self._udp.close()
            self._udp = None

    async def _serve(self, udp: _Socket) -> None:
        with self._scope:
            try:
                await udp.receive(lambda data, remote: self._datagram(udp, data, remote))
            except OSError as error:
                _LOG.debug("A QUIC listener ended with %r", error)

    def _datagram(self, udp: _Socket, data: bytes, remote: Any) -> None:
        try:
            self._take(udp, data, remote)
        except Exception as error:  # noqa: BLE001 - anybody can send a datagram; every other is still read
            _LOG.debug("A datagram was dropped: %r", error)

    def _take(self, udp: _Socket, data: bytes, remote: Any) -> None:
        """Errors: ValueError when it is not of QUIC."""
        header = pull_quic_header(Buffer(data=data), host_cid_length=CONNECTION_ID)
        connection = self._by_id.get(header.destination_cid)
        if connection is None and len(data) >= SMALLEST and len(header.destination_cid) >= CONNECTION_ID:
            connection = self._greet(udp, header, remote)
        if connection is not None:
            connection.receive(data, remote)

    def _greet(self, udp: _Socket, header: Any, remote: Any) -> QuicConn | None:
        """The connection that a first datagram begins, if it does."""
        configuration = self._transport.configuration(False)
        if header.packet_type is QuicPacketType.VERSION_NEGOTIATION or header.version is None:
            return None
        if header.version not in configuration.supported_versions:
            udp.offer(
                encode_quic_version_negotiation(
                    source_cid=header.destination_cid,
                    destination_cid=header.source_cid,
                    supported_versions=configuration.supported_versions,
                ),
                remote,
            )
            return None
        if header.packet_type is not QuicPacketType.INITIAL:
            return None
        original, retried = header.destination_cid, None
        if header.token or self._handshakes >= UNPROVED:
            try:
                original = self._tokens.validate_token(
                    address=remote, destination_cid=original, token=header.token, now=trio.current_time()
                )
            except ValueError:
                self._ask_for_proof(udp, header, remote)
                return None
            retried = header.destination_cid
        network = network_of(remote[0])
        if not self._transport.swarm.door.knock(network):
            return None
        return self._begin(udp, configuration, header.destination_cid, original, retried, remote, network)

    def _ask_for_proof(self, udp: _Socket, header: Any, remote: Any) -> None:
        source = os.urandom(CONNECTION_ID)
        token = self._tokens.create_token(
            address=remote,
            original_destination_connection_id=header.destination_cid,
            retry_source_connection_id=source,
            now=trio.current_time(),
        )
        udp.offer(
            encode_quic_retry(
                version=header.version,
                source_cid=source,
                destination_cid=header.source_cid,
                original_destination_cid=header.destination_cid,
                retry_token=token,
            ),
            remote,
        )

    def _begin(
        self,
        udp: _Socket,
        configuration: QuicConfiguration,
        theirs: bytes,
        original: bytes,
        retried: bytes | None,
        remote: Any,
        network: str,
    ) -> QuicConn:
        quic = MeteredQuic(
            configuration=configuration,
            window=self._transport.window,
            original_destination_connection_id=original,
            retry_source_connection_id=retried,
        )

        def named(connection_id: bytes, ours: bool) -> None:
            if ours:
                self._by_id[connection_id] = connection
            else:
                self._by_id.pop(connection_id, None)

        connection = QuicConn(quic, remote, _multiaddr(remote), udp.send, named)
        named(theirs, True)
        named(quic.host_cid, True)
        self._handshakes += 1
        self._transport.nursery.start_soon(self._run, connection, network)
        return connection

    async def _run(self, connection: QuicConn, network: str) -> None:
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(connection.run)
                await self._let_in(connection, network)
        finally:
            self._transport.swarm.door.leave(network)
            for connection_id in [one for one, its in self._by_id.items() if its is connection]:
                del self._by_id[connection_id]

    async def _let_in(self, connection: QuicConn, network: str) -> None:
        established = False
        try:
            with trio.move_on_after(self._transport.limits.handshake_time):
                established = await connection.established()
        finally:
            self._handshakes -= 1
            self._transport.swarm.door.authenticated(network)
        if not established:
            await _close(connection)
            return
        try:
            await self._transport.swarm.add_conn(connection, direction="inbound")
        except Exception as error:  # noqa: BLE001 - py-libp2p raises many unrelated types: this peer does not come in
            _LOG.debug("A QUIC connection was not admitted: %r", error)
            await _close(connection)


class _Socket:
    """A UDP socket that does not block."""

    def __init__(self, family: socket.AddressFamily) -> None:
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self.socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self._connected = False

    async def receive(self, take: Callable[[bytes, Any], None]) -> None:
        """Hand over every datagram, until the socket is closed.  Errors: OSError."""
        while True:
            await trio.lowlevel.wait_readable(self.socket.fileno())
            for _ in range(AT_ONCE):
                try:
                    data, remote = self.socket.recvfrom(65536)
                except BlockingIOError:
                    break
                take(data, remote)
            await trio.lowlevel.checkpoint()

    async def send(self, data: bytes, remote: Any) -> None:
        """One datagram; where the system takes none it is lost, as on the way."""
        if not self.offer(data, remote):
            await trio.sleep(FULL)
            self.offer(data, remote)

    def offer(self, data: bytes, remote: Any) -> bool:
        """Whether there was room for it."""
        try:
            self.socket.sendto(data, remote)
        except BlockingIOError:
            return False
        except OSError as error:
            _LOG.debug("A datagram could not be sent: %r", error)
        return True

    def close(self) -> None:
        if self.socket.fileno() >= 0:
            trio.lowlevel.notify_closing(self.socket.fileno())
            self.socket.close()


async def _run_dialled(connection: QuicConn, udp: _Socket, remote: Any) -> None:
    """A connection with a socket of its own."""

    async def receive() -> None:
        try:
            await udp.receive(lambda data, _: connection.receive(data, remote))
        except OSError as error:  # nobody listens there, or it was closed
            _LOG.debug("A QUIC socket ended with %r", error)
            connection.lost()

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(receive)
            await connection.run()
            nursery.cancel_scope.cancel()
    finally:
        udp.close()


async def _close(connection: QuicConn) -> None:
    with trio.CancelScope(shield=True):
        await connection.close()


def is_quic(maddr: Any) -> bool:
    """/ip4/…/udp/…/quic-v1 or the same over IPv6, with or without /p2p/…."""
    names = [found.name for found in maddr.protocols()]
    return names[:1] in (["ip4"], ["ip6"]) and names[1:3] == ["udp", "quic-v1"] and names[3:] in ([], ["p2p"])


def _endpoint(maddr: Any) -> tuple[socket.AddressFamily, Any]:
    version = next(iter(maddr.protocols())).name
    host, port = str(maddr.value_for_protocol(version)), int(maddr.value_for_protocol("udp"))
    return (socket.AF_INET, (host, port)) if version == "ip4" else (socket.AF_INET6, (host, port, 0, 0))


def _multiaddr(remote: Any) -> Any:
    host, port, *_ = remote
    version = "ip6" if ":" in host else "ip4"
    return multiaddr.Multiaddr(f"/{version}/{host.split('%')[0]}/udp/{port}/quic-v1")


def _no_names(connection_id: bytes, ours: bool) -> None:
    """A socket of one connection needs no names."""
