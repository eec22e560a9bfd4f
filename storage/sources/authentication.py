"""Whether the receiving server could confirm who sent a mail, as it wrote into the header (RFC 8601).

Anybody can write such fields into a mail; only those that the person's own server put on top count.  So what is read
here is a claim with the name of the server that makes it: the topmost Authentication-Results, with those directly
below it of the same organisation (some servers write one for each method), above the first Received of anybody else.
Where there is none: a sealed ARC-Authentication-Results (RFC 8617), then a Received-SPF that names its receiver (RFC
7208).  Whether that server is the account's own is judged where the mail is stored (`storage.authentication`).

The only importer of authres.  Never raises; bounded for hostile fields.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import authres

from storage.records import Claim, Verdict
from storage.sources.headers import Headers, addresses
from storage.sources.mime import header

MAX_FIELD = 6 * 1024  # bytes of one field that is parsed; what is longer is no server's
MAX_FIELDS = 8  # of one block
_DEEPEST = 8  # comments in comments

Method = tuple[str, str, dict[str, str]]  # name, result, "ptype.property" -> value; all in lower case

_DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))+")
_BY = re.compile(rb"(?:^|\s)by\s+\[?([^\s;()\]]{1,255})", re.IGNORECASE)
_NAMELESS = re.compile(r"\s*[a-z0-9-]{1,30}\s*=", re.IGNORECASE)
_INSTANCE = re.compile(r"\s*i\s*=\s*(\d{1,2})\s*;", re.IGNORECASE)
_SIGNER = re.compile(rb"(?:^|;)\s*d\s*=\s*([^\s;]{1,255})", re.IGNORECASE)
_RECEIVER = re.compile(r"receiver=\"?([a-z0-9._-]{1,255})", re.IGNORECASE)
_ENVELOPE = re.compile(r"envelope-from=\"?<?([^\s;\">]{1,320})", re.IGNORECASE)
_PRIVATE = (".local", ".localdomain", ".internal", ".lan", ".localhost", ".arpa")
_SECOND = frozenset({"ac", "asso", "co", "com", "edu", "gob", "gouv", "gov", "ltd", "ne", "net", "or", "org", "plc"})
# One receiving organisation under several names, where its servers mix them in one header.
_ALIASES = {
    "office365.com": "outlook.com",
    "exchangelabs.com": "outlook.com",
    "hotmail.com": "outlook.com",
    "googlemail.com": "google.com",
    "gmail.com": "google.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "apple.com": "icloud.com",
    "proton.ch": "protonmail.ch",
    "proton.me": "protonmail.ch",
    "free.fr": "proxad.net",
    "wanadoo.fr": "orange.fr",
    "ovh.com": "ovh.net",
}
_FAILED = frozenset({"fail", "hardfail", "softfail", "policy"})


def claim(raw: bytes) -> Claim:
    """What the header of a message says.  Linear in its size."""
    return of(header(raw))


def of(headers: Headers) -> Claim:
    """As `claim`, of a header that was read already."""
    received = bool(headers.raw("received"))
    author = _author(headers)
    server, methods = _topmost(headers)
    if not server:
        return Claim("none", "", received)
    return Claim(_verdict(methods, author), server, received)


def organisation(host: str) -> str:
    """The part of a server's name that its whole organisation bears; the name itself where it has no domain."""
    name = host.strip().strip(".").lower()
    labels = name.split(".")
    if not _DOMAIN.fullmatch(name):
        return name[:255]
    keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND else 2
    joined = ".".join(labels[-keep:])
    return _ALIASES.get(joined, joined)


def vouches(domain: str, author: str) -> bool:
    """Whether who speaks for `domain` speaks for `author`: the same, or one above it.

    Not one below, which RFC 7489 section 3.1.1 allows after a look at the list of public suffixes: nobody below eu.org
    may speak for it.
    """
    return bool(domain and author) and (domain == author or author.endswith("." + domain))


def _author(headers: Headers) -> str:
    """The domain of the one address in From; empty where there is none, or more than one (nobody then vouches)."""
    fields = headers.all_raw("from")
    if len(fields) != 1:
        return ""
    found = addresses(fields[0], [])
    address = re.sub(r"^.*<|>$", "", found[0]) if len(found) == 1 else ""
    return _domain(address) if address.count("@") == 1 else ""


def _topmost(headers: Headers) -> tuple[str, list[Method]]:
    """The server whose results stand on top, and what it found; "" where nobody's count."""
    above: list[str] = []  # hosts of the hops that were passed on the way down
    server, methods, taken = "", [], 0
    for name, value in headers.fields:
        if name == "received":
            hop = _BY.search(value)
            above.append(hop[1].decode("ascii", "replace") if hop else "")
        if name != "authentication-results":
            continue
        by, found = _results(value, above)
        if (server and by != server) or taken == MAX_FIELDS or not _is_own(above, by):
            break
        server, taken = by, taken + 1
        methods += found
    if server or headers.raw("authentication-results"):
        return server, methods
    return _sealed(headers) or _spf(headers) or ("", [])


def _is_own(hops: Sequence[str], server: str) -> bool:
    """Whether no hop of another organisation was passed.  Names without a domain are machines of one's own."""
    return bool(server) and all(
        not _DOMAIN.fullmatch(hop.lower()) or hop.lower().endswith(_PRIVATE) or hop.replace(".", "").isdigit()
        or organisation(hop) == server
        for hop in hops
    )  # fmt: skip


def _results(value: bytes, above: Sequence[str]) -> tuple[str, list[Method]]:
    """One field.  Microsoft's servers leave their name out: it is that of the hop that stands above."""
    text = value.decode("ascii", "replace")
    if _NAMELESS.match(text):
        if not above or organisation(above[-1]) != "outlook.com":
            return "", []
        text = f"outlook.com; {text}"
    server, found = _parsed(text)
    return organisation(server), found


def _parsed(text: str) -> tuple[str, list[Method]]:
    """The server's name and results of a field's value; ("", []) for what is malformed or too much."""
    if len(text) > MAX_FIELD or _depth(text) > _DEEPEST:
        return "", []
    try:
        read = _features().parse_value(text)
        return str(read.authserv_id or ""), [_method(one) for one in read.results]
    except (authres.AuthResError, RecursionError, ValueError, TypeError, AttributeError):
        return "", []


@functools.cache
def _features() -> Any:
    return authres.all_features()


def _depth(text: str) -> int:
    """Of comments; parentheses in quotes count too."""
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def _method(one: Any) -> Method:
    properties: dict[str, str] = {}
    for each in one.properties:
        properties.setdefault(f"{each.type}.{each.name}".lower(), str(each.value).lower())
    return str(one.method).lower(), str(one.result).lower(), properties


def _sealed(headers: Headers) -> tuple[str, list[Method]] | None:
    """The newest set of an ARC chain, if whoever wrote the results also sealed them."""
    fields = headers.all_raw("arc-authentication-results")
    seals = headers.all_raw("arc-seal")
    if not fields or not seals:
        return None
    text = fields[0].decode("ascii", "replace")
    instance, signer = _INSTANCE.match(text), _SIGNER.search(seals[0][:MAX_FIELD])
    if instance is None or signer is None or not re.search(rb"(?:^|;)\s*i\s*=\s*" + instance[1].encode(), seals[0]):
        return None
    named, methods = _parsed(text[instance.end() :])
    server = organisation(named)
    hops = list(_hops_above(headers, "arc-authentication-results"))
    own = server == organisation(signer[1].decode("ascii", "replace")) and _is_own(hops, server)
    return (server, methods) if own else None


def _spf(headers: Headers) -> tuple[str, list[Method]] | None:
    text = headers.ascii("received-spf")[:MAX_FIELD]
    receiver, envelope = _RECEIVER.search(text), _ENVELOPE.search(text)
    if receiver is None:
        return None
    server = organisation(receiver[1])
    if not _is_own(list(_hops_above(headers, "received-spf")), server):
        return None
    result = text.split(maxsplit=1)[0].lower()
    return server, [("spf", result, {"smtp.mailfrom": envelope[1].lower() if envelope else ""})]


def _hops_above(headers: Headers, wanted: str) -> Iterator[str]:
    for name, value in headers.fields:
        if name == wanted:
            return
        if name == "received":
            hop = _BY.search(value)
            yield hop[1].decode("ascii", "replace") if hop else ""


def _verdict(methods: Sequence[Method], author: str) -> Verdict:
    """DMARC decides where it was looked at; else a signature or a path that fits the author's domain."""
    judged = [(result, found) for name, result, found in methods if name == "dmarc"]
    if any(result in _FAILED for result, _ in judged):
        return "failed"
    if any(result == "pass" and vouches(_domain(found.get("header.from", "")), author) for result, found in judged):
        return "passed"
    others = [(name, result, found) for name, result, found in methods if name in ("dkim", "spf")]
    passed = [(name, found) for name, result, found in others if result == "pass"]
    if any(vouches(domain, author) for name, found in passed for domain in _domains(name, found)):
        return "passed"
    failed = [result for _, result, _ in others if result in _FAILED]
    return "failed" if failed and not passed else "none"


def _domains(name: str, found: dict[str, str]) -> list[str]:
    keys = ("header.d", "header.i") if name == "dkim" else ("smtp.mailfrom", "smtp.mail")
    present = [_domain(found[key]) for key in keys if key in found]
    # A signature speaks for its d=; i= lies at or below it, so it only stands in where d= is not told.
    return present[:1]


def _domain(value: str) -> str:
    """Of an address, "@domain" or a domain, in lower case; empty for anything else."""
    name = value.strip().strip("<>\"'").rpartition("@")[2].rstrip(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    return name if _DOMAIN.fullmatch(name) and len(name) < 254 else ""
