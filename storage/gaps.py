"""What conversations lose when a record is forgotten, and the mark that stands in its place.

Texts are compared as runs of words, folded (case and accents do not matter).  Pure; no database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from storage.language import STOP_WORDS
from storage.terms import fold

GAP = "⟦nuee:forgotten⟧"  # the same in every language; whoever shows it says it in the reader's
RUN = 5  # words in a row that are no accident
_QUOTED = 3  # words in a row of the very passage that an answer cites
_SHORT = 3  # characters; a shorter word says nothing
_WORD = re.compile(r"[^\W_]+")
_MARKS = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class Traces:
    """What of the forgotten records stands in conversations too: runs of `RUN` words (hashed), and words that no
    record left in the vault holds."""

    runs: Collection[int]
    words: Collection[str]


@dataclass(frozen=True)
class Source:
    """A forgotten record as an answer cites it."""

    number: int
    quote: str
    title: str
    sender: str


def words(text: str) -> list[str]:
    """The words of `text`, folded, in order."""
    return [word for word, _, _ in _spans(_composed(text))]


def telling(word: str) -> bool:
    """Whether a word alone may give a record away."""
    return len(word) >= _SHORT and word not in STOP_WORDS


def runs(found: Sequence[str], length: int = RUN) -> Iterator[int]:
    """A hash for each run of `length` words, as good as the run within this process."""
    for start in range(len(found) - length + 1):
        yield hash(tuple(found[start : start + length]))


def strings(value: Any) -> Iterator[str]:
    """Every text in what JSON holds, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from strings(held)
    elif isinstance(value, list):
        for held in value:
            yield from strings(held)


def without_runs(text: str, traces: Traces) -> str:
    """What a person typed, with every run that stands in a forgotten record cut out: they had pasted it."""
    composed = _composed(text)
    spans = list(_spans(composed))
    struck = [False] * len(spans)
    for start, run in enumerate(runs([word for word, _, _ in spans])):
        if run in traces.runs:
            struck[start : start + RUN] = [True] * RUN
    if not any(struck):
        return text
    kept, at = "", 0
    for (_, start, end), cut, before in zip(spans, struck, [False, *struck], strict=False):
        if cut:
            kept += "" if before else composed[at:start] + GAP
            at = end
    return kept + composed[at:]


def without_sources(text: str, sources: Sequence[Source], traces: Traces) -> str:
    """An answer without what it says of `sources`: every line, or quotation, that cites or quotes one of them.

    Where what is left still shows a trace of a forgotten record, nothing of the answer stays.
    """
    kept = []
    for unit, glue in _units(text):
        gone = any(_speaks_of(unit, source) for source in sources) or (bool(sources) and _betrays(unit, traces))
        if not gone:
            kept.append(unit + glue)
        elif next((said for said in reversed(kept) if said.strip()), "").strip() != GAP:  # one gap for neighbours
            kept.append(GAP + glue)
    cleaned = "".join(kept).rstrip("\n") if sources else text
    return GAP if _betrays(cleaned, traces) else cleaned


def _betrays(text: str, traces: Traces) -> bool:
    said = words(text.replace(GAP, "\n"))
    return any(word in traces.words for word in said) or any(run in traces.runs for run in runs(said))


def _speaks_of(unit: str, source: Source) -> bool:
    if any(int(number) == source.number for number in _MARKS.findall(unit)):
        return True
    said = words(unit)
    quoted = words(source.quote)
    if not set(runs(quoted, _QUOTED)).isdisjoint(runs(said, _QUOTED)):
        return True
    whole = (quoted, words(source.title), words(source.sender.partition("<")[0]))
    return any(_holds(said, part) for part in whole if any(map(telling, part)))


def _holds(said: Sequence[str], part: Sequence[str]) -> bool:
    """Whether `part` stands in `said`, word for word."""
    size = len(part)
    return any(list(said[at : at + size]) == list(part) for at in range(len(said) - size + 1))


def _units(text: str) -> Iterator[tuple[str, str]]:
    """Lines, and quotations whole, each with the line breaks behind it."""
    unit = ""
    for line in text.splitlines(keepends=True):
        if unit and not (unit.startswith(">") and line.startswith(">")):
            yield _parted(unit)
            unit = ""
        unit += line
    if unit:
        yield _parted(unit)


def _parted(unit: str) -> tuple[str, str]:
    body = unit.rstrip("\r\n")
    return body, unit[len(body) :]


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _spans(text: str) -> Iterable[tuple[str, int, int]]:
    for match in _WORD.finditer(text):
        yield fold(match.group()), match.start(), match.end()
