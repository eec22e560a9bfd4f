"""Agents of the registry: this node's, to be registered, and others', to be looked at; and who this person is."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.actions.group import Requests
from app.agent_results import AgentView, IdentityView, Registered, RegistrationDraft
from app.backup_results import BACKUP_MADE, PHRASE_CONFIRMED
from app.chain import agents, registering
from app.chain.agent_shown import shown
from app.chain.registering import Draft, Wish
from app.errors import sentence
from app.functions.outgoing import NAME
from app.node import Node
from app.open_vault import BINDING
from app.reports import Report
from app.results import CommandFailed
from app.swarm import agents as told
from app.workers import WorkerFailed
from p2p.host_errors import HostFailed
from p2p.identity import SignedBinding
from p2p.networks import has_real_value, network_name
from p2p.registration import did_pkh
from storage.agents import AgentRow, Registry
from storage.database import VaultError
from storage.peers import Peer
from storage.vault import Vault

_PLACE = re.compile(r"(?:eip155:(\d{1,19}):(0x[0-9a-fA-F]{40})/)?(\d{1,78})")
_ADDRESS = re.compile(r"(?:did:pkh:)?(?:eip155:\d{1,19}:)?(0x[0-9a-fA-F]{40})")


async def identity(node: Node) -> IdentityView:
    """Who this person is, whether their keys are kept elsewhere too, and their agent on the chain in use.

    As it was seen last: no chain is asked.  `problem`: why the wallet has no account now.  Errors: VaultError.
    """
    name, did, phrase, backup = await node.blocking(_own, node.vault.vault)
    chain = network = problem = account = address = ""
    agent: AgentView | None = None
    row = await node.blocking(node.vault.vault.chains.used)
    try:
        address = await node.chains.signing.address()
    except WorkerFailed as failed:
        problem = sentence(failed, node.language)
    if row is not None:
        chain, network = row.name, network_name(row.chain_id)
        account = did_pkh(row.chain_id, address) if address else ""
        mine = await node.blocking(node.vault.vault.agents.mine, _registry(row.genesis, row.chain_id, row.contracts))
        agent = None if mine is None else await shown(node, agents.remembered(mine))
    return IdentityView(name, did, account, address, node.vault.peer_id, phrase, backup, chain, network, problem, agent)


async def draft_registration(
    node: Node,
    name: str | None = None,
    description: str | None = None,
    addresses: bool | None = None,
    uri: str | None = None,
    held: bool = False,
) -> RegistrationDraft:
    """What registering would make public; nothing leaves by this.  None: as it was.

    `uri`: "" for the file in the chain itself, else an https address where the person hosts it; `held`: the number
    first, and the file to host.  Errors: as app.chain.registering.drafted.
    """
    return _draft(await registering.drafted(node, Wish(name, description, addresses, uri, held)))


async def register_agent(
    node: Node,
    agreed: str,
    name: str | None = None,
    description: str | None = None,
    addresses: bool | None = None,
    uri: str | None = None,
    path: str = "",
) -> Registered:
    """Register this node's agent, or have its file brought up to date.  `agreed`: the draft's digest.

    `path`: a new file to write instead, for the person to host.  May wait long for blocks; when it is called off, what
    was sent goes on.  Errors: as app.chain.registering.register; CommandFailed("agent-file-there" |
    "agent-file-unwritable").
    """
    target = Path(path) if path else None
    if target is not None and target.exists():
        raise CommandFailed("agent-file-there", path=path)
    wish = Wish(name, description, addresses, uri, held=target is not None)
    row, whole = await registering.register(node, wish, agreed)
    if target is not None:
        await node.blocking(_write, target, whole)
    return Registered(await shown(node, agents.remembered(row)), path)


async def show_agent(node: Node, words: str) -> AgentView:
    """An agent by its number, "eip155:<chain>:<registry>/<number>", an address that owns it, or a peer: a contact's
    name, or a peer id.  A contact is asked which agent it is; a file that lies elsewhere is fetched.

    Errors: CommandFailed("agent-unknown" | "agent-other-registry" | "agent-none" | "agent-several" | "chain-none" | …),
    VaultError("unknown-peer" | "ambiguous-peer"), ChainError.
    """
    registry = agents.registry_of(await node.chains.connected())
    wanted = words.strip()
    if place := _PLACE.fullmatch(wanted):
        chain, address, number = place.groups()
        if chain is not None and (int(chain), address.lower()) != (registry.chain, registry.address):
            raise CommandFailed("agent-other-registry", network=network_name(registry.chain))
        return await shown(node, await agents.look(node, int(number), fetch=True))
    if owner := _ADDRESS.fullmatch(wanted):
        return await shown(node, await agents.look(node, await _of_owner(node, owner[1].lower()), fetch=True))
    return await peer_agent(node, wanted)


async def peer_agent(node: Node, name: str, fetch: bool = True) -> AgentView:
    """The agent of a peer: a contact's name, the end of a peer id, or a whole one.

    `fetch`: a person asked, so that a file that lies elsewhere may be fetched.  Errors: as `show_agent`.
    """
    registry = agents.registry_of(await node.chains.connected())
    known = await node.blocking(_found, node.vault.vault, name)
    peer_id = name if known is None else known.id
    number = None if known is None or known.standing != "contact" else await _asked(node, peer_id, registry)
    if number is not None:
        return await shown(node, await agents.look(node, number, peer=peer_id, told=True, fetch=fetch))
    row: AgentRow | None = await node.blocking(node.vault.vault.agents.of, registry, peer_id)
    if row is None:
        raise CommandFailed("agent-none", name=name if known is None else known.name)
    return await shown(node, await agents.look(node, row.agent, peer=peer_id, fetch=fetch))


async def _asked(node: Node, peer_id: str, registry: Registry) -> int | None:
    """Which agent the contact says it is; None where it says none, or cannot be asked now."""
    try:
        async with node.swarm.up():
            return await told.asked(node, peer_id, registry)
    except (HostFailed, CommandFailed):
        return None  # away, or an older version: what is known of it counts


async def _of_owner(node: Node, owner: str) -> int:
    found = await agents.owned(node, owner)
    if not found and await agents.owns(node, owner):
        blocks = agents.WINDOW * agents.WINDOWS
        raise CommandFailed("agent-older", name=owner, blocks=f"{blocks:,}".replace(",", "\u00a0"))
    if not found:
        raise CommandFailed("agent-none", name=owner)
    if len(found) > 1:
        raise CommandFailed("agent-several", numbers=", ".join(str(one) for one in found[:20]))
    return found[0]


def _found(vault: Vault, name: str) -> Peer | None:
    """None for a whole peer id that is not known here.  Errors: VaultError."""
    try:
        return vault.peers.find(name)
    except VaultError as error:
        if error.code == "unknown-peer" and re.fullmatch(r"12D3KooW[1-9A-Za-z]{30,60}", name):
            return None
        raise


def _own(vault: Vault) -> tuple[str, str, str, str]:
    binding = vault.settings.secret(BINDING)
    did = SignedBinding.from_bytes(binding).identity if binding else ""
    said = (vault.settings.get(key, "") for key in (NAME, PHRASE_CONFIRMED, BACKUP_MADE))
    name, phrase, backup = (str(one) for one in said)
    return name, did, phrase, backup


def _registry(genesis: str, chain: int, contracts: Any) -> Registry:
    return Registry(genesis, chain, str(contracts.get("identity", "")).lower())


def _draft(draft: Draft) -> RegistrationDraft:
    where = draft.registry
    return RegistrationDraft(
        json.dumps(json.loads(draft.file), indent=2, ensure_ascii=False),
        len(draft.file),
        None if draft.row is None else draft.row.agent,
        f"eip155:{where.chain}:{where.address}",
        network_name(where.chain),
        has_real_value(where.chain),
        draft.connected.address,
        draft.card.uri,
        draft.card.name,
        draft.card.description,
        draft.digest,
        draft.changes,
    )


def _write(path: Path, whole: bytes) -> None:
    try:
        with path.open("xb") as stream:
            stream.write(whole)
    except FileExistsError as error:
        raise CommandFailed("agent-file-there", path=str(path)) from error
    except OSError as error:
        raise CommandFailed("agent-file-unwritable", path=str(path), reason=error.strerror or "") from error


async def _identity(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await identity(node))


async def _drafted(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await draft_registration(node, **args))


async def _register(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await register_agent(node, **args))


async def _show(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await show_agent(node, args["agent"]))


REQUESTS: Requests = {
    "identity": (_identity, True),
    "agent-draft": (_drafted, True),
    "agent-register": (_register, True),
    "agent-show": (_show, True),
}
