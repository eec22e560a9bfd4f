"""Invitations and events (RFC 5545, 5546) in words, so that they can be found and quoted."""

from __future__ import annotations

import re

_MAX_EVENTS = 50
_METHODS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Reply to an invitation",
    "COUNTER": "Proposal of another time",
    "PUBLISH": "Event",
}
_LABELS = (
    ("DTSTART", "Start"),
    ("DTEND", "End"),
    ("DUE", "Due"),
    ("RRULE", "Repeats"),
    ("LOCATION", "Where"),
    ("ORGANIZER", "Organizer"),
    ("ATTENDEE", "Attendee"),
    ("STATUS", "Status"),
    ("URL", "Link"),
)
_LINE = re.compile(r'([A-Za-z0-9-]{1,60})((?:;(?:[^":;]|"[^"]*+")*+)*+):(.*)')
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")

Property = tuple[str, str, str]  # name in upper case, parameters, value


def summary(text: str) -> str:
    """The events of a calendar object as lines of "Label: value"; empty where there is none."""
    method = "Event"
    blocks: list[str] = []
    event: list[Property] | None = None
    depth = 0  # an alarm within an event has a description of its own
    for name, parameters, value in _properties(text):
        if name == "METHOD":
            method = _METHODS.get(value.strip().upper(), "Event")
        elif name == "BEGIN" and value.strip().upper() in ("VEVENT", "VTODO", "VJOURNAL"):
            event, depth = [], 0
        elif name == "BEGIN":
            depth += 1
        elif name == "END" and event is not None and depth == 0:
            blocks.append(_described(method, event))
            event = None
        elif name == "END":
            depth = max(0, depth - 1)
        elif event is not None and depth == 0:
            event.append((name, parameters, value))
        if len(blocks) >= _MAX_EVENTS:
            break
    if event:
        blocks.append(_described(method, event))
    return "\n\n".join(blocks)


def _properties(text: str) -> list[Property]:
    lines = re.sub(r"\r?\n[ \t]", "", text).splitlines()
    matches = (_LINE.match(line) for line in lines)
    return [(match[1].upper(), match[2], match[3]) for match in matches if match]


def _described(method: str, event: list[Property]) -> str:
    titles = [_plain(value) for name, _, value in event if name == "SUMMARY"]
    lines = [f"{method}: {titles[0] if titles else 'without a title'}"]
    for wanted, label in _LABELS:
        lines += [f"{label}: {_shown(*each)}" for each in event if each[0] == wanted and each[2].strip()][:100]
    lines += ["", *(_plain(value) for name, _, value in event if name in ("DESCRIPTION", "COMMENT"))]
    return "\n".join(lines).strip()


def _shown(name: str, parameters: str, value: str) -> str:
    given = {key.upper(): text.strip('"') for key, text in re.findall(r';([\w-]+)=("[^"]*"|[^;]*)', parameters)}
    if name in ("DTSTART", "DTEND", "DUE"):
        return _time(value, given.get("TZID", ""))
    if name in ("ORGANIZER", "ATTENDEE"):
        address = re.sub(r"^mailto:", "", value.strip(), flags=re.IGNORECASE)
        answer = given.get("PARTSTAT", "").lower()
        person = f"{given['CN']} <{address}>" if given.get("CN") not in (None, "", address) else address
        return f"{person} ({answer})" if answer and answer != "needs-action" else person
    return _plain(value)


def _time(value: str, zone: str) -> str:
    match = _TIME.match(value.strip())
    if match is None:
        return value.strip()
    day = f"{match[1]}-{match[2]}-{match[3]}"
    if match[4] is None:
        return day
    return f"{day} {match[4]}:{match[5]} {'UTC' if match[6] else zone}".rstrip()


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value).strip()
