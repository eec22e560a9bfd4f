"""One question: retrieve, decide, let the model phrase, check, cite.

What is streamed is what the model says; what stays is what the sources hold.  When the two differ, `Restated` takes
the streamed words back and the passage itself is quoted.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from agent import compose
from agent.llm import Finished, Generation, Llm, LlmFailed, Token, Turn
from agent.ports import Evidence, Memory, Phrases
from agent.question import Question, understand

RECALL = 8  # pieces of evidence looked at
ENOUGH = 0.38  # support below this is "nothing found"; chosen on the development half of the sample questions
NEAR = 0.7  # evidence with this share of the best score is quoted beside it
QUOTES = 3  # at most, below an answer


@dataclass(frozen=True)
class Found:
    """How many passages the answer is made from."""

    count: int


@dataclass(frozen=True)
class Piece:
    """A part of the answer, as the model says it."""

    text: str


@dataclass(frozen=True)
class Restated:
    """The whole text to show in place of what was streamed."""

    text: str


@dataclass(frozen=True)
class Cited:
    """A statement's source: `number` as in the text, the quoted words and where they stand."""

    number: int
    evidence: Evidence


@dataclass(frozen=True)
class Answered:
    """The last event.  `text` is Markdown with [n]; times in milliseconds since the question."""

    text: str
    citations: tuple[Cited, ...]
    model: str
    first_token_ms: float | None
    ms: float
    phrased: bool  # the model's own words stand in `text`


Event = Found | Piece | Restated | Answered


class Answerer:
    """Trio thread only.  `language` is the interface's, for questions that do not show their own."""

    def __init__(
        self, memory: Memory, llm: Llm, phrases: Phrases, language: str, now: Callable[[], float] = time.time
    ) -> None:
        self._memory = memory
        self._llm = llm
        self._phrases = phrases
        self._language = language
        self._now = now

    async def answer(self, text: str, history: Sequence[Turn] = ()) -> AsyncGenerator[Event, None]:
        """Yields events, the last one Answered.  Errors: LlmFailed, where nothing could be quoted in its place."""
        begun = time.perf_counter()
        question = understand(text, history, self._language)
        if question.social or question.about_self:
            key = "agent.greeting" if question.social else "agent.about"
            yield self._plain(self._phrases(key, question.language), begun)
            return
        evidence = await self._memory.recall(question.search, RECALL)
        if not evidence or evidence[0].support < ENOUGH:
            key = "agent.empty_vault" if not evidence and await self._memory.empty() else "agent.nothing_found"
            yield self._plain(self._phrases(key, question.language), begun)
            return
        info = await self._llm.info()
        large = info.parameters >= compose.LARGE
        yield Found(min(len(evidence), compose.PASSAGES) if large else len(self._chosen(evidence)))
        phrase = self._with_large if large else self._with_small
        async with aclosing(phrase(question, evidence, history, begun, info.name)) as events:
            async for event in events:
                yield event

    def _plain(self, text: str, begun: float) -> Answered:
        return Answered(text, (), "", None, _since(begun), phrased=False)

    def _chosen(self, evidence: Sequence[Evidence]) -> list[Evidence]:
        """The best sentence; with it the next of the same record where only that holds what is asked for.

        One sentence where one will do: a small model given two amounts picks either.
        """
        best = evidence[0]
        if best.holds:
            return [best]
        more = [one for one in evidence[1:] if one.record == best.record and one.holds]
        return sorted([best, *more[:1]], key=lambda one: one.start)

    async def _with_small(
        self, question: Question, evidence: Sequence[Evidence], _history: Sequence[Turn], begun: float, model: str
    ) -> AsyncGenerator[Event, None]:
        chosen = self._chosen(evidence)
        turns = compose.small_prompt(question.text, question.language, chosen)
        head = compose.source_line(chosen[0], question.language)
        said = shown = ""
        first: float | None = None
        request = Generation(turns, max_tokens=compose.MAX_TOKENS_SMALL, repeat_penalty=1.0, stop=("\n\n",))
        async with aclosing(self._tokens(request)) as tokens:
            async for piece in tokens:
                first = _since(begun) if first is None else first
                said += piece
                visible = compose.spoken(said, head)
                if len(visible) > len(shown):
                    yield Piece(visible[len(shown) :])
                    shown = visible
        # Who and about what may be said; the date of the message is no answer to when something happens.
        sources = [*(one.text for one in chosen), f"{chosen[0].sender} {chosen[0].title}"]
        phrase = compose.trusted(said, sources, question.text)
        text, citations = self._quoting(question, evidence, chosen, phrase)
        yield Restated(text)
        yield Answered(text, citations, model, first, _since(begun), phrased=bool(phrase))

    def _quoting(
        self, question: Question, evidence: Sequence[Evidence], chosen: Sequence[Evidence], phrase: str
    ) -> tuple[str, tuple[Cited, ...]]:
        """The phrase, if any, then the source in its own words, and what else was found."""
        mark = " [1]" if chosen[0].record else ""
        lines = [f"{phrase}{mark}" if phrase else self._phrases("agent.quoting", question.language)]
        citations: list[Cited] = []
        others = [one for one in evidence if one not in chosen and one.score >= NEAR * chosen[0].score]
        for place, one in enumerate([*chosen, *others[: QUOTES - len(chosen)]]):
            mark = ""
            if one.record:  # what the person told has nothing to open
                citations.append(Cited(len(citations) + 1, one))
                mark = f" [{len(citations)}]"
            quote = compose.one_line(one.text)
            if not place and compose.same(quote, phrase):
                lines.append(f"— {compose.source_line(one, question.language)}")
                continue
            lines.append(f"> {quote}\n>\n> — {compose.source_line(one, question.language)}{mark}")
        lines += self._unverified(citations, question.language)
        return "\n\n".join(lines), tuple(citations)

    def _unverified(self, citations: Sequence[Cited], language: str) -> list[str]:
        """A line on mail whose sender is perhaps not who it says: poisoned mail is the cheapest attack on retrieval."""
        marks = [f"[{one.number}]" for one in citations if one.evidence.authenticated is False]
        if not marks:
            return []
        return [self._phrases("agent.tool.unverified", language, numbers=", ".join(marks), count=len(marks))]

    async def _with_large(
        self, question: Question, evidence: Sequence[Evidence], history: Sequence[Turn], begun: float, model: str
    ) -> AsyncGenerator[Event, None]:
        shown = _one_a_passage(evidence)[: compose.PASSAGES]
        today = compose.day(self._now(), question.language)
        turns = compose.large_prompt(question.text, question.language, shown, history, today)
        said = ""
        first: float | None = None
        async with aclosing(self._tokens(Generation(turns, max_tokens=compose.MAX_TOKENS_LARGE))) as tokens:
            async for piece in tokens:
                first = _since(begun) if first is None else first
                said += piece
                yield Piece(piece)
        sources = [f"{compose.source_line(one, question.language)} {one.passage}" for one in shown]
        said = compose.marked(said, sources, question.text)
        numbers = compose.cited(said, len(shown))
        if compose.believed(said, [*sources, today], question.text, compose.SLACK_LARGE):
            citations = tuple(Cited(number, shown[number - 1]) for number in numbers if shown[number - 1].record)
            for warning in self._unverified(citations, question.language):
                said += f"\n\n{warning}"
                yield Piece(f"\n\n{warning}")
            yield Answered(said, citations, model, first, _since(begun), phrased=True)
            return
        text, citations = self._quoting(question, evidence, self._chosen(evidence), "")
        yield Restated(text)
        yield Answered(text, citations, model, first, _since(begun), phrased=False)

    async def _tokens(self, request: Generation) -> AsyncGenerator[str, None]:
        stream = self._llm.generate(request)
        async for event in stream:
            if isinstance(event, Token):
                yield event.text
            elif isinstance(event, Finished):
                return


def _one_a_passage(evidence: Sequence[Evidence]) -> list[Evidence]:
    seen: dict[tuple[str, str], Evidence] = {}
    for one in evidence:
        seen.setdefault((one.record, one.passage), one)
    return list(seen.values())


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000


__all__ = ["Answered", "Answerer", "Cited", "Event", "Found", "LlmFailed", "Piece", "Restated"]
