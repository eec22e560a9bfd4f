"""Registers this node's agent (ERC-8004), and keeps its registration file as it should be.

The file has to name the agent's number, which the registry gives: so an agent is registered without a file first, and
its address set afterwards.  Both steps can be repeated after a crash at any moment: a key names each transaction, what
is wanted is in the vault before it is asked for, and an agent that this account has already is taken up again.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.chain import agent_files, agents
from app.chain.port import Call, Connected
from app.functions.outgoing import NAME
from app.results import CommandFailed
from app.swarm import listening, offered
from app.swarm.kinds import model as models
from p2p.chain import ChainError, Mined, topic
from p2p.identity import IdentityError
from p2p.registration import Entry, data_uri, made, read
from p2p.wallet_binding import SignedWalletBinding
from storage.agents import AgentRow, Registry
from storage.outbox import Write
from storage.vault import Vault

if TYPE_CHECKING:
    from app.functions.fetching import Reach
    from app.node import Node

_CARD = "agent_card"  # the setting: what the person chose to be said
_BINDING = "agent_binding"  # the setting: the signatures, made once so that the same agent has the same file
_ATTEMPT = "agent_attempt"
LEDGER = "registration"  # what it is called among what left
_USUAL = "A personal agent."
_FAILED = ("chain-reverted", "chain-displaced")  # the transaction is over: trying again is another one


@dataclass(frozen=True)
class Wish:
    """What a person asks for; None: as it was.  `uri`: "" for a file in the chain itself, or an https address.

    `held`: the agent gets its number, and the file is for the person to host before its address is registered.
    """

    name: str | None = None
    description: str | None = None
    addresses: bool | None = None
    uri: str | None = None
    held: bool = False


@dataclass(frozen=True)
class Card:
    """What is said of the agent.  `addresses`: where the node could be reached when the person wanted that said."""

    name: str
    description: str
    addresses: tuple[str, ...]
    uri: str


@dataclass(frozen=True)
class Draft:
    """What would become public.  `file`: without a registration where `row` is None: the registry gives the number."""

    connected: Connected
    registry: Registry
    card: Card
    held: bool
    row: AgentRow | None
    file: bytes
    uri: str  # that the chain is to have
    changes: bool
    digest: str


async def drafted(node: Node, wish: Wish) -> Draft:
    """Nothing is written to any chain by this.

    Errors: CommandFailed("chain-none" | "agent-no-registry" | "agent-uri" | …), RegistrationError, ChainError,
    WorkerFailed.
    """
    connected = await node.chains.connected()
    registry = agents.registry_of(connected)
    card = await _card(node, wish)
    binding = await bound(node, connected.account)
    skills = await node.blocking(_offered, node, node.vault.vault)

    def file(*entries: Entry) -> bytes:
        return made(
            card.name, card.description, binding, registry.chain,
            skills=skills, addresses=card.addresses, registrations=entries,
        )  # fmt: skip

    row = await _ours(node, connected, registry)
    whole = file(_entry(row)) if row is not None else file()
    longest = Entry(registry.chain, registry.address, agents.LARGEST)
    uri = "" if wish.held else card.uri or data_uri(file(longest if row is None else _entry(row)))
    agreed = [registry.genesis, registry.chain, registry.address, connected.address, card.uri, wish.held]
    digest = hashlib.sha256(json.dumps(agreed).encode() + file()).hexdigest()
    changes = row is None or (not wish.held and row.uri != uri)
    return Draft(connected, registry, card, wish.held, row, whole, uri, changes, digest)


async def register(node: Node, wish: Wish, agreed: str, reach: Reach | None = None) -> tuple[AgentRow, bytes]:
    """Have the chain say what the draft says.  `agreed`: the digest that the person saw.  The agent, and its file.

    May wait long for blocks; called again after a crash or a cancellation it goes on where it was.
    Errors: as `drafted`; CommandFailed("agent-agreed" | "agent-hosted"); what ChainPort.call raises; SyncFailed.
    """
    draft = await drafted(node, wish)
    if agreed != draft.digest:
        raise CommandFailed("agent-agreed")
    await node.blocking(node.vault.vault.settings.set, _CARD, vars(draft.card))
    row = draft.row
    if row is None:
        row = await _numbered(node, draft)
        draft = await drafted(node, wish)
        if agreed != draft.digest:  # what is offered was changed meanwhile
            raise CommandFailed("agent-agreed")
    if draft.held:
        return row, draft.file
    if draft.card.uri:
        there = await agent_files.brought(node, draft.card.uri, fetch=True, reach=reach)
        if read(there) != read(draft.file):
            raise CommandFailed("agent-hosted", uri=draft.card.uri)
    if row.uri != draft.uri:
        await _said(node, draft, row)
    return (await agents.look(node, row.agent, fetch=bool(draft.card.uri), reach=reach)).row, draft.file


async def bound(node: Node, account: int) -> SignedWalletBinding:
    """Account, identity and node vouch for one another: the same signatures each time while the three stay the same.

    Errors: CommandFailed("locked"), WorkerFailed, IdentityError.
    """
    settings, peer_id = node.vault.vault.settings, node.vault.peer_id
    address = (await node.ask_wallet("wallet_account", index=account))["address"]
    with suppress(IdentityError, TypeError):
        kept = SignedWalletBinding.from_map(await node.blocking(settings.get, _BINDING, {}))
        if (kept.peer_id, kept.address) == (peer_id, address):
            return kept
    created = int(time.time())
    found: dict[str, Any] = (await node.ask_wallet("wallet_bind", account=account, peer_id=peer_id, created=created))[
        "binding"
    ]
    await node.blocking(settings.set, _BINDING, found)
    return SignedWalletBinding.from_map(found)


async def _ours(node: Node, connected: Connected, registry: Registry) -> AgentRow | None:
    """The agent of this node, as the chain has it now; None where there is none, or it was given away."""
    store = node.vault.vault.agents
    row: AgentRow | None = await node.blocking(store.mine, registry)
    if row is None:
        return await _taken_up(node, connected, registry)
    try:
        found = (await agents.look(node, row.agent)).row
    except CommandFailed as failed:
        if failed.key != "agent-unknown":
            raise
        return None
    return found if found.owner == connected.address else None


async def _taken_up(node: Node, connected: Connected, registry: Registry) -> AgentRow | None:
    """One that this account registered for this identity before, such as before a backup was brought back."""
    own = await bound(node, connected.account)
    candidates: tuple[int, ...] = ()
    with suppress(ChainError):  # a node of the chain that keeps no old events
        candidates = await agents.owned(node, connected.address)
    for agent in candidates:
        looked = await agents.look(node, agent)
        binding = None if looked.file is None else looked.file.binding
        if binding is not None and binding.identity == own.identity:
            row: AgentRow = await node.blocking(node.vault.vault.agents.registered, registry, agent, looked.row.owner)
            return row
    return None


async def _numbered(node: Node, draft: Draft) -> AgentRow:
    """Registered without a file: the registry gives it its number."""
    settings, store = node.vault.vault.settings, node.vault.vault.agents
    before = await node.blocking(store.mine, draft.registry)  # given away since
    attempt = int(await node.blocking(settings.get, _ATTEMPT, 0))
    key = f"agent/{draft.registry.genesis}/{draft.registry.address}/{draft.connected.address}"
    key += f"/after-{before.agent}/{attempt}" if before is not None else f"/first/{attempt}"
    try:
        mined = await node.chains.call(key, Call("identity", "register(string)", ("",)))
    except ChainError as error:
        if error.code in _FAILED:
            await node.blocking(settings.set, _ATTEMPT, attempt + 1)
        raise
    number = _number(mined, draft)
    row: AgentRow = await node.blocking(store.registered, draft.registry, number, draft.connected.address)
    return row


async def _said(node: Node, draft: Draft, row: AgentRow) -> None:
    """The registry leads to the file from now on."""
    store = node.vault.vault.agents
    where = f"{draft.registry.address}/{row.agent}"
    leaves: list[Write] = []
    if (
        draft.connected.kind != "embedded" and row.wanted != draft.uri
    ):  # else it stays here, or is in the ledger already
        left = node.vault.vault.disclosures.left
        leaves.append(left(f"eip155:{draft.registry.chain}:{where}", LEDGER, draft.file, "once"))
    row = await node.blocking(lambda: store.want(row, draft.uri, within=leaves))
    key = f"agent/{draft.registry.genesis}/{where}/file/{row.turn}"
    call = Call("identity", "setAgentURI(uint256,string)", (row.agent, draft.uri))
    try:
        await node.chains.call(key, call)
    except ChainError as error:
        if error.code in _FAILED:
            await node.blocking(lambda: store.want(row, draft.uri, again=True))
        raise


def _number(mined: Mined, draft: Draft) -> int:
    for log in mined.logs:
        if (
            log.address == draft.registry.address
            and len(log.topics) == 3
            and log.topics[0] == topic("Registered(uint256,string,address)")
            and log.topics[2][12:].hex() == draft.connected.address[2:]
        ):
            return int.from_bytes(log.topics[1])
    raise ChainError("chain-nonsense", "The registry does not say which number the agent has.")


async def _card(node: Node, wish: Wish) -> Card:
    """As it was said the last time, with what is wished now."""
    settings = node.vault.vault.settings
    kept: dict[str, Any] = {"name": "", "description": _USUAL, "addresses": (), "uri": ""}
    kept |= await node.blocking(settings.get, _CARD, {})
    wished = {key: getattr(wish, key) for key in ("name", "description", "uri") if getattr(wish, key) is not None}
    card = Card(**{**kept, **wished, "addresses": tuple(kept["addresses"])})
    if wish.uri:
        card = replace(card, uri=agent_files.hosted(wish.uri))
    if wish.addresses is not None:
        card = replace(card, addresses=await _addresses(node) if wish.addresses else ())
    return card if card.name else replace(card, name=str(await node.blocking(settings.get, NAME, "")) or "Nuée")


async def _addresses(node: Node) -> tuple[str, ...]:
    """Errors: CommandFailed("airplane" | "agent-addresses"), HostFailed."""
    async with node.swarm.up():
        found = listening.reachable(node.swarm.addresses)
    if not found:
        raise CommandFailed("agent-addresses")
    return tuple(found)


def _entry(row: AgentRow) -> Entry:
    return Entry(row.registry.chain, row.registry.address, row.agent)


def _offered(node: Node, vault: Vault) -> tuple[str, ...]:
    """What strangers may call for; what is for contacts alone is nobody else's business.  Blocking."""
    kept = {offer.kind: offer for offer in vault.offers.list()}
    said: list[str] = []
    for name, kind in sorted(node.swarm.kinds().items()):
        offer = kept.get(name) or kind.usual
        if offer is None or offer.audience != "open":
            continue
        said.append(name)
        if name == "skill":
            named = offer.settings.get("skills", ())
            entries = offered.task_entries(vault, "en")
            said.extend(dict.fromkeys(f"skill:{one.skill}" for one in entries if one.skill in named))
        if name == "model":
            held = offered.all_models(node)
            said.extend(f"model:sha256:{one.sha256}" for one in held if models.named(one.sha256, one.name, offer))
    return tuple(said[: offered.MOST])
