"""Sources that are kept fresh: add, look at, pause, sync, remove; airplane mode; what came in."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, cast

import trio

from app import online, source_config, source_rows
from app.actions.group import Requests
from app.actions.privacy import own_sentences
from app.errors import code, sentence
from app.node import Node
from app.reports import Report, quiet
from app.results import CommandFailed, LibraryChanged, as_json
from app.source_results import (
    SourceChanged,
    SourceCheck,
    SourceRemoved,
    SourceRow,
    SyncDone,
    TimelineEntry,
)
from app.unquoted import unquoted
from storage import timeline as arrivals
from storage.database import VaultError
from storage.source_store import Source
from storage.sources import drivers
from storage.sync import Account, SourceKind, SyncFailed
from storage.threads import fold
from storage.vault import Vault

CHECK_SECONDS = 60
AT_ONCE = 2  # sources of `sync_all` at a time
MAX_DAYS = 366


async def sources(node: Node) -> tuple[SourceRow, ...]:
    """In the order they were added."""
    return await node.blocking(source_rows.rows, node, node.vault.vault)


async def check_source(
    node: Node, kind: str, config: Mapping[str, Any], secrets: dict[str, str], source: int | None = None
) -> SourceCheck:
    """Prove that a source can be read, before it is added.

    `source`: one that is there already, whose secrets stand in for those not given.  A token that is renewed on the
    way is put into `secrets`, for add_source.  Cancelling leaves the attempt behind; after CHECK_SECONDS it has failed.
    Errors: CommandFailed, SyncFailed.
    """
    vault = node.vault.vault
    cleaned = await _cleaned(node, vault, kind, config, source)
    if drivers.needs_network(kind, cleaned):
        online.network_allowed(node)
    account, clean = unquoted(await node.blocking(_account, vault, kind, cleaned, secrets, source))

    def check() -> SourceCheck:
        try:
            return SourceCheck(*drivers.look(node.surroundings.driver(kind), account))
        except ValueError as error:
            raise CommandFailed("source-config", detail=clean(str(error))) from None
        except SyncFailed as error:
            raise SyncFailed(error.code, clean(str(error)), error.later) from None

    with trio.move_on_after(CHECK_SECONDS):
        return await node.syncing.abandonable(check)
    raise CommandFailed("source-slow", seconds=CHECK_SECONDS)


async def add_source(
    node: Node, kind: str, name: str, config: Mapping[str, Any], secrets: Mapping[str, str]
) -> SourceRow:
    """Keep a source fresh from now on; its first sync begins at once where the schedule runs.

    Errors: CommandFailed, also for a place that is read already.
    """
    vault = node.vault.vault
    cleaned = await _cleaned(node, vault, kind, config, None)
    called = name.strip() or source_config.name(kind, cleaned)
    number = await node.blocking(vault.sources.add, kind, called, cleaned, dict(secrets))
    return await _changed(node, vault, number)


async def edit_source(
    node: Node, source: int, name: str, config: Mapping[str, Any], secrets: Mapping[str, str]
) -> SourceRow:
    """Change it and read it anew; secrets that are not given stay.  Errors: as add_source, VaultError."""
    vault = node.vault.vault
    before = await node.blocking(vault.sources.get, source)
    cleaned = await _cleaned(node, vault, before.kind, config, source)
    called = name.strip() or before.name
    await node.blocking(vault.sources.edit, source, called, cleaned, dict(secrets))
    node.schedule.nudge(source)
    await node.syncing.stop(source)  # it was begun with what was before
    return await _changed(node, vault, source)


async def remove_source(node: Node, source: int, keep: bool) -> SourceRemoved:
    """Read it no more and drop its secrets.  `keep`: what it brought stays; else what it alone brought is forgotten as
    `forget` does it, but comes back where the source is added again.  Once begun it is not cut off."""
    vault = node.vault.vault
    one = await node.blocking(vault.sources.get, source)
    await node.blocking(vault.sources.set_paused, source, True)
    node.schedule.nudge(source)  # which leaves it alone from here on
    await node.syncing.stop(source)
    gone = 0
    with trio.CancelScope(shield=True), node.presence.busy():
        if not keep:
            gone = await _forget_records(node, source)
        await node.blocking(vault.sources.remove, source, keep=True)
    node.schedule.nudge(source)
    node.listener(SourceChanged(0))
    return SourceRemoved(source, one.name, gone)


async def _forget_records(node: Node, source: int) -> int:
    """Those that it alone brought."""
    async with node.quiet() as opened:
        numbers = await node.blocking(opened.vault.sources.alone, source)
        done = await node.blocking(opened.vault.forgetting.forget, numbers, own_sentences(), bury=False)
    node.listener(LibraryChanged(0))
    return done.records


async def pause_source(node: Node, source: int, paused: bool) -> SourceRow:
    """While it is paused it is read on demand only.  Errors: VaultError."""
    vault = node.vault.vault
    await node.blocking(vault.sources.set_paused, source, paused)
    node.schedule.nudge(source)
    if paused:
        await node.syncing.stop(source)
    return await _changed(node, vault, source)


async def sync_source(node: Node, source: int, report: Report = quiet) -> SyncDone:
    """Read one source now, whatever the schedule says; joins the sync that runs.  Cancelling stops it.

    Errors: SyncFailed, VaultError, CommandFailed("airplane" | "locked" | …).
    """
    one = await node.blocking(node.vault.vault.sources.get, source)
    if drivers.needs_network(one.kind, one.config):
        online.network_allowed(node)
    return await node.syncing.sync(source, report)


async def sync_all(node: Node, report: Report = quiet) -> tuple[SyncDone, ...]:
    """Read every source that is not paused; one that cannot be read never stops the others, and says why."""
    found = [one for one in await node.blocking(node.vault.vault.sources.list) if not one.paused]
    done: dict[int, SyncDone] = {}
    room = trio.CapacityLimiter(AT_ONCE)
    servers = {drivers.host(one.kind, one.config) or str(one.id): trio.Lock() for one in found}

    async def one_of_them(one: Source) -> None:
        async with servers[drivers.host(one.kind, one.config) or str(one.id)], room:
            try:
                done[one.id] = await sync_source(node, one.id, report)
            except (SyncFailed, VaultError, CommandFailed) as error:
                done[one.id] = SyncDone(one.id, 0, 0, 0, (), 0.0, code(error), sentence(error, "en"))

    async with trio.open_nursery() as nursery:
        for one in found:
            nursery.start_soon(one_of_them, one)
    return tuple(done[one.id] for one in found)


async def airplane(node: Node, on: bool | None = None) -> bool:
    """Whether airplane mode is on, after setting it where `on` is given.  Reading it needs no open vault.

    Switching it on ends whatever is being fetched.
    """
    if on is None or on == node.airplane:
        return node.airplane
    vault = node.vault.vault
    node.airplane = on
    await node.swarm.settle()
    await node.blocking(online.store, vault, node.profile, on)
    node.schedule.nudge()
    if on:
        for one in await node.blocking(vault.sources.list):
            if drivers.needs_network(one.kind, one.config):
                await node.syncing.stop(one.id, "airplane")
    node.listener(SourceChanged(0))
    return node.airplane


async def timeline(node: Node, days: int = 7, before: str | None = None) -> tuple[TimelineEntry, ...]:
    """What came in on the last `days` days that brought anything, newest first.

    `before`: only days before this one (YYYY-MM-DD), for the page after.
    """
    try:
        found = await node.blocking(arrivals.arrivals, node.vault.vault, min(max(days, 1), MAX_DAYS), before)
    except ValueError as error:
        raise CommandFailed("bad-day", day=str(before)) from error
    return tuple(
        TimelineEntry(
            one.day,
            one.source,
            one.name,
            one.kind,
            one.count,
            tuple((line.id, line.kind, line.title, line.sender) for line in one.latest),
        )
        for one in found
    )


async def _cleaned(
    node: Node, vault: Vault, kind: str, config: Mapping[str, Any], source: int | None
) -> source_config.Config:
    """Errors: CommandFailed, also where another source than `source` is the same place."""

    def clean() -> source_config.Config:
        there = vault.sources.list()
        for one in there:
            if one.id == source and dict(one.config) == dict(config):
                return dict(config)  # a disk that is not connected now is no reason to refuse a new name
        made = source_config.cleaned(kind, config)
        place = source_config.same(kind, made)
        for one in there:
            if one.kind == kind and one.id != source and source_config.same(kind, one.config) == place:
                raise CommandFailed("source-there", name=one.name)
        return made

    return await node.blocking(clean)


def _account(
    vault: Vault, kind: str, config: source_config.Config, given: dict[str, str], source: int | None
) -> Account:
    """What a driver is given to check."""
    stored = vault.sources.account(source) if source is not None else None

    def secret(name: str) -> str | None:
        return given.get(name) or (stored.secret(name) if stored is not None else None)

    kept = given.__setitem__ if stored is None else stored.set_secret
    return Account(source or 0, cast(SourceKind, kind), config, secret, kept)


async def _changed(node: Node, vault: Vault, source: int) -> SourceRow:
    node.schedule.nudge(source)
    node.listener(SourceChanged(source))
    return await node.blocking(source_rows.row, node, vault, source)


# -- by name, for the command line ---------------------------------------------------------------------------------


async def find(node: Node, wanted: str) -> Source:
    """By number, or by name; case and accents do not matter."""
    found = await node.blocking(node.vault.vault.sources.list)
    named = [one for one in found if str(one.id) == wanted] or [one for one in found if fold(one.name) == fold(wanted)]
    if len(named) > 1:
        raise CommandFailed("source-ambiguous", name=wanted)
    if not named:
        raise CommandFailed("source-unknown", name=wanted)
    return named[0]


async def _list(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"sources": [as_json(row) for row in await sources(node)], "airplane": node.airplane}


async def _add(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    kind, config, secrets = args["kind"], dict(args["config"]), dict(args["secrets"])
    if args["check"]:
        found = await check_source(node, kind, config, secrets)
        if kind == "feed" and found.choices and config["address"] not in found.choices:
            config["address"] = found.choices[0]  # the address was that of a page which names its feed
    return as_json(await add_source(node, kind, args["name"], config, secrets))


async def _edit(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    one = await find(node, args["source"])
    given, secrets = args["config"], dict(args["secrets"])
    moved = "path" in given or "address" in given  # from a file to an address, for instance
    kept = {key: value for key, value in one.config.items() if not (moved and key in ("path", "address"))}
    if not args.get("sends", True):
        if one.kind != "imap":
            raise CommandFailed("source-not-sending", name=one.name)
        kept = {key: value for key, value in kept.items() if key not in source_config.OUTGOING}
    config = {**kept, **given}
    if args["check"]:
        await check_source(node, one.kind, config, secrets, one.id)
    return as_json(await edit_source(node, one.id, args["name"], config, secrets))


async def _remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    one = await find(node, args["source"])
    return as_json(await remove_source(node, one.id, args["keep"]))


async def _pause(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    one = await find(node, args["source"])
    return as_json(await pause_source(node, one.id, args["paused"]))


async def _folders(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    one = await find(node, args["source"])
    found = await check_source(node, one.kind, one.config, {}, one.id)
    return {**as_json(found), "chosen": list(one.config.get("folders") or [])}


async def _sync(node: Node, args: dict[str, Any], report: Report) -> dict[str, Any]:
    wanted = args.get("source")
    if wanted is None:
        done = await sync_all(node, report)
    else:
        done = (await sync_source(node, (await find(node, wanted)).id, report),)
    if any(one.new or one.changed for one in done):
        with contextlib.suppress(CommandFailed):  # without the embedder what came can be found by words
            await node.embedding.drained(report)
    names = {row.id: row.name for row in await sources(node)}
    return {"synced": [{**as_json(one), "name": names.get(one.source, "")} for one in done]}


async def _airplane(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"airplane": await airplane(node, args.get("on"))}


async def _timeline(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"timeline": [as_json(one) for one in await timeline(node, args["days"], args.get("before"))]}


REQUESTS: Requests = {
    "sources": (_list, True),
    "source-add": (_add, True),
    "source-edit": (_edit, True),
    "source-remove": (_remove, True),
    "source-pause": (_pause, True),
    "source-folders": (_folders, True),
    "source-sync": (_sync, True),
    "airplane": (_airplane, False),
    "airplane-set": (_airplane, True),
    "timeline": (_timeline, True),
}
