"""py-libp2p's host, which asks a peer who connects who it is and where.

py-libp2p 0.8.1 asks once, and keeps the answer until the host ends: a peer that has moved and connects again would be
looked for where it was.  Here it is asked at every connection.
"""

from __future__ import annotations

from typing import Any

from p2p.host_libp2p import BasicHost


class AskingHost(BasicHost):  # type: ignore[misc]  # py-libp2p is not followed by mypy
    """See above."""

    def _schedule_identify(self, peer_id: Any, *, reason: str) -> None:
        if reason == "notifee-connected":
            self._identified_peers.pop(peer_id, None)
            self._identify_inflight.discard(peer_id)  # it may hang on a line of the past
            self.peerstore.clear_protocol_data(peer_id)
            self.peerstore.clear_addrs(peer_id)
        super()._schedule_identify(peer_id, reason=reason)
