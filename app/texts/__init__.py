"""The catalogue of strings: every sentence a person reads, in English and in French, in the TOML files beside this one.

A file is a section, or a part of one: `error.toml` and `error-imap.toml` hold `error.*`.
An entry is `key = { en = "…", fr = "…" }`; one that depends on a
number is `key = { en = { one = "…", other = "…" }, fr = { one = "…", other = "…" } }` and is asked for with `count=`.
Gaps are named as for str.format.  Plural rules: CLDR (English: one for 1; French: one for 0 and 1).
"""

from __future__ import annotations

import functools
import locale
import os
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

LANGUAGES = ("en", "fr")


@functools.cache
def catalogue() -> Mapping[str, Any]:
    """Every entry by its full key.  Read once; never changed."""
    entries: dict[str, Any] = {}
    for file in sorted(resources.files(__package__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            _collect(file.name.removesuffix(".toml").partition("-")[0], tomllib.loads(file.read_text("utf-8")), entries)
    return entries


def _collect(prefix: str, table: Mapping[str, Any], entries: dict[str, Any]) -> None:
    for key, value in table.items():
        if set(value) == set(LANGUAGES):
            entries[f"{prefix}.{key}"] = value
        else:
            _collect(f"{prefix}.{key}", value, entries)


def text(key: str, language: str, /, **values: Any) -> str:
    """The sentence for `key`.  Errors: KeyError for an unknown key or a gap without a value."""
    entry = catalogue()[key][language if language in LANGUAGES else "en"]
    if not isinstance(entry, str):
        count = values["count"]
        entry = entry["one" if count == 1 or (language == "fr" and count == 0) else "other"]
    return str(entry).format(**values)


def system_language() -> str:
    """The language of the user's environment, as far as the catalogue speaks it.  NUEE_LANGUAGE overrides it."""
    for name in ("NUEE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "fr" if value.lower().startswith("fr") else "en"
    return "fr" if (locale.getlocale()[0] or "").lower().startswith(("fr", "french")) else "en"
