"""The proof of privacy: plant canaries, work, crash, and look for them in every file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from app.actions.group import Requests
from app.node import Node
from app.prove_results import OfflineReport, ProofReport
from app.reports import Report, quiet, throttled
from app.results import Progress, as_json
from app.stoppable import Flag


async def prove(node: Node, report: Report = quiet) -> ProofReport:
    """Prove in a throw-away profile that nothing personal is written in clear: about two minutes.

    The person's own vault takes no part; it may be locked, or not there.  Errors: ActFailed("proof-incomplete").
    """
    hop = throttled(report, trio.lowlevel.current_trio_token())
    cancelled = Flag()

    def progress(stage: str, done: int, total: int | None, what: str) -> None:
        hop(Progress(stage, done, total, what))

    from app.prove import proof  # and with it what only a proof needs

    return await node.interruptible(lambda: proof.prove(progress, cancelled.is_set), cancelled)


async def prove_offline(node: Node, report: Report = quiet) -> OfflineReport:
    """Prove that nothing is reached while airplane mode is on: drive the program under a watch over its sockets.

    Errors: ActFailed("proof-incomplete").
    """
    hop = throttled(report, trio.lowlevel.current_trio_token())
    cancelled = Flag()

    def progress(stage: str, done: int, total: int | None, what: str) -> None:
        hop(Progress(stage, done, total, what))

    from app.prove import offline

    return await node.interruptible(lambda: offline.prove(progress, cancelled.is_set), cancelled)


async def _offline(node: Node, _args: dict[str, Any], report: Callable[[object], None]) -> dict[str, Any]:
    return as_json(await prove_offline(node, report))


async def _prove(node: Node, _args: dict[str, Any], report: Callable[[object], None]) -> dict[str, Any]:
    return as_json(await prove(node, report))


REQUESTS: Requests = {"prove": (_prove, False), "prove-offline": (_offline, False)}
