"""This node among others: the libp2p host, and what runs on it, while the vault is open and the person wants it.

Off until it is turned on: by an invite, by adding a peer, by `nuee node`, or in the window.  In airplane mode the host
is closed.  A single command has it for its own length (`up`).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import trio

from app import engine, online
from app.errors import code, sentence
from app.functions.outgoing import NAME
from app.results import CommandFailed
from app.swarm import lan, listening, meeting
from app.swarm.gate import KeptBans, PeerGate
from app.swarm.greeting import Greeting
from app.swarm.kinds.inference import Inference
from app.swarm.kinds.meeting import MeetingTask
from app.swarm.kinds.model import ModelTask
from app.swarm.kinds.port import Kind
from app.swarm.kinds.skill import SkillTask
from app.swarm.learning import Learning
from app.swarm.meeting import Meeting
from app.swarm.mending import Mending
from app.swarm.negotiating import Negotiating
from app.swarm.reaching import Reaching
from app.swarm.relaying import Relaying
from app.swarm.settling import Settling
from app.swarm_results import PeersChanged, SwarmState, TaskProgress
from p2p.hello import HELLO_PROTOCOL
from p2p.host_conduct import FALSE_MESSAGE
from storage.database import VaultError
from storage.peers import Peer
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node
    from p2p.node import Host

log = logging.getLogger("app")
CLOSING = 10.0  # seconds that the host has for closing in order


class Swarm:
    """Trio thread only.  `problem`: the error that keeps the host from running, None where it runs or is off."""

    def __init__(self, node: Node, nursery: trio.Nursery) -> None:
        self._node = node
        self._nursery = nursery
        self._changing = trio.Lock()
        self._scope: trio.CancelScope | None = None
        self._ended = trio.Event()
        self._ended.set()
        self._wanted = False
        self._host: Host | None = None
        self._negotiating: Negotiating | None = None
        self.problem: BaseException | None = None
        self.gate = PeerGate()
        self._kinds: Mapping[str, Kind] = {
            "inference": Inference(
                lambda: node.llm, lambda: bool(node.models.list()), lambda: node.chooser.current().digest, engine.build
            ),
            "meeting": MeetingTask(node),
            "skill": SkillTask(node),
            "model": ModelTask(node, self._progressed),
        }
        self.watchers: list[Callable[[TaskProgress], None]] = []
        self.reaching = Reaching(self)
        self.relaying = Relaying(self)
        self.meeting = Meeting(self)
        self.reaching.arrived.append(self.meeting.arrived)
        self.learning = Learning(node)
        self.reaching.arrived.append(self.learning.arrived)
        self.greeting = Greeting(self, self._changed)
        self.settling = Settling(node)
        self._mending = Mending(nursery, self._settle_again)

    @property
    def host(self) -> Host:
        """Errors: CommandFailed("swarm-off" | "airplane"), or what keeps it from running."""
        if self._host is None:
            online.network_allowed(self._node)
            if self.problem is not None:
                raise self.problem
            raise CommandFailed("swarm-off")
        return self._host

    @property
    def negotiating(self) -> Negotiating:
        """Errors: as `host`."""
        _ = self.host
        assert self._negotiating is not None
        return self._negotiating

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where others may try to reach this node, through relays too; without /p2p/….  Errors: as `host`."""
        return (*listening.reachable(self.host.addresses), *self.relaying.addresses)

    @property
    def running(self) -> bool:
        return self._host is not None

    @property
    def vault(self) -> Vault:
        """Errors: CommandFailed("locked" | "absent")."""
        return self._node.vault.vault

    @property
    def peer_id(self) -> str:
        return self._node.vault.peer_id

    async def blocking(self, function: Callable[..., Any], /, *args: Any) -> Any:
        """As `Node.blocking`."""
        return await self._node.blocking(function, *args)

    def kinds(self) -> Mapping[str, Kind]:
        """What this node can do for others, by name."""
        return self._kinds

    async def start(self) -> None:
        """Run from now on whenever the vault is open and the person wants it: for a process that stays."""
        self._wanted = True
        await self.settle()

    async def settle(self) -> None:
        """Run or stop, as things stand now: after the vault was opened, the switch or airplane mode was turned."""
        async with self._changing:
            self._settles()
            on = (
                self._wanted
                and self._node.state == "open"
                and not self._node.airplane
                and await self.blocking(listening.is_on, self.vault.settings)
            )
            if on and self._scope is None:
                await self._begin()
            elif not on:
                await self._end()
            self._settles()

    def _settles(self) -> None:
        """Jobs on chain go on without the host."""
        if self._wanted and self._node.state == "open":
            self._nursery.start_soon(self.settling.run)

    async def _settle_again(self) -> None:
        with suppress(VaultError, CommandFailed):  # the vault is being closed: there is nothing to begin
            await self.settle()

    async def restart(self) -> None:
        """The addresses to listen on are others now."""
        async with self._changing:
            await self._end()
        await self.settle()

    async def detach(self) -> None:
        """The vault is about to be closed."""
        async with self._changing:
            await self._end()
            await self.settling.stop()

    @asynccontextmanager
    async def up(self) -> AsyncIterator[Host]:
        """The host, for a command that needs it: opened for the block where it does not run already.

        Errors: CommandFailed("airplane"), HostFailed.
        """
        online.network_allowed(self._node)
        async with self._changing:
            mine = self._scope is None
            if mine:
                await self._begin()
        try:
            yield self.host
        finally:
            if mine and not self._wanted:
                with trio.CancelScope(shield=True):
                    await self.detach()

    async def reload(self) -> None:
        """Peers were added, blocked or renamed."""
        await self.blocking(self.gate.load, self.vault.peers)
        self.reaching.nudge()
        self.relaying.nudge()
        self.meeting.nudge()

    async def reach(self, peer_id: str, addresses: tuple[str, ...]) -> None:
        """Connect by one of these addresses, or of those that are kept.  Errors: CommandFailed("peer-unreachable")."""
        host = self.host
        if peer_id in host.connected:
            return
        self.reaching.wanted(peer_id)
        if not await self.reaching.connect(host, peer_id, addresses or await self._kept_addresses(peer_id)):
            raise CommandFailed("peer-unreachable")

    async def _kept_addresses(self, peer_id: str) -> tuple[str, ...]:
        peers: list[Peer] = await self.blocking(self.vault.peers.list)
        return next((peer.addresses for peer in peers if peer.id == peer_id), ())

    def misbehaved(self, peer_id: str, breach: str) -> None:
        """A peer broke the protocol: it is counted, and kept out for a time when it goes on."""
        log.info("a peer broke the protocol: %s", breach)
        if self._host is not None:
            self._nursery.start_soon(self._host.report, peer_id, _COSTS.get(breach, 1.0))

    def _keep_ban(self, peer_id: str, until: float, count: int) -> None:
        async def keep() -> None:
            with suppress(VaultError):  # it holds until a restart
                await self.blocking(self.vault.peers.ban, peer_id, until, count)

        self._nursery.start_soon(keep)

    async def host_key(self) -> bytes:
        """A secret.  Errors: VaultError."""
        key: bytes = await self.blocking(self._node.vault.host_key)
        return key

    async def own_name(self) -> str:
        """What the person calls themselves; "" where they did not say."""
        return str(await self.blocking(self.vault.settings.get, NAME, ""))

    async def state(self, language: str) -> SwarmState:
        on = await self.blocking(listening.is_on, self.vault.settings)
        host = self._host
        addresses = () if host is None else self.addresses
        problem = "" if self.problem is None else sentence(self.problem, language)
        connected = 0 if host is None else len(host.connected)
        return SwarmState(on, host is not None, self.peer_id, addresses, connected, problem)

    async def _begin(self) -> None:
        up = trio.Event()
        self._ended = trio.Event()
        self._scope = trio.CancelScope()
        self._nursery.start_soon(self._run, up, self._scope, self._ended)
        await up.wait()

    async def _end(self) -> None:
        if self._scope is not None:
            self._scope.cancel()
        with trio.CancelScope(shield=True):
            await self._ended.wait()
        self._scope = None

    async def _run(self, up: trio.Event, scope: trio.CancelScope, ended: trio.Event) -> None:
        """`scope` is what runs on the host: cancelled while it opens or closes, py-libp2p would leave sockets open."""
        self.problem = None
        try:
            with trio.CancelScope() as whole:
                async with await self._made() as host:
                    with scope:
                        async with trio.open_nursery() as nursery:
                            self._host = host
                            up.set()
                            self._mending.began()
                            self._changed()
                            nursery.start_soon(self.reaching.run, host)
                            nursery.start_soon(self.negotiating.run, host)
                            nursery.start_soon(self.relaying.run, host)
                            nursery.start_soon(self.meeting.run, host)
                            nursery.start_soon(self.learning.run, host)
                            nursery.start_soon(lan.run, self, host)
                    whole.deadline = trio.current_time() + CLOSING
        except* Exception as failed:  # noqa: BLE001 - the network is no reason to end the node
            self.problem = _single(failed)
            log.error("the host ended with %s", code(self.problem))  # noqa: TRY400 - no text of peers
            if self._wanted:
                self._mending.fell(ran=self._host is not None)
        finally:
            self._host = self._negotiating = None
            if self._scope is scope:  # it ended by itself: whoever needs it next tries again
                self._scope = None
            up.set()
            ended.set()
            self._node.listener(PeersChanged())

    async def _made(self) -> Host:
        """The host and all that it serves.  Errors: VaultError, HostFailed."""
        settings = self.vault.settings
        await self.blocking(self.gate.load, self.vault.peers)
        bans = KeptBans(await self.blocking(self.vault.peers.bans), self._keep_ban)
        listen = await self.blocking(listening.chosen, settings)
        key = await self.host_key()
        relays = await self.blocking(listening.relays, settings)
        module = await self.blocking(_libp2p)  # 0.7 s, for those who use it
        host: Host = module.Host(key, listen, gate=self.gate, bans=bans, relay=relays, on_event=self._event)
        host.serve(HELLO_PROTOCOL, self.greeting.answer, strangers=True)
        if relays or await self.blocking(meeting.agreed, settings):
            self.meeting.serve(host)
        self._negotiating = Negotiating(self._node)
        self._negotiating.serve(host)
        self._node.chains.hosting.serve(host)
        self._node.chains.delegated.serve(host)
        return host

    def _event(self, kind: str, peer_id: str) -> None:
        """From the host: somebody is there, or gone."""
        if kind == "disconnected":
            self.reaching.left(peer_id)
        else:
            self.reaching.came(peer_id)
        self._node.listener(PeersChanged())

    def _progressed(self, news: TaskProgress) -> None:
        self._node.listener(news)
        for watcher in self.watchers:
            watcher(news)

    def _changed(self) -> None:
        self._node.listener(PeersChanged())


_FALSE = ("bad-encoding", "bad-signature", "wrong-sender", "too-large", "wrong-bytes")
_COSTS = dict.fromkeys(_FALSE, FALSE_MESSAGE)


def _libp2p() -> Any:
    import p2p.node

    return p2p.node


def _single(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup) and len(group.exceptions) == 1:
        group = group.exceptions[0]
    return group
