"""Days, times of day and durations that a request names, in English and French.

A request looks ahead: "Tuesday" is the coming one, "the 5th" the next.  12/03 is the 12th of March.  Hours from 1 to 7
without am or pm are of the afternoon ("at 3").
"""

from __future__ import annotations

import calendar
import difflib
import itertools
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv", "february feb fevrier fevr", "march mars", "april apr avril", "may mai",
            "june juin", "july juillet juil", "august aug aout", "september sept sep septembre",
            "october oct octobre", "november nov novembre", "december dec decembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ("monday lundi mon", "tuesday mardi tue tues", "wednesday mercredi wed", "thursday jeudi thu thurs",
         "friday vendredi fri", "saturday samedi", "sunday dimanche")
    )
    for name in names.split()
}  # fmt: skip
_NEAR = {**_WEEKDAYS, "tomorrow": 7, "demain": 7}  # words that are recognised with a letter wrong
_NUMBERS = {
    word: number
    for number, words in enumerate(
        ("a an one un une", "two deux", "three trois", "four quatre", "five cinq", "six", "seven sept", "eight huit",
         "nine neuf", "ten dix", "eleven onze", "twelve douze"),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_COUNT = rf"\d{{1,3}}|{'|'.join(_NUMBERS)}"
_DURING = re.compile(r"(?:\bfor|\bpendant|\bpour|\bduree de|\bdurant|\blasting|\bd'|\bde)\s*(?:about |environ )?$")
_AT = re.compile(r"(?:\bat|\ba|\bvers|\bdes|\bfrom|\bde|\buntil|\btill|\bjusqu'a|\bbetween|\bentre|\bto|\bet|@|-)\s*$")
_GAP = 5  # characters between a weekday and its date: ", the "
_LATER = 7  # hours up to this are of the afternoon where nothing says otherwise


@dataclass(frozen=True)
class Found:
    """`value` as an argument has it; `start`/`end`: the characters of the request that say so."""

    value: str | int
    start: int
    end: int


def plain(text: str) -> str:
    """Lower case without accents, character for character, so that positions stay."""
    return "".join(_plain(c) for c in text)


def _plain(c: str) -> str:
    base = unicodedata.normalize("NFD", c)[0].lower()[:1]
    return "'" if base in "’‘" else " " if base.isspace() else base


def number(word: str) -> int:
    """What a count says, as digits or in words up to twelve."""
    return int(word) if word.isdigit() else _NUMBERS[word]


def days(text: str, today: date) -> list[Found]:
    """In the order they are named, as 2026-03-04; a week is its Monday, a weekend its Saturday."""
    found = _collect(plain(text), _DAYS, lambda match, make: _day(match, make, today))
    # "Monday 16 March" is one day: the date says which.
    double = [one for one, other in itertools.pairwise(found) if other.start - one.end <= _GAP and _named(text, one)]
    return [one for one in found if one not in double]


def _named(text: str, one: Found) -> bool:
    return not any(c.isdigit() for c in text[one.start : one.end])


def _day(match: re.Match[str], make: Callable[[re.Match[str], date], date | None], today: date) -> str | None:
    try:
        found = make(match, today)
    except (ValueError, OverflowError):  # the 31st of February
        return None
    return found.isoformat() if found is not None else None


def times(text: str) -> list[Found]:
    """In the order they are named, as 14:30."""
    line = plain(text)
    return _collect(line, _TIMES, lambda match, make: make(match, line))


def durations(text: str) -> list[Found]:
    """In the order they are named, in minutes."""
    line = plain(text)
    return _collect(line, _DURATIONS, lambda match, make: make(match, line))


def _collect(
    line: str, rules: Sequence[tuple[re.Pattern[str], Callable[..., object]]], read: Callable[..., object]
) -> list[Found]:
    found: list[Found] = []
    rest = line
    for pattern, make in rules:
        for match in pattern.finditer(rest):
            value = read(match, make)
            if isinstance(value, str | int):
                found.append(Found(value, match.start(), match.end()))
        for one in found:
            rest = rest[: one.start] + "\0" * (one.end - one.start) + rest[one.end :]
    return sorted(found, key=lambda one: one.start)


def _numbers(match: re.Match[str], _today: date) -> date:
    first, second, year = int(match[1]), int(match[2]), match[3]
    if second > 12:
        first, second = second, first
    return _coming(first, second, year, _today)


def _coming(day: int, month: int, year: str | None, today: date) -> date:
    if year:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = date(today.year, month, day)
    return found if found >= today - timedelta(days=60) else date(today.year + 1, month, day)


def _of_month(match: re.Match[str], today: date) -> date:
    day = int(match[1])
    for ahead in range(12):
        year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        if day <= calendar.monthrange(year, month + 1)[1] and date(year, month + 1, day) >= today:
            return date(year, month + 1, day)
    raise ValueError(day)


def _ahead(match: re.Match[str], today: date) -> date:
    return today + timedelta(days=number(match[1]) * (7 if match[2].startswith(("w", "s")) else 1))


def _weekday(match: re.Match[str], today: date) -> date | None:
    word = match["day"]
    if word not in _NEAR:
        near = difflib.get_close_matches(word, _NEAR, n=1, cutoff=0.84) if len(word) > 4 else []
        if not near:
            return None
        word = near[0]
    if _NEAR[word] == 7:
        return today + timedelta(days=1)
    ahead = (_NEAR[word] - today.weekday() - 1) % 7 + 1
    back = match["last"] or match["dernier"]
    return today + timedelta(days=ahead - (14 if back and ahead == 7 else 7 if back else 0))


def _next_week(_match: re.Match[str], today: date) -> date:
    return today + timedelta(days=7 - today.weekday())


def _weekend(_match: re.Match[str], today: date) -> date:
    return today + timedelta(days=max(0, 5 - today.weekday()) if today.weekday() < 6 else -1)


def _next_month(_match: re.Match[str], today: date) -> date:
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


def _fixed(days_ahead: int) -> Callable[[re.Match[str], date], date]:
    return lambda _match, today: today + timedelta(days=days_ahead)


_DAYS: tuple[tuple[re.Pattern[str], Callable[..., object]], ...] = (
    (re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b"), lambda m, _t: date(int(m[1]), int(m[2]), int(m[3]))),
    (re.compile(r"\b(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}|\d\d))?\b(?![/.:]\d)"), _numbers),
    (re.compile(rf"\b(?:(?:le|the) )?(\d{{1,2}})(?:er|st|nd|rd|th)?(?: of)? ({_MONTH})\b\.?(?:,? (\d{{4}}))?"),
     lambda m, t: _coming(int(m[1]), _MONTHS[m[2]], m[3], t)),
    (re.compile(rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?!:|\s?[ap]m\b)(?:,? (\d{{4}}))?"),
     lambda m, t: _coming(int(m[2]), _MONTHS[m[1]], m[3], t)),
    (re.compile(r"\b(?:the )?day after tomorrow\b|\bapres[- ]demain\b"), _fixed(2)),
    (re.compile(r"\b(?:today|tonight|tonite|this (?:morning|afternoon|evening)|now|aujourd'? ?hui|ajd|ce (?:matin|soir)"
                r"|cet apres-?midi|cette apres-?midi)\b"), _fixed(0)),
    (re.compile(r"\b(?:tomorrow|tmrw|tmr|tomorow|tommorow|tommorrow|demain)\b"), _fixed(1)),
    (re.compile(r"\b(?:yesterday|hier)\b"), _fixed(-1)),
    (re.compile(rf"\b(?:in|dans) ({_COUNT}) (days?|weeks?|jours?|semaines?)\b"), _ahead),
    (re.compile(r"\b(?:next week|la semaine prochaine|semaine prochaine)\b"), _next_week),
    (re.compile(r"\b(?:this week|cette semaine)\b"), _fixed(0)),
    (re.compile(r"\b(?:(?:this|the|next) week-?end|(?:ce|le) week-?end)\b"), _weekend),
    (re.compile(r"\b(?:next month|le mois prochain|mois prochain)\b"), _next_month),
    (re.compile(r"\b(?:(?P<last>last )|next |this |on |le |ce )?(?P<day>[a-z]{3,10})\b"
                r"(?P<dernier> derniere?)?(?: prochaine?)?"), _weekday),
    (re.compile(rf"\b(?:the|le) (\d{{1,2}})(?:er|st|nd|rd|th)?\b(?!\s*(?:h|:|am|pm|min|%|euro|e\b|€|{_MONTH}))"),
     _of_month),
)  # fmt: skip


def _clock(hour: int, minute: int, half: str = "", *, guess: bool = False) -> str | None:
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    elif guess and not half and 1 <= hour <= _LATER:
        hour += 12
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None


def _hours(match: re.Match[str], line: str) -> str | None:
    """14h30, 9 heures: a time of day unless it is said to last so long."""
    hour, minute = number(match[1]), int(match[2] or 0)
    before = line[: match.start()]
    if not _lasts(hour, before, line[match.end() :]):
        return _clock(hour, minute)
    return None


def _lasts(hour: int, before: str, behind: str) -> bool:
    said = _DURING.search(before)
    if said and said.group().strip() == "de":
        return hour <= 6 and not re.match(r"\s*(?:a|-|jusqu'a)\s*\d", behind)
    if said:
        return True
    return hour <= 4 and not _AT.search(before)


def _half(match: re.Match[str], _line: str) -> str | None:
    return _clock(number(match[1]), 30, guess=True)


_TIMES: tuple[tuple[re.Pattern[str], Callable[..., object]], ...] = (
    (re.compile(r"\b(\d{1,2})[:.](\d\d)\s*([ap])\.?m\b"), lambda m, _l: _clock(int(m[1]), int(m[2]), m[3] + "m")),
    (re.compile(r"\b(\d{1,2}):(\d\d)\b"), lambda m, _l: _clock(int(m[1]), int(m[2]))),
    (re.compile(r"\b(\d{1,2})\s*([ap])\.?m\b"), lambda m, _l: _clock(int(m[1]), 0, m[2] + "m")),
    (re.compile(rf"\b(?:half past|half) ({_COUNT})\b(?! (?:hour|day))"), _half),
    (re.compile(rf"\b({_COUNT}) heures? et demie?\b"),
     lambda m, line: None if _lasts(number(m[1]), line[: m.start()], "") else _clock(number(m[1]), 30)),
    (re.compile(rf"\b({_COUNT})\s?h(?:eures?|\b|(?=\d))\s?(\d\d)?\b"), _hours),
    (re.compile(rf"\b({_COUNT}) o'? ?clock\b"), lambda m, _l: _clock(number(m[1]), 0, guess=True)),
    (re.compile(r"(?<!apres-)(?<!apres )\b(?:noon|midday|midi)\b"), lambda _m, _l: "12:00"),
    (re.compile(r"\b(?:midnight|minuit)\b"), lambda _m, _l: "00:00"),
    (re.compile(r"(?:\bat|@) ?(\d{1,2})\b(?![:/.%]\d| ?(?:min|euro|day|people))"),
     lambda m, _l: _clock(int(m[1]), 0, guess=True)),
)  # fmt: skip


def _long(match: re.Match[str], line: str) -> int | None:
    hour, minute = number(match[1]), int(match[2] or 0)
    return 60 * hour + minute if _lasts(hour, line[: match.start()], line[match.end() :]) else None


_DURATIONS: tuple[tuple[re.Pattern[str], Callable[..., object]], ...] = (
    (re.compile(r"\b(?:an|one|1) hour and a half\b|\b(?:une|1) ?h(?:eure)? et demie\b"), lambda _m, _l: 90),
    (re.compile(r"\bhalf an? hour\b|\bhalf hour\b|\bdemi[- ]heure\b"), lambda _m, _l: 30),
    (re.compile(r"\b(?:a )?quarter of an hour\b|\b(?:un )?quart d'heure\b"), lambda _m, _l: 15),
    (re.compile(rf"\b({_COUNT}) ?-?(?:minutes?|mins?|mn)\b"), lambda m, _l: number(m[1])),
    (re.compile(rf"\b({_COUNT}) ?-?(?:hours?|hrs?)\b"), lambda m, _l: 60 * number(m[1])),
    (re.compile(rf"\b({_COUNT})\s?h(?:eures?|\b|(?=\d))\s?(\d\d)?\b"), _long),
)  # fmt: skip
