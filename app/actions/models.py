"""Language models: what is in the store, which one answers."""

from __future__ import annotations

from pathlib import Path

import trio

from agent.models import ModelFile
from app import downloads, online, present
from app.node import Node
from app.reports import Report, quiet, throttled
from app.results import CommandFailed, ModelRow, Progress
from app.stoppable import Flag


async def models(node: Node) -> tuple[ModelRow, ...]:
    """The models in the store, the one in use marked."""
    return await node.blocking(present.models, node)


async def add_model(node: Node, path: str, report: Report = quiet) -> ModelRow:
    """Copy a GGUF file into the store under its SHA-256; `path` is a file or an https:// address.

    A download that was cut off or cancelled goes on where it ended when it is asked for again.
    """
    remote = path.startswith(("https://", "http://"))
    if remote:
        online.network_allowed(node)
    hop = throttled(report, trio.lowlevel.current_trio_token())
    cancelled = Flag()

    def progress(done: int, total: int) -> None:
        hop(Progress("hashing", done, total, path))

    def work() -> ModelFile:
        if not remote:
            return node.models.add(Path(path), progress=progress, cancelled=cancelled.is_set)
        with downloads.fetched(path, node.models.root, hop, lambda: cancelled.is_set() or node.airplane) as file:
            return node.models.add(file, progress=progress, cancelled=cancelled.is_set)

    return present.model_row(await node.interruptible(work, cancelled), node)


async def use_model(node: Node, name: str) -> ModelRow:
    """Answer with another model from now on.  Verified before it is chosen."""
    model = await node.blocking(node.models.find, name)
    await node.blocking(node.models.verify, model.digest)
    await node.blocking(node.vault.vault.settings.set, "model", model.digest)
    node.chooser.selected = model.digest
    await node.llm.aclose()
    return present.model_row(model, node)


async def remove_model(node: Node, name: str) -> None:
    """Delete a model file.  Errors: CommandFailed("model-in-use") for the one that answers."""
    model = await node.blocking(node.models.find, name)
    if model.digest == node.chooser.current().digest and len(node.models.list()) > 1:
        raise CommandFailed("model-in-use", name=model.name)
    await node.blocking(node.models.remove, model.digest)
