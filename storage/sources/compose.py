"""One mail as bytes (RFC 5322), from what was checked already: plain text, no part but the text."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

MAX_REFERENCES = 20
# ASCII alone: mail servers that take other letters are few, and a look-alike letter is another person's address.
ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
)
MAX_ADDRESS = 254
_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,900}")  # of others, who may have written anything there
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")

Submitted = Literal["", "auto-replied", "auto-generated"]  # RFC 3834 section 5; empty: a person read it


@dataclass(frozen=True)
class Letter:
    """`sender`, `to`, `cc`: bare addresses.  `name`: of the sender, or "".  `answers`: the Message-ID of the mail it
    answers without angle brackets, or ""; `references`: those that one named, oldest first."""

    sender: str
    name: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    text: str
    date: datetime
    answers: str = ""
    references: tuple[str, ...] = ()
    submitted: Submitted = ""


def compose(letter: Letter) -> tuple[bytes, str]:
    """The message and its Message-ID.  Errors: ValueError for an address or a line that would be more than itself."""
    for address in (letter.sender, *letter.to, *letter.cc):
        if not ADDRESS.fullmatch(address) or len(address) > MAX_ADDRESS:
            raise ValueError("this is not one plain mail address")
    if _CONTROL.search(letter.subject) or _CONTROL.search(letter.name):
        raise ValueError("a header is one line")
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = Address(letter.name, addr_spec=letter.sender)
    made["To"] = _addresses(letter.to)
    if letter.cc:
        made["Cc"] = _addresses(letter.cc)
    made["Subject"] = letter.subject
    made["Date"] = format_datetime(letter.date)
    own = f"{secrets.token_hex(16)}@{letter.sender.rpartition('@')[2]}"
    made["Message-ID"] = f"<{own}>"
    if letter.submitted:
        made["Auto-Submitted"] = letter.submitted
    made.set_content(letter.text, charset="utf-8", cte="quoted-printable")
    return _threading(letter) + made.as_bytes(), own


def _threading(letter: Letter) -> bytes:
    """The fields that name other mails, written by hand: the standard library takes long ids for text to encode."""
    if not _ID.fullmatch(letter.answers):
        return b""
    named = [one for one in letter.references if _ID.fullmatch(one) and one != letter.answers]
    listed = [*named[-MAX_REFERENCES:], letter.answers]
    references = "\r\n ".join(f"<{one}>" for one in listed)
    return f"In-Reply-To: <{letter.answers}>\r\nReferences: {references}\r\n".encode("ascii")


def _addresses(found: Sequence[str]) -> list[Address]:
    return [Address(addr_spec=one) for one in found]
