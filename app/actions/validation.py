"""Having an inference that this node did done again by a third peer, and answering for somebody else's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from app.actions.group import Requests
from app.actions.tasks import announce_and_wait, preview_task
from app.chain import validating
from app.node import Node
from app.reports import Report, quiet
from app.results import CommandFailed
from app.swarm.negotiating import Terms
from app.swarm_results import Announced, Preview

WITHIN = 3600.0  # seconds that the validator has


@dataclass(frozen=True)
class ValidationView:
    """`state`: none, waiting, passed, failed.  `hash`: of the request.  `validator`: its address."""

    hash: str
    state: str
    validator: str = ""


async def preview_validation(node: Node, task: str, by: str) -> Preview:
    """What the validator would be shown: the prompt, which is the client's.  Errors: as validating.prepared's."""
    asked = await validating.prepared(node, task)
    return await preview_task(node, "inference", asked.arguments, (by,))


async def check_validation(node: Node, task: str, by: str, shown: str, report: Report = quiet) -> Announced:
    """Ask `by` on chain, and have the task done again there.  `shown`: digest of the preview that the person agreed to.

    Errors: as validating.request's and announce's; CommandFailed("disclosure-changed").
    """
    asked = await validating.prepared(node, task)
    if (await preview_task(node, "inference", asked.arguments, (by,))).digest != shown:
        raise CommandFailed("disclosure-changed")
    peer = await node.blocking(node.vault.vault.peers.find, by)
    await validating.request(node, asked, peer.id)
    terms = Terms(seconds=WITHIN, why="once")
    return await announce_and_wait(node, "inference", asked.arguments, (peer.id,), terms, report)


async def answer_validation(node: Node, task: str) -> ValidationView:
    """Say on chain whether a task that this node did again came out the same.  Errors: as validating.answer's."""
    await validating.answer(node, task)
    return await validation(node, task)


async def validation(node: Node, task: str) -> ValidationView:
    """What the chain says of a task.  Errors: as validating.status's."""
    found = await validating.status(node, task)
    return ValidationView(found.hash, found.state, found.validator)


async def _check(node: Node, args: dict[str, Any], report: Report) -> dict[str, Any]:
    preview = await preview_validation(node, args["task"], args["by"])
    if not args.get("yes"):
        return {"preview": asdict(preview)}
    done = await check_validation(node, args["task"], args["by"], preview.digest, report)
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
