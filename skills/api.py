"""What the rest of the house may know of a skill: frozen types, nothing that acts.

A permission is parsed from one line of `skill.toml` (grammar in permissions.py) and names a resource, never a function.
`describe` gives what a person is asked: a catalogue key with its values, and the English sentence for that key.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from skills.declared import NOTHING, Argument, Text


@dataclass(frozen=True)
class Description:
    """`key` and `values` fill a translated sentence of the catalogue; `sentence` is the English one, filled."""

    key: str
    values: tuple[tuple[str, str], ...]
    sentence: str


@dataclass(frozen=True)
class _Plain:
    """A permission that takes no argument."""

    spelling: ClassVar[str]
    sentence: ClassVar[str]

    def __str__(self) -> str:
        return self.spelling

    def describe(self) -> Description:
        return Description(f"permission.{self.spelling.replace('.', '-').replace(':', '-')}", (), self.sentence)


class MailRead(_Plain):
    spelling = "mail.read"
    sentence = "Read your mail."


class MailLabel(_Plain):
    spelling = "mail.label"
    sentence = "Put labels and a priority on your mail."


class MailDraft(_Plain):
    spelling = "mail.draft"
    sentence = "Write drafts of mail for you to read and send."


@dataclass(frozen=True)
class MailSend:
    """`mail.send:to=contact` or `mail.send:to=anyone`"""

    to: Literal["contact", "anyone"]

    def __str__(self) -> str:
        return f"mail.send:to={self.to}"

    def describe(self) -> Description:
        whom = "people in your contacts" if self.to == "contact" else "anyone"
        return Description(f"permission.mail-send-{self.to}", (), f"Send mail in your name to {whom}.")


@dataclass(frozen=True)
class NetFetch:
    """`net.fetch:https://HOST[:PORT]/PATH` for one address, or `…/PATH*` for all that begin with it.

    `host` is lower-case ASCII; `path` begins with "/" and holds no `*`, `?`, `#`, `%`, `\\` or dot segment.
    """

    host: str
    port: int | None
    path: str
    prefix: bool

    def __str__(self) -> str:
        return f"net.fetch:{self._address()}"

    def describe(self) -> Description:
        if self.prefix:
            sentence = f"Fetch web pages whose address begins with {self._address()[:-1]}."
            return Description("permission.net-fetch-prefix", (("address", self._address()[:-1]),), sentence)
        sentence = f"Fetch the web page {self._address()}."
        return Description("permission.net-fetch", (("address", self._address()),), sentence)

    def _address(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"https://{self.host}{port}{self.path}{'*' if self.prefix else ''}"


class NetFetchAsked(_Plain):
    """`net.fetch:asked`: an address that the person typed in this turn, and no other."""

    spelling = "net.fetch:asked"
    sentence = "Fetch a web page whose address you typed yourself."


class PeerAsk(_Plain):
    spelling = "peer.ask"
    sentence = "Ask the agents of your contacts to do tasks."


class NotesRead(_Plain):
    spelling = "notes.read"
    sentence = "Read your notes."


class FeedsRead(_Plain):
    spelling = "feeds.read"
    sentence = "Read the feeds that you follow."


class CalendarRead(_Plain):
    spelling = "calendar.read"
    sentence = "Read your calendars."


class CalendarWrite(_Plain):
    spelling = "calendar.write"
    sentence = "Add events to your calendar."


class ContactsRead(_Plain):
    spelling = "contacts.read"
    sentence = "Read your contacts."


class MemoryRead(_Plain):
    spelling = "memory.read"
    sentence = "Read what you told the agent to remember."


class ModelUse(_Plain):
    spelling = "model.use"
    sentence = "Have the language model on this computer read and write."


class Keep(_Plain):
    spelling = "keep"
    sentence = "Keep notes of its own from one run to the next."


class ContractsCompile(_Plain):
    spelling = "contracts.compile"
    sentence = "Compile contracts; it cannot deploy them."


@dataclass(frozen=True)
class Spend:
    """`spend:max=AMOUNT`: at most this much in one run, in the currency that the user's wallet is set to."""

    maximum: Decimal

    def __str__(self) -> str:
        return f"spend:max={self.maximum:f}"

    def describe(self) -> Description:
        amount = f"{self.maximum:f}"
        return Description("permission.spend", (("amount", amount),), f"Spend up to {amount} each time it runs.")


Permission = (
    MailRead
    | MailLabel
    | MailDraft
    | MailSend
    | NotesRead
    | FeedsRead
    | CalendarRead
    | CalendarWrite
    | ContactsRead
    | MemoryRead
    | NetFetch
    | NetFetchAsked
    | ModelUse
    | Keep
    | ContractsCompile
    | PeerAsk
    | Spend
)


@dataclass(frozen=True)
class Entry:
    """A name that triggers refer to, and the function of the program that it stands for.

    `arguments`: what the agent fills in from a request; `examples`: requests that mean this entry.
    """

    name: str
    function: str
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()


Occasion = Literal["request", "mail", "schedule", "feed", "task"]


@dataclass(frozen=True)
class Trigger:
    """When an entry runs.  `at` is the local time of day "HH:MM" of a schedule, else None."""

    on: Occasion
    run: str
    at: str | None = None


@dataclass(frozen=True)
class Manifest:
    """A skill folder that was found valid.

    `version` is None for a plain Agent Skills folder: instructions only, nothing in it runs and it has no permission.
    `programs`: the files of its program in the order in which they are joined.
    `allowed_tools` is what the author of such a folder suggests to other programs; it grants nothing here.
    `digest` is the SHA-256 (hexadecimal) of exactly the files that were validated; see docs/skills.md.
    """

    name: str
    description: str
    instructions: str
    digest: str
    license: str = ""
    compatibility: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    allowed_tools: tuple[str, ...] = ()
    version: str | None = None
    programs: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    permissions: tuple[Permission, ...] = ()
    title: Text = NOTHING
    about: Text = NOTHING


@dataclass(frozen=True)
class Problem:
    """`code` is stable; `where` is a file of the skill, with the field after a colon; `sentence` is for the author."""

    code: str
    where: str
    sentence: str


@dataclass(frozen=True)
class Report:
    """`manifest` is there exactly when there is no problem."""

    manifest: Manifest | None
    problems: tuple[Problem, ...]
