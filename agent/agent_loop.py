"""One request: a plain answer as ever, or tools in steps, each chosen under a grammar and within a budget.

A small model (below compose.LARGE parameters) takes one step, and what the tool says is the answer.  A larger one is
shown what came of each step, as data, and chooses the next: a tool, a search, or to answer.  Whatever is read on the
way is entered in the turn, which decides what may be done without asking; nothing here does.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

import trio

from agent import choosing_next, compose, taint
from agent.arguments import Surroundings, Value
from agent.choosing_next import Step
from agent.llm import Llm, LlmFailed, Turn
from agent.loop import Answered, Answerer, Cited, Event, Found
from agent.ports import Evidence, Memory, Notebook, Phrases, Ran, Toolbox
from agent.question import understand
from agent.remembering import Command, command
from agent.router import Route, Router
from agent.steps import Budget, Spending
from agent.tools import Tool

SEARCHED = 6  # passages that a search shows
MANY = 3_000_000_000  # parameters: from here on a model takes several steps


@dataclass(frozen=True)
class ToolChosen:
    """`arguments`: in their order.  `step` of at most `steps`; the seconds that may pass in all."""

    skill: str
    entry: str
    title: str
    arguments: tuple[tuple[str, Value], ...]
    step: int
    steps: int
    seconds: float


@dataclass(frozen=True)
class ToolDone:
    skill: str
    entry: str
    state: str  # done | waiting | failed


@dataclass(frozen=True)
class Waiting:
    """The person is asked; `what` would happen, in one line."""

    approval: int
    what: str


AgentEvent = Event | ToolChosen | ToolDone | Waiting


class Agent:
    """Trio thread only.  One request at a time for each; the router may be shared."""

    def __init__(
        self,
        answerer: Answerer,
        memory: Memory,
        llm: Llm,
        phrases: Phrases,
        language: str,
        toolbox: Toolbox,
        notebook: Notebook,
        router: Router,
        budget: Budget | None = None,
    ) -> None:
        self._answerer = answerer
        self._memory = memory
        self._llm = llm
        self._phrases = phrases
        self._language = language
        self._toolbox = toolbox
        self._notebook = notebook
        self._router = router
        self._budget = budget or Budget()

    async def respond(
        self, text: str, history: Sequence[Turn], turn: taint.Turn, around: Surroundings, *, theirs: bool = True
    ) -> AsyncGenerator[AgentEvent, None]:
        """Yields events, the last one Answered.  `turn`: what the conversation has read; `text` is entered as typed.

        `theirs`: the person wrote it.  What another program asks is answered from the records and nothing more: it
        tells the agent nothing to keep or forget, names no address, and starts no tool.  Errors: LlmFailed, as the
        answerer's.
        """
        begun = time.perf_counter()
        if not theirs:
            async with aclosing(self._plain(text, history, turn)) as answer:
                async for event in answer:
                    yield event
            return
        turn.typed(text)
        question = understand(text, history, self._language)
        if (told := command(text)) is not None:
            async for event in self._told(told, question.language, turn, begun):
                yield event
            return
        route = Route("answer")
        if not (question.social or question.about_self):
            route = await self._router.route(text, question.language, await self._toolbox.available(), around)
        if route.kind == "answer":
            events: AsyncGenerator[AgentEvent, None] = self._plain(text, history, turn)
        elif route.kind == "search":
            events = self._search(route.search, question.language, turn, begun)
        else:
            events = self._act(route, text, question.language, history, turn, begun)
        async with aclosing(events):
            async for event in events:
                yield event

    async def _plain(self, text: str, history: Sequence[Turn], turn: taint.Turn) -> AsyncGenerator[AgentEvent, None]:
        async with aclosing(self._answerer.answer(text, history)) as events:
            async for event in events:
                if isinstance(event, Answered):
                    entered(turn, [one.evidence for one in event.citations])
                yield event

    async def _told(
        self, told: Command, language: str, turn: taint.Turn, begun: float
    ) -> AsyncGenerator[AgentEvent, None]:
        fitting: Sequence[str] = ()
        ran: Ran | None
        if told.act == "remember":
            key = "agent.tool.remembered" if told.kind == "fact" else "agent.tool.instructed"
            ran = await self._notebook.remember(told.words, told.kind, turn)
        else:
            fitting, ran = await self._notebook.forget(told.words, turn)
            key = (
                "agent.tool.forgot" if ran else "agent.tool.forget_which" if fitting else "agent.tool.nothing_to_forget"
            )
        if ran is not None and ran.state == "waiting" and ran.approval is not None:
            yield Waiting(ran.approval, ran.waits)
            waits = self._phrases("agent.tool.told_waits", language, what=ran.waits, number=ran.approval)
            yield self._said(waits, begun)
            return
        if ran is not None and ran.state == "failed":
            yield self._said(ran.error, begun)
            return
        listed = "\n".join(f"- {words}" for words in fitting)
        yield self._said(f"{self._phrases(key, language, words=told.words)}\n\n{listed}".strip(), begun)

    async def _search(
        self, wanted: str, language: str, turn: taint.Turn, begun: float
    ) -> AsyncGenerator[AgentEvent, None]:
        found = await self._searched(wanted, turn)
        if not found:
            yield self._said(self._phrases("agent.nothing_found", language), begun)
            return
        yield Found(len(found))
        text, citations = quoted(self._phrases("agent.quoting", language), found, language)
        yield self._said(text, begun, citations)

    async def _searched(self, wanted: str, turn: taint.Turn) -> list[Evidence]:
        seen: dict[str, Evidence] = {}
        for one in await self._memory.recall(wanted, 2 * SEARCHED):
            seen.setdefault(one.record or one.text, one)
        found = list(seen.values())[:SEARCHED]
        entered(turn, found)
        return found

    async def _act(
        self, route: Route, text: str, language: str, history: Sequence[Turn], turn: taint.Turn, begun: float
    ) -> AsyncGenerator[AgentEvent, None]:
        tool = route.tool
        if tool is None or route.missing:
            yield self._said(self._wanting(route, language), begun)
            return
        spending = Spending(self._budget)
        several = await self._several()
        step: Step | None = Step("tool", tool, route.arguments or {})
        done: list[tuple[Step, Ran]] = []
        over = None
        while step is not None:
            spending.steps += 1
            ran = None
            async with aclosing(self._take(step, text, turn, spending)) as events:
                async for event in events:
                    if isinstance(event, Ran):
                        ran = event
                    else:
                        yield event
            if ran is None:
                over = "seconds"
                break
            done.append((step, ran))
            over = spending.over()
            guided = step.tool is not None and step.tool.guides  # what a stranger's instructions say leads to no tool
            if not several or guided or ran.state != "done" or over is not None:
                break
            step = await self._next(text, language, history, done, turn, spending)
            if step is not None and (over := spending.over()) is not None:
                break
        yield self._told_of(done, over if several or not done else None, language, begun)

    async def _several(self) -> bool:
        try:
            return (await self._llm.info()).parameters >= MANY
        except LlmFailed:
            return False  # a tool needs no model

    async def _take(
        self, step: Step, text: str, turn: taint.Turn, spending: Spending
    ) -> AsyncGenerator[AgentEvent | Ran, None]:
        """Its events, the last one a Ran; none where the time ran out."""
        tool = step.tool
        if tool is None:
            found = await self._searched(step.search, turn)
            yield Ran("done", "\n\n".join(f"{one.passage} [{n}]" for n, one in enumerate(found, 1)), tuple(found))
            return
        yield ToolChosen(
            tool.skill,
            tool.entry,
            tool.title.said(self._language),
            tuple(step.arguments.items()),
            spending.steps,
            spending.budget.steps,
            spending.left,
        )
        with trio.move_on_after(spending.left) as scope:
            ran = await self._toolbox.run(tool, step.arguments, text, turn)
        if scope.cancelled_caught:
            return
        yield ToolDone(tool.skill, tool.entry, ran.state)
        if ran.approval is not None and ran.state == "waiting":
            yield Waiting(ran.approval, ran.waits)
        yield ran

    async def _next(
        self,
        text: str,
        language: str,
        history: Sequence[Turn],
        done: Sequence[tuple[Step, Ran]],
        turn: taint.Turn,
        spending: Spending,
    ) -> Step | None:
        """What the model wants next; None: to answer, or it talks nonsense."""
        tools = await self._toolbox.available()
        turn.read(None, taint.Provenance("model"))
        step: Step | None = None
        with suppress(LlmFailed), trio.move_on_after(spending.left):
            step = await choosing_next.choose(self._llm, text, language, history, tools, done, spending)
        return step

    def _wanting(self, route: Route, language: str) -> str:
        title = route.tool.title.said(language) if route.tool else ""
        listed = "\n".join(f"- {one.about.said(language) or one.name}" for one in route.missing)
        return f"{self._phrases('agent.tool.wanting', language, title=title or _name(route.tool))}\n\n{listed}"

    def _told_of(self, done: Sequence[tuple[Step, Ran]], over: str | None, language: str, begun: float) -> Answered:
        """What the steps said, one below the other, their sources numbered through."""
        parts: list[str] = []
        cited: list[Cited] = []
        for step, ran in done:
            if step.tool is None and len(done) > 1 and step is not done[-1][0]:
                continue  # a search on the way to something
            parts.append(self._outcome(step, ran, language, len(cited)))
            cited += [Cited(len(cited) + number, one) for number, one in enumerate(ran.sources, 1)]
        if over is not None:
            parts.append(self._phrases(f"agent.tool.over_{over}", language))
        skill = next((step.tool.skill for step, _ in reversed(done) if step.tool), "")
        return replace(self._said("\n\n".join(parts), begun, tuple(cited)), model=skill)

    def _outcome(self, step: Step, ran: Ran, language: str, before: int) -> str:
        title = (step.tool.title.said(language) or _name(step.tool)) if step.tool else ""
        if ran.state == "waiting":
            return self._phrases("agent.tool.waiting", language, title=title, what=ran.waits, number=ran.approval)
        if ran.state == "failed":
            return self._phrases("agent.tool.failed", language, title=title, why=ran.error)
        return compose.renumbered(ran.text, before) or self._phrases("agent.tool.nothing_said", language, title=title)

    def _said(self, text: str, begun: float, citations: tuple[Cited, ...] = ()) -> Answered:
        return Answered(text, citations, "", None, (time.perf_counter() - begun) * 1000, phrased=False)


def entered(turn: taint.Turn, found: Sequence[Evidence]) -> None:
    """What was read, in the ledger of the turn.  What the person told is theirs."""
    for one in found:
        if one.kind != "fact":
            origin: taint.Origin = one.kind if one.kind in taint.ORIGINS else "file"
            turn.read(None, taint.Provenance(origin, one.record, one.title, one.sender, one.authenticated is True))


def quoted(head: str, found: Sequence[Evidence], language: str) -> tuple[str, tuple[Cited, ...]]:
    """The passages in their own words, each with its source."""
    lines = [head]
    cited: list[Cited] = []
    for one in found:
        mark = ""
        if one.record:
            cited.append(Cited(len(cited) + 1, one))
            mark = f" [{len(cited)}]"
        lines.append(f"> {compose.one_line(one.text)}\n>\n> — {compose.source_line(one, language)}{mark}")
    return "\n\n".join(lines), tuple(cited)


def _name(tool: Tool | None) -> str:
    return tool.skill if tool else ""


__all__ = ["Agent", "AgentEvent", "ToolChosen", "ToolDone", "Waiting"]
