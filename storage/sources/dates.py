"""When a message or note was written.  All times are seconds since the epoch, UTC.

What no clock of ours could mean is None.  Without a time zone UTC is assumed, so that the same bytes give the same
record on every machine.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import mktime_tz, parsedate_tz

_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC).timestamp()  # before it: clocks that were never set
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()

_ENVELOPE = re.compile(r"\b((?:[A-Z][a-z]{2},?\s+)?[A-Z][a-z]{2}\s+\d{1,2}\s+\d{1,2}:\d\d(?::\d\d)?.*\d{4}.*)$")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?")
_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
_DAYS = r"mon|tue|wed|thu|fri|sat|sun"
_GLUED_DAY = re.compile(rf"^\s*(?:{_DAYS})[a-z]*[.,]?\s*(?=\d)", re.IGNORECASE)


def sane(seconds: float | None) -> float | None:
    """`seconds`, or None where it lies outside the years 1971 to 2099."""
    return seconds if seconds is not None and _EARLIEST <= seconds < _LATEST else None


def of_mail(value: str) -> float | None:
    """RFC 5322 section 3.3 and its damaged relatives, ISO 8601 too."""
    value = " ".join(value[:200].split())
    for attempt in (value, _GLUED_DAY.sub("", value), re.sub(r"[.](?=\d\d)", ":", value)):
        seconds = _rfc5322(attempt)
        if sane(seconds) is not None:
            return seconds
    return of_iso(value)


def _rfc5322(value: str) -> float | None:
    try:
        fields = parsedate_tz(value)
        if fields is None:
            return None
        year = fields[0] + 1900 if 100 <= fields[0] < 200 else fields[0]  # "102" of clocks that survived 1999
        if abs(fields[9] or 0) > 24 * 3600:
            fields = (*fields[:9], 0)
        if not 1 <= fields[2] <= 31 or not 1 <= fields[1] <= 12:
            return None
        return float(mktime_tz((year, *fields[1:])))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def of_iso(value: str) -> float | None:
    """A date, or date and time, as ISO 8601 writes them."""
    match = _ISO.match(value.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    try:
        naive = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59))
    except ValueError:
        return None
    offset = 0
    if zone and zone != "Z":
        offset = int(zone[0] + "1") * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)
    return sane(naive.replace(tzinfo=UTC).timestamp() - offset)


def of_received(values: list[bytes]) -> float | None:
    """When the last server took the message: what follows the last ";" of the first Received field that has a date."""
    for value in values[:20]:
        seconds = of_mail(value[-200:].decode("ascii", "replace").rpartition(";")[2])
        if seconds is not None:
            return seconds
    return None


def of_envelope(line: str) -> float | None:
    """The delivery date of an mbox "From " line."""
    match = _ENVELOPE.search(line[:500])
    return of_mail(match[1]) if match else None


def of_file_name(name: str) -> float | None:
    """2026-03-14, 2026_03_14 or 20260314 anywhere in a file's name."""
    match = _IN_NAME.search(name)
    return of_iso("-".join(match.groups())) if match else None


def of_maildir_name(name: str) -> float | None:
    """The delivery time that begins a Maildir file name: "1529425589.M615P2.host:2,S"."""
    match = re.match(r"(\d{9,10})\.", name)
    return sane(float(match[1])) if match else None
