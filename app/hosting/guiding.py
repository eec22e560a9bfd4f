"""The run of a skill of instructions only: one answer of the model, and nothing that it could call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent import guided
from agent.agent_loop import entered
from agent.llm import LlmFailed
from agent.taint import Provenance
from app.hosting.execution import Execution
from app.hosting.job import Job
from app.results import CommandFailed
from app.retrieval import Retrieval
from app.texts import text
from skills.outcome import Failed, Finished

if TYPE_CHECKING:
    from app.node import Node


async def begin(node: Node, execution: Execution, job: Job, inputs: Mapping[str, Any]) -> None:
    """To its end.  What it says rests on the instructions, whoever wrote them, and on what it cites.

    Errors: VaultError; Forgotten, as a program's run.
    """
    manifest = job.skill.manifest
    job.turn.read(None, Provenance("skill", sender=manifest.name))
    request = str(inputs.get("request", ""))
    try:
        said = await guided.answer(
            node.llm,
            Retrieval(node, job.turn),
            text,
            guided.Guide(manifest.name, manifest.instructions, job.skill.references),
            request,
            job.language,
        )
    except (LlmFailed, CommandFailed) as failed:
        code = failed.code if isinstance(failed, LlmFailed) else failed.key
        await execution.end(job, Failed(code, str(failed)))
        return
    entered(job.turn, said.sources)
    job.turn.made(None, Provenance("model", sender=said.model))
    value = {"text": said.text, "sources": [one.record for one in said.sources], "references": list(said.references)}
    await execution.end(job, Finished(value))
