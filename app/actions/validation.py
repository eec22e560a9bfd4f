"""Having an inference that this node did done again by a third peer, and answering for somebody else's."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import trio

from app.actions import tasks
from app.actions.group import Requests
from app.actions.peers import names
from app.actions.tasks import announce, cancel_task, follow_task, preview_task
from app.chain import validating
from app.errors import code, sentence
from app.node import Node
from app.reports import Report, quiet
from app.results import CommandFailed
from app.swarm import validates
from app.swarm.negotiating import Terms
from app.swarm.settling import PASSING
from app.swarm_results import Announced, Preview, TaskRow
from app.texts import catalogue, text
from app.validation_results import ValidationView
from p2p.receipts import BadReceipt
from p2p.validation import NotCheckable
from storage.peers import Peer
from storage.tasks import FINAL, Task

WITHIN = 3600.0  # seconds that the validator has
REPLY = 1800.0  # seconds of these for its person to be asked
MARGIN = 30.0  # seconds after that in which its end must have been stored
CALLED_OFF = 5.0  # seconds that a command which is cancelled waits for the other side to hear of it


async def preview_validation(node: Node, task: str, by: str = "", pay: str = "") -> Preview:
    """What the validator would be shown: the prompt, which is the client's.  `by`: "" for the one the bid named.

    Errors: as validating.prepared's; CommandFailed("validation-whom").
    """
    asked = await validating.prepared(node, task)
    peer = await _validator(node, task, by)
    return await preview_task(node, "inference", asked.arguments, (peer.id,), pay)


async def ask_validation(node: Node, task: str, by: str, shown: str, pay: str = "") -> TaskRow:
    """Ask whether the peer would do it again; if so it goes on by itself: the chain is told, then the peer sees it.

    `shown`: digest of the preview that the person agreed to.  `pay`: at most, in the token of the chain in use.
    One that goes on already is that one.
    Errors: as validating.call_of's and announce's; CommandFailed("disclosure-changed" | "peer-unreachable" | …).
    """
    asked = await validating.prepared(node, task)
    peer = await _validator(node, task, by)
    if (await preview_task(node, "inference", asked.arguments, (peer.id,), pay)).digest != shown:
        raise CommandFailed("disclosure-changed")
    await validating.call_of(node, asked, peer.id)  # what is in the way is said before anything leaves
    async with node.swarm.up():
        if going := await _going(node, asked.hash):
            return (await tasks.task(node, going)).row
        await node.swarm.reach(peer.id, ())
        terms = Terms(seconds=WITHIN, reply_seconds=REPLY, award="ask", why="once", pay=pay)
        return await announce(node, "inference", asked.arguments, (peer.id,), terms)


async def check_validation(
    node: Node, task: str, by: str, shown: str, report: Report = quiet, pay: str = ""
) -> Announced:
    """As `ask_validation`, until it was done again; cancelled, it is called off.

    Errors besides: CommandFailed("validation-other-model" | "validation-other-build" | "validation-refused" |
    "validation-silent"), ApprovalNeeded, and whatever else it waits for or was given up for.
    """
    async with node.swarm.up():
        row = await ask_validation(node, task, by, shown, pay)
        try:
            problem = await _ended(node, row.id, report)
        except BaseException as ended:
            if not isinstance(ended, Exception):
                with trio.CancelScope(shield=True), trio.move_on_after(CALLED_OFF):
                    await cancel_task(node, row.id)
            raise
    found = await node.blocking(node.vault.vault.tasks.get, row.id)
    if problem is not None:
        raise problem
    if found.state != "done":
        raise await _why_not(node, found)
    return Announced(found.id, found.state, found.provider, found.result, found.ms)


async def answer_validation(node: Node, task: str) -> ValidationView:
    """Say on chain whether a task that this node did again came out the same.  Errors: as validating.answer's."""
    await validating.answer(node, task)
    return await validation(node, task)


async def validation(node: Node, task: str) -> ValidationView:
    """What the chain says of a task.  Errors: as validating.status's."""
    found = await validating.status(node, task)
    at = await node.chains.connected()
    peer = await validating.peer_of(node, at, found.validator) if found.validator else ""
    when = datetime.fromtimestamp(found.when, UTC).isoformat(timespec="seconds") if found.when else ""
    name = node.vault.peer_id if found.validator == at.address else peer
    called = (await names(node))(name) if peer else ""
    return ValidationView(found.hash, found.state, found.validator, called, found.engine, when)


async def task_validation(node: Node, task: str) -> ValidationView:
    """For the page of a task or a receipt: as `validation`, with what can be done; never fails for the chain's sake.

    Errors: VaultError `unknown-receipt`; CommandFailed("locked").
    """
    view = ValidationView("", "unknown")
    try:
        known = await validating.known(node, task)
        view = replace(view, hash=known.hash.hex(), engine=known.engine, ours=known.again)
        view = replace(view, going=await _going(node, known.hash))
        called = await names(node)
        view = replace(view, named=called(known.named) if known.named else "", by=known.named)
        found = await validation(node, task)
    except (NotCheckable, BadReceipt) as error:
        return ValidationView("", "open", why=sentence(error, node.language))
    except PASSING as error:
        if code(error) in ("locked", "unknown-receipt", "ambiguous-receipt"):
            raise
        if code(error) in ("validation-words", "validation-none"):
            return ValidationView("", "open", why=sentence(error, node.language))
        return replace(view, why=sentence(error, node.language))
    askable = known.mine and found.state == "none" and bool(known.named) and not view.going
    return replace(found, named=view.named, by=view.by, going=view.going, askable=askable, ours=known.again)


async def _validator(node: Node, task: str, by: str) -> Peer:
    """Errors: CommandFailed("validation-whom"), VaultError `unknown-peer`."""
    peer = by or await validating.named(node, task)
    if not peer:
        raise CommandFailed("validation-whom")
    found: Peer = await node.blocking(node.vault.vault.peers.find, peer)
    return found


async def _going(node: Node, check: bytes) -> str:
    """The task of ours in which this request is being done again, "" for none."""
    rows = await node.blocking(node.vault.vault.tasks.of_kind, "inference", "initiator")
    return next((row.id for row in rows if row.state not in FINAL and row.spec["spec"].get("check") == check), "")


async def _ended(node: Node, name: str, report: Report) -> Exception | None:
    """Until it has ended, or waits for something that this command does not wait for: what that is."""
    rechecking = node.swarm.negotiating.rechecking
    found: Exception | None = None

    async def watch() -> None:
        nonlocal found
        while found is None:
            news = rechecking.news
            found = rechecking.problems.get(name)
            if found is None:
                await news.wait()
        nursery.cancel_scope.cancel()

    with trio.move_on_after(WITHIN + MARGIN):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            await follow_task(node, name, report)
            nursery.cancel_scope.cancel()
    return found


async def _why_not(node: Node, found: Task) -> CommandFailed:
    """In the validator's words, where it said any."""
    said = await node.blocking(node.vault.vault.tasks.messages, found.id)
    detail = next((one.detail for one in reversed(said) if one.performative == "refuse" and not one.outgoing), "")
    word = (detail or found.detail).partition(" ")[0]
    if word == "other-model":
        return CommandFailed("validation-other-model")
    if word.startswith(validates.BUILD):
        more = word.removeprefix(validates.BUILD).strip("-")
        ours = str(found.spec["spec"].get("engine", ""))
        unknown = text("cli.validation.unknown_build", node.language)
        return CommandFailed("validation-other-build", theirs=more or unknown, ours=ours or unknown)
    if not word or found.state == "expired":
        return CommandFailed("validation-silent")
    key = f"window.reason.{word}"
    return CommandFailed("validation-refused", why=text(key, node.language) if key in catalogue() else word)


async def _check(node: Node, args: dict[str, Any], report: Report) -> dict[str, Any]:
    pay = str(args.get("pay") or "")
    preview = await preview_validation(node, args["task"], args.get("by") or "", pay)
    if not args.get("yes"):
        return {"preview": asdict(preview)}
    done = await check_validation(node, args["task"], args.get("by") or "", preview.digest, report, pay)
    return {"preview": None, **asdict(done)}


async def _answer(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await answer_validation(node, args["task"]))


async def _show(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await validation(node, args["task"]))


REQUESTS: Requests = {
    "validation-check": (_check, True),
    "validation-answer": (_answer, True),
    "validation": (_show, True),
}
