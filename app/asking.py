"""Ask and retry: one turn of a conversation, kept in the vault whatever happens to the answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing

import trio

from agent import agent_loop, taint
from agent.llm import Turn
from agent.loop import Answered, Cited, Found, Piece, Restated
from app import present, results
from app.node import Node
from app.reports import Report, quiet
from app.results import AnswerView, CommandFailed
from app.routing import conversation_taint
from storage.conversations import Citation, Message
from storage.gaps import GAP

HISTORY = 6  # messages of the conversation that the agent is shown
TITLE = 60  # characters
STOPPED = "(stopped)"  # stands in place of the name of what made an answer that did not come to its end
PROGRAM = "(program)"  # stands in place of a model's name with a question that the person did not type


async def ask(
    node: Node, question: str, conversation: int | None = None, report: Report = quiet, *, theirs: bool = True
) -> AnswerView:
    """Answer `question` from the vault.  A new conversation is begun where none is given.

    Question and answer are kept; a stopped or failed answer keeps what there was of it.  `theirs`: the person typed it;
    what another program asks is only answered (agent.agent_loop.Agent.respond).
    """
    question = question.strip()
    if not question:
        raise CommandFailed("empty-question")
    talks = node.vault.vault.conversations
    before: Sequence[Message] = ()
    if conversation is None:
        conversation = await node.blocking(talks.create, _title(question))
    else:
        before = (await node.blocking(talks.get, conversation)).messages
    await node.blocking(talks.append, conversation, "user", question, (), "" if theirs else PROGRAM)
    return await _answer(node, question, conversation, before, report, theirs=theirs)


async def retry(node: Node, conversation: int, report: Report = quiet) -> AnswerView:
    """Answer the conversation's last question again, in place of the last answer."""
    talks = node.vault.vault.conversations
    messages = list((await node.blocking(talks.get, conversation)).messages)
    if await node.blocking(talks.drop_last, conversation, "assistant"):
        messages.pop()
    if not messages:
        raise CommandFailed("nothing-to-retry")
    asked = messages[-1]
    return await _answer(node, asked.text, conversation, messages[:-1], report, theirs=asked.model != PROGRAM)


async def _answer(
    node: Node, question: str, conversation: int, before: Sequence[Message], report: Report, *, theirs: bool = True
) -> AnswerView:
    with node.presence.busy():
        return await _answered(node, question, conversation, before, report, theirs)


async def _answered(
    node: Node, question: str, conversation: int, before: Sequence[Message], report: Report, theirs: bool
) -> AnswerView:
    begun = time.perf_counter()
    forgets = node.forgets
    history = [Turn(m.role, m.text.replace(GAP, "…")) for m in before[-HISTORY:] if m.role in ("user", "assistant")]
    read = taint.Turn(await node.blocking(conversation_taint, node.vault.vault, before, node.language))
    around = await node.routing.around(question, before)
    said = ""
    done: Answered | None = None
    report(results.Began(conversation))
    report(results.Searching())
    try:
        async with aclosing(node.routing.agent(read).respond(question, history, read, around, theirs=theirs)) as events:
            async for event in events:
                match event:
                    case Found(count):
                        report(results.Passages(count))
                    case Piece(piece):
                        said += piece
                        report(results.Piece(piece))
                    case Restated(whole):
                        said = whole
                        report(results.Restated(whole))
                    case agent_loop.ToolChosen():
                        report(results.ToolChosen(**vars(event)))
                    case agent_loop.ToolDone():
                        report(results.ToolDone(**vars(event)))
                    case agent_loop.Waiting():
                        report(results.Waiting(**vars(event)))
                    case Answered():
                        done = event
                        said = event.text
    finally:
        if said:
            with trio.CancelScope(shield=True):
                await _keep(node, conversation, said, done, forgets)
    if done is None:
        raise CommandFailed("internal", type="no answer")
    return AnswerView(
        answer=done.text,
        citations=tuple(present.citation(_citation(one)) for one in done.citations),
        model=done.model,
        first_token_ms=done.first_token_ms,
        ms=(time.perf_counter() - begun) * 1000,
        conversation=conversation,
    )


async def _keep(node: Node, conversation: int, said: str, done: Answered | None, forgets: int) -> None:
    async with node.keeping:
        if node.state != "open":
            return  # locked in the middle of the answer: there is nowhere to keep it, and nothing may linger
        if node.forgets != forgets:  # it may rest on what was forgotten while it was made
            said, done = GAP, None
        await _store(node, conversation, said, done)


async def _store(node: Node, conversation: int, said: str, done: Answered | None) -> None:
    citations = tuple(_citation(one) for one in done.citations) if done else ()
    model = done.model if done else STOPPED
    await node.blocking(node.vault.vault.conversations.append, conversation, "assistant", said, citations, model)


def _citation(one: Cited) -> Citation:
    source = one.evidence
    return Citation(
        number=one.number,
        record=source.record,
        title=source.title,
        sender=source.sender,
        date=source.date,
        quote=source.text,
        start=source.start,
        end=source.end,
    )


def _title(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= TITLE else line[: TITLE - 1].rsplit(" ", 1)[0] + "…"
