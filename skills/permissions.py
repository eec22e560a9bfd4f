"""The grammar of permissions: `RESOURCE.VERB` or `RESOURCE.VERB:ARGUMENT`, one meaning each.

  permission   = "mail.read" / "mail.label" / "mail.draft" / "notes.read" / "feeds.read" / "calendar.read"
               / "calendar.write" / "contacts.read" / "memory.read" / "model.use" / "keep" / "contracts.compile"
               / "peer.ask" / "net.fetch:asked"
               / "mail.send:to=" ( "contact" / "anyone" )
               / "net.fetch:https://" host [ ":" port ] path [ "*" ]
               / "spend:max=" amount
  host         = a lower-case ASCII domain name with at least one dot, no address literal
  path         = "/" and characters of RFC 3986 `pchar` or "/", no percent-encoding, no "." or ".." segment
  amount       = 1*12DIGIT [ "." 1*18DIGIT ], greater than zero

What is printed back (`str(permission)`) is the one canonical spelling, and only that spelling is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from skills import api
from skills.wording import did_you_mean, shown

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(
    rf"https://(?P<host>({_LABEL}\.)+(?=[a-z]){_LABEL})(:(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()+,;=:@/-]*)(?P<star>\*?)"
)
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,11})(\.[0-9]{0,17}[1-9])?")
_PLAIN: tuple[api.Permission, ...] = (
    api.MailRead(),
    api.MailLabel(),
    api.MailDraft(),
    api.NotesRead(),
    api.FeedsRead(),
    api.CalendarRead(),
    api.CalendarWrite(),
    api.ContactsRead(),
    api.MemoryRead(),
    api.ModelUse(),
    api.Keep(),
    api.ContractsCompile(),
    api.PeerAsk(),
)
_LIMIT = 500  # characters of one permission


class BadPermission(Exception):
    """A permission was not understood.  `code` is stable; the message is a sentence for the skill's author."""

    code = "bad-permission"


class UnknownPermission(BadPermission):
    code = "unknown-permission"


class BadArgument(BadPermission):
    code = "bad-permission-argument"


def parse_permission(text: str) -> api.Permission:
    """One permission, typed.  Errors: UnknownPermission, BadArgument."""
    if len(text) > _LIMIT:
        raise BadArgument(f"A permission is at most {_LIMIT} characters long.")
    name, colon, argument = text.partition(":")
    parse = _PARSERS.get(name)
    if parse is None:
        hint = did_you_mean(name, _PARSERS)
        raise UnknownPermission(f"{shown(name)} is no permission.{hint}")
    return parse(argument if colon else None)


def _plain(permission: api.Permission) -> Callable[[str | None], api.Permission]:
    def parse(argument: str | None) -> api.Permission:
        if argument is not None:
            raise BadArgument(f"'{permission}' takes no argument.")
        return permission

    return parse


def _mail_send(argument: str | None) -> api.Permission:
    match argument:
        case "to=contact":
            return api.MailSend("contact")
        case "to=anyone":
            return api.MailSend("anyone")
    raise BadArgument("'mail.send' says to whom: 'mail.send:to=contact' or 'mail.send:to=anyone'.")


def _net_fetch(argument: str | None) -> api.Permission:
    if argument == "asked":
        return api.NetFetchAsked()
    found = _ADDRESS.fullmatch(argument or "")
    if found is None:
        raise BadArgument(
            "'net.fetch' names an address: 'https://' and a domain name in lower case, a path, and '*' at the end or "
            "nowhere; no user name, query, fragment or percent-encoding. 'net.fetch:asked' is what the person typed."
        )
    path, port = found["path"], found["port"] and int(found["port"])
    if any(segment in (".", "..") for segment in path.split("/")):
        raise BadArgument("The path of 'net.fetch' may not hold '.' or '..' segments.")
    if len(found["host"]) > 253 or (port and port > 65_535) or port == 443:
        raise BadArgument(
            "The host or port of 'net.fetch' is out of range, or the port is the usual 443: leave it out."
        )
    return api.NetFetch(found["host"], port or None, path, bool(found["star"]))


def _spend(argument: str | None) -> api.Permission:
    found = _AMOUNT.fullmatch((argument or "").removeprefix("max="))
    if argument is None or not argument.startswith("max=") or found is None or Decimal(found[0]) == 0:
        raise BadArgument("'spend' names a limit above zero: 'spend:max=2.5'.")
    return api.Spend(Decimal(found[0]))


_PARSERS: dict[str, Callable[[str | None], api.Permission]] = {
    **{str(one): _plain(one) for one in _PLAIN},
    "mail.send": _mail_send,
    "net.fetch": _net_fetch,
    "spend": _spend,
}
