"""What this node calls the addresses, peers and tokens that the wallet speaks of, and what its tokens are.

A token says itself what it is called and how many decimals it has; what it said first is kept, so that a history can be
read without the chain and a contract cannot change the meaning of what was agreed to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.chain.amounts import MOST_DECIMALS, plain_symbol
from app.chain.meaning import COIN_DECIMALS, Names
from app.chain.rates import rate_of
from app.texts import catalogue, text
from p2p.chain import ChainError
from p2p.wallet_requests import NOBODY
from storage.agents import Registry
from storage.chains import ChainRow
from storage.peers import Peer
from storage.vault import Vault

if TYPE_CHECKING:
    from app.chain.port import Connected
    from app.node import Node

_KEPT = "tokens"
_READ = 256  # characters of a symbol; what is longer is none


def chain_key(chain_id: int, genesis: str) -> str:
    return f"{chain_id}:{genesis}"


def names_of(vault: Vault, own: str, chain: ChainRow | None, language: str) -> Names:
    """`own`: the address of the person's first account; `chain`: where the addresses are.  Blocking."""
    known = [peer for peer in vault.peers.list() if peer.name]
    addresses = {peer.identity: peer.name for peer in known if peer.identity}
    addresses |= _wallets(vault, known, chain)
    addresses |= {row.address: row.name for row in vault.watched.list() if row.name}
    for role, address in (chain.contracts if chain else {}).items():
        key = f"meant.role.{role}"
        addresses[address] = text(key, language) if key in catalogue() else role
    addresses[own] = text("meant.your_account", language)
    tokens: dict[str, tuple[str, int]] = {}
    if chain is not None:
        kept = vault.settings.get(_KEPT, {}).get(chain_key(chain.chain_id, chain.genesis), {})
        tokens = {address: (str(symbol), int(decimals)) for address, (symbol, decimals) in kept.items()}
    peers = {peer.id: peer.name for peer in known}
    coin = str(chain.settings.get("currency", "")) if chain else ""
    return Names(peers, addresses, tokens, plain_symbol(coin), rate_of(vault, chain))


def _wallets(vault: Vault, known: Sequence[Peer], chain: ChainRow | None) -> dict[str, str]:
    """Accounts of contacts whose registration is believed: their keys vouch for them (app.chain.agents)."""
    registry = (chain.contracts if chain else {}).get("identity")
    if chain is None or registry is None:
        return {}
    place = Registry(chain.genesis, chain.chain_id, registry)
    found = [(peer.name, vault.agents.verified(place, peer.id)) for peer in known if peer.standing == "contact"]
    return {agent.wallet: name for name, agent in found if agent is not None and agent.wallet}


def knows_token(vault: Vault, chain: ChainRow, token: str) -> bool:
    return token.lower() in vault.settings.get(_KEPT, {}).get(chain_key(chain.chain_id, chain.genesis), {})


async def learn_token(node: Node, at: Connected, token: str) -> tuple[str, int] | None:
    """Symbol and decimals, asked of the token once; None where it does not say.  Errors: as ChainPort.ask's."""
    key, token = chain_key(at.identity.chain_id, at.identity.genesis), token.lower()
    kept = (await node.blocking(node.vault.vault.settings.get, _KEPT, {})).get(key, {})
    if token in kept:
        return str(kept[token][0]), int(kept[token][1])
    if token in ("", NOBODY):
        return None
    try:
        (decimals,) = await node.chains.ask(at.chain.read, token, "decimals()", ["uint8"])
        (symbol,) = await node.chains.ask(at.chain.read, token, "symbol()", ["string"])
    except ChainError as error:
        if error.code in ("chain-reverted", "chain-nonsense"):
            return None
        raise
    if decimals > MOST_DECIMALS:
        return None
    found = (plain_symbol(symbol[:_READ]), int(decimals))
    await node.blocking(_keep, node.vault.vault, key, token, found)
    return found


def _keep(vault: Vault, key: str, token: str, found: tuple[str, int]) -> None:
    kept = vault.settings.get(_KEPT, {})
    kept.setdefault(key, {}).setdefault(token, list(found))
    vault.settings.set(_KEPT, kept)


def decimals_of(names: Names, token: str) -> int:
    """Of a token, or of the coin for ""; 0 where nobody knows: its smallest parts are counted then."""
    return COIN_DECIMALS if not token else names.tokens.get(token, ("", 0))[1]
