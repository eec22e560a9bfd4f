"""What a source yields and what the vault stores: bytes came in, these records come out.

Everything here is frozen and holds standard types only, so that it may cross threads and processes.
Times are seconds since the epoch, UTC; spans are character offsets into `Record.body`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

Kind = Literal["mail", "note", "file", "article", "event", "contact"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Verdict = Literal["passed", "failed", "none"]
Flag = Literal["seen", "answered", "flagged", "draft"]


@dataclass(frozen=True)
class Attachment:
    """A part that a mail reader offers to save.  `text` is its text where it is textual, else empty."""

    name: str
    media_type: str
    size: int  # bytes, decoded
    text: str = ""


@dataclass(frozen=True)
class Claim:
    """What the topmost results in a mail's header say about its sender, and the organisation whose server wrote them.

    It counts only if that is the account's own server.  `received`: it bears the mark of any server at all.
    """

    verdict: Verdict = "none"
    server: str = ""
    received: bool = False


@dataclass(frozen=True)
class Record:
    """One message, note, file, article of a feed, event of a calendar or contact, decoded.

    `body` is what a reader shows, as plain text (HTML already turned to text; attachments are not in it).
    `external_id` is the RFC 5322 Message-ID without angle brackets, or empty.
    `references` are the ids of the messages this one answers, oldest first, without angle brackets.
    `raw` is the original, byte for byte; the vault keeps it compressed and encrypted.
    `claim`, `flags` and `links` are no part of the digest: a mail that was read is the same mail.
    """

    kind: Kind
    title: str
    body: str
    date: float | None = None
    external_id: str = ""
    sender: str = ""  # "Name <address>", as shown
    recipients: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    folder: str = ""  # mailbox or directory it came from, for filters
    origin: str = ""  # path it was read from, with "#N" for the Nth message of an mbox
    raw: bytes = field(default=b"", repr=False)
    warnings: tuple[str, ...] = ()  # what had to be guessed or was damaged, in plain words
    flags: tuple[Flag, ...] = ()  # as its source has them
    ends: float | None = None  # of an event; `date` is when it begins
    name: str = ""  # of a note: what other notes call it in a link (its file's stem)
    links: tuple[str, ...] = ()  # names of notes and addresses that a note links to, in order
    claim: Claim | None = None  # of a mail; None: not looked at

    def digest(self) -> bytes:
        """SHA-256 over what a reader sees.  Two records are one when this and `external_id` agree."""
        hasher = hashlib.sha256()
        parts = [self.kind, self.title, self.sender, " ".join(self.body.split())]
        if self.kind in ("mail", "event"):
            parts.append("" if self.date is None else str(int(self.date)))
        if self.kind == "event":
            parts.append("" if self.ends is None else str(int(self.ends)))
        parts += [f"{a.name}:{a.media_type}:{a.size}" for a in self.attachments]
        for part in parts:
            hasher.update(part.encode("utf-8", "surrogatepass") + b"\0")
        return hasher.digest()

    def id(self) -> str:
        """A short stable name: the kind's letter and 12 hexadecimal digits of message id and digest."""
        joined = self.external_id.encode("utf-8", "surrogatepass") + b"\0" + self.digest()
        return self.kind[0] + hashlib.sha256(joined).hexdigest()[:12]


@dataclass(frozen=True)
class Broken:
    """Something that could not be read at all, and why, in a sentence for the user."""

    origin: str
    reason: str


@dataclass(frozen=True)
class StoredRecord:
    """A record as the vault gives it back: `Record` without `raw`, with its id and thread.

    `authentication`: of a mail, whether the account's own server (`authenticated_by`) could confirm its sender: passed,
    failed or none; "" of anything else.
    """

    id: str
    thread: int
    record: Record
    added: float
    authentication: str = ""
    authenticated_by: str = ""


@dataclass(frozen=True)
class Hit:
    """One search result: a chunk of a record.

    `start` and `end` mark the chunk in the record's body; `text` is that slice.  `score` is the fused rank
    score: comparable within one result list only.
    """

    chunk: int
    id: str
    kind: Kind
    title: str
    sender: str
    date: float | None
    text: str
    start: int
    end: int
    score: float
    snippet: str = ""
    context: str = ""  # who/when/subject, as prefixed for embedding
    authentication: str = ""  # see StoredRecord


class _Authenticated(Protocol):
    @property
    def authentication(self) -> str: ...


def authenticated(one: _Authenticated) -> bool | None:
    """Whether the sender of a mail is who it says: True, False, or None where nobody who counts has looked."""
    return {"passed": True, "failed": False}.get(one.authentication)
