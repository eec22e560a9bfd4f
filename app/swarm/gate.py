"""Who may come in: contacts, strangers with an invite, nobody who is blocked or banned.  In memory, from the vault."""

from __future__ import annotations

import time
from collections.abc import Callable

from p2p.host_limits import Standing
from storage.peers import Peers


class PeerGate:
    """See p2p.host_limits.Gate.  Trio thread, but for `load` which blocks."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.contacts: frozenset[str] = frozenset()
        self._blocked: frozenset[str] = frozenset()
        self._banned: dict[str, float] = {}

    def load(self, peers: Peers) -> None:
        """Blocking; any thread.  Errors: VaultError."""
        self.contacts, self._blocked, self._banned = peers.contacts(), peers.blocked(), peers.banned()

    def standing(self, peer_id: str) -> Standing:
        if peer_id in self._blocked or self._banned.get(peer_id, 0) > self._clock():
            return Standing.BLOCKED
        return Standing.CONTACT if peer_id in self.contacts else Standing.STRANGER
