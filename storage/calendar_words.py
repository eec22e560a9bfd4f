"""Events in words, in the language of whoever wrote them, so that they can be found and quoted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.calendar import Moment
from storage.language import Language


@dataclass(frozen=True)
class Words:
    labels: dict[str, str]
    days: tuple[str, ...]  # from Monday
    months: tuple[str, ...]
    every: dict[str, tuple[str, str]]  # by FREQ: each one, each n-th
    ordinals: dict[int, str]


_ENGLISH = Words(
    {
        "when": "When: ", "where": "Where: ", "organizer": "Organizer: ", "who": "Who: ", "link": "Link: ",
        "repeats": "Repeats: ", "cancelled": "Cancelled: ", "was": "Cancelled: this event does not take place.",
        "all": "all day", "to": "to", "until": "until", "times": "times", "on": "on", "in": "in", "except": "Not on: ",
        "also": "Also on: ", "moved": "Changed: ", "instead": "instead of",
        "accepted": "accepted", "declined": "declined", "tentative": "tentative",
    },
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
     "December"),
    {
        "DAILY": ("every day", "every {} days"), "WEEKLY": ("every week", "every {} weeks"),
        "MONTHLY": ("every month", "every {} months"), "YEARLY": ("every year", "every {} years"),
        "HOURLY": ("every hour", "every {} hours"), "MINUTELY": ("every minute", "every {} minutes"),
        "SECONDLY": ("every second", "every {} seconds"),
    },
    {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "last but one"},
)  # fmt: skip
_FRENCH = Words(
    {
        "when": "Quand : ", "where": "Où : ", "organizer": "Organisation : ", "who": "Qui : ", "link": "Lien : ",
        "repeats": "Se répète : ", "cancelled": "Annulé : ", "was": "Annulé : cet événement n'a pas lieu.",
        "all": "toute la journée", "to": "à", "until": "jusqu'au", "times": "fois", "on": "le", "in": "en",
        "except": "Sauf : ", "also": "Aussi : ", "moved": "Modifié : ", "instead": "au lieu de",
        "accepted": "accepté", "declined": "refusé",
        "tentative": "provisoire",
    },
    ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
     "décembre"),
    {
        "DAILY": ("tous les jours", "tous les {} jours"), "WEEKLY": ("toutes les semaines", "toutes les {} semaines"),
        "MONTHLY": ("tous les mois", "tous les {} mois"), "YEARLY": ("tous les ans", "tous les {} ans"),
        "HOURLY": ("toutes les heures", "toutes les {} heures"),
        "MINUTELY": ("toutes les minutes", "toutes les {} minutes"),
        "SECONDLY": ("toutes les secondes", "toutes les {} secondes"),
    },
    {1: "premier", 2: "deuxième", 3: "troisième", 4: "quatrième", 5: "cinquième", -1: "dernier", -2: "avant-dernier"},
)  # fmt: skip
_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}


def words(language: Language) -> Words:
    return _FRENCH if language == "fr" else _ENGLISH


def day(local: datetime, said: Words) -> str:
    """ "Saturday 14 March 2026", "samedi 14 mars 2026" """
    return f"{said.days[local.weekday()]} {local.day} {said.months[local.month - 1]} {local.year}"


def span(starts: Moment, ends: Moment, said: Words) -> str:
    """From when to when, as its calendar has it, and the time zone."""
    first, to = day(starts.local, said), said.labels["to"]
    if starts.all_day:
        last = day(ends.local, said)
        return f"{first}, {said.labels['all']}" if first == last else f"{first} {to} {last}"
    at = f"{first}, {starts.local:%H:%M}"
    if ends.at > starts.at:
        same = ends.local.date() == starts.local.date()
        at += f" {to} {ends.local:%H:%M}" if same else f" {to} {day(ends.local, said)}, {ends.local:%H:%M}"
    zone = starts.zone or ("UTC" if str(starts.local.tzinfo) == "UTC" else "")
    return f"{at} ({zone})" if zone else at


def moment(one: Moment, said: Words) -> str:
    return day(one.local, said) if one.all_day else f"{day(one.local, said)}, {one.local:%H:%M}"


def rule(rrule: Any, said: Words) -> str:
    """A recurrence rule (RFC 5545 section 3.3.10) as people say it; parts that few calendars write are left out."""
    frequency = str(next(iter(rrule.get("FREQ", [])), "")).upper()
    if frequency not in said.every:
        return ""
    interval = int(next(iter(rrule.get("INTERVAL", [])), 1))
    one, many = said.every[frequency]
    text = one if interval == 1 else many.format(interval)
    days = [_weekday(str(each), said) for each in rrule.get("BYDAY", [])][:7]
    days += [str(int(each)) for each in rrule.get("BYMONTHDAY", [])][:31]
    if any(days):
        text += f" {said.labels['on']} {', '.join(name for name in days if name)}"
    months = [said.months[int(each) - 1] for each in rrule.get("BYMONTH", []) if 1 <= int(each) <= 12]
    if months:
        text += f" {said.labels['in']} {', '.join(months)}"
    for count in rrule.get("COUNT", [])[:1]:
        text += f", {int(count)} {said.labels['times']}"
    for until in rrule.get("UNTIL", [])[:1]:
        text += f", {said.labels['until']} {day(_as_datetime(until), said)}"
    return text


def _as_datetime(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


def _weekday(value: str, said: Words) -> str:
    """ "MO", "-1FR", "2TU" """
    name, position = value[-2:].upper(), value[:-2]
    if name not in _WEEKDAYS:
        return ""
    spoken = said.days[_WEEKDAYS[name]]
    number = int(position) if position.lstrip("+-").isdigit() else 0
    ordinal = said.ordinals.get(number, "")
    return f"{ordinal} {spoken}" if ordinal else spoken


def person(address: Any, said: Words) -> str:
    """An organizer or attendee: name, address, and how they answered."""
    mail = str(address).strip()
    mail = mail[7:] if mail.lower().startswith("mailto:") else mail
    params = getattr(address, "params", {})
    name, answer = str(params.get("CN", "")).strip('" '), str(params.get("PARTSTAT", "")).lower()
    shown = f"{name} <{mail}>" if name and name != mail else mail
    return f"{shown} ({said.labels[answer]})" if answer in ("accepted", "declined", "tentative") else shown


def listed(label: str, moments: Sequence[Moment], said: Words) -> str:
    return said.labels[label] + "; ".join(moment(one, said) for one in moments) if moments else ""
