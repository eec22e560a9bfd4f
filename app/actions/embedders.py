"""Embedding models: list, add, use, remove; which one search uses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import trio

from app import downloads, services
from app.actions.group import Requests
from app.changing import Choice
from app.embedder_results import EmbedderRow, EmbedderUsed
from app.node import Node
from app.reports import Report, quiet, throttled
from app.results import CommandFailed, Progress, as_json
from app.stoppable import Flag
from storage.embedder_store import StoredModel

_NOWHERE = Choice(None, None)


async def embedders(node: Node) -> tuple[EmbedderRow, ...]:
    """The embedding models, the built-in one first, then the re-rankers.  Works on a locked vault too."""
    store = node.embedding.store
    models = await node.blocking(lambda: [*store.embedders(), *store.rerankers()])
    return tuple([await _row(node, model) for model in models])


async def add_embedder(node: Node, path: str, report: Report = quiet) -> EmbedderRow:
    """Copy the model in a folder, an archive or behind an https:// address into the store, if it passes a trial.

    The trial runs in a process of its own, which ends with it.  Errors: EmbedderError, WorkerFailed, FetchFailed.
    """
    hop = throttled(report, trio.lowlevel.current_trio_token())
    cancelled = Flag()
    store = node.embedding.store

    def progress(done: int, total: int) -> None:
        hop(Progress("hashing", done, total, path))

    def work() -> StoredModel:
        if not path.startswith(("https://", "http://")):
            return store.add(Path(path), _probe, progress, cancelled.is_set)
        store.root.mkdir(parents=True, exist_ok=True)
        with downloads.fetched(path, store.root, hop, cancelled.is_set) as file:
            return store.add(file, _probe, progress, cancelled.is_set)

    model = await node.interruptible(work, cancelled)
    if model.kind == "reranker" and node.state == "open":
        await node.embedding.reload()
    return await _row(node, model)


async def use_embedder(node: Node, name: str) -> EmbedderUsed:
    """Change to another embedding model: everything is embedded again in the background, and search goes on with the
    old model's vectors until the new one has all.  Naming the old one again calls it off.  A re-ranker is used at once.
    """
    vault = node.vault
    model = await node.blocking(node.embedding.store.find, name)
    if model.kind == "reranker":
        await node.embedding.changing.use_reranker(vault, model)
        await node.embedding.reload()
        return EmbedderUsed(model.name, model.digest, True)
    if await node.embedding.ready():
        current = await node.embedding.changing.use(vault, model)
        return EmbedderUsed(model.name, model.digest, current)
    await node.embedding.changing.settle(vault, model.id)  # nothing to wait with: search has words alone
    await node.embedding.reload()
    return EmbedderUsed(model.name, model.digest, True)


async def embedder_changed(node: Node, report: Report = quiet) -> None:
    """Wait until the change that was asked for is made, or called off.

    Errors: CommandFailed("no-embedder" | "embedder-change-failed" | "locked").
    """
    if not await node.embedding.searchable():
        raise CommandFailed("no-embedder")
    while (await node.embedding.changing.choice(node.vault)).following is not None:
        if (at := node.embedding.change) is not None:
            report(Progress("embedding", at.done, at.total, at.name))
            if at.state == "failed":
                raise CommandFailed("embedder-change-failed", name=at.name)
        await trio.sleep(0.25)


async def remove_embedder(node: Node, name: str) -> str:
    """Delete a model, and its vectors in the open vault; returns its name.  Errors: EmbedderError,
    CommandFailed("embedder-in-use")."""
    model = await node.blocking(node.embedding.store.find, name)
    choice = await node.embedding.changing.choice(node.vault) if node.state == "open" else _NOWHERE
    if model.kind == "embedder" and not model.built_in and (choice.uses(model) or choice.goes_to(model)):
        raise CommandFailed("embedder-in-use", name=model.name)
    await node.blocking(node.embedding.store.remove, model)
    if node.state == "open":
        await node.blocking(node.vault.vault.vectors.forget, model.id)
        if model.kind == "reranker":
            await node.embedding.reload()
    return model.name


def _probe(folder: Path, name: str) -> Mapping[str, Any]:
    """Try the model in a worker that ends afterwards: strange weights must not stay in a process that reads mail."""
    worker = services.start("embed")
    try:
        return worker.call("probe", folder=str(folder), name=name)
    finally:
        worker.kill()


async def _row(node: Node, model: StoredModel) -> EmbedderRow:
    embedded = pending = 0
    current = model.built_in
    if node.state == "open":
        vault = node.vault
        if model.kind == "embedder":
            current = (await node.embedding.changing.choice(vault)).uses(model)
            embedded = await node.blocking(vault.vault.vectors.count, model.id)
            pending = await node.blocking(vault.vault.vectors.pending_count, model.id)
        else:
            used = await node.embedding.changing.reranker(vault)
            current = used is not None and used.id == model.id
    return EmbedderRow(
        name=model.name,
        digest=model.digest,
        kind=model.kind,
        dimensions=model.dimensions,
        size=model.size,
        languages=model.languages,
        multilingual=model.multilingual,
        built_in=model.built_in,
        current=current,
        embedded=embedded,
        pending=pending,
    )


async def _list(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    change = node.embedding.change
    rows = [as_json(row) for row in await embedders(node)]
    return {"embedders": rows, "change": as_json(change) if change is not None else None}


async def _add(node: Node, args: dict[str, Any], report: Report) -> dict[str, Any]:
    return as_json(await add_embedder(node, args["path"], report))


async def _use(node: Node, args: dict[str, Any], report: Report) -> dict[str, Any]:
    used = await use_embedder(node, args["name"])
    if not used.current and args.get("wait", True):
        await embedder_changed(node, report)
        return {**as_json(used), "current": True}
    return as_json(used)


async def _remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"removed": await remove_embedder(node, args["name"])}


REQUESTS: Requests = {
    "embedders": (_list, False),
    "embedder-add": (_add, False),
    "embedder-use": (_use, True),
    "embedder-remove": (_remove, False),
}
