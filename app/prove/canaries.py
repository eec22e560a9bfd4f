"""Marks that stand nowhere else: words, secrets and raw bytes, and the forms a leak may have."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass, field

_LETTERS = string.ascii_lowercase
VECTOR = "vector"  # what a run of half floats of the vault is called
MIN_BYTES = 12  # of a needle: shorter ones could be met by chance


def word(prefix: str) -> str:
    """A word nobody writes: prefix and 16 random letters (75 bits)."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(16))


@dataclass(frozen=True)
class Canary:
    """`what` it is, in words for the report; `value` never appears in one."""

    what: str
    value: bytes = field(repr=False)

    def needles(self) -> Iterator[bytes]:
        """The forms it is looked for in: raw, UTF-16, hexadecimal, base64 at each of the three offsets, JSON escapes
        are those of ASCII letters, which are the letters themselves."""
        value = self.value
        yield value
        yield value.hex().encode()
        yield value.hex().upper().encode()
        for offset in range(3):
            # What surrounds the value changes its first and last characters: they are left out.
            coded = base64.b64encode(b"\0" * offset + value)
            yield coded[4 if offset else 0 : -4]
            yield base64.urlsafe_b64encode(b"\0" * offset + value)[4 if offset else 0 : -4]
        if value.isascii() and value.decode("ascii").isprintable():
            yield value.decode("ascii").encode("utf-16-le")


@dataclass(frozen=True)
class Planted:
    """What the acts write into the throw-away profile.  Each is a word, or made of words, of its own."""

    passphrase: str = field(default_factory=lambda: word("passphrase"), repr=False)
    new_passphrase: str = field(default_factory=lambda: word("newpassphrase"), repr=False)
    body: str = field(default_factory=lambda: word("body"))
    title: str = field(default_factory=lambda: word("title"))
    sender: str = field(default_factory=lambda: word("sender"))
    attachment: str = field(default_factory=lambda: word("attachment"))
    attachment_name: str = field(default_factory=lambda: word("filename"))
    note: str = field(default_factory=lambda: word("note"))
    question: str = field(default_factory=lambda: word("question"))
    query: str = field(default_factory=lambda: word("query"))
    article: str = field(default_factory=lambda: word("article"))
    event: str = field(default_factory=lambda: word("event"))
    contact: str = field(default_factory=lambda: word("contact"))
    fact: str = field(default_factory=lambda: word("fact"))
    draft: str = field(default_factory=lambda: word("draft"))
    skill: str = field(default_factory=lambda: word("skill"))
    letter: str = field(default_factory=lambda: word("letter"))
    prompt: str = field(default_factory=lambda: word("prompt"))
    order: str = field(default_factory=lambda: word("order"))
    agent: str = field(default_factory=lambda: word("agent"))
    said: str = field(default_factory=lambda: word("said"))
    tag: str = field(default_factory=lambda: word("tag"))
    other_passphrase: str = field(default_factory=lambda: word("otherpassphrase"), repr=False)
    source_password: str = field(default_factory=lambda: word("sourcepassword"), repr=False)

    def canaries(self) -> list[Canary]:
        return [Canary(name.replace("_", " "), value.encode()) for name, value in vars(self).items()]


def runs(what: str, whole: bytes, count: int = 4, length: int = 32) -> list[Canary]:
    """Some runs of `length` bytes spread over `whole` that are not all alike: raw vectors, originals."""
    if len(whole) <= length:
        return [Canary(what, whole)] if len(whole) >= MIN_BYTES else []
    step = max((len(whole) - length) // max(count - 1, 1), 1)
    found = [whole[start : start + length] for start in range(0, len(whole) - length + 1, step)][:count]
    return [Canary(what, run) for run in found if len(set(run)) > 4]
