"""Words as the full-text index holds them: stemmed in English or French, without accents.

The table `chunk_terms` (FTS5, tokenizer unicode61) stores what `terms` returns; `query` makes a MATCH expression for
it.  Both cut text the same way, so that any form of a word finds any other: "réunions" finds "reunion".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from storage.language import STOP_WORDS, Language

MAX_QUERY_WORDS = 48  # distinct words of a query that are looked up: a pasted page must not stall the search
_MAX_QUERY_TEXT = 20_000  # characters of a query that are read at all
_MAX_TERM = 64  # characters: beyond this it is base64, not a word

_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_PIECE = r"(?:[^\W_][\u0300-\u036f]*)+"
_WORD = re.compile(rf"{_PIECE}(?:['’\-\u2010\u2011]{_PIECE})*")
_SPLIT = re.compile(r"[^\w]|_")
_ELIDED = frozenset("c d j l m n s t qu jusqu lorsqu puisqu quoiqu".split())  # noqa: SIM905
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
_SNOWBALL = {"en": "english", "fr": "french"}


def terms(text: str, language: Language = "") -> str:
    """The terms of `text`, space-separated, in reading order; `language` "" gives the stems of both languages."""
    languages = (language,) if language else ("en", "fr")
    found: list[str] = []
    for word in _words(text):
        if "@" in word:
            found += _address(word)
        else:
            found += _forms(word, languages)
    return " ".join(found)


def query_terms(text: str) -> list[tuple[str, ...]]:
    """One tuple of alternative terms for each distinct word of a query, stop words dropped unless nothing is left."""
    return list(query_words(text))


def query_words(text: str) -> dict[tuple[str, ...], str]:
    """What `query_terms` returns, each with the word that it is of, as typed but for its case."""
    content: dict[tuple[str, ...], str] = {}
    stops: dict[tuple[str, ...], str] = {}
    for word in _words(text[:_MAX_QUERY_TEXT]):
        if "@" in word:
            content[(_address(word)[-1],)] = word
            continue
        kept = stops if word in STOP_WORDS else content
        kept.setdefault(tuple(_forms(word, ("en", "fr"))), word)
        if len(content) >= MAX_QUERY_WORDS:
            break
    return dict(list((content or stops).items())[:MAX_QUERY_WORDS])


def expression(groups: list[tuple[str, ...]]) -> str:
    """An FTS5 MATCH expression: every term quoted, all joined by OR; "" for no terms.

    Terms are letters and digits only, so no FTS5 syntax can be injected.
    """
    return " OR ".join(dict.fromkeys(f'"{term}"' for group in groups for term in group))


def phrase(text: str) -> str:
    """An FTS5 MATCH expression for exactly these words next to each other, in either language; a single word in any
    form.  Accents may be left out of all words or of none.
    """
    if len(list(_words(text))) == 1:
        return expression([tuple(term for group in query_terms(text) for term in group)])
    languages: tuple[Language, ...] = ("en", "fr", "")
    written = (terms(words, language) for words in (text, fold(text)) for language in languages)
    return expression([tuple(written)])


def query(text: str) -> str:
    """What a person typed as an FTS5 MATCH expression; "" when it holds no word."""
    return expression(query_terms(text))


def fold(word: str) -> str:
    """Lower case, without accents, letters and digits as they are."""
    if word.isascii():
        return word.lower()
    lowered = word.casefold().translate(_LIGATURES)
    decomposed = unicodedata.normalize("NFKD", lowered)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def forget() -> None:
    """Drop the cached stems, which are words of what was indexed.  Call when the vault is locked."""
    _stems.cache_clear()


def _words(text: str) -> Iterator[str]:
    """Lower-cased words and whole e-mail addresses; elided articles cut off, hyphens split and joined."""
    text = unicodedata.normalize("NFKC", text).lower()
    position = 0
    for match in _EMAIL.finditer(text) if "@" in text else ():
        yield from _plain_words(text[position : match.start()])
        yield match.group()
        position = match.end()
    yield from _plain_words(text[position:])


def _plain_words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        word = match.group().replace("’", "'")
        if word in STOP_WORDS or word.isalnum():
            yield word
            continue
        pieces = [piece for piece in re.split(r"['\-\u2010\u2011]", word) if piece]
        while len(pieces) > 1 and pieces[0] in _ELIDED:
            del pieces[0]
        if len(pieces) > 1 and pieces[-1] == "s":
            del pieces[-1]  # the English possessive
        yield from pieces
        if len(pieces) > 1:
            yield "".join(pieces)  # "e-mail" and "email", "rendez-vous" and "rendezvous"


def _address(address: str) -> list[str]:
    """The parts of an e-mail address, then the whole as one term."""
    parts = [part for part in _SPLIT.split(address) if part]
    forms = [form for part in parts for form in _forms(part, ("en", "fr"))]
    return [*forms, fold("".join(parts))[: 2 * _MAX_TERM]]


def _forms(word: str, languages: tuple[str, ...]) -> list[str]:
    found: dict[str, None] = {}
    for language in languages:
        found.update(dict.fromkeys(_stems(word[:_MAX_TERM], language)))
    return list(found)


@lru_cache(maxsize=50_000)
def _stems(word: str, language: str) -> tuple[str, ...]:
    """The stem of a word as written, and of the word without its accents where that differs: people leave them out."""
    import snowballstemmer  # thirty languages: only where words are cut

    stemmer = snowballstemmer.stemmer(_SNOWBALL[language])  # a stemmer holds state: one for each call
    forms = [fold(stemmer.stemWord(word))]
    if (bare := fold(word)) != word:
        forms.append(fold(stemmer.stemWord(bare)))
    plain = ("".join(filter(str.isalnum, form)) for form in forms)
    return tuple(form for form in dict.fromkeys(plain) if form)
