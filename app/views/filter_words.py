"""The filters in what was typed: `from:bank kind:mail since:2026-03`.  What is clicked is written here, and read back.

Which filters there are, and what they mean, is decided where the search is made; here are those that can be clicked,
by all the names they answer to, and how to tell a filter from a word to search for.
"""

from __future__ import annotations

import re
import unicodedata

_NAMES = {
    "kind": ("kind", "type"),
    "source": ("source",),
    "date": ("before", "avant", "after", "apres", "since", "depuis", "on", "le"),
    "has": ("has", "avec"),
    "is": ("is", "est"),
}
_ENGLISH = {"avant": "before", "apres": "after", "depuis": "since", "le": "on"}
_OTHERS = ("from", "de", "to", "a", "pour", "subject", "objet", "sujet", "in", "dans", "dossier")
_ALL = {*_OTHERS, *(name for names in _NAMES.values() for name in names)}
_QUOTES = str.maketrans("“”„«»", '"""""')
_TOKEN = re.compile(r'(?P<not>-)?(?:(?P<name>[^\W\d_]+):(?=[^\s/]))?(?:"(?P<quoted>[^"]*)"?|(?P<word>[^\s"]+))')


def value(text: str, field: str) -> str:
    """What the first filter of this kind asks for, e.g. `kind` → "mail"; empty where there is none."""
    for token in _tokens(text):
        if _is(token, field):
            return _value(token)
    return ""


def date(text: str) -> str:
    """The first filter by date, name and all, in its English form: "since:2026-03"; empty where there is none."""
    for token in _tokens(text):
        if _is(token, "date"):
            return f"{_ENGLISH.get(_name(token), _name(token))}:{_value(token)}"
    return ""


def holds(text: str, field: str, wanted: str) -> bool:
    """Whether this very filter is there."""
    return any(_is(token, field) and _value(token) == wanted for token in _tokens(text))


def put(text: str, field: str, name: str, wanted: str) -> str:
    """`text` with the one filter `name:wanted` in place of every other of its kind; without any where it is empty."""
    kept = [token.group() for token in _tokens(text) if not _is(token, field)]
    return " ".join([*kept, _written(name, wanted)] if wanted else kept)


def toggled(text: str, field: str, wanted: str, on: bool) -> str:
    """`text` with this filter or without it; others of its kind stay."""
    kept = [token.group() for token in _tokens(text) if not (_is(token, field) and _value(token) == wanted)]
    return " ".join([*kept, _written(field, wanted)] if on else kept)


def only_filters(text: str) -> bool:
    """Whether nothing in `text` is a word to search for: then everything that fits is listed, and nothing ranked."""
    return all(_name(token) in _ALL for token in _tokens(text))


def _tokens(text: str) -> list[re.Match[str]]:
    return list(_TOKEN.finditer(text.translate(_QUOTES)))


def _name(token: re.Match[str]) -> str:
    """Without case and accents, as people type them: "après" is "apres"."""
    plain = unicodedata.normalize("NFKD", token["name"] or "")
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()


def _value(token: re.Match[str]) -> str:
    return str(token["quoted"] if token["quoted"] is not None else token["word"]).strip()


def _is(token: re.Match[str], field: str) -> bool:
    return not token["not"] and _name(token) in _NAMES[field]


def _written(name: str, wanted: str) -> str:
    plain = wanted.replace('"', "")
    return f'{name}:"{plain}"' if re.search(r"\s", plain) else f"{name}:{plain}"
