"""Agents of the chain in use: looked at, verified, and found by what a person calls them.

What the chain says of an agent, and the file that it leads to, are compared with each other and with what this node
knows of the peer (p2p.registration_checks).  What was found is kept; only a verified agent counts as a peer's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.chain import agent_files
from app.chain.port import Connected
from app.errors import code
from app.results import CommandFailed
from p2p.chain import Chain, ChainError, topic
from p2p.registration import Entry, Registration, RegistrationError, read
from p2p.registration_checks import Check, OnChain, checked, problem
from p2p.wallet_requests import NOBODY
from storage.agents import AgentRow, Registry
from storage.peers import Peer
from storage.sync import SyncFailed
from storage.vault import Vault

if TYPE_CHECKING:
    from app.functions.fetching import Reach
    from app.node import Node

FRESH = 24 * 3600.0  # seconds for which what was verified is believed without another look at the chain
WINDOW, WINDOWS = 5_000, 20  # blocks that one question covers, and how many are asked for an owner's agents
CANDIDATES = 50  # agents of one owner that are looked at
LARGEST = 2**63 - 1  # number of an agent that can be kept; registries count from 0


@dataclass(frozen=True)
class Looked:
    """`checks` are for whoever asked: they include whether the agent is the one of the peer that was expected."""

    row: AgentRow
    file: Registration | None
    checks: tuple[Check, ...]

    @property
    def problem(self) -> str:
        return problem(self.checks)


def registry_of(connected: Connected) -> Registry:
    """Errors: CommandFailed("agent-no-registry")."""
    address = connected.contracts.get("identity", "")
    if not address:
        raise CommandFailed("agent-no-registry", chain=connected.name)
    return Registry(connected.identity.genesis, connected.identity.chain_id, address.lower())


async def look(
    node: Node, agent: int, *, peer: str = "", told: bool = False, fetch: bool = False, reach: Reach | None = None
) -> Looked:
    """Look at an agent and keep what was found.  `peer`: whose it should be; `told`: that peer says so itself.

    `fetch`: a person asked, so that a file that is hosted elsewhere may be fetched.
    Errors: CommandFailed("chain-none" | "agent-no-registry" | "agent-unknown" | …), ChainError, VaultError.
    """
    connected = await node.chains.connected()
    registry = registry_of(connected)
    if not 0 <= agent <= LARGEST:
        raise CommandFailed("agent-unknown", agent=str(agent)[:80])
    found = await node.chains.ask(_on_chain, connected.chain, registry, agent)
    whole, why = await _file(node, found, registry, fetch, reach)
    file, why = _read(whole, why)
    binding = file.binding if file is not None else None
    known = await node.blocking(_known, node.vault.vault, binding.peer_id if binding else "")
    identity = known.identity if known is not None else ""
    by_itself = checked(found, file, why, identity=identity)
    checks = checked(found, file, why, identity=identity, peer=peer)
    row = await node.blocking(
        lambda: node.vault.vault.agents.keep(
            registry,
            agent,
            peer=binding.peer_id if binding else "",
            owner=found.owner,
            wallet=found.wallet,
            uri=found.uri,
            file=whole,
            problem=problem(by_itself),  # who was expected is no fault of the agent
            told=told and bool(peer) and not problem(checks),
        )
    )
    return Looked(row, file, checks)


def remembered(row: AgentRow) -> Looked:
    """What was found the last time, without another look."""
    file, why = _read(row.file, row.problem)
    if file is None:
        return Looked(row, None, (Check("file", why or "agent-no-file"),))
    found = OnChain(Entry(row.registry.chain, row.registry.address, row.agent), row.owner, row.wallet, row.uri)
    checks = checked(found, file)
    if problem(checks) != row.problem:
        checks = (*checks[:-1], Check("known", row.problem))  # the peer's identity, as it was known then
    return Looked(row, file, checks)


async def verified(node: Node, peer: str) -> AgentRow | None:
    """The agent of this peer, if it is believed; looked at again where the last look is a day old.

    Nothing is fetched from anywhere but the chain.  Errors: as `look`, but for a chain that cannot be asked just now:
    what was believed still is.
    """
    connected = await node.chains.connected()
    row: AgentRow | None = await node.blocking(node.vault.vault.agents.verified, registry_of(connected), peer)
    if row is None or time.time() - row.looked < FRESH:
        return row
    try:
        again = (await look(node, row.agent)).row
    except ChainError as error:
        return row if error.code == "chain-unreachable" else None
    except CommandFailed:
        return None
    return again if again.verified and again.peer == peer else None


async def owned(node: Node, owner: str) -> tuple[int, ...]:
    """Numbers of the agents that this address owns, the latest first, as far as the chain still tells.

    Errors: ChainError, CommandFailed.
    """
    connected = await node.chains.connected()
    found: tuple[int, ...] = await node.chains.ask(_owned, connected.chain, registry_of(connected).address, owner)
    return found


async def owns(node: Node, owner: str) -> bool:
    """Whether this address owns an agent, of whatever number.  Errors: ChainError, CommandFailed."""
    connected = await node.chains.connected()
    registry = registry_of(connected).address
    (count,) = await node.chains.ask(connected.chain.read, registry, "balanceOf(address)", ["uint256"], owner)
    return bool(count)


def _on_chain(chain: Chain, registry: Registry, agent: int) -> OnChain:
    try:
        (owner,) = chain.read(registry.address, "ownerOf(uint256)", ["address"], agent)
    except ChainError as error:
        if error.code != "chain-reverted":
            raise
        raise CommandFailed("agent-unknown", agent=agent) from error
    (uri,) = chain.read(registry.address, "tokenURI(uint256)", ["bytes"], agent)  # a string need not be UTF-8
    entry = Entry(registry.chain, registry.address, agent)
    return OnChain(entry, owner.lower(), _wallet(chain, registry, agent), uri.decode("utf-8", "replace"))


def _wallet(chain: Chain, registry: Registry, agent: int) -> str:
    try:
        (wallet,) = chain.read(registry.address, "getAgentWallet(uint256)", ["address"], agent)
    except ChainError as error:
        if error.code != "chain-reverted":
            raise
        return NOBODY
    return str(wallet).lower()


def _owned(chain: Chain, registry: str, owner: str) -> tuple[int, ...]:
    (count,) = chain.read(registry, "balanceOf(address)", ["uint256"], owner)
    if not count:
        return ()
    towards = [topic("Transfer(address,address,uint256)"), None, bytes(12) + bytes.fromhex(owner[2:])]
    last, seen = chain.head().number, dict[int, None]()
    for _ in range(WINDOWS):
        first = max(0, last - WINDOW + 1)
        for log in reversed(chain.logs(registry, towards, first, last)):
            if log.address == registry and len(log.topics) == 4:
                seen[int.from_bytes(log.topics[3])] = None
        last = first - 1
        if last < 0 or len(seen) >= CANDIDATES:
            break
    return tuple(agent for agent in list(seen)[:CANDIDATES] if _owner(chain, registry, agent) == owner)


def _owner(chain: Chain, registry: str, agent: int) -> str:
    try:
        (owner,) = chain.read(registry, "ownerOf(uint256)", ["address"], agent)
    except ChainError as error:
        if error.code != "chain-reverted":
            raise
        return ""  # it is no more
    return str(owner).lower()


async def _file(
    node: Node, found: OnChain, registry: Registry, fetch: bool, reach: Reach | None
) -> tuple[bytes | None, str]:
    """The file and "", or None and the code of why it could not be had."""
    try:
        return await agent_files.brought(node, found.uri, fetch=fetch, reach=reach), ""
    except CommandFailed as failed:
        if failed.key == "agent-file-remote":  # as a person saw it last, from this very address
            kept = await node.blocking(node.vault.vault.agents.get, registry, found.entry.agent)
            if kept is not None and kept.uri == found.uri and kept.file is not None:
                return kept.file, ""
        return None, failed.key
    except (RegistrationError, SyncFailed) as failed:
        return None, code(failed)


def _read(whole: bytes | None, why: str) -> tuple[Registration | None, str]:
    try:
        return (None, why) if whole is None else (read(whole), "")
    except RegistrationError as error:
        return None, error.code


def _known(vault: Vault, peer_id: str) -> Peer | None:
    return next((one for one in vault.peers.list() if one.id == peer_id), None) if peer_id else None
