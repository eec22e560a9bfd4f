"""Who may come in: contacts, strangers with an invite, nobody who is blocked; and bans that outlive a restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from p2p.host_limits import Standing
from storage.peers import Peers


class PeerGate:
    """See p2p.host_limits.Gate.  In memory, from the vault; trio thread, but for `load` which blocks."""

    def __init__(self) -> None:
        self.contacts: frozenset[str] = frozenset()
        self._blocked: frozenset[str] = frozenset()

    def load(self, peers: Peers) -> None:
        """Blocking; any thread.  Errors: VaultError."""
        self.contacts, self._blocked = peers.contacts(), peers.blocked()

    def standing(self, peer_id: str) -> Standing:
        if peer_id in self._blocked:
            return Standing.BLOCKED
        return Standing.CONTACT if peer_id in self.contacts else Standing.STRANGER


class KeptBans:
    """See p2p.host_conduct.Bans.  `keep` stores one without holding the trio thread up."""

    def __init__(self, known: Mapping[str, tuple[float, int]], keep: Callable[[str, float, int], None]) -> None:
        self._known = known
        self._keep = keep

    def load(self) -> Mapping[str, tuple[float, int]]:
        return self._known

    def save(self, peer_id: str, until: float, count: int) -> None:
        self._keep(peer_id, until, count)
