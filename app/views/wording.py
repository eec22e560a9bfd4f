"""The window's sentences in one language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import QDateTime, QLocale

from app.errors import sentence
from app.texts import text


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
        if not moment:
            return ""
        try:
            local = datetime.fromisoformat(moment).astimezone()
        except (ValueError, OverflowError, OSError):
            return ""
        stamp = QDateTime(local.year, local.month, local.day, local.hour, local.minute, local.second)
        day = self.locale.toString(stamp.date(), "d MMM yyyy")
        if not time:
            return day
        return f"{day}, {self.locale.toString(stamp.time(), QLocale.FormatType.ShortFormat)}"

    def size(self, count: int) -> str:
        """A number of bytes in readable units."""
        return self.locale.formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeSIFormat)

    def number(self, count: int) -> str:
        return self.locale.toString(count)
