"""Commands by name, with plain arguments: what the command line runs here, or sends to the process that owns the
profile.  A reply is the JSON object that `--json` prints."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from app import asking, commands
from app.actions import (
    agents,
    approvals,
    backup,
    chain,
    disclosures,
    drafts,
    embedders,
    interop,
    letters,
    memory,
    offers,
    peers,
    privacy,
    proving,
    receipts,
    reputation,
    running,
    settings,
    skills,
    sources,
    tasks,
    trying,
    validation,
    wallet,
    wallet_asking,
    wallet_policy,
)
from app.errors import sentence
from app.node import Node
from app.reports import Report
from app.results import CommandFailed, as_json

Arguments = dict[str, Any]
Request = Callable[[Node, Arguments, Report], Awaitable[dict[str, Any]]]


async def _status(node: Node, _args: Arguments, _report: Report) -> dict[str, Any]:
    return as_json(await commands.status(node))


async def _init(node: Node, args: Arguments, _report: Report) -> dict[str, Any]:
    return as_json(await commands.create(node, args["passphrase"]))


async def _lock(node: Node, _args: Arguments, _report: Report) -> dict[str, Any]:
    await commands.lock(node)
    return {"state": node.state}


async def _import(node: Node, args: Arguments, report: Report) -> dict[str, Any]:
    if args.get("sample"):
        done = await commands.import_sample(node, report)
    else:
        done = await commands.import_paths(node, args["paths"], report)
    if args.get("embed", True):
        try:
            await commands.embed_all(node, report)
        except CommandFailed as failed:
            if failed.key != "no-embedder":
                raise
            return {**as_json(done), "note": sentence(failed, node.language)}  # it is in all the same
    return as_json(done)


async def _search(node: Node, args: Arguments, _report: Report) -> dict[str, Any]:
    if args["mode"] == "hybrid":
        await node.embedding.searchable()
    return as_json(await commands.search(node, args["query"], args["k"], args["mode"]))


async def _show(node: Node, args: Arguments, _report: Report) -> dict[str, Any]:
    return as_json(await commands.show(node, args["id"]))


async def _ask(node: Node, args: Arguments, report: Report) -> dict[str, Any]:
    await node.embedding.searchable()
    done = await asking.ask(node, args["question"], args.get("conversation"), report)
    return {**as_json(done), "conversation": done.conversation} if args.get("keep") else as_json(done)


async def _models(node: Node, _args: Arguments, _report: Report) -> dict[str, Any]:
    return {"models": [as_json(row) for row in await commands.models(node)]}


async def _model_add(node: Node, args: Arguments, report: Report) -> dict[str, Any]:
    return as_json(await commands.add_model(node, args["path"], report))


async def _model_use(node: Node, args: Arguments, _report: Report) -> dict[str, Any]:
    return as_json(await commands.use_model(node, args["name"]))


async def _model_remove(node: Node, args: Arguments, _report: Report) -> dict[str, Any]:
    await commands.remove_model(node, args["name"])
    return {"removed": args["name"]}


# Which of them need the vault open first: the command line unlocks for these.
REQUESTS: dict[str, tuple[Request, bool]] = {
    "status": (_status, False),
    "init": (_init, False),
    "lock": (_lock, False),
    "import": (_import, True),
    "search": (_search, True),
    "show": (_show, True),
    "ask": (_ask, True),
    "models": (_models, False),
    "model-add": (_model_add, False),
    "model-use": (_model_use, True),
    "model-remove": (_model_remove, False),
    **sources.REQUESTS,
    **privacy.REQUESTS,
    **backup.REQUESTS,
    **proving.REQUESTS,
    **embedders.REQUESTS,
    **skills.REQUESTS,
    **running.REQUESTS,
    **approvals.REQUESTS,
    **memory.REQUESTS,
    **drafts.REQUESTS,
    **interop.REQUESTS,
    **settings.REQUESTS,
    **peers.REQUESTS,
    **tasks.REQUESTS,
    **offers.REQUESTS,
    **letters.REQUESTS,
    **disclosures.REQUESTS,
    **receipts.REQUESTS,
    **reputation.REQUESTS,
    **validation.REQUESTS,
    **trying.REQUESTS,
    **wallet.REQUESTS,
    **wallet_asking.REQUESTS,
    **wallet_policy.REQUESTS,
    **chain.REQUESTS,
    **agents.REQUESTS,
}


async def run(node: Node, name: str, args: Arguments, report: Report) -> dict[str, Any]:
    """Run one command.  `args["secret"]`, if there, opens a locked vault first."""
    if name not in REQUESTS:
        raise CommandFailed("unknown-command", name=name)
    request, needs_vault = REQUESTS[name]
    with node.presence.busy():  # a command is a person's, and is not cut off
        return await _run(node, request, needs_vault, args, report)


async def _run(node: Node, request: Request, needs_vault: bool, args: Arguments, report: Report) -> dict[str, Any]:
    secret = args.pop("secret", None)
    if secret is not None and node.state == "locked" and request is not _init:
        await commands.unlock(node, secret)
    if needs_vault:
        _ = node.vault  # says "absent" or "locked" before anything else is tried
    return await request(node, args, report)
