"""Which chains have money on them.  A chain that is not known to be for tests counts as one with real value.

Test networks: chainid.network, and the registry of `ethereum-lists/chains`.  A signature is bound to its chain's id
(EIP-155), so what is signed for a test network is worth nothing elsewhere.
"""

from __future__ import annotations

# The embedded chain draws its id at random from here: 0x4E75 ("Nu") and 32 bits, within what JavaScript can hold.
EMBEDDED = range(0x4E75 << 32, 0x4E76 << 32)

TEST_NETWORKS = {
    1337: "a private chain",
    31337: "a private chain",
    11155111: "Sepolia",
    560048: "Hoodi",
    84532: "Base Sepolia",
    80002: "Polygon Amoy",
    421614: "Arbitrum Sepolia",
    11155420: "OP Sepolia",
}
KNOWN_NETWORKS = {
    1: "Ethereum",
    10: "OP Mainnet",
    56: "BNB Smart Chain",
    100: "Gnosis",
    137: "Polygon",
    8453: "Base",
    42161: "Arbitrum One",
    42220: "Celo",
    43114: "Avalanche",
    59144: "Linea",
    534352: "Scroll",
}


def has_real_value(chain_id: int) -> bool:
    """Whether what is signed for this chain may cost money."""
    return chain_id not in EMBEDDED and chain_id not in TEST_NETWORKS


def network_name(chain_id: int) -> str:
    """A name to show; the number where there is none."""
    if chain_id in EMBEDDED:
        return "Nuée"
    return {**TEST_NETWORKS, **KNOWN_NETWORKS}.get(chain_id, str(chain_id))
