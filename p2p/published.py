"""Registries of ERC-8004 that others put on public networks: known from the start, and the person may name others.

Source: README.md of the repository erc-8004/erc-8004-contracts, revision 2eb5adcb, without the networks that it calls
work in progress.  The same addresses everywhere, since they were made with CREATE2 (EIP-1014).  No validation registry
and no kernel of ERC-8183 is published yet.
"""

from __future__ import annotations

from collections.abc import Mapping

from p2p.networks import TEST_NETWORKS

_REAL = {
    "identity": "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432",
    "reputation": "0x8004baa17c55a88189ae136b182e5fda19de9b63",
}
_TEST = {
    "identity": "0x8004a818bfb912233c491871b3d84c89a494bd9e",
    "reputation": "0x8004b663056a597dffe9eccc1965a193b7388713",
}
_NETWORKS = (1, 10, 56, 100, 137, 8453, 42161, 42220, 43114, 59144, 534352)
_TEST_NETWORKS = (11155111, 84532, 80002, 421614, 11155420)


def published(chain_id: int) -> Mapping[str, str]:
    """By role, as in p2p.methods, in lower case; empty for a network that is not known."""
    if chain_id in _NETWORKS:
        return _REAL
    return _TEST if chain_id in _TEST_NETWORKS and chain_id in TEST_NETWORKS else {}
