"""Of the offer of `inference`: who may be asked to do again what this node did, and what it does again for others.

  validator   a peer, which a bid names where the task names a model and the peer's agent on the chain is believed here
  validates   ask: the person is asked each time; always: contacts' requests are taken, strangers' asked; never

Light: the command line reads this at every start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.results import CommandFailed
from p2p.wallet_requests import NOBODY

if TYPE_CHECKING:
    from app.chain.port import Connected
    from app.node import Node
    from p2p.deciding import Call

KIND = "inference"
VALIDATOR = "validator"
VALIDATES = "validates"
NAME = "validator_name"  # of what is shown alone: as the person calls the validator
BUILD = "other-build"  # a reason of a refusal, and what begins it where it says which
RULES = ("ask", "always", "never")
NONE = ("", "none", "aucun")  # in place of a peer


async def kept(node: Node, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the settings that are ours as they are kept, None for none.

    Errors: CommandFailed("offer-validates"), VaultError `unknown-peer`, `ambiguous-peer`.
    """
    found: dict[str, Any] = {}
    if not {VALIDATOR, VALIDATES} & set(given):
        return found
    if kind != KIND or given.get(VALIDATES, "ask") not in RULES:
        raise CommandFailed("offer-validates", rules=", ".join(RULES))
    if VALIDATES in given:
        found[VALIDATES] = given[VALIDATES]
    if VALIDATOR in given:
        said = str(given[VALIDATOR] or "")
        none = said.casefold() in NONE
        found[VALIDATOR] = None if none else (await node.blocking(node.vault.vault.peers.find, said)).id
    return found


def other_build(engine: str) -> str:
    """The reason of a refusal that says which build is here, as far as a word of the protocol holds it."""
    said = re.sub(r"[^a-z0-9]+", "-", " ".join(engine.lower().split()[-2:])).strip("-")[-20:].strip("-")
    return f"{BUILD}-{said}" if said else BUILD


def taken(settings: Mapping[str, Any], *, contact: bool) -> bool | None:
    """Whether a request to do something again is taken without a question; None where it is refused."""
    rule = settings.get(VALIDATES, "ask")
    return None if rule == "never" else rule == "always" and contact


async def named(node: Node, at: Connected, call: Call) -> str:
    """The address that a bid on this call names as its validator, NOBODY for none.  Errors: VaultError."""
    from p2p.validation import pinned
    from storage.agents import Registry

    spec, vault = call.content.spec, node.vault.vault
    offer = await node.blocking(vault.offers.get, call.kind)
    peer = "" if offer is None else str(offer.settings.get(VALIDATOR) or "")
    if call.kind != KIND or peer in ("", call.peer) or "check" in spec or not pinned(spec):
        return NOBODY
    where = Registry(at.identity.genesis, at.identity.chain_id, at.contracts.get("identity", ""))
    agent = await node.blocking(vault.agents.verified, where, peer)
    return NOBODY if agent is None or agent.owner == at.address else str(agent.owner)
