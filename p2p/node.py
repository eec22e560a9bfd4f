"""The node's libp2p host: who we are on the network, what we serve, whom we ask.

The host_*.py files beside this one hold the parts; they alone import py-libp2p.  Nothing listens unless an address is
given, and nobody is dialled unless a caller names them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import trio

from p2p.acl import ACL_PROTOCOL
from p2p.host_build import key_pair, listen_address, new_host
from p2p.host_conduct import TOO_LARGE, BanningGate, Bans, Conduct
from p2p.host_errors import HostFailed, Refused
from p2p.host_keeping import Keeping
from p2p.host_libp2p import ID, StreamFailure, SwarmException, TProtocol, background_trio_service
from p2p.host_limits import Gate, Limits, OpenGate, Standing
from p2p.host_peers import Peers, Way
from p2p.host_relay import Circuits
from p2p.host_serving import Handler, StreamHandler, answer_all, ask, refuse
from p2p.host_stream import Stream
from p2p.host_swarm import Events

__all__ = ["Bans", "Gate", "Host", "HostFailed", "Limits", "Refused", "Standing", "Stream", "Way", "libp2p_peer_id"]

CLOSE_TIMEOUT = 5.0  # seconds, as below
REPEATABLE = frozenset({ACL_PROTOCOL})  # what asks here may be said twice without harm: their streams are kept
WITHIN = 10.0  # for connecting, and for a request and its answer
_LOG = logging.getLogger(__name__)


def libp2p_peer_id(host_key: bytes) -> str:
    """The peer id as py-libp2p computes it; `p2p.identity.peer_id` must agree.  Errors: BadHostKey."""
    return str(ID.from_pubkey(key_pair(host_key).public_key))


class Host:
    """A libp2p host while it is entered.  Trio thread only; enter and leave it in one task.

    `listen` holds multiaddrs, for example "/ip4/127.0.0.1/tcp/0" (0: any free port) or "/ip6/::/tcp/4001"; empty
    means nobody can dial in.  `relay`: None takes no part in relaying; False reaches peers and is reached through
    relays; True also relays for contacts.  `serve` and `serve_stream` may be called before and after entering.
    `on_event` gets ("connected" | "disconnected", peer id) in the trio thread and must not block; "again" where a
    peer that is connected opened a further connection, as one that comes back before it was missed.
    """

    def __init__(
        self,
        host_key: bytes,
        listen: Sequence[str] = (),
        *,
        limits: Limits | None = None,
        gate: Gate | None = None,
        bans: Bans | None = None,
        relay: bool | None = None,
        on_event: Callable[[str, str], None] | None = None,
    ) -> None:
        """Errors: BadHostKey; HostFailed bad-address, no-transport."""
        self._host_key = host_key
        self._listen = tuple(listen_address(text) for text in listen)
        self._limits = limits or Limits()
        self._relay = relay
        self._conduct = Conduct(bans)
        self._gate = BanningGate(gate or OpenGate(), self._conduct)
        self._peers = Peers(self._conduct)
        self._keeping = Keeping(self._limits)
        self._on_event = on_event or _nobody_asks
        self._host: Any = None
        self._running = AsyncExitStack()
        self._handlers: dict[str, Callable[[Any], Any]] = {}
        self.peer_id = libp2p_peer_id(host_key)

    async def __aenter__(self) -> Self:
        """Errors: HostFailed cannot-listen, which names the address; nothing is left open then."""
        host = new_host(self._host_key, self._limits, self._gate, self.report)
        for protocol, handler in self._handlers.items():
            host.set_stream_handler(TProtocol(protocol), handler)
        events = Events(
            lambda peer: self._on_event("connected", peer),
            lambda peer: self._on_event("disconnected", peer),
            lambda peer: self._on_event("again", peer),
        )
        host.get_network().register_notifee(events)
        await self._running.enter_async_context(host.run([]))
        try:
            await self._take_part_in_relaying(host)
            await self._listen_on(host)
        except BaseException:
            await self._close(host)
            raise
        nursery = await self._running.enter_async_context(trio.open_nursery())
        self._running.callback(nursery.cancel_scope.cancel)
        self._keeping = Keeping(self._limits)
        nursery.start_soon(self._keeping.run)
        self._host = host
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What the body raised goes on as it is: thrown into py-libp2p's nurseries it would come back in a group."""
        host, self._host = self._host, None
        await self._close(host)

    async def _take_part_in_relaying(self, host: Any) -> None:
        if self._relay is None:
            return
        self._peers.circuits = Circuits(host, self._gate, agreed=self._relay)
        await self._running.enter_async_context(background_trio_service(self._peers.circuits))
        await self._peers.circuits.event_started.wait()

    async def _listen_on(self, host: Any) -> None:
        for address in self._listen:
            if not await host.get_network().listen(address):
                raise HostFailed("cannot-listen", f"Cannot listen on {address}: it is taken or not of this machine.")

    async def _close(self, host: Any) -> None:
        # Listeners are system tasks of trio: cancelling the body does not end them, only close does.
        with trio.move_on_after(CLOSE_TIMEOUT) as scope:
            scope.shield = True
            await host.close()
        try:
            await self._running.aclose()
        finally:  # in a cancelled scope too
            await host.get_network().close_rest()
            self._peers.circuits = None

    # What this host serves

    def serve(self, protocol: str, handler: Handler, *, strangers: bool = False) -> None:
        """Answer requests on `protocol` with `handler(peer_id, request) -> answer`, both of at most `limits.message`.

        `strangers`: peers that the gate does not call contacts may ask too.  The handler raises `Refused(code)` to
        answer with an error; whatever else it raises is logged and answered with "failed".  It must be done within
        `limits.answer_time`: acknowledge at once, work afterwards.  Handlers of many peers run at the same time.
        """

        async def serve_one(stream: Stream) -> None:
            if self._may_use(stream, strangers):
                if await answer_all(stream, handler, self._limits, lambda: self._may_use(stream, strangers=False)):
                    await self.report(stream.peer_id, TOO_LARGE)
            else:
                await refuse(stream, "refused", self._limits)

        self._set_handler(protocol, serve_one)

    def serve_stream(self, protocol: str, handler: StreamHandler, *, strangers: bool = False) -> None:
        """Hand every stream on `protocol` to `handler(peer_id, stream)`; it is closed when the handler returns.

        A handler that raises resets its stream; HostFailed is the peer's doing and not logged.
        """

        async def serve_one(stream: Stream) -> None:
            if not self._may_use(stream, strangers):
                await stream.reset()
                return
            try:
                async with stream:
                    await handler(stream.peer_id, stream)
            except HostFailed as error:
                _LOG.debug("A stream of %s ended: %s", protocol, error)
            except Exception:  # noqa: BLE001 - one stream of one peer went wrong; the host and every other go on
                _LOG.exception("The handler of %s failed.", protocol)

        self._set_handler(protocol, serve_one)

    def _set_handler(self, protocol: str, serve_one: Callable[[Stream], Any]) -> None:
        async def handle(stream: Any) -> None:
            await serve_one(Stream(stream, self._limits))

        self._handlers[protocol] = handle
        if self._host is not None:
            self._host.set_stream_handler(TProtocol(protocol), handle)

    def _may_use(self, stream: Stream, strangers: bool) -> bool:
        standing = self._gate.standing(stream.peer_id)
        return standing is Standing.CONTACT or (strangers and standing is Standing.STRANGER)

    # Whom it asks

    async def request(self, peer_id: str, protocol: str, data: bytes, within: float = WITHIN) -> bytes:
        """Ask a peer and return the answer; `within` bounds connecting and the exchange together, in seconds.

        Errors: those of `open_stream`; HostFailed peer-error (`detail` is the peer's code), too-large, lost.  After
        `too-slow` and `lost` the peer may have handled the request or not.
        """
        try:
            with trio.fail_after(within):
                if protocol in REPEATABLE:
                    network = self._open().get_network()
                    answer = await self._keeping.ask_again(network, peer_id, protocol, data)
                    if answer is not None:
                        return answer
                    return await self._keeping.ask(await self.open_stream(peer_id, protocol, within), data)
                async with await self.open_stream(peer_id, protocol, within) as stream:
                    return await ask(stream, data, self._limits)
        except trio.TooSlowError as error:
            raise HostFailed("too-slow", f"No answer from {peer_id} within {within:g} s.") from error

    async def open_stream(self, peer_id: str, protocol: str, within: float = WITHIN) -> Stream:
        """A stream to a peer whose address is known or that is connected.  The caller closes it (`async with`).

        Errors: HostFailed unreachable, backing-off, banned, not-served, too-slow, lost, not-open.
        """
        host = self._open()
        await self._peers.reach(host, peer_id, within)
        try:
            with trio.fail_after(within):
                stream = await host.new_stream(ID.from_string(peer_id), [TProtocol(protocol)])
        except trio.TooSlowError as error:
            raise HostFailed("too-slow", f"{peer_id} did not answer within {within:g} s.") from error
        except StreamFailure as error:
            if "not supported" in str(error.__cause__):
                raise HostFailed("not-served", f"{peer_id} does not offer {protocol}.") from error
            raise HostFailed("lost", f"{peer_id} did not agree on {protocol}.") from error
        except (SwarmException, ValueError) as error:
            raise HostFailed("unreachable", f"Cannot reach {peer_id}.") from error
        except Exception as error:
            # py-libp2p raises many unrelated types when a connection ends just now.
            raise HostFailed("lost", f"The connection to {peer_id} ended.") from error
        return Stream(stream, self._limits)

    def know(self, address: str) -> str:
        """Remember where a peer can be dialled, before or after entering; its id.  Errors: HostFailed bad-address."""
        return self._peers.know(address)

    def forget(self, peer_id: str) -> None:
        """Remember no address of a peer any longer; connections stay."""
        self._peers.forget(peer_id)

    def told(self, peer_id: str) -> tuple[str, ...]:
        """The addresses that a connected peer gives for itself.  Errors: HostFailed not-open."""
        return self._peers.told(self._open(), peer_id)

    async def connect(self, address: str, within: float = WITHIN) -> str:
        """Dial a multiaddr that ends in /p2p/<peer id>, which the peer must prove; its id.  Never waits for back-off.

        Errors: HostFailed bad-address, unreachable (also when somebody else answers there), not-open.
        """
        host, peer = self._open(), self._peers.know(address)
        if not host.get_network().get_connections(ID.from_string(peer)):
            await self._peers.dial(host, peer, [address], within)
        return peer

    async def dial(self, peer_id: str, addresses: Sequence[str], within: float = WITHIN) -> None:
        """Connect at whichever of these addresses answers first.  Never waits for back-off.

        Errors: HostFailed bad-address, unreachable, not-open.
        """
        host = self._open()
        if not host.get_network().get_connections(ID.from_string(peer_id)):
            await self._peers.dial(host, peer_id, addresses, within)

    def doubt(self) -> None:
        """This machine's addresses changed: every connection must show that it lives.  Errors: HostFailed not-open."""
        self._open().get_network().doubt()

    async def reach(self, peer_id: str, within: float = WITHIN) -> None:
        """Return when a peer is connected, dialled at the addresses known of it if need be.

        Errors: HostFailed unreachable, backing-off, banned, bad-address, not-open.
        """
        await self._peers.reach(self._open(), peer_id, within)

    async def reserve(self, relay: str, within: float = WITHIN) -> str:
        """Ask a relay whose address is known for a place, so that others reach this host through it; the address.

        Ask again before it ends, an hour later at most.  Errors: those of `reach`; HostFailed not-served.
        """
        host = self._open()
        await self._peers.reach(host, relay, within)
        if self._peers.circuits is None:
            raise HostFailed("no-transport", "This host does not use relays.")
        try:
            with trio.fail_after(within):
                await self._peers.circuits.reserve(relay)
        except (trio.TooSlowError, StreamFailure, SwarmException) as error:
            raise HostFailed("not-served", f"{relay} does not relay for this host.") from error
        return f"{(*self._peers.known(relay), f'/p2p/{relay}')[0]}/p2p-circuit/p2p/{self.peer_id}"

    async def disconnect(self, peer_id: str) -> None:
        """Close every connection to a peer.  Errors: HostFailed not-open."""
        network = self._open().get_network()
        for connection in list(network.get_connections(ID.from_string(peer_id))):
            await network.end(connection)

    async def ping(self, address: str, within: float = WITHIN) -> float:
        """Dial like `connect`; the round trip in seconds.  `within` bounds both together.

        Errors: those of `connect`.
        """
        start = trio.current_time()
        peer = await self.connect(address, within)
        network = self._open().get_network()
        for connection in network.get_connections(ID.from_string(peer)):
            rtt: float | None = await network.ping(connection, within - (trio.current_time() - start))
            if rtt is not None:
                return rtt
        raise HostFailed("unreachable", f"No answer from {address} within {within:g} s.")

    def ways(self, peer_id: str) -> tuple[Way, ...]:
        """How a peer is reached now; empty when it is not connected.  Errors: HostFailed not-open, bad-address."""
        return self._peers.ways(self._open(), peer_id)

    # Conduct

    async def report(self, peer_id: str, points: float) -> None:
        """Count a breach of the protocol (p2p.host_conduct names some); enough of them ban the peer for a time."""
        if self._conduct.report(peer_id, points) and self._host is not None:
            await self.disconnect(peer_id)

    def banned_until(self, peer_id: str) -> float | None:
        """Seconds since the epoch, or None."""
        return self._conduct.banned_until(peer_id)

    def pardon(self, peer_id: str) -> None:
        """End a ban."""
        self._conduct.pardon(peer_id)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where this host can be dialled, each ending in /p2p/<peer id>.  Errors: HostFailed not-open."""
        return tuple(str(address) for address in self._open().get_addrs())

    @property
    def connected(self) -> tuple[str, ...]:
        """Peer ids with an open connection.  Errors: HostFailed not-open."""
        return tuple(str(peer) for peer in self._open().get_connected_peers())

    def _open(self) -> Any:
        if self._host is None:
            raise HostFailed("not-open", "The libp2p host is not running.")
        return self._host


def _nobody_asks(kind: str, peer_id: str) -> None:
    """In the place of a callback that nobody gave."""
