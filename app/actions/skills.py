"""Skills: what is installed, catalogs, and trust."""

from __future__ import annotations

from typing import Any

from app import errors
from app.actions.group import Requests
from app.catalogs import addresses, bundled, choosing, rows
from app.catalogs.found import Found
from app.catalogs.plans import Planned
from app.node import Node
from app.reports import Report
from app.results import CommandFailed, Progress, as_json
from app.skill_results import CatalogRow, InstallPlan, OfferRow, SkillRow, SkillsChanged, SkillView
from skills.catalog_index import CatalogError
from skills.signing import SigningError, key_id
from storage.skill_store import CatalogState, Skills
from storage.sync import SyncFailed

_KEY_ID = 32  # hexadecimal digits


async def skills(node: Node) -> tuple[SkillRow, ...]:
    """What is installed, by name."""
    store = node.vault.vault.skills

    def read() -> tuple[SkillRow, ...]:
        return rows.skills(store, _other_bundled(store), node.language)

    return await node.blocking(read)


async def skill(node: Node, name: str) -> SkillView:
    """Errors: VaultError `unknown-skill`."""
    store = node.vault.vault.skills

    def read() -> SkillView:
        return rows.skill(store, name, _other_bundled(store), node.language)

    return await node.blocking(read)


async def offers(node: Node) -> tuple[OfferRow, ...]:
    """What could be installed: `catalog` 0 is the program itself.  As the catalogs were when they were last read."""
    store = node.vault.vault.skills

    def read() -> tuple[OfferRow, ...]:
        return rows.offers(store, _other_bundled(store), node.language)

    return await node.blocking(read)


async def plan_install(node: Node, what: str) -> InstallPlan:
    """What installing would do.  `what`: [CATALOG:]NAME[@VERSION], the path of a folder or archive, "bundled:NAME".

    Errors: CommandFailed; SyncFailed where it has to be fetched and cannot be.
    """
    return (await choosing.planned(node, what)).plan


async def install(node: Node, what: str, agreed: str) -> SkillRow:
    """Do what the plan with this `agreed` said.  Errors: as plan_install; CommandFailed("plan-changed") where it would
    be anything else by now; VaultError `skill-changed`."""
    planned = await choosing.planned(node, what)
    if planned.plan.agreed != agreed:
        raise CommandFailed("plan-changed")
    return await _install(node, planned)


async def plan_update(node: Node, name: str) -> InstallPlan:
    """What updating would do; where `version` is `before` there is nothing to do.

    Errors: as plan_install, VaultError `unknown-skill`.
    """
    return await plan_install(node, await choosing.update_of(node, name))


async def update(node: Node, name: str, agreed: str) -> SkillRow:
    """As `install`, from where the skill came from."""
    return await install(node, await choosing.update_of(node, name), agreed)


async def remove_skill(node: Node, name: str) -> None:
    """Remove it, what it kept for itself, and the person's rules that allow it something.

    Errors: VaultError `unknown-skill`.
    """
    await node.blocking(node.vault.vault.skills.remove, name)
    await _changed(node)


async def enable_skill(node: Node, name: str, on: bool) -> SkillRow:
    """While it is off, nothing of it runs.  Errors: VaultError `unknown-skill`, CommandFailed("skill-revoked")."""
    store = node.vault.vault.skills
    reason = (await node.blocking(store.get, name)).revoked
    if on and reason:
        raise CommandFailed("skill-revoked", name=name, reason=reason)
    await node.blocking(store.set_enabled, name, on)
    await _changed(node)
    return (await skill(node, name)).row


async def catalogs(node: Node) -> tuple[CatalogRow, ...]:
    """In the order they were added."""
    store = node.vault.vault.skills
    return await node.blocking(lambda: rows.catalogs(store.catalogs(), node.language))


async def add_catalog(node: Node, address: str, key: str) -> CatalogRow:
    """Read a catalog and keep it.  `key`: the id of the key that signs it, or its public part, from its keeper.

    Errors: CommandFailed; SyncFailed, CatalogError where it cannot be read or trusted; VaultError `catalog-there`.
    """
    store = node.vault.vault.skills
    trusted = (_trusted(key),)
    kept = await node.blocking(addresses.cleaned, address)
    data, read = await choosing.catalog(node, kept, trusted, 0)
    number = await node.blocking(store.add_catalog, kept, trusted)
    await node.blocking(store.read_catalog, number, data, read.index.name, read.index.sequence, read.trusted)
    await _settled(node)
    return next(row for row in await catalogs(node) if row.id == number)


async def remove_catalog(node: Node, number: int) -> None:
    """What came from it stays installed and gets no updates; what it revoked may run again.

    Errors: VaultError `unknown-catalog`.
    """
    await node.blocking(node.vault.vault.skills.remove_catalog, number)
    await _settled(node)


async def refresh_catalogs(node: Node, report: Report) -> tuple[CatalogRow, ...]:
    """Read all of them again; the rows say which could not be.  What is revoked now is switched off."""
    store = node.vault.vault.skills
    states = await node.blocking(store.catalogs)
    for done, state in enumerate(states):
        report(Progress("reading", done, len(states), state.address))
        await _refresh(node, state)
    await _settled(node)
    return await catalogs(node)


async def _refresh(node: Node, state: CatalogState) -> None:
    store = node.vault.vault.skills
    try:
        data, read = await choosing.catalog(node, state.address, state.trusted, state.sequence)
        await node.blocking(store.read_catalog, state.id, data, read.index.name, read.index.sequence, read.trusted)
    except (CommandFailed, SyncFailed, CatalogError) as error:
        detail = errors.sentence(error, "en")
        await node.blocking(store.failed_catalog, state.id, errors.code(error), detail)


async def _settled(node: Node) -> None:
    await node.blocking(bundled.revoke, node.vault.vault)
    await _changed(node)


async def _install(node: Node, planned: Planned) -> SkillRow:
    if planned.plan.verdict == "refuse":
        raise CommandFailed("plan-refused", detail=" ".join(planned.plan.reasons))
    await node.blocking(node.vault.vault.skills.put, planned.coming, planned.before)
    await _changed(node)
    return (await skill(node, planned.coming.name)).row


async def _changed(node: Node) -> None:
    await node.skills.skills_changed()
    node.listener(SkillsChanged())


def _other_bundled(store: Skills) -> list[Found]:
    """What comes with the program and is not installed just so.  Blocking."""
    return bundled.all_found(bundled.folder(), {one.digest for one in store.list()})


def _trusted(key: str) -> str:
    """A key's id, of its id or its public part."""
    given = key.strip().lower()
    if len(given) == _KEY_ID and set(given) <= set("0123456789abcdef"):
        return given
    try:
        return key_id(given)
    except SigningError as error:
        raise CommandFailed("catalog-key") from error


# -- by name, for the command line


async def _list(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"skills": [as_json(row) for row in await skills(node)]}


async def _show(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    found = as_json(await skill(node, args["name"]))
    return {**found.pop("row"), **found}


async def _offers(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"offers": [as_json(row) for row in await offers(node)]}


async def _plan(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    """`updates`: the names of installed skills, none for all that have one; else `what`."""
    if "updates" not in args:
        return {"plans": [as_json(await plan_install(node, args["what"]))]}
    names = args["updates"] or [row.name for row in await skills(node) if row.update]
    plans = [await plan_update(node, name) for name in names]
    return {"plans": [as_json(each) for each in plans]}


async def _do_install(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    """`updates`: [name, agreed] of each; else `what` and `agreed`."""
    if "updates" not in args:
        return {"installed": [as_json(await install(node, args["what"], args["agreed"]))]}
    return {"installed": [as_json(await update(node, name, agreed)) for name, agreed in args["updates"]]}


async def _remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await remove_skill(node, args["name"])
    return {"removed": args["name"]}


async def _enable(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return as_json(await enable_skill(node, args["name"], args["on"]))


async def _catalogs(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"catalogs": [as_json(row) for row in await catalogs(node)]}


async def _catalog_add(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"catalogs": [as_json(await add_catalog(node, args["address"], args["key"]))]}


async def _catalog_remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await remove_catalog(node, args["catalog"])
    return {"removed": args["catalog"]}


async def _catalog_refresh(node: Node, _args: dict[str, Any], report: Report) -> dict[str, Any]:
    return {"catalogs": [as_json(row) for row in await refresh_catalogs(node, report)]}


REQUESTS: Requests = {
    "skills": (_list, True),
    "skill": (_show, True),
    "skill-offers": (_offers, True),
    "skill-plan": (_plan, True),
    "skill-install": (_do_install, True),
    "skill-remove": (_remove, True),
    "skill-enable": (_enable, True),
    "catalogs": (_catalogs, True),
    "catalog-add": (_catalog_add, True),
    "catalog-remove": (_catalog_remove, True),
    "catalog-refresh": (_catalog_refresh, True),
}
