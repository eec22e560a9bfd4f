"""Whether a person wrote a mail, by the marks that machines leave (RFC 3834, RFC 2919, RFC 2369, RFC 3464)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from storage.sources.headers import Headers, addresses, identifiers
from storage.sources.mime import Tree

HEAD = 256 * 1024  # bytes of an original that are looked at for its header
_BULK = frozenset(("bulk", "junk", "list"))
_SUPPRESS = re.compile(r"\b(?:all|oof|autoreply)\b", re.IGNORECASE)
_MACHINES = re.compile(
    r"(?:no|not|do-?not|ne-?pas)[-._]?re(?:ply|pondre)\b|(?:mailer-daemon|postmaster|bounces?|listserv|majordomo)\b"
    r"|.*[-._](?:request|bounces?|no-?reply)$|owner-",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Nature:
    """`machine`: it says itself that a machine sent it, or is a report about another mail.  `bulk`: it went to many, by
    a list or otherwise.  `newsletter`: bulk that one can unsubscribe from and not write to.

    `to`, `cc`: as shown.  `reply_to`: bare addresses that an answer is asked to go to.
    """

    machine: bool = False
    bulk: bool = False
    newsletter: bool = False
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def automatic(self) -> bool:
        return self.machine or self.bulk


def of(raw: bytes) -> Nature:
    """From the original of a mail.  Never raises; of no original nothing is known."""
    head = raw[:HEAD]
    headers = Tree(head).root().headers
    quiet: list[str] = []
    to, cc = (
        tuple(each for value in headers.all_raw(name) for each in addresses(value, quiet)) for name in ("to", "cc")
    )
    post = headers.ascii("list-post").lower()
    listed = any(headers.raw(name) for name in ("list-id", "list-unsubscribe", "list-post", "list-help"))
    bulk = listed or bool(set(headers.ascii("precedence").lower().split()) & _BULK)
    newsletter = bool(headers.raw("list-unsubscribe") or (bulk and not headers.raw("list-id"))) and (
        not post or post.startswith("no")
    )
    named = tuple(each for name in ("references", "in-reply-to") for each in identifiers(headers.raw(name)))
    return Nature(_is_machine(headers), bulk, newsletter, to, cc, named)


def is_machine(address: str) -> bool:
    """Whether nobody reads what is sent to this address, by its name."""
    return _MACHINES.match(address.partition("@")[0]) is not None


def _is_machine(headers: Headers) -> bool:
    submitted = headers.ascii("auto-submitted").lower().partition(";")[0].strip()
    return_path = [value.strip() for value in headers.all_raw("return-path")]
    kind = headers.ascii("content-type").lower()
    return (
        (bool(submitted) and submitted != "no")
        or b"<>" in return_path
        or kind.startswith("multipart/report")
        or bool(_SUPPRESS.search(headers.ascii("x-auto-response-suppress")))
        or any(headers.raw(name) for name in ("x-autoreply", "x-autorespond", "x-autoresponse", "x-loop"))
        or "auto_reply" in headers.ascii("precedence").lower()
    )
