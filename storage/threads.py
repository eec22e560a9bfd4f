"""Which messages belong to one conversation, whatever the order they arrive in.

A thread is a connected component.  Two records are joined when
1. they bear or name a common message id (Message-ID, References, In-Reply-To; RFC 5322 section 3.6.4), or
2. one is a reply or forward by its subject that names no message (some clients drop the headers), the other is not
   younger and at most 30 days older, their subjects agree without prefixes, and the people agree (`answers`).
Both rules look at the two records alone, so the components do not depend on the order of arrival; a late message joins
two threads into one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from storage.database import Connection
from storage.records import Record

WINDOW = 30 * 86400.0  # seconds
_MAX_REFERENCES = 64  # a header of thousands of ids is an attack on the thread table, not a conversation

_PREFIX = re.compile(r"(?P<word>re|ré|réf|ref|aw|sv|fwd?|tr|wg)\s*(?:\[\d+\]|\(\d+\)|\^\d+)?\s*[:：]\s*", re.I)
_FORWARDS = frozenset(("fw", "fwd", "tr", "wg"))
_ADDRESS = re.compile(r"[^\s<>,;:()\"'\[\]]+@[^\s<>,;:()\"'\[\]]+")


@dataclass(frozen=True)
class Subject:
    """A subject without its prefixes, folded; and what the prefixes say."""

    key: str
    reply: bool
    forward: bool


@dataclass(frozen=True)
class Party:
    """Who wrote to whom, as far as rule 2 asks.  Addresses in lower case."""

    sender: str
    people: frozenset[str]  # the sender among them


def subject(title: str) -> Subject:
    """`Re: TR : Déjeuner` → `dejeuner`, a reply and a forward."""
    rest = " ".join(title.split())
    words = set()
    while match := _PREFIX.match(rest):
        words.add(match["word"].lower())
        rest = rest[match.end() :]
    return Subject(fold(rest), bool(words - _FORWARDS), bool(words & _FORWARDS))


def fold(text: str) -> str:
    """Lower case and without accents, for comparing what people type."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def party(sender: str, recipients: Iterable[str]) -> Party:
    """The addresses in a sender and recipients as shown."""
    by = next(iter(_addresses(sender)), "")
    return Party(by, frozenset({by} - {""}).union(*(_addresses(recipient) for recipient in recipients)))


def answers(reply: Party, forward: bool, first: Party) -> bool:
    """Whether people fit: whoever answers took part in the first mail, and somebody else of it gets the reply.

    One's own address is in every mail of one's mailbox, so a single shared address would join strangers.  A forward
    goes to somebody new, and a mail to oneself has no second person.
    """
    if reply.sender not in first.people:
        return False
    return forward or len(first.people) == 1 or len(first.people & reply.people) >= 2


def named(record: Record) -> list[str]:
    """The message ids that a record bears or names, each once; of very many the first and the last."""
    references = list(record.references)
    if len(references) > _MAX_REFERENCES:
        references = references[:1] + references[1 - _MAX_REFERENCES :]
    return list(dict.fromkeys(name for name in (record.external_id, *references) if name))


def assign(connection: Connection, number: int, record: Record) -> int:
    """Within a write, after record `number` was inserted as a thread of its own: join it with what it belongs to.

    Returns the thread: the smallest record number that it ever had.
    """
    ids = named(record)
    connection.executemany(
        "INSERT INTO thread_key (message_id, record) VALUES (?, ?)", [(name, number) for name in ids]
    )
    joined = {number}
    for name in ids:
        rows = connection.execute(
            "SELECT DISTINCT thread FROM thread_key JOIN record ON number = record WHERE message_id = ?", (name,)
        )
        joined.update(row[0] for row in rows)
    joined.update(_by_subject(connection, record))
    thread = min(joined)
    connection.executemany(
        "UPDATE record SET thread = ? WHERE thread = ?", [(thread, other) for other in joined if other != thread]
    )
    return thread


def is_bare_reply(record: Record) -> bool:
    """Whether rule 2 lets this record join an older one."""
    about = subject(record.title)
    return record.kind == "mail" and (about.reply or about.forward) and not record.references


def subject_key(record: Record) -> str:
    """What `record.subject` holds: empty for what has no subject or is no mail."""
    return subject(record.title).key if record.kind == "mail" else ""


def _by_subject(connection: Connection, record: Record) -> set[int]:
    key = subject_key(record)
    if not key or record.date is None:
        return set()
    mine = party(record.sender, record.recipients)
    joined = set()
    if is_bare_reply(record):
        forward = _only_forward(record.title)
        for thread, _, sender, recipients in _near(connection, key, record.date - WINDOW, record.date, bare=False):
            if answers(mine, forward, party(sender, [recipients])):
                joined.add(thread)
    for thread, title, sender, recipients in _near(connection, key, record.date, record.date + WINDOW, bare=True):
        if answers(party(sender, [recipients]), _only_forward(title), mine):
            joined.add(thread)
    return joined


def _near(connection: Connection, key: str, low: float, high: float, *, bare: bool) -> list[Any]:
    """Distinct (thread, title, sender, recipients) of mails with this subject and date; `recipients` is still JSON,
    in which addresses are found all the same."""
    return connection.execute(
        f"""SELECT DISTINCT thread, title, sender, recipients FROM record
        WHERE subject = ? AND subject <> '' AND date BETWEEN ? AND ? {"AND bare_reply = 1" if bare else ""}""",  # noqa: S608
        (key, low, high),
    ).fetchall()


def _only_forward(title: str) -> bool:
    about = subject(title)
    return about.forward and not about.reply


def _addresses(text: str) -> list[str]:
    return [address.lower().strip(".") for address in _ADDRESS.findall(text)]
