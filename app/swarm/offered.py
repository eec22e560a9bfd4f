"""What a contact's node does for others, asked before anything is: `/nuee/offers/1.0.0`, contacts only.

    request   [2]
    answer    [2, [offer, …]]     offer: {"kind", "price", "asks"} and of skills and models what may be asked for
                                  "skills": [[skill, entry, title], …]     "models": [[sha256, name, size], …]
                                  and "tokens", what is asked on a chain (app.swarm.token_prices); other keys are left

The first version, `[1]` each way, has no `tokens`, and its readers take no key that they do not know.  So who asks with
`[1]` is answered in it, and who does not know `[2]` calls it garbled and is asked again with `[1]`.

It is a courtesy that lets a person choose instead of type: whether something is done is decided when it is called for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.hosting import installed
from app.results import CommandFailed
from app.swarm import token_prices
from app.swarm.kinds import model as models
from app.swarm.kinds import skill as skills
from app.swarm_results import OfferedModel, OfferedSkill, PeerOffer
from p2p.canonical import BadEncoding, Value, decode, encode
from p2p.host_errors import HostFailed
from storage.offers import Offer
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

PROTOCOL = "/nuee/offers/1.0.0"
FIRST, VERSION = 1, 2
WITHIN = 10.0  # seconds
MOST = 64  # kinds, and of each skills or models
MAX_TEXT = 120  # characters of a title or name; data of the peer, shown as claimed
_WORD = re.compile(r"[a-z][a-z0-9-]{0,39}")
_SKILL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_HEX = re.compile(r"[0-9a-f]{64}")


class Garbled(Exception):
    """This is no answer to what is offered."""


def task_entries(vault: Vault, language: str) -> tuple[OfferedSkill, ...]:
    """The entries of installed skills that are made for others' tasks.  Blocking.  Errors: VaultError."""
    found = list[OfferedSkill]()
    for row in vault.skills.list():
        try:
            one = installed.load(vault, row.name)
        except CommandFailed:
            continue  # turned off, or damaged: it does not run
        entries = dict.fromkeys(trigger.run for trigger in one.manifest.triggers if trigger.on == "task")
        title = one.manifest.title.said(language) or one.name
        found.extend(OfferedSkill(one.name, entry, title[:MAX_TEXT]) for entry in entries)
    return tuple(found)


def all_models(node: Node) -> tuple[OfferedModel, ...]:
    """Blocking."""
    return tuple(OfferedModel(one.digest, one.name[:MAX_TEXT], one.size) for one in node.models.list())


async def answer(node: Node, _peer: str, request: bytes) -> bytes:
    """See p2p.host_serving.Handler; only contacts get here."""
    from p2p.node import Refused

    version = next((one for one in (FIRST, VERSION) if request == encode([one])), None)
    if version is None:
        raise Refused("garbled")
    vault = node.vault.vault
    kept = {offer.kind: offer for offer in await node.blocking(vault.offers.list)}
    told: list[Value] = []
    for name, kind in node.swarm.kinds().items():
        offer = kept.get(name) or kind.usual
        if offer is not None and offer.audience != "nobody":
            told.append(await node.blocking(_told, node, vault, offer, version))
    return encode([version, told])


def _told(node: Node, vault: Vault, offer: Offer, version: int) -> Value:
    said: dict[str, Value] = {"kind": offer.kind, "price": offer.price, "asks": offer.asks}
    if offer.kind == "skill":
        named = offer.settings.get(skills.OFFERED, ())
        fitting = [one for one in task_entries(vault, node.language) if one.skill in named][:MOST]
        said["skills"] = [[one.skill, one.entry, one.title] for one in fitting]
    if offer.kind == "model":
        held = [one for one in all_models(node) if models.named(one.sha256, one.name, offer)][:MOST]
        said["models"] = [[one.sha256, one.name, one.size] for one in held]
    if version != FIRST and (price := token_prices.told(vault.chains.used(), offer)) is not None:
        said["tokens"] = price
    return said


async def asked(node: Node, peer: str) -> tuple[PeerOffer, ...]:
    """What this contact offers.  Errors: HostFailed, CommandFailed("peer-garbled" | "airplane" | "swarm-off")."""
    await node.swarm.reach(peer, ())
    try:
        data = await node.swarm.host.request(peer, PROTOCOL, encode([VERSION]), WITHIN)
    except HostFailed as failed:
        if failed.detail != "garbled":
            raise
        data = await node.swarm.host.request(peer, PROTOCOL, encode([FIRST]), WITHIN)
    try:
        return read(data)
    except Garbled as garbled:
        raise CommandFailed("peer-garbled") from garbled


def read(data: bytes) -> tuple[PeerOffer, ...]:
    """Errors: Garbled."""
    try:
        match decode(data):
            case [1 | 2, list(offers)] if len(offers) <= MOST:
                return tuple(_offer(one) for one in offers)
    except BadEncoding as error:
        raise Garbled from error
    raise Garbled


def _offer(value: Value) -> PeerOffer:
    match value:
        case {"kind": str(kind), "price": int(price), "asks": bool(asks), **more} if (
            _WORD.fullmatch(kind) and type(price) is int and price >= 0
        ):
            offered_skills = tuple(_skill(one) for one in _list(more.get("skills", [])))
            offered_models = tuple(_model(one) for one in _list(more.get("models", [])))
            tokens = token_prices.read(more.get("tokens"))
            return PeerOffer(kind, price, asks, offered_skills, offered_models, tokens)
    raise Garbled


def _skill(value: Value) -> OfferedSkill:
    match value:
        case [str(skill), str(entry), str(title)] if (
            _SKILL.fullmatch(skill) and _WORD.fullmatch(entry) and len(title) <= MAX_TEXT
        ):
            return OfferedSkill(skill, entry, title)
    raise Garbled


def _model(value: Value) -> OfferedModel:
    match value:
        case [str(sha256), str(name), int(size)] if (
            _HEX.fullmatch(sha256) and len(name) <= MAX_TEXT and type(size) is int and 0 < size <= models.MAX_SIZE
        ):
            return OfferedModel(sha256, name, size)
    raise Garbled


def _list(value: Any) -> Sequence[Value]:
    if not isinstance(value, list) or len(value) > MOST:
        raise Garbled
    return value
