"""The window's sentences in one language."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from PySide6.QtCore import QDate, QLocale, QTime

from app.chain.amounts import decimal_text
from app.errors import sentence
from app.texts import catalogue, text

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Words:
    """Says things in `language` (en | fr): sentences of the catalogue's section `window`, dates, sizes, failures."""

    language: str

    def __call__(self, key: str, /, **values: Any) -> str:
        """The sentence `window.<key>`.  Errors: KeyError for an unknown key."""
        return text(f"window.{key}", self.language, **values)

    def failure(self, error: BaseException) -> str:
        """What to tell a person about an error: its own sentence where there is one, never a traceback."""
        return sentence(error, self.language)

    def trouble(self, code: str, detail: str) -> str:
        """The sentence for a failure that was noted earlier: its code, and the English sentence it came with."""
        key = f"error.{code}"
        try:
            return text(key, self.language, detail=detail) if key in catalogue() else detail or code
        except KeyError:
            return detail or code

    @property
    def locale(self) -> QLocale:
        """The user's own locale where it speaks this language, for the habits of their country."""
        system = QLocale.system()
        french = self.language == "fr"
        wanted = QLocale.Language.French if french else QLocale.Language.English
        if system.language() == wanted:
            return system
        country = QLocale.Country.France if french else QLocale.Country.UnitedKingdom
        return QLocale(wanted, country)

    def date(self, moment: str | None, *, time: bool = False) -> str:
        """An ISO 8601 moment as a local date, with the time of day if wanted; empty for None or nonsense."""
        local = _local(moment)
        if local is None:
            return ""
        day = self.locale.toString(QDate(local.year, local.month, local.day), "d MMM yyyy")
        return f"{day}, {self.clock(local)}" if time else day

    def time(self, moment: str | None) -> str:
        """The local time of day of an ISO 8601 moment; empty for None or nonsense."""
        local = _local(moment)
        return "" if local is None else self.clock(local)

    def clock(self, local: datetime) -> str:
        """The time of day."""
        return self.locale.toString(QTime(local.hour, local.minute), QLocale.FormatType.ShortFormat)

    def ago(self, moment: str | None) -> str:
        """How long ago: "3 minutes ago"; the date where it is more than a day.  Empty for None or nonsense."""
        local = _local(moment)
        if local is None:
            return ""
        seconds = (datetime.now().astimezone() - local).total_seconds()
        if seconds < _MINUTE:
            return self("ago.now")
        if seconds < _HOUR:
            return self("ago.past", time=self("duration.minute", count=int(seconds / _MINUTE)))
        if seconds < _DAY:
            return self("ago.past", time=self("duration.hour", count=int(seconds / _HOUR)))
        return self("ago.on", date=self.date(moment))

    def when(self, moment: str | None) -> str:
        """A moment to come: "at 14:05", with the date where it is not today.  Empty for None or nonsense."""
        local = _local(moment)
        if local is None:
            return ""
        if local.date() == datetime.now().astimezone().date():
            return self("ago.at", time=self.clock(local))
        return self("ago.at_date", date=self.date(moment), time=self.clock(local))

    def day(self, iso: str) -> str:
        """A local date, YYYY-MM-DD, as a heading: "Today", "Yesterday", "Monday 4 May 2026"."""
        try:
            meant = date.fromisoformat(iso)
        except ValueError:
            return iso
        today = datetime.now().astimezone().date()
        if meant == today:
            return self("ago.today")
        if meant == today - timedelta(days=1):
            return self("ago.yesterday")
        named = self.locale.toString(QDate(meant.year, meant.month, meant.day), "dddd d MMMM yyyy")
        return named[:1].upper() + named[1:]

    def day_to_come(self, day: dt.date) -> str:
        """A day to choose: "Today", "Tomorrow", "Mon 23 Nov"."""
        today = date.today()
        if day in (today, today + timedelta(days=1)):
            return self("ago.today" if day == today else "choose.tomorrow")
        return self.locale.toString(QDate(day.year, day.month, day.day), "ddd d MMM")

    def time_of_day(self, at: dt.time) -> str:
        return self.locale.toString(QTime(at.hour, at.minute), QLocale.FormatType.ShortFormat)

    def hours(self, said: str) -> str:
        """Times of day, "22:00-07:00", as the person's country writes them."""
        begins, _, ends = said.partition("-")
        return f"{self.time_of_day(dt.time.fromisoformat(begins))} – {self.time_of_day(dt.time.fromisoformat(ends))}"

    def moment(self, moment: str) -> str:
        """An ISO 8601 moment as a day of the week and a time: "Mon 23 Nov, 14:30".  Empty for nonsense."""
        local = _local(moment)
        if local is None:
            return ""
        day = self.locale.toString(QDate(local.year, local.month, local.day), "ddd d MMM")
        return f"{day}, {self.clock(local)}"

    def lasting(self, minutes: int) -> str:
        """How long something takes: "45 minutes", "an hour", "1 h 30", "a day"."""
        hours, rest = divmod(minutes, 60)
        if not hours:
            return self("duration.minute", count=minutes)
        if rest:
            return self("choose.hours_minutes", hours=hours, minutes=f"{rest:02}")
        return self("duration.hour", count=hours)

    def size(self, count: int) -> str:
        """A number of bytes in readable units."""
        return self.locale.formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeSIFormat)

    def decimal(self, amount: str) -> str:
        """Decimal text in whole tokens as every amount is written; what is shown can be typed in again."""
        return decimal_text(amount, "", self.language)

    def number(self, count: int) -> str:
        return self.locale.toString(count)


def _local(moment: str | None) -> datetime | None:
    if not moment:
        return None
    try:
        return datetime.fromisoformat(moment).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
