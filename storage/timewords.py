"""Time words of a question, in English and French, as intervals: "last week", "en mars 2026", "12/03", "hier".

Intervals are half-open, in seconds since the epoch, and days are those of the reader's own clock.  Weeks begin on
Monday.  What lies in the past is meant where a month or a weekday is named without a year: a mailbox is a memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from storage.terms import fold

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv", "february feb fevrier fevr", "march mar mars", "april apr avril avr", "may mai",
            "june jun juin", "july jul juillet juil", "august aug aout", "september sept sep septembre",
            "october oct octobre", "november nov novembre", "december dec decembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ("monday lundi", "tuesday mardi", "wednesday mercredi", "thursday jeudi", "friday vendredi",
         "saturday samedi", "sunday dimanche")
    )
    for name in names.split()
}  # fmt: skip
_NUMBERS = {
    word: number
    for number, words in enumerate(
        ("a an one un une", "two deux", "three trois", "four quatre", "five cinq", "six", "seven sept", "eight huit",
         "nine neuf", "ten dix"),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_AMBIGUOUS = frozenset({"may", "mar", "mars", "jan", "sep", "sept", "dec", "jun", "avr", "oct", "nov"})  # also words

Day = tuple[date, date]  # first day, day after the last


@dataclass(frozen=True)
class Interval:
    """`start` <= t < `end`; `words` is what of the (folded) question named it."""

    start: float
    end: float
    words: str

    def holds(self, moment: float) -> bool:
        return self.start <= moment < self.end


def intervals(question: str, now: float) -> list[Interval]:
    """The intervals that `question` names, in no particular order; `now` is the moment of asking."""
    today = datetime.fromtimestamp(now).date()
    text = fold(question[:2000])
    found: list[Interval] = []
    for pattern, resolve in _RULES:
        rest = text
        for match in pattern.finditer(text):
            try:
                days = resolve(match, today)
            except (ValueError, OverflowError):  # the 31st of February, the year 99999
                continue
            if days is not None:
                found.append(Interval(_midnight(days[0]), _midnight(days[1]), match.group().strip()))
                rest = rest.replace(match.group(), " " * len(match.group()), 1)
        text = rest
    return found


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day).timestamp()


def _day(day: date) -> Day:
    return day, day + timedelta(days=1)


def _week(day: date) -> Day:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def _month(year: int, month: int) -> Day:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


def _year(year: int) -> Day:
    return date(year, 1, 1), date(year + 1, 1, 1)


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word]


def _iso(match: re.Match[str], _today: date) -> Day:
    year, month = int(match["y"]), int(match["m"])
    return _day(date(year, month, int(match["d"]))) if match["d"] else _month(year, month)


def _slashes(match: re.Match[str], today: date) -> Day:
    """Day first, as in French and most of Europe, unless only month first makes a date."""
    first, second = int(match["a"]), int(match["b"])
    day, month = (second, first) if second > 12 >= first else (first, second)
    year = int(match["y"]) if match["y"] else 0
    if not year:
        return _day(_latest(lambda y: date(y, month, day), today))
    return _day(date(year + 2000 if year < 100 else year, month, day))


def _named_day(match: re.Match[str], today: date) -> Day:
    month, day = MONTHS[match["m"]], int(match["d"])
    if match["y"]:
        return _day(date(int(match["y"]), month, day))
    return _day(_latest(lambda year: date(year, month, day), today))


def _named_month(match: re.Match[str], today: date) -> Day | None:
    month = MONTHS[match["m"]]
    if match["y"]:
        return _month(int(match["y"]), month)
    before = (match["p"] or "").split()
    if match["m"] in _AMBIGUOUS and (not before or (before[0] in ("de", "of") and match["m"] not in ("mars", "may"))):
        return None
    year = today.year - (month > today.month)
    if before[:1] == ["last"] and month == today.month:
        year -= 1
    return _month(year, month)


def _latest(make: Callable[[int], date], today: date) -> date:
    """The latest such day that is not more than a month ahead of today."""
    this = make(today.year)
    return this if this <= today + timedelta(days=31) else make(today.year - 1)


def _named_year(match: re.Match[str], _today: date) -> Day:
    return _year(int(match["y"]))


def _relative(match: re.Match[str], today: date) -> Day:
    word = match.group()
    offsets = {"day before yesterday": -2, "avant-hier": -2, "avant hier": -2, "yesterday": -1, "hier": -1, "today": 0,
               "aujourd'hui": 0, "tonight": 0, "ce soir": 0, "tomorrow": 1, "demain": 1}  # fmt: skip
    return _day(today + timedelta(days=offsets[word.replace("’", "'")]))


def _unit_ago(match: re.Match[str], today: date) -> Day:
    """ "three weeks ago", "il y a trois semaines": the day, week, month or year that lies so far back."""
    count, unit = _number(match["n"]), match["u"]
    return _shifted(unit, -count, today)


def _shifted(unit: str, by: int, today: date) -> Day:
    if unit.startswith(("day", "jour")):
        return _day(today + timedelta(days=by))
    if unit.startswith(("week", "semaine")):
        return _week(today + timedelta(weeks=by))
    if unit.startswith(("month", "mois")):
        return _month(today.year, today.month + by)
    return _year(today.year + by)


def _unit_last(match: re.Match[str], today: date) -> Day:
    by = {"last": -1, "previous": -1, "past": -1, "this": 0, "next": 1, "ce": 0, "cet": 0, "cette": 0}
    return _shifted(match["u"], by[match["w"]], today)


def _unit_passed(match: re.Match[str], today: date) -> Day:
    return _shifted(match["u"], 1 if match["w"].startswith("proch") else -1, today)


def _span(match: re.Match[str], today: date) -> Day:
    """ "the last three days", "ces deux dernières semaines": up to and with today."""
    count, unit = _number(match["n"]), match["u"]
    days = {"d": 1, "j": 1, "w": 7, "s": 7, "m": 30, "y": 365, "a": 365}[unit[0]]
    return today - timedelta(days=count * days), today + timedelta(days=1)


def _weekday(match: re.Match[str], today: date) -> Day:
    wanted = WEEKDAYS[match["d"]]
    if match["next"]:
        return _day(today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1))
    return _day(today - timedelta(days=(today.weekday() - wanted - 1) % 7 + 1))


def _weekend(match: re.Match[str], today: date) -> Day:
    monday, _ = _week(today)
    last = bool(match["last"] or match["dernier"])
    saturday = monday + timedelta(days=5 - 7 * last)
    return saturday, saturday + timedelta(days=2)


def _rules() -> Iterator[tuple[re.Pattern[str], Callable[[re.Match[str], date], Day | None]]]:
    """The most specific first: what one rule has read, the next ones do not see."""
    month, weekday = "|".join(sorted(MONTHS, key=len, reverse=True)), "|".join(WEEKDAYS)
    number = r"(?P<n>\d{1,3}|" + "|".join(_NUMBERS) + ")"
    unit = r"(?P<u>days?|weeks?|months?|years?|jours?|semaines?|mois|annees?|ans?)"
    year = r"(?P<y>(?:19|20)\d\d)"
    yield re.compile(rf"\b{year}-(?P<m>\d\d)(?:-(?P<d>\d\d))?\b"), _iso
    yield re.compile(r"\b(?P<a>\d{1,2})[/.](?P<b>\d{1,2})(?:[/.](?P<y>(?:19|20)?\d\d))?\b(?!\s?[€$%])"), _slashes
    yield (
        re.compile(rf"\b(?P<d>\d{{1,2}})(?:er|st|nd|rd|th)?\s+(?:of\s+)?(?P<m>{month})\b\.?(?:,?\s+{year})?"),
        _named_day,
    )
    yield re.compile(rf"\b(?P<m>{month})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d)(?:,?\s+{year})?"), _named_day
    before = r"in|last|since|during|of|en|depuis|au mois de|de|fin|debut|mi"
    yield re.compile(rf"(?:\b(?P<p>{before})[\s-]+)?\b(?P<m>{month})\b\.?(?:\s+(?:of\s+)?{year})?"), _named_month
    yield re.compile(r"\b(?:day before yesterday|avant[- ]hier|yesterday|hier|today|aujourd['’]hui|tonight|ce soir"
                     r"|tomorrow|demain)\b"), _relative  # fmt: skip
    yield re.compile(rf"\b(?:last|past|previous|these|ces|les)\s+{number}\s+(?:last\s+|derniere?s\s+)?{unit}\b"), _span
    yield re.compile(rf"\b{number}\s+{unit}\s+ago\b"), _unit_ago
    yield re.compile(rf"\bil y a\s+{number}\s+{unit}\b"), _unit_ago
    yield re.compile(r"\b(?P<last>last\s+)?(?:this\s+|ce\s+)?week-?end(?P<dernier>\s+(?:dernier|passe))?\b"), _weekend
    yield re.compile(rf"\b(?P<w>last|previous|past|this|next|cette|cet|ce)\s+{unit}\b"), _unit_last
    yield re.compile(rf"\b{unit}\s+(?P<w>derniere?|passee?|precedente?|prochaine?)\b"), _unit_passed
    yield (
        re.compile(rf"\b(?P<next>next\s+)?(?:last\s+|on\s+)?(?P<d>{weekday})s?\b(?:\s+(?:dernier|passe)\b)?"),
        _weekday,
    )
    yield re.compile(rf"\b(?:in|of|since|during|en|depuis|l['’]annee|year)\s+{year}\b"), _named_year


_RULES = tuple(_rules())
