"""Filters in a query, in English and French: `from:bank before:2026-03 "car insurance" -refund`.

A filter is a prefix and a value without a space between; a value with spaces stands in quotes.  Words in quotes alone
must stand together in the record, a word or filter behind "-" must not hold.  What looks like a filter but has no known
prefix ("re: hello", "https://…", "12:30") stays text.  Several values for sender, folder, source and kind are
alternatives; everything else has to hold at once.  Pure; any thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal, TypeVar

from storage import threads
from storage.records import KINDS, Flag
from storage.terms import fold, phrase, terms

Field = Literal[
    "from",
    "to",
    "subject",
    "in",
    "source",
    "kind",
    "before",
    "after",
    "since",
    "on",
    "has",
    "is",
    "text",
    "label",
    "priority",
]
Condition = tuple[str, list[object]]  # SQL over a row `r` of record, and its parameters

_PREFIXES: dict[str, Field] = {
    "from": "from", "de": "from", "to": "to", "a": "to", "pour": "to", "subject": "subject", "objet": "subject",
    "sujet": "subject", "in": "in", "dans": "in", "dossier": "in", "source": "source", "kind": "kind", "type": "kind",
    "before": "before", "avant": "before", "after": "after", "apres": "after", "since": "since", "depuis": "since",
    "on": "on", "le": "on", "has": "has", "avec": "has", "is": "is", "est": "is", "label": "label",
    "etiquette": "label", "priority": "priority", "priorite": "priority",
}  # fmt: skip
_KINDS = {kind: kind for kind in KINDS} | {
    "email": "mail", "courriel": "mail", "courrier": "mail", "message": "mail", "fichier": "file", "document": "file",
    "evenement": "event", "rendez-vous": "event", "rdv": "event",
}  # fmt: skip
_ATTACHMENT = frozenset(("attachment", "file", "piece-jointe", "piecejointe", "pj", "fichier"))
_FLAGS: dict[str, tuple[Flag, bool]] = {
    "unread": ("seen", False), "read": ("seen", True), "flagged": ("flagged", True), "starred": ("flagged", True),
    "answered": ("answered", True), "unanswered": ("answered", False), "draft": ("draft", True),
    "non-lu": ("seen", False), "nonlu": ("seen", False), "lu": ("seen", True), "suivi": ("flagged", True),
    "marque": ("flagged", True), "repondu": ("answered", True), "brouillon": ("draft", True),
}  # fmt: skip
_PRIORITIES = {
    "high": "high", "normal": "normal", "low": "low", "haute": "high", "normale": "normal", "basse": "low",
}  # fmt: skip
_ANY_OF = frozenset(("from", "in", "source", "kind"))  # several values are alternatives
_MAX = 32  # filters of one query
_LONGEST = 200  # characters of a value that are compared

_BREAK = "instr(r.listing, char(10))"  # between title and sender, both folded

T = TypeVar("T")

_QUOTES = str.maketrans("“”„«»", '"""""')
_TOKEN = re.compile(r'(?P<not>-)?(?:(?P<prefix>[^\W\d_]+):(?=[^\s/]))?(?:"(?P<quoted>[^"]*)"|(?P<word>[^\s"]+))')
_DATE = re.compile(r"(?P<y>\d{4})(?:-(?P<m>\d{1,2})(?:-(?P<d>\d{1,2}))?)?")


class BadFilter(Exception):
    """A filter has a value that it does not know."""

    code = "bad-filter"


class BadDate(BadFilter):
    """A filter by date has no date."""

    code = "bad-filter-date"


@dataclass(frozen=True)
class Filter:
    """One condition.  `value` as it was typed; of field "text" a word or a phrase."""

    field: Field
    value: str
    negated: bool = False


@dataclass(frozen=True)
class Query:
    """`text` is what to rank by, the words of quoted phrases among it; `loose` is the same without them."""

    text: str
    filters: tuple[Filter, ...] = ()
    loose: str = ""


def parse(query: str, *, question: bool = False) -> Query:
    """Take a query apart.  In a question, quotes quote and a dash is a dash: prefixes alone filter.

    Errors: BadFilter, BadDate.
    """
    text: list[str] = []
    loose: list[str] = []
    found: list[Filter] = []
    for match in _TOKEN.finditer(query.translate(_QUOTES)):
        one = _filter(match, question=question) if len(found) < _MAX else None
        if one is not None:
            condition(one)  # says now what is wrong with it
            found.append(one)
        if one is None:
            loose.append(match.group())
            text.append(match.group())
        elif one.field == "text" and not one.negated:
            text.append(one.value)
    return Query(" ".join(text), tuple(found), " ".join(loose)) if found else Query(query, (), query)


def where(filters: tuple[Filter, ...]) -> Condition:
    """All of `filters` as one SQL condition over a row `r` of record, and its parameters; "1" for none."""
    parts: list[str] = []
    parameters: list[object] = []
    alternatives: dict[Field, list[Condition]] = {}
    for one in filters:
        made = condition(one)
        if one.field in _ANY_OF and not one.negated:
            alternatives.setdefault(one.field, []).append(made)
            continue
        parts.append(f"NOT ifnull({made[0]}, 0)" if one.negated else made[0])
        parameters += made[1]
    for made_of_field in alternatives.values():
        parts.append("(" + " OR ".join(sql for sql, _ in made_of_field) + ")")
        parameters += [value for _, values in made_of_field for value in values]
    return " AND ".join(parts) or "1", parameters


def condition(one: Filter) -> Condition:
    """The condition of a filter as if it were not negated.  Errors: BadFilter, BadDate."""
    return _CONDITIONS[one.field](one.value)


def days(value: str) -> tuple[float, float]:
    """A year, month or day in local time as [start, end) in seconds since the epoch.  Errors: BadDate."""
    match = _DATE.fullmatch(value)
    try:
        first, last = _span(match) if match else (None, None)
        if first and last:
            return _midnight(first), _midnight(last)
    except (ValueError, OverflowError, OSError):  # the 31st of February, the year 0
        pass
    raise BadDate(f"“{value[:40]}” is no date; write it as 2026, 2026-03 or 2026-03-01")


def _span(match: re.Match[str]) -> tuple[date, date]:
    year, month = int(match["y"]), int(match["m"] or 1)
    first = date(year, month, int(match["d"] or 1))
    if match["d"]:
        return first, first + timedelta(days=1)
    if match["m"]:
        return first, date(year + month // 12, month % 12 + 1, 1)
    return first, date(year + 1, 1, 1)


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day).timestamp()


def _filter(match: re.Match[str], *, question: bool) -> Filter | None:
    """What a piece of the query filters by, or None where it is text."""
    quoted, word = match["quoted"], match["word"]
    value = (quoted if quoted is not None else word).strip()
    field = _PREFIXES.get(fold(match["prefix"] or ""))
    if match["prefix"]:
        value = value if quoted is not None else value.rstrip(",;?!")
        return Filter(field, value, bool(match["not"])) if field and value else None
    if question or not terms(value) or not (quoted is not None or (match["not"] and value[0].isalpha())):
        return None
    return Filter("text", value, bool(match["not"]))


def _contains(column: str) -> Callable[[str], Condition]:
    return lambda value: (f"instr({column}, ?) > 0", [threads.fold(value)])


def _like(column: str) -> Callable[[str], Condition]:
    return lambda value: (f"{column} GLOB ?", [_pattern(value)])


def _pattern(value: str) -> str:
    """A GLOB pattern for "contains", whatever the case and the accents of either side."""
    letters = _letters()
    classes = (letters.get(letter) or "".join({letter, letter.upper()[:1]}) for letter in fold(value[:_LONGEST]))
    return "*" + "".join(f"[{some}]" for some in classes) + "*"


@cache
def _letters() -> dict[str, str]:
    """For each plain letter the ones that people write for it: "e" for "eEéÉèÈ…".  A class of GLOB cannot begin with
    "^", so that stands behind another sign."""
    found: dict[str, str] = {"^": "*^"}
    for letter in map(chr, range(32, 0x180)):
        plain = fold(letter)
        if len(plain) == 1 and plain.isalpha():
            found[plain] = found.get(plain, "") + letter
    return found


def _source(value: str) -> Condition:
    known = "SELECT id FROM source WHERE name GLOB ? OR kind = ?"
    named: list[object] = [_pattern(value), fold(value)]
    has_it = f"SELECT record FROM source_item WHERE record IS NOT NULL AND source IN ({known})"  # noqa: S608
    return f"(r.source IN ({known}) OR r.number IN ({has_it}))", named * 2


def _kind(value: str) -> Condition:
    kind = _chosen(value, _KINDS, "a kind of record", ", ".join(KINDS))
    return "r.kind = ?", [kind]


def _has(value: str) -> Condition:
    _chosen(value, {name: name for name in _ATTACHMENT}, "something a record can have", "attachment")
    return "r.attachment_count > 0", []


def _is(value: str) -> Condition:
    flag, held = _chosen(value, _FLAGS, "a state of a mail", "unread, read, flagged, answered, draft")
    return f"(r.kind = 'mail' AND instr(r.flags, ?) {'>' if held else '='} 0)", [f'"{flag}"']


def _chosen(value: str, known: dict[str, T], what: str, names: str) -> T:
    """What `value` means, in singular or plural."""
    plain = fold(value)
    for name in (plain, plain.removesuffix("s"), plain.removesuffix("es")):
        if name in known:
            return known[name]
    raise BadFilter(f"“{value[:40]}” is not {what}: {names}")


def _before(value: str) -> Condition:
    return "r.date < ?", [days(value)[0]]


def _after(value: str) -> Condition:
    return "r.date >= ?", [days(value)[1]]


def _since(value: str) -> Condition:
    return "r.date >= ?", [days(value)[0]]


def _on(value: str) -> Condition:
    start, end = days(value)
    return "(r.date >= ? AND r.date < ?)", [start, end]


def _label(value: str) -> Condition:
    """A label that was put on the mail, whole; case and accents do not matter."""
    named = "SELECT m.record FROM mark m, json_each(m.labels) l WHERE l.value GLOB ?"
    return f"r.number IN ({named})", [_pattern(value)[1:-1]]


def _priority(value: str) -> Condition:
    priority = _chosen(value, _PRIORITIES, "a priority", "high, normal, low")
    return "r.number IN (SELECT m.record FROM mark m WHERE m.priority = ?)", [priority]


def _text(value: str) -> Condition:
    return (
        "r.number IN (SELECT c.record FROM chunk_terms t JOIN chunk c ON c.id = t.rowid WHERE t.chunk_terms MATCH ?)",
        [phrase(value)],
    )


_CONDITIONS: dict[Field, Callable[[str], Condition]] = {
    "from": _contains(f"substr(r.listing, {_BREAK} + 1)"),
    "to": _like("r.recipients"),
    "subject": _contains(f"substr(r.listing, 1, {_BREAK} - 1)"),
    "in": _like("r.folder"),
    "source": _source,
    "kind": _kind,
    "before": _before,
    "after": _after,
    "since": _since,
    "on": _on,
    "has": _has,
    "is": _is,
    "text": _text,
    "label": _label,
    "priority": _priority,
}
