"""The catalogue of strings."""

from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path
from typing import Any

import pytest

from app import texts
from app.texts import LANGUAGES, catalogue, text
from tests.paths import ROOT


def forms(entry: Any) -> list[str]:
    return [entry] if isinstance(entry, str) else [entry["one"], entry["other"]]


def gaps(sentence: str) -> set[str]:
    """`detail` is an English sentence: the French one says the same in its own words."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name} - {"detail"}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_both_languages_fill_the_same_gaps(key: str) -> None:
    english, french = (catalogue()[key][language] for language in LANGUAGES)
    wanted = gaps(forms(english)[-1])
    assert all(gaps(form) <= wanted for form in forms(english) + forms(french))
    assert gaps(forms(french)[-1]) == wanted


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_no_line_breaks_between_french_quotes_and_what_they_hold(key: str) -> None:
    assert not [form for form in forms(catalogue()[key]["fr"]) if "\u00ab " in form or " \u00bb" in form]


def test_every_key_named_in_the_code_exists() -> None:
    sections = {key.split(".")[0] for key in catalogue()}
    pattern = re.compile(rf'"((?:{"|".join(sections)})\.[a-z0-9_.-]+)"')
    named = {
        match
        for folder in ("app", "agent")
        for file in Path(ROOT / folder).rglob("*.py")
        for match in pattern.findall(file.read_text("utf-8"))
        if not match.endswith(".")
    }
    assert named - set(catalogue()) == set()


def test_every_command_failure_has_a_sentence() -> None:
    raised = {
        match
        for file in Path(ROOT / "app").rglob("*.py")
        for match in re.findall(r'CommandFailed\(\s*"([a-z-]+)"', file.read_text("utf-8"))
    }
    assert {f"error.{key}" for key in raised} - set(catalogue()) == set()


def test_every_code_raised_below_has_a_sentence() -> None:
    pattern = re.compile(
        r"(?:VaultError|KeyFileError|ModelError|BadModel|LlmFailed|HostFailed|SyncFailed|ArchiveError)"
        r'\(\s*"([a-z-]+)"|^    code = "([a-z-]+)"',
        re.M,
    )
    raised = {
        first or second
        for folder in ("storage", "agent", "p2p")
        for file in Path(ROOT / folder).rglob("*.py")
        for first, second in pattern.findall(file.read_text("utf-8"))
    }
    assert {f"error.{key}" for key in raised} - set(catalogue()) == set()


def test_french_counts_none_as_singular_and_english_does_not() -> None:
    assert text("cli.duplicates", "fr", count=0) == "0 était déjà là."
    assert text("cli.duplicates", "en", count=0) == "0 were there already."


def test_no_sentence_stands_in_two_files() -> None:
    found: dict[str, list[str]] = {}
    for file in sorted(Path(texts.__file__).parent.glob("*.toml")):
        entries: dict[str, Any] = {}
        texts._collect(file.stem.partition("-")[0], tomllib.loads(file.read_text("utf-8")), entries)
        for key in entries:
            found.setdefault(key, []).append(file.name)

    assert {key: files for key, files in found.items() if len(files) > 1} == {}
