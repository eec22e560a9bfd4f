"""Tasks for other people's agents, and from them: announce, look at, award, call off."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

import trio

from app.actions import settling
from app.actions.bidding import bids_of
from app.actions.group import Requests
from app.actions.offers import set_offer as set_offer
from app.actions.peers import names
from app.actions.task_rows import moment, plain, row_of
from app.node import Node
from app.reports import Report, quiet
from app.results import CommandFailed, Piece, Progress
from app.swarm import disclosing, uncalled
from app.swarm.deciding import task_name
from app.swarm.job_view import view_of
from app.swarm.negotiating import Terms
from app.swarm.pricing import price_said
from app.swarm.progress import PROTOCOL as PROGRESS
from app.swarm.progress import follow
from app.swarm.receipting import make_due
from app.swarm_results import Announced, Arrow, Preview, TaskProgress, TaskRow, TaskView
from p2p.deciding import Change
from p2p.host_errors import HostFailed
from storage.tasks import FINAL, Task

CANCEL_SECONDS = 60.0  # for participants to say what became of it
FOLLOWED_AGAIN = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds until a provider that streamed nothing is asked again
ANSWERED = 5.0  # seconds for the answer to somebody's call to be on its way
CALLED_OFF = 5.0  # seconds that whoever waited for a task waits for its participants to say that it is off
PAID_WITHIN = 30.0  # seconds after the end of a task that its job on chain has for its own, where the node then ends
MARGIN = 30.0  # seconds after the task's own deadline in which its end must have been stored


async def announce(
    node: Node, kind: str, arguments: Mapping[str, Any], to: tuple[str, ...], terms: Terms | None = None
) -> TaskRow:
    """Call for proposals.  `to`: "contacts", peers by name or id, or "open": contacts, and whoever is connected now.

    Errors: CommandFailed("task-…" | "airplane"), VaultError `unknown-peer`, HostFailed.
    """
    async with node.swarm.up():
        return await _announce(node, kind, arguments, to, terms or Terms())


async def announce_and_wait(
    node: Node,
    kind: str,
    arguments: Mapping[str, Any],
    to: tuple[str, ...],
    terms: Terms | None = None,
    report: Report = quiet,
) -> Announced:
    """As `announce`, until it has ended; reports `Piece`s of the result as they come.  Cancelled, it is called off."""
    wanted = terms or Terms()
    stays = node.swarm.running  # else its job on chain waits for the next time that this node runs
    async with node.swarm.up():
        row = await _announce(node, kind, arguments, to, wanted)
        try:
            with trio.move_on_after(wanted.seconds + MARGIN):
                await _ended(node, row.id, report)
        except BaseException as ended:
            if not isinstance(ended, Exception):  # cancelled, or Ctrl-C, whatever nurseries wrapped it in
                with trio.CancelScope(shield=True), trio.move_on_after(CALLED_OFF):
                    await cancel_task(node, row.id)
                    await _ended(node, row.id, quiet)
            raise
        if not stays:
            with trio.move_on_after(PAID_WITHIN):
                await node.swarm.settling.over(row.id)
        task = await node.blocking(node.vault.vault.tasks.get, row.id)
    return Announced(task.id, task.state, task.provider, plain(task.result), task.ms)


async def follow_task(node: Node, name: str, report: Report = quiet) -> TaskRow:
    """Report `Piece`s of one of our tasks as they come, until it has ended.  Cancelled, the task goes on.

    Errors: VaultError `unknown-task`; CommandFailed("airplane"), HostFailed.
    """
    found = await node.blocking(node.vault.vault.tasks.get, name)
    if found.state not in FINAL:
        async with node.swarm.up():
            await _ended(node, found.id, report)
    return await _again(node, found.id)


async def preview_task(
    node: Node, kind: str, arguments: Mapping[str, Any], to: tuple[str, ...], pay: str = ""
) -> Preview:
    """What would leave, where it comes from, for whom, for how much; nothing leaves by it.  Errors: as `announce`."""
    if "open" in to:
        async with node.swarm.up():
            peers = await _audience(node, to)
    else:
        peers = await _audience(node, to)
    if not peers:
        raise CommandFailed("task-nobody")
    shown = (await disclosing.prepared(node, None, kind, arguments, peers)).preview
    called = await names(node)
    price, chain = await price_said(node, pay) if pay else ("", "")
    return replace(shown, names=tuple(called(peer) for peer in peers), price=price, chain=chain)


async def tasks(node: Node, role: str = "") -> tuple[TaskRow, ...]:
    """Newest first; `role`: initiator, participant, or both where it is empty."""
    called = await names(node)
    found = await node.blocking(node.vault.vault.tasks.list, role or None)
    models = {one.digest: one.name for one in node.models.list()}
    rows = [row_of(task, called, models) for task in found]
    if role != "participant":
        preparing = frozenset(node.swarm.settling.preparing)
        rows += await node.blocking(uncalled.rows, node.vault.vault, preparing, node.language)
        rows.sort(key=lambda row: row.created, reverse=True)
    return tuple(rows)


async def task(node: Node, name: str) -> TaskView:
    """By its id or the beginning of one.  Errors: VaultError `unknown-task`, `ambiguous-task`."""
    called = await names(node)
    vault = node.vault.vault
    if (cut_off := await _uncalled(node, name)) is not None:
        return cut_off
    found = await node.blocking(vault.tasks.get, name)
    arrows = await node.blocking(vault.tasks.messages, found.id)
    spec = {**found.spec["spec"], **found.spec.get("input", {})}
    return TaskView(
        row_of(found, called),
        plain(spec),
        plain(found.result),
        await bids_of(node, found, called),
        award=str(found.spec.get("award", "")),
        settlement=await node.blocking(view_of, vault, found.id, node.language),
        messages=tuple(
            Arrow(moment(one.at), one.peer, called(one.peer), one.outgoing, one.performative, one.detail)
            for one in arrows
        ),
    )


async def _uncalled(node: Node, name: str) -> TaskView | None:
    preparing = frozenset(node.swarm.settling.preparing)
    found: TaskView | None = await node.blocking(uncalled.find, node.vault.vault, name, preparing, node.language)
    return found


async def award_task(node: Node, name: str, peers: tuple[str, ...]) -> TaskRow:
    """Take these bids, () for none.  Errors: VaultError; CommandFailed("task-not-now")."""
    vault = node.vault.vault
    found = await node.blocking(vault.tasks.get, name)
    chosen = [(await node.blocking(vault.peers.find, peer)).id for peer in peers]
    async with node.swarm.up():
        if not await node.swarm.negotiating.award(found.id, tuple(chosen)):
            raise CommandFailed("task-not-now")
    return await _again(node, found.id)


async def cancel_task(node: Node, name: str) -> TaskRow:
    """Call it off.  Errors: VaultError `unknown-task`; CommandFailed("task-not-now" | "task-not-yours")."""
    found = await node.blocking(node.vault.vault.tasks.get, name)
    if found.role != "initiator":
        raise CommandFailed("task-not-yours")
    if found.state in FINAL:
        raise CommandFailed("task-not-now")
    async with node.swarm.up():
        negotiator = node.swarm.negotiating.negotiator
        if not await negotiator.call_off(found.id, negotiator.now() + int(CANCEL_SECONDS * 1000)):
            raise CommandFailed("task-not-now")
    return await _again(node, found.id)


async def answer_task(node: Node, name: str, agrees: bool) -> TaskRow:
    """Say whether to bid on somebody's call that waits for the person, or that a result of ours is to be paid.

    Errors: CommandFailed("task-not-now" | "settle-none" | "settle-not-now").
    """
    found = await node.blocking(node.vault.vault.tasks.get, name)
    if found.role == "initiator" and agrees:
        await settling.accept_result(node, found.id)
        return await _again(node, found.id)
    if not node.swarm.running:
        raise CommandFailed("task-not-now")
    decisions, said = node.swarm.negotiating.decisions, trio.Event()

    def changed(change: Change) -> None:
        if task_name(change) == found.id:
            said.set()

    decisions.on_change.append(changed)
    try:
        if not decisions.answer(found.id, agrees):
            raise CommandFailed("task-not-now")
        with trio.move_on_after(ANSWERED):
            await said.wait()
    finally:
        decisions.on_change.remove(changed)
    return await _again(node, found.id)


async def remove_task(node: Node, name: str) -> None:
    """Forget one that has ended; its receipt stays, with what was said, until it is removed too (app.actions.receipts).

    Errors: VaultError `unknown-task`, `task-goes-on`; CommandFailed("settle-goes-on").
    """
    if (cut_off := await _uncalled(node, name)) is not None:
        if cut_off.row.ended is None:
            raise CommandFailed("settle-goes-on")
        await node.blocking(node.vault.vault.settlements.remove, cut_off.row.id)
        return
    found = await node.blocking(node.vault.vault.tasks.get, name)
    job = await node.blocking(node.vault.vault.settlements.find, found.id)
    if job is not None and not job.outcome:
        raise CommandFailed("settle-goes-on")
    await make_due(node, (found.id.rpartition("/")[2],))
    await node.blocking(node.vault.vault.tasks.remove, found.id)


async def _announce(node: Node, kind: str, arguments: Mapping[str, Any], to: tuple[str, ...], terms: Terms) -> TaskRow:
    peers = await _audience(node, to)
    name = await node.swarm.negotiating.announce(kind, arguments, peers, terms)
    return await _again(node, name)


async def _audience(node: Node, to: tuple[str, ...]) -> tuple[str, ...]:
    store = node.vault.vault.peers
    found: dict[str, None] = {}
    for one in to or ("contacts",):
        if one == "contacts":
            found.update(dict.fromkeys(sorted(await node.blocking(store.contacts))))
        elif one == "open":
            near = {*await node.blocking(store.contacts), *node.swarm.host.connected}
            blocked = await node.blocking(store.blocked)
            found.update(dict.fromkeys(sorted(near - set(blocked))))
        else:
            peer = await node.blocking(store.find, one)
            if peer.standing == "blocked":
                raise CommandFailed("task-blocked", name=peer.name)
            found[peer.id] = None
    return tuple(found)


async def _ended(node: Node, name: str, report: Report) -> None:
    """Return when the task has ended; meanwhile report what its provider streams."""
    negotiating = node.swarm.negotiating
    news = trio.Event()

    def changed(change: Change) -> None:
        nonlocal news
        if change.conversation == name and change.role == "initiator":
            news.set()
            news = trio.Event()

    def came(progress: TaskProgress) -> None:
        if progress.id == name:
            report(Progress("downloading", progress.done, progress.total))

    node.swarm.watchers.append(came)
    negotiating.decisions.on_change.append(changed)
    followed = False
    try:
        async with trio.open_nursery() as nursery:
            while True:
                waiting = news
                found = await node.blocking(node.vault.vault.tasks.get, name)
                if found.state in FINAL:
                    nursery.cancel_scope.cancel()
                    return
                if found.state == "working" and not followed:
                    followed = True
                    nursery.start_soon(_follow, node, found, report)
                await waiting.wait()
    finally:
        node.swarm.watchers.remove(came)
        negotiating.decisions.on_change.remove(changed)


async def _follow(node: Node, found: Task, report: Report) -> None:
    """Report what the provider streams.  Asked before it has the award it knows of no work yet: it is asked again."""
    for provider in found.provider.split(","):
        came = False

        def piece(text: str) -> None:
            nonlocal came
            came = True
            report(Piece(text))

        for pause in FOLLOWED_AGAIN:
            with suppress(HostFailed):
                await follow(await node.swarm.host.open_stream(provider, PROGRESS), found.id, piece)
            if came:
                break
            await trio.sleep(pause)


async def _again(node: Node, name: str) -> TaskRow:
    return row_of(await node.blocking(node.vault.vault.tasks.get, name), await names(node))


async def _announced(node: Node, args: dict[str, Any], report: Report) -> dict[str, Any]:
    terms = Terms(**args["terms"])
    if args["wait"]:
        done = await announce_and_wait(node, args["kind"], args["arguments"], tuple(args["to"]), terms, report)
        return asdict(done)
    stays = node.swarm.running  # else this process has a host for the length of the command alone
    async with node.swarm.up():
        if terms.pay:
            report(Progress("preparing", 0, 1))
        row = await announce(node, args["kind"], args["arguments"], tuple(args["to"]), terms)
        if not stays:
            with trio.move_on_after(CALLED_OFF):
                await node.swarm.negotiating.called(row.id)
    return {**asdict(row), "goes_on": stays}


async def _preview(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    pay = str(args.get("pay") or "")
    return asdict(await preview_task(node, args["kind"], args["arguments"], tuple(args["to"]), pay))


async def _list(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"tasks": [asdict(row) for row in await tasks(node, args.get("role", ""))]}


async def _show(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await task(node, args["id"]))


async def _bid_list(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"bids": [asdict(bid) for bid in (await task(node, args["id"])).bids]}


async def _award(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await award_task(node, args["id"], tuple(args["peers"])))


async def _cancel(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await cancel_task(node, args["id"]))


async def _answer(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await answer_task(node, args["id"], args["agrees"]))


async def _remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    whole = (await task(node, args["id"])).row.id
    await remove_task(node, whole)
    return {"removed": args["id"], "receipts": len(await node.blocking(node.vault.vault.receipts.list, whole))}


REQUESTS: Requests = {
    **settling.REQUESTS,
    "task-announce": (_announced, True),
    "task-preview": (_preview, True),
    "tasks": (_list, True),
    "task": (_show, True),
    "task-bids": (_bid_list, True),
    "task-award": (_award, True),
    "task-cancel": (_cancel, True),
    "task-answer": (_answer, True),
    "task-remove": (_remove, True),
}
