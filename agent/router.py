"""What a request wants: an answer, a search, or a tool with its arguments.

Most requests are decided by what the tools' examples teach (see agent.choosing), in milliseconds.  Where that leaves a
doubt, a model that can follow instructions chooses among the likely ones and "none of these", under a grammar.  The
arguments come from the request by rules; a model fills gaps of text, with words of the request alone.  Whatever is not
clear ends in a plain answer: a model that talks nonsense cannot make anything run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from agent import compose
from agent.arguments import Filled, Surroundings, Value, fill, holds, valid
from agent.everyday import NO_TOOL
from agent.llm import Finished, Generation, Llm, LlmFailed, Token, Turn
from agent.tools import MAX_STRANGE, Tool, quoted
from skills.declared import Argument

if TYPE_CHECKING:
    from agent.choosing import Chooser

NONE = ""  # the label of what needs no tool
SURE = 0.25  # a score from here on needs no second opinion; chosen on the development part of the benchmark
LIKELY = 0.2  # below this nothing is near
UNASKED = 0.1  # a tool is this much before "no tool": to act unasked is worse than to answer
MARGIN = 0.02  # a sure one is this much before the next
# How near a skill of instructions must be by its description, and how far before the next.  With MiniLM, over fifteen
# requests and six descriptions: two in their words reach 0.61 and 0.72, looser and French ones at most 0.44, which then
# have to name it; questions about one's own mail at most 0.35.
LED, LEAD = 0.55, 0.1
CANDIDATES = 3  # shown to the model
_EXPLICIT = re.compile(r"/((?:mcp:)?[a-z0-9-]+)(?:\s+(.*))?", re.S)
_SEARCH = re.compile(
    r"^\W*(?:please )?(?:search|look up|find (?:all|every)|(?:re)?cherche[rz]?(?:-moi)?|trouve tou[st])\s+(?:for )?"
    r"(?:(?:in )?my (?:mail|notes|vault) for |dans mes (?:mails|notes) )?(.+)",
    re.I | re.S,
)
_CHOOSE = {
    "en": "Which tool does the request ask for? Choose 'none' for a question, small talk, or anything else.",
    "fr": "Quel outil la demande veut-elle ? Choisis 'none' pour une question, un bavardage ou autre chose.",
}
_FILL = {
    "en": "Copy the words of the request that say: {about}. Copy nothing else; leave it empty if it says nothing.",
    "fr": "Copie les mots de la demande qui disent : {about}. Ne copie rien d’autre ; laisse vide s’il n’y a rien.",
}


class Meaning(Protocol):
    """The embedder, as far as the router needs it.  Trio thread only."""

    @property
    def model(self) -> str:
        """Names the vectors: two models never share a name; empty while there is none."""
        ...

    async def vectors(self, texts: Sequence[str]) -> Any | None:
        """One L2-normalised row for each text, or None while the embedder is not there."""
        ...

    async def lessons(self, texts: Sequence[str]) -> Any | None:
        """As `vectors`, for what skills and the program say of themselves: the same at every start."""
        ...


@dataclass(frozen=True)
class Route:
    """`missing`: required arguments that the request does not say; the person is asked for them.

    `search`: what to look for, for kind "search".  `confidence`: 0 … 1, as far as scores are one.
    """

    kind: Literal["answer", "search", "tool"]
    tool: Tool | None = None
    arguments: Mapping[str, Value] | None = None
    missing: tuple[Argument, ...] = ()
    search: str = ""
    confidence: float = 1.0


class Router:
    """Trio thread only.  Keeps what the tools' examples taught until the tools or the embedder change."""

    def __init__(self, meaning: Meaning, llm: Llm) -> None:
        self._meaning = meaning
        self._llm = llm
        self._learnt: tuple[tuple[Tool, ...], str, Chooser] | None = None
        self._vectors: dict[str, Any] = {}  # of the examples, by text, of one model
        self._model = ""

    async def route(self, request: str, language: str, tools: Sequence[Tool], around: Surroundings) -> Route:
        """Errors: none; a model that cannot answer leaves the answer to the plain way."""
        named = explicit(request, tools)
        if named is not None:
            own, words = named
            return await self.among(own, words, language, tools, around)
        choosable = tuple(tool for tool in tools if tool.choosable)
        if not choosable:
            return await self._guided(request, language, tools, around)
        ranked = await self.rank(request, choosable)
        label, score = ranked[0]
        asked = label != NONE and score >= SURE and score - dict(ranked)[NONE] >= UNASKED
        rest = [one for one in ranked[1:] if one[0] != NONE]
        if label == NONE and (not rest or rest[0][1] < LIKELY):
            return await self._guided(request, language, tools, around)
        by_name = {tool.name: tool for tool in choosable}
        if asked and score - ranked[1][1] >= MARGIN:
            return await self._filled(by_name[label], request, language, around, min(score, 1.0))
        likely = [by_name[name] for name, found_score in ranked if name != NONE and found_score >= LIKELY][:CANDIDATES]
        chosen = await self._doubt(request, language, likely, by_name[label] if asked else None)
        if chosen is None:
            return _without(request)
        return await self._filled(chosen, request, language, around, min(score, 1.0))

    async def among(
        self, own: Sequence[Tool], request: str, language: str, tools: Sequence[Tool], around: Surroundings
    ) -> Route:
        """Of the tools of one skill that was named, the likeliest with its arguments; the first where no words tell.

        `tools`: all there are, for what is learnt of them.  Errors: none.
        """
        chosen = own[0]
        choosable = tuple(tool for tool in tools if tool.choosable)
        if len(own) > 1 and request.strip() and choosable:
            scores = dict(await self.rank(request, choosable))
            chosen = max(own, key=lambda tool: scores.get(tool.name, 0.0))
        return await self._filled(chosen, request, language, around, 1.0)

    async def _guided(self, request: str, language: str, tools: Sequence[Tool], around: Surroundings) -> Route:
        """Where no tool is near: a skill of instructions that its description clearly leads to, else no tool."""
        plain = _without(request)
        known = [tool for tool in tools if tool.guides]
        if plain.kind == "search" or not known or not self._meaning.model:
            return plain
        told = [tool.about.said(language)[:MAX_STRANGE] for tool in known]
        own = await self._meaning.vectors([request])
        described = await self._encoded(told, self._meaning.model)
        if own is None or described is None:
            return plain
        near = sorted(((float(own[0] @ one), n) for n, one in enumerate(described)), reverse=True)
        if near[0][0] < LED or (len(near) > 1 and near[0][0] - near[1][0] < LEAD):
            return plain
        return await self._filled(known[near[0][1]], request, language, around, near[0][0])

    async def rank(self, request: str, tools: Sequence[Tool]) -> list[tuple[str, float]]:
        """Names of tools, and NONE, with their scores, best first."""
        chooser = await self._chooser(tuple(tools))
        vectors = await self._meaning.vectors([request]) if chooser.has_meaning else None
        scores = chooser.scores(request, None if vectors is None else vectors[0])
        return sorted(scores.items(), key=lambda one: -one[1])

    async def warm(self, tools: Sequence[Tool]) -> None:
        """Learn now what the first request would have to wait for."""
        choosable = tuple(tool for tool in tools if tool.choosable)
        if choosable:
            await self._chooser(choosable)

    async def _chooser(self, tools: tuple[Tool, ...]) -> Chooser:
        model = self._meaning.model
        if self._learnt is not None and self._learnt[:2] == (tools, model):
            return self._learnt[2]
        texts, labels = lesson(tools)
        from agent.choosing import Chooser  # brings numpy along: only where something is learnt

        vectors = await self._encoded(texts, model) if model else None
        chooser = Chooser(texts, labels, vectors)
        self._learnt = (tools, model if vectors is not None else "", chooser)
        return chooser

    async def _encoded(self, texts: Sequence[str], model: str) -> list[Any] | None:
        if model != self._model:
            self._model, self._vectors = model, {}
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            found = await self._meaning.lessons(new)
            if found is None or self._meaning.model != model:
                return None
            self._vectors.update(zip(new, found, strict=True))
        return [self._vectors[text] for text in texts]

    async def _doubt(self, request: str, language: str, likely: Sequence[Tool], best: Tool | None) -> Tool | None:
        """Who decides where the scores do not: a large model; without one the better score does, `best`."""
        if not likely:
            return None
        try:
            large = (await self._llm.info()).parameters >= compose.LARGE
        except LlmFailed:  # there is none
            large = False
        if not large:
            return best
        try:
            return await self.choose(request, language, likely)
        except LlmFailed:
            return None

    async def choose(self, request: str, language: str, tools: Sequence[Tool]) -> Tool | None:
        """The model's choice among `tools`; None where it takes none of them or talks nonsense.  Errors: LlmFailed."""
        names = ["none", *(tool.name for tool in tools)]
        lines = "\n".join(tool.described(language) for tool in tools)
        schema = {"type": "object", "properties": {"tool": {"enum": names}}, "required": ["tool"]}
        asked = f"{_CHOOSE[language]}\n\n{lines}\nnone\n\n{json.dumps(request, ensure_ascii=False)}"
        said = await written(self._llm, asked, schema, 40)
        name = said.get("tool") if isinstance(said, dict) else None
        return next((tool for tool in tools if tool.name == name), None)

    async def _filled(self, tool: Tool, request: str, language: str, around: Surroundings, confidence: float) -> Route:
        found = fill(tool, request, around)
        values = dict(found.values)
        wanted = [one for one in found.open if one.required and request.strip()]
        for one in wanted:
            about = one.about.said(language)
            if said := await self._asked(quoted(about) if tool.strange else about, request, language):
                values[one.name] = said
        return Route("tool", tool, values, _missing(tool, values, found), confidence=confidence)

    async def _asked(self, about: str, request: str, language: str) -> str:
        """What the model finds for a gap, if its words stand in the request."""
        schema = {"type": "object", "properties": {"words": {"type": "string"}}, "required": ["words"]}
        told = _FILL[language].format(about=about)
        try:
            said = await written(self._llm, f"{told}\n\n{json.dumps(request, ensure_ascii=False)}", schema, 80)
        except LlmFailed:
            return ""
        words = said.get("words") if isinstance(said, dict) else None
        return words.strip() if isinstance(words, str) and holds(words, request) else ""


def _without(request: str) -> Route:
    """No tool: a search where the request says so in as many words, else an answer."""
    if found := _SEARCH.match(request):
        return Route("search", search=found[1].strip())
    return Route("answer")


def explicit(request: str, tools: Sequence[Tool]) -> tuple[list[Tool], str] | None:
    """`/skill entry words…`, or `/skill words…`: the tools that can be meant, and the words."""
    match = _EXPLICIT.fullmatch(request.strip())
    if match is None:
        return None
    own = [tool for tool in tools if tool.skill == match[1]]
    first, _, rest = (match[2] or "").partition(" ")
    for tool in own:
        if tool.entry == first:
            return [tool], rest.strip()
    return (own, (match[2] or "").strip()) if own else None


def lesson(tools: Sequence[Tool]) -> tuple[list[str], list[str]]:
    """Texts and what each means: the examples of the tools, and what needs none."""
    texts, labels = list(NO_TOOL), [NONE] * len(NO_TOOL)
    for tool in tools:
        own = [*tool.examples, *(text for text in (tool.title.en, tool.title.fr) if _only(tool, tools))]
        texts += own
        labels += [tool.name] * len(own)
    return texts, labels


def _only(tool: Tool, tools: Sequence[Tool]) -> bool:
    return sum(other.skill == tool.skill for other in tools) == 1


def _missing(tool: Tool, values: Mapping[str, Value], found: Filled) -> tuple[Argument, ...]:
    wrong = [one for one in tool.arguments if one.name in values and not valid(one, values[one.name])]
    left = [one for one in tool.arguments if one.required and one.name not in values]
    return tuple(dict.fromkeys((*found.missing, *left, *wrong)))


async def written(llm: Llm, asked: str, schema: Mapping[str, Any], most: int) -> Any:
    """What the model writes under `schema`, parsed; None where it is no JSON.  Errors: LlmFailed."""
    text = ""
    request = Generation((Turn("user", asked),), max_tokens=most, repeat_penalty=1.0, schema=json.dumps(schema))
    async for event in llm.generate(request):
        if isinstance(event, Token):
            text += event.text
        elif isinstance(event, Finished):
            break
    try:
        return json.loads(text)
    except ValueError:
        return None
