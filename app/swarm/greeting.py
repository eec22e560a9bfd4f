"""How two people become contacts: one hands over an invite, the other's node shows its secret, once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.results import CommandFailed
from app.swarm import listening
from app.swarm.naming import told_apart
from p2p import invite as links
from p2p.acl import AclError
from p2p.hello import HELLO_PROTOCOL, NAME_LIMIT, Hello
from p2p.host_limits import Standing
from p2p.identity import SignedBinding
from p2p.invite import Invite
from storage.peers import Peers
from storage.vault import Vault

if TYPE_CHECKING:
    from app.swarm.swarm import Swarm

DAY = 24 * 3600.0
LONGEST = 30 * DAY


class Greeting:
    """Trio thread.  `changed` is called when somebody became a contact."""

    def __init__(self, swarm: Swarm, changed: Callable[[], None], clock: Callable[[], float] = time.time) -> None:
        self._swarm = swarm
        self._changed = changed
        self._clock = clock

    async def invite(self, name: str, seconds: float) -> tuple[str, Invite]:
        """A new invite and its link; it works while this node runs.  Errors: CommandFailed."""
        if not 60 <= seconds <= LONGEST:
            raise CommandFailed("invite-time", most=int(LONGEST // DAY))
        swarm = self._swarm
        one = Invite(
            swarm.peer_id,
            secrets.token_bytes(links.SECRET_BYTES),
            int(self._clock() + seconds),
            await swarm.own_name(),
            links.acceptable((*swarm.relaying.addresses[:2], *listening.reachable(swarm.host.addresses))),
        )
        await swarm.blocking(swarm.vault.peers.invite, one.secret, name, float(one.expires))
        return links.link(one), one

    async def accept(self, link: str, name: str = "") -> str:
        """Become the contact of whoever made the link; their peer id.  Errors: BadInvite, CommandFailed, HostFailed."""
        one = links.read(link)
        if one.peer_id == self._swarm.peer_id:
            raise CommandFailed("invite-own")
        if one.expires < self._clock():
            raise CommandFailed("invite-expired")
        await self._swarm.reach(one.peer_id, one.addresses)
        theirs = await self.greet(one.peer_id, one.secret)
        await self._swarm.blocking(
            _keep, self._swarm.vault.peers, one.peer_id, name or theirs.name or one.name, theirs, one.addresses
        )
        await self._swarm.reload()
        self._changed()
        return one.peer_id

    async def greet(self, peer_id: str, secret: bytes | None = None) -> Hello:
        """Say hello.  Errors: HostFailed (`peer-error`, detail "unknown": they do not know us), CommandFailed."""
        answer = await self._swarm.host.request(peer_id, HELLO_PROTOCOL, (await self._own(secret)).to_bytes())
        try:
            return Hello.from_bytes(answer, peer_id)
        except AclError as error:
            raise CommandFailed("peer-garbled") from error

    async def answer(self, peer_id: str, request: bytes) -> bytes:
        """See p2p.host_serving.Handler.  Strangers may come here; without a good secret they learn nothing."""
        from p2p.node import Refused

        try:
            theirs = Hello.from_bytes(request, peer_id)
        except AclError as error:
            raise Refused(error.code) from error
        peers, gate = self._swarm.vault.peers, self._swarm.gate
        if theirs.invite is not None and gate.standing(peer_id) is not Standing.BLOCKED:
            meant = await self._swarm.blocking(peers.redeem, theirs.invite, peer_id)
            if meant is not None:
                await self._swarm.blocking(_keep, peers, peer_id, meant or theirs.name, theirs, ())
                await self._swarm.reload()
                self._changed()
        if peer_id not in gate.contacts:
            raise Refused("unknown")
        return (await self._own(None)).to_bytes()

    async def _own(self, secret: bytes | None) -> Hello:
        name, binding = await self._swarm.blocking(_own_parts, self._swarm.vault)
        return Hello(SignedBinding.from_bytes(binding), int(self._clock() * 1000), name=name, invite=secret)


def _own_parts(vault: Vault) -> tuple[str, bytes]:
    from app.functions.outgoing import NAME
    from app.open_vault import BINDING

    return str(vault.settings.get(NAME, ""))[:NAME_LIMIT], vault.settings.secret(BINDING) or b""


def _keep(peers: Peers, peer_id: str, name: str, theirs: Hello, addresses: tuple[str, ...]) -> None:
    """Under a name that no other peer bears: who calls themselves as a friend does is told from the friend."""
    binding = theirs.binding
    called = told_apart(name, peer_id, peers.list())
    peers.add(peer_id, called, addresses, identity=binding.identity, binding=binding.to_bytes())
