"""The agent of one node, wired: which tools there are, how they run, and what it is told to keep.  Trio thread only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from agent.agent_loop import Agent
from agent.arguments import Surroundings, Value, people_in, whose_mail
from agent.loop import Answerer
from agent.ports import Evidence, Ran
from agent.router import Route, Router
from agent.taint import ORIGINS, Origin, Provenance, Taint, Turn
from agent.tools import Tool, tools
from app import lessons
from app.errors import sentence
from app.functions import memory, people
from app.functions.port import FunctionFailed
from app.hosting import installed, views
from app.hosting.port import Denied, NeedsApproval
from app.mcp import tools as mcp
from app.results import CommandFailed
from app.retrieval import Retrieval
from app.skill_results import RunView, SourceView
from app.texts import text
from skills.api import Manifest
from storage import briefs
from storage.conversations import Message
from storage.database import VaultError
from storage.filters import Filter
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

SHOWN = 8000  # characters of what a tool of another program says


class Routing:
    """Keeps what was learnt from the skills' examples from one request to the next."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._toolbox = SkillTools(node)
        self._router: tuple[object, Router] | None = None
        self._eager = False

    def agent(self, turn: Turn) -> Agent:
        """For one turn: what it looks up is entered there."""
        node = self._node
        memory = Retrieval(node, turn)
        answerer = Answerer(memory, node.llm, text, node.language)
        return Agent(
            answerer, memory, node.llm, text, node.language, self._toolbox, FactsNotebook(node), self._current()
        )

    async def wanted(self, own: Sequence[Tool], request: str) -> Route:
        """Which of these tools of one skill `request` means, and with what arguments, as in a conversation.

        Errors: CommandFailed("locked" | "absent"), VaultError.
        """
        tools = await self._toolbox.available()
        return await self._current().among(own, request, self._node.language, tools, await self.around(request))

    def start(self) -> None:
        """Requests will come: from now on it learns ahead of them.  A single command that asks nothing does not."""
        self._eager = True

    async def warm(self) -> None:
        """Once the embedder is up, learn what the first request would have to wait for."""
        if self._eager and await self._node.embedding.ready():
            with suppress(CommandFailed, VaultError):  # it was locked meanwhile
                await self._current().warm(await self._toolbox.available())

    async def around(self, request: str, before: Sequence[Message] = ()) -> Surroundings:
        """`before`: the conversation so far.  Errors: CommandFailed("locked" | "absent"), VaultError."""
        answers = [message for message in before if message.role == "assistant"]
        cited = tuple(one.record for one in answers[-1].citations if one.record) if answers else ()
        today = datetime.fromtimestamp(self._node.surroundings.now()).astimezone().date()
        known = await self._node.blocking(_known, self._node.vault.vault, request)
        return Surroundings(today, cited, *known)

    def _current(self) -> Router:
        """Of the model as it is: locking ends one and starts another."""
        llm = self._node.llm
        if self._router is None or self._router[0] is not llm:
            self._router = (llm, Router(_Embedding(self._node), llm))
        return self._router[1]


def _known(vault: Vault, request: str) -> tuple[tuple[str, ...], str]:
    """Names of contacts that the request holds, and the mail that it means by whose it is.  Blocking."""
    names = people_in(request, [one.name for one in people.known(vault)])
    whose = whose_mail(request)
    found = briefs.newest(vault, "mail", (Filter("from", whose),), limit=1) if whose else []
    return tuple(names), found[0].id if found else ""


class _Embedding:
    """Implements agent.router.Meaning."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def model(self) -> str:
        return self._node.embedding.model if self._node.embedding.state == "ready" else ""

    async def vectors(self, texts: Sequence[str]) -> Any | None:
        return await self._node.embedding.encode(list(texts))

    async def lessons(self, texts: Sequence[str]) -> Any | None:
        """What came with the program or was made before is not made again: 900 texts take 10 s of the processor."""
        node, model = self._node, self.model
        came = await node.blocking(lessons.shipped, model)
        kept = await node.blocking(lessons.load, node.vault.vault, model)
        new = [one for one in texts if (name := lessons.name(one)) not in came and name not in kept]
        made = await self.vectors(new) if new else ()
        if made is None:
            return None
        kept |= {lessons.name(one): row for one, row in zip(new, made, strict=True)}
        if new and self.model == model:
            with suppress(VaultError):  # a full disk: they are made again at the next start
                await node.blocking(lessons.store, node.vault.vault, model, kept)
        known = {**kept, **came}
        return [known[lessons.name(one)] for one in texts]


class SkillTools:
    """Implements agent.ports.Toolbox over the installed skills."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._read: dict[str, Manifest] = {}  # by digest

    async def available(self) -> Sequence[Tool]:
        """Errors: CommandFailed("locked" | "absent"), VaultError."""
        own = await self._node.blocking(self._listed, self._node.vault.vault)
        return (*own, *await mcp.tools(self._node))

    def _listed(self, vault: Vault) -> tuple[Tool, ...]:
        found = []
        for skill in vault.skills.list():
            if not skill.enabled:
                continue
            if skill.digest not in self._read:
                with suppress(CommandFailed):  # damaged: it cannot run, and `nuee skills` says so
                    self._read[skill.digest] = installed.load(vault, skill.name).manifest
            if skill.digest in self._read:
                found.append(self._read[skill.digest])
        return tools(found)

    async def run(self, tool: Tool, arguments: Mapping[str, Value], question: str, turn: Turn) -> Ran:
        node = self._node
        if tool.skill.startswith(mcp.SKILL):
            return await self._called(tool, arguments, turn)
        try:
            done = await node.skills.run(
                tool.skill, tool.entry, dict(arguments), occasion="request", typed=question, turn=turn
            )
        except CommandFailed as failed:
            return Ran("failed", error=sentence(failed, node.language))
        if done.row.state == "waiting" and done.row.approval is not None:
            asked = await node.blocking(views.approval, node.vault.vault, done.row.approval, node.language)
            return Ran("waiting", approval=asked.id, waits=asked.title)
        if done.row.state != "done":
            return Ran("failed", error=done.row.error)
        return Ran("done", done.row.text, await node.blocking(_evidence, node.vault.vault, done))

    async def _called(self, tool: Tool, arguments: Mapping[str, Value], turn: Turn) -> Ran:
        """A tool of an MCP server: an act of the program itself, under policy as any."""
        name = f"{tool.skill.removeprefix(mcp.SKILL)}/{tool.entry}"
        ran, said = await acted(self._node, "mcp.call", {"tool": name, "arguments": dict(arguments)}, turn)
        if said is None:
            return ran
        words = views.tidy(said["text"], self._node.language)[:SHOWN]
        return Ran("failed", error=words) if said["error"] else Ran("done", words)


def _evidence(vault: Vault, done: RunView) -> tuple[Evidence, ...]:
    return tuple(_source(vault, one) for one in done.sources)


def _source(vault: Vault, one: SourceView) -> Evidence:
    date = None
    with suppress(VaultError):  # forgotten meanwhile
        date = vault.library.get(one.record).record.date if one.record else None
    return Evidence(one.record, one.origin, one.title, one.sender, date, one.quote, 0, 0, one.quote, 1.0, 1.0, False)


class FactsNotebook:
    """Implements agent.ports.Notebook: under policy, which does not ask again for what was typed word for word."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def remember(self, words: str, kind: Literal["fact", "instruction"], turn: Turn) -> Ran:
        return (await acted(self._node, "memory.write", {"text": words, "kind": kind}, turn))[0]

    async def forget(self, words: str, turn: Turn) -> tuple[Sequence[str], Ran | None]:
        found = await self._node.blocking(memory.matching, self._node.vault.vault, words)
        said = [one.text for one in found]
        if len(said) != 1:
            return said, None
        return said, (await acted(self._node, "memory.forget", {"text": said[0], "words": words}, turn))[0]


async def acted(node: Node, function: str, arguments: Mapping[str, Any], turn: Turn) -> tuple[Ran, Any]:
    """An act of the program itself, under policy as any: what came of it, and its value where it is done."""
    try:
        return Ran("done"), await node.skills.call(function, arguments, turn)
    except NeedsApproval as asked:
        waits = await node.blocking(views.approval, node.vault.vault, asked.approval, node.language)
        return Ran("waiting", approval=waits.id, waits=waits.title), None
    except Denied as refused:
        return Ran("failed", error=str(refused)), None
    except (FunctionFailed, CommandFailed, VaultError) as failed:
        return Ran("failed", error=sentence(failed, node.language)), None


def conversation_taint(vault: Vault, before: Sequence[Message], language: str) -> Taint:
    """What a conversation rests on so far: the records its answers cite, and the answers themselves, which may rest on
    more than they cite: no standing rule covers them.

    What the person typed in earlier turns is theirs, but names nothing in this one; what another program asked is not
    theirs.  Blocking.
    """
    sources: set[Provenance] = set()
    for message in before:
        for one in message.citations:
            sources.add(_provenance(vault, one.record, one.title, one.sender))
        if message.model:
            known = "question" if message.role == "user" else "answer"
            sources.add(Provenance("model", title=text(f"agent.earlier.{known}", language), sender=message.model))
    return Taint(frozenset(sources))


def _provenance(vault: Vault, record: str, title: str, sender: str) -> Provenance:
    kind = "mail"  # the least trusted of all, for what is not there any more
    with suppress(VaultError):
        kind = vault.library.get(record).record.kind if record else kind
    origin: Origin = next((one for one in ORIGINS if one == kind), "mail")
    return Provenance(origin, record, title, sender)
