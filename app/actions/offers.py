"""What this node does for other people's agents: for whom, when, how much, at what price; and what of it was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from app.actions.group import Requests
from app.actions.offered import offers_of
from app.actions.peers import names
from app.chain.amounts import decimal_of
from app.hosting import installed
from app.node import Node
from app.reports import Report
from app.results import CommandFailed
from app.swarm import hours, validates
from app.swarm.kinds.port import Kind
from app.swarm.paying import DECIMAL, TOKEN_PRICE
from app.swarm_results import OfferRow, OfferUse
from app.texts import text
from storage.offers import Offer

NAMED = {"skill": "skills", "model": "models"}  # kinds that are offered by name, and the setting that holds the names
BEGINNING = {"skill": 20, "model": 8192}  # the quota of a kind without a usual one, when its first name is offered
ALWAYS = ("any", "always", "toujours")  # in place of hours and days


async def offers(node: Node) -> tuple[OfferRow, ...]:
    """What this node does for others, as set or as usual."""
    kept = {offer.kind: offer for offer in await node.blocking(node.vault.vault.offers.list)}
    rows = [await _row(node, kind, kept.get(name) or kind.usual) for name, kind in node.swarm.kinds().items()]
    return tuple(rows)


async def set_offer(node: Node, kind: str, **changes: Any) -> OfferRow:
    """`changes`: of storage.offers.Offer; `hours` and `days` as app.swarm.hours reads them, or "any".

    Errors: CommandFailed("task-kind" | "offer-audience" | "offer-number" | "offer-token-price" | "offer-hours" |
    "offer-validates"), VaultError `unknown-peer`.
    """
    found, before = await _now(node, kind)
    given = {key: value for key, value in changes.items() if value is not None}
    times = _times({key: given.pop(key) for key in (hours.HOURS, hours.DAYS) if key in given})
    after = replace(before, **given)
    ours = await validates.kept(node, kind, given.get("settings") or {})
    settings = {**before.settings, **_token_price(after.settings), **times, **ours}
    after = replace(after, settings={key: value for key, value in settings.items() if value is not None})
    if after.audience not in ("nobody", "contacts", "open"):
        raise CommandFailed("offer-audience")
    if not (0 <= after.quota < 2**53 and 0 <= after.price < 2**53 and 1 <= after.at_once <= 64):
        raise CommandFailed("offer-number")
    await node.blocking(node.vault.vault.offers.set, after)
    return await _row(node, found, after)


async def change_offer(node: Node, kind: str, changes: Mapping[str, Any]) -> OfferRow:
    """As `set_offer`, of values by their names."""
    return await set_offer(node, kind, **changes)


async def offer_more(node: Node, kind: str, add: Sequence[str] = ()) -> OfferRow:
    """Offer a kind to contacts, or these skills or models besides those that are; who else may have it stays so.

    Errors: CommandFailed("task-kind" | "offer-names" | "offer-no-names" | "offer-skill-task" | "skill-…").
    """
    _, before = await _now(node, kind)
    changes: dict[str, Any] = {"audience": "contacts" if before.audience == "nobody" else None}
    if kind in NAMED:
        if not add:
            raise CommandFailed("offer-names", kind=kind)
        for name in add if kind == "skill" else ():
            await _offerable(node, name)
        changes["settings"] = {NAMED[kind]: list(dict.fromkeys([*before.settings.get(NAMED[kind], ()), *add]))}
        changes["quota"] = before.quota or BEGINNING[kind]
    elif add:
        raise CommandFailed("offer-no-names", kind=kind)
    return await set_offer(node, kind, **changes)


async def offer_less(node: Node, kind: str, remove: Sequence[str] = ()) -> OfferRow:
    """Offer these skills or models no longer; without names, and with the last one, nothing of the kind.

    Errors: CommandFailed("task-kind" | "offer-no-names" | "offer-not-named").
    """
    _, before = await _now(node, kind)
    if not remove:
        return await set_offer(node, kind, audience="nobody")
    if kind not in NAMED:
        raise CommandFailed("offer-no-names", kind=kind)
    named = list(before.settings.get(NAMED[kind], ()))
    if missing := [name for name in remove if name not in named]:
        raise CommandFailed("offer-not-named", name=missing[0], names=", ".join(map(str, named)) or "–")
    left = [name for name in named if name not in remove]
    return await set_offer(node, kind, settings={NAMED[kind]: left}, audience=None if left else "nobody")


async def _now(node: Node, kind: str) -> tuple[Kind, Offer]:
    """Errors: CommandFailed("task-kind")."""
    found = node.swarm.kinds().get(kind)
    if found is None:
        raise CommandFailed("task-kind", kind=kind, kinds=", ".join(node.swarm.kinds()))
    kept = await node.blocking(node.vault.vault.offers.get, kind)
    return found, kept or found.usual or Offer(kind, "nobody", 0)


async def _offerable(node: Node, skill: str) -> None:
    """Errors: CommandFailed("skill-…" | "offer-skill-task"), VaultError."""
    found = await node.blocking(installed.load, node.vault.vault, skill)
    if not any(one.on == "task" for one in found.manifest.triggers):
        raise CommandFailed("offer-skill-task", name=skill)


def _token_price(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with the price in tokens as it is kept: decimal text, None for none.

    Errors: CommandFailed("offer-token-price").
    """
    said = str(settings.get(TOKEN_PRICE) or "")
    if not said:
        return dict(settings)
    try:
        price = decimal_of(said)
    except CommandFailed as wrong:
        raise CommandFailed("offer-token-price") from wrong
    if not DECIMAL.fullmatch(price):
        raise CommandFailed("offer-token-price")
    return {**settings, TOKEN_PRICE: price if price.strip("0.") else None}


def _times(given: Mapping[str, Any]) -> dict[str, Any]:
    """As the settings hold them, None for always.  Errors: CommandFailed("offer-hours")."""
    times: dict[str, Any] = {}
    try:
        for key, said in given.items():
            if str(said).casefold() in ALWAYS:
                times[key] = None
            elif key == hours.HOURS:
                begins, ends = hours.read_hours(str(said))
                times[key] = f"{begins:%H:%M}-{ends:%H:%M}"
            else:
                times[key] = hours.read_days(str(said))
    except ValueError as wrong:
        raise CommandFailed("offer-hours") from wrong
    return times


async def _row(node: Node, kind: Kind, offer: Offer | None) -> OfferRow:
    one = offer or Offer(kind.name, "nobody", 0)
    unit, about = (
        text(f"swarm.{part}.{key}", node.language) for part, key in (("unit", kind.unit), ("kind", kind.name))
    )
    called = await names(node)
    used = await node.blocking(node.vault.vault.offers.today, kind.name)
    uses = tuple(OfferUse(peer, called(peer), amount, max(one.quota - amount, 0)) for peer, amount in used)
    settings = dict(one.settings)
    if peer := settings.get(validates.VALIDATOR):
        settings[validates.NAME] = called(peer)
    named = (one.audience, one.quota, unit, one.price, one.at_once, one.asks, about)
    return OfferRow(kind.name, *named, settings=settings, used=uses)


async def _list(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"offers": [asdict(row) for row in await offers(node)]}


async def _set(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await set_offer(node, args["kind"], **args["changes"]))


async def _more(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await offer_more(node, args["kind"], tuple(args["names"])))


async def _less(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await offer_less(node, args["kind"], tuple(args["names"])))


async def _of(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return await offers_of(node, args["name"])


REQUESTS: Requests = {
    "offers-of": (_of, True),
    "offers": (_list, True),
    "offer-set": (_set, True),
    "offer-more": (_more, True),
    "offer-less": (_less, True),
}
