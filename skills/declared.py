"""What an author says of a skill to the person and to the agent: its title, what it is for, what an entry is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ArgumentType = Literal[
    "text", "request", "number", "day", "time", "duration", "address", "person", "mail", "choice"
]  # docs/skills.md says what each holds


@dataclass(frozen=True)
class Text:
    """The same said in both languages; both empty where an author said nothing."""

    en: str = ""
    fr: str = ""

    def said(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


NOTHING = Text()


@dataclass(frozen=True)
class Argument:
    """One thing that the agent fills in from a request.  `choices` are there exactly for type "choice"."""

    name: str
    type: ArgumentType
    about: Text = NOTHING
    required: bool = False
    choices: tuple[str, ...] = ()
