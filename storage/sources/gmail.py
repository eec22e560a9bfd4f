"""Labels as Google Takeout writes them into "X-Gmail-Labels": folders, and states that are flags here.

Google names its own labels in the language of the account; English and French are known.
"""

from __future__ import annotations

import csv
import re

from storage.records import Flag
from storage.sources.headers import Headers

_UNREAD = frozenset({"unread", "non lus", "non lu"})
_STARRED = frozenset({"starred", "suivis", "suivi", "favoris", "messages suivis"})
_DRAFTS = frozenset({"draft", "drafts", "brouillon", "brouillons"})
_STATES = re.compile(
    r"(?:opened|ouverts?|important|archived|archivés?|messages archivés|catégorie\b.*|category\b.*|imap_.*|\[imap\].*)$"
)
_FIELDS = {"x-gm-thrid", "x-gmail-labels"}
_MAX_LABELS = 200


def labels(headers: Headers) -> tuple[str, ...]:
    """The labels of an exported message, in order; nothing where the fields do not stand first.

    The export puts its own fields before all others; a sender who writes such a field can only put it further down.
    """
    if {name for name, _ in headers.fields[:2]} != _FIELDS:
        return ()
    quiet: list[str] = []
    field = headers.text("x-gmail-labels", quiet)
    try:
        row = next(csv.reader([field], skipinitialspace=True), [])  # a label with a comma stands in quotation marks
    except csv.Error:
        row = field.split(",")
    return tuple(name for each in row[:_MAX_LABELS] if (name := " ".join(each.split())))


def folder(names: tuple[str, ...]) -> str:
    """The first label that is a place and no state; where all are states, the first of them that says where it lies."""
    for name in names:
        folded = name.lower()
        if folded not in _UNREAD | _STARRED and not _STATES.match(folded):
            return name
    return next((name for name in names if name.lower().startswith("archiv")), "")


def flags(names: tuple[str, ...]) -> tuple[Flag, ...]:
    """Without labels nothing is known, so nothing is claimed."""
    if not names:
        return ()
    folded = {name.lower() for name in names}
    found: list[Flag] = []
    if not folded & _UNREAD:
        found.append("seen")
    if folded & _STARRED:
        found.append("flagged")
    if folded & _DRAFTS:
        found.append("draft")
    return tuple(found)
