"""Where content comes from, and how that follows it: whatever a turn has read taints everything it makes afterwards.

Only what the person typed is trusted.  Mail, notes, feeds, files, events, contacts, peers, what skills return and what
a model says are data: an attacker may have written any of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, get_args

Origin = Literal["user", "mail", "note", "file", "article", "page", "event", "contact", "peer", "skill", "model"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)
T = TypeVar("T")
U = TypeVar("U")
_ADDRESS = r"[^<>\s,;:\"()@]+@[^<>\s,;:\"()@]+"
_SENDER = re.compile(rf"(?:[^<>]*<)?({_ADDRESS})>?")


@dataclass(frozen=True, order=True)
class Provenance:
    """`record`: its id in the vault, or empty.  `sender`: as shown, "Name <address>", a peer's id, or a skill's name.

    `authenticated`: that the sender is who it says was checked (SPF, DKIM and DMARC, or a peer's signature).
    `own`: the person wrote it, in a mail they sent; it is not trusted as what they type now, but nobody else's either.
    """

    origin: Origin
    record: str = ""
    title: str = ""
    sender: str = ""
    authenticated: bool = False
    own: bool = False

    @property
    def trusted(self) -> bool:
        return self.origin == "user"

    @property
    def address(self) -> str:
        """The sender's one mail address in lower case; empty where there is none or more than one could be meant."""
        return address(self.sender)


USER = Provenance("user")


def address(sender: str) -> str:
    """The one mail address of "Name <address>" or of a bare one, in lower case; empty where that is not plain."""
    found = _SENDER.fullmatch(sender.strip())
    plain = found is not None and ("<" in sender) == (">" in sender)
    return found[1].lower() if found is not None and plain else ""


@dataclass(frozen=True)
class Taint:
    """What a turn or a value rests on.  `typed`: what the person wrote in this turn, word for word."""

    sources: frozenset[Provenance] = frozenset()
    typed: tuple[str, ...] = field(default=(), repr=False)

    @property
    def untrusted(self) -> tuple[Provenance, ...]:
        """In a steady order, to be named to the person."""
        return tuple(sorted(one for one in self.sources if not one.trusted))

    def __or__(self, other: Taint) -> Taint:
        return Taint(self.sources | other.sources, tuple(dict.fromkeys((*self.typed, *other.typed))))

    def named(self, value: str) -> bool:
        """Whether the person wrote exactly this address, standing by itself; punctuation around it does not count."""
        return any(
            value in (word, word.strip("<>()[]{}\"'“”«»,;"), word.rstrip(".,;:!?)>]\"'”»").lstrip("<([\"'“«"))
            for text in self.typed
            for word in text.split()
        )

    def to_plain(self) -> dict[str, Any]:
        """As JSON holds it, for a run that is suspended."""
        listed = [[o.origin, o.record, o.title, o.sender, o.authenticated, o.own] for o in sorted(self.sources)]
        return {"sources": listed, "typed": list(self.typed)}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Taint:
        """Errors: KeyError, TypeError, ValueError for what `to_plain` did not make."""
        sources = frozenset(Provenance(*one) for one in plain["sources"])
        if not all(one.origin in ORIGINS for one in sources):
            raise ValueError("an origin is unknown")
        return cls(sources, tuple(plain["typed"]))


@dataclass(frozen=True)
class Tainted(Generic[T]):
    """A value with what it rests on.  What is made of it by `map` or `join` rests on the same."""

    value: T
    taint: Taint

    def map(self, make: Callable[[T], U]) -> Tainted[U]:
        return Tainted(make(self.value), self.taint)


def join(values: Iterable[Tainted[T]], make: Callable[[Sequence[T]], U]) -> Tainted[U]:
    """One value made of several: it rests on what each rests on."""
    held = list(values)
    taint = Taint()
    for one in held:
        taint |= one.taint
    return Tainted(make([one.value for one in held]), taint)


class Turn:
    """The ledger of one turn; one task's at a time.  It only ever grows: nothing that was read can be unread."""

    def __init__(self, taint: Taint | None = None) -> None:
        """`taint`: of a turn that was suspended, or of the conversation so far."""
        self._taint = taint or Taint()

    @property
    def taint(self) -> Taint:
        return self._taint

    def typed(self, text: str) -> Tainted[str]:
        """What the person wrote now.  It is trusted; content they pasted counts as theirs."""
        own = Taint(frozenset({USER}), (text,))
        self._taint |= own
        return Tainted(text, own)

    def read(self, value: T, *sources: Provenance) -> Tainted[T]:
        """Content that came into the turn.  Without any source it is as a skill's output, never trusted."""
        own = Taint(frozenset(sources or (Provenance("skill"),)))
        self._taint |= own
        return Tainted(value, own)

    def made(self, value: T, by: Provenance) -> Tainted[T]:
        """What a model or a skill made: it rests on everything the turn has read until now, and on its maker."""
        self._taint |= Taint(frozenset({by}))
        return Tainted(value, self._taint)
