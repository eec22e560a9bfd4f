"""Every sentence the window says is in the catalogue, in both languages, and every one there is said."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import texts, views
from app.swarm.negotiating import AWARDS
from app.texts import LANGUAGES, catalogue
from app.views.strength import advice, duration, judge
from app.views.task_kinds import KINDS
from app.views.wording import Words
from p2p.contractnet import Standing

_VIEWS = Path(str(views.__file__)).parent
_SOURCES = (*sorted(_VIEWS.glob("*.py")), _VIEWS.parent / "window.py")
_BY_PREFIX = (
    "duration.", "advice.", "kind.", "give.by_", "give.leaves_", "give.kind_", "give.length_", "give.to_", "bids.",
    "reason.", "next.", "field.", "demo.", "feedback.value_", "said.", "payment.asks_",
)  # fmt: skip


def window_keys() -> set[str]:
    return {key.removeprefix("window.") for key in catalogue() if key.startswith("window.")}


def strings_in_code() -> Iterator[str]:
    for source in _SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def keys_said() -> Iterator[str]:
    """The first argument of every call of `words`."""
    for source in _SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name == "words" and node.args:
                constants = (c.value for c in ast.walk(node.args[0]) if isinstance(c, ast.Constant))
                yield from (str(value) for value in constants if "." in str(value))


def test_every_sentence_said_is_in_the_catalogue() -> None:
    unknown = {key for key in keys_said() if key not in window_keys() and not key.endswith((".", "_"))}
    assert not unknown


def composed_keys() -> Iterator[re.Pattern[str]]:
    """What strings with gaps in them, such as f"left.why_{one.why}", may become."""
    for source in _SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [str(part.value) if isinstance(part, ast.Constant) else None for part in node.values]
                if any(part and re.fullmatch(r"[a-z.]*[._][a-z_]*", part) for part in parts):
                    yield re.compile("".join("[a-z_.]+" if part is None else re.escape(part) for part in parts))


def test_every_sentence_in_the_catalogue_is_said() -> None:
    said, composed = set(strings_in_code()), list(composed_keys())
    left = {key for key in window_keys() if key not in said and not key.startswith(_BY_PREFIX)}
    assert not {key for key in left if not any(pattern.fullmatch(key) for pattern in composed)}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_task_has_its_words(kind: str) -> None:
    assert {f"kind.{kind}", f"give.kind_{kind}", f"give.leaves_{kind}"} <= window_keys()
    assert KINDS[kind].awards or f"give.then_{kind}" in window_keys()


@pytest.mark.parametrize("way", AWARDS)
def test_every_way_to_award_has_its_words(way: str) -> None:
    assert {f"give.by_{way}", f"give.then_{way}"} <= window_keys()


@pytest.mark.parametrize("standing", sorted(set(Standing) - {Standing.NOT_UNDERSTOOD}))
def test_every_standing_of_a_bid_has_its_words(standing: str) -> None:
    assert f"bids.{standing.replace('-', '_')}" in window_keys()


@pytest.mark.parametrize("key", sorted(window_keys()))
def test_both_languages_fill_the_same_gaps(key: str) -> None:
    entry = catalogue()[f"window.{key}"]
    gaps = [_gaps(entry[language]) - {"count"} for language in LANGUAGES]
    assert gaps[0] == gaps[1]
    assert all(_filled(entry[language]) for language in LANGUAGES)


def _gaps(sentence: Any) -> set[str]:
    forms = [sentence] if isinstance(sentence, str) else list(sentence.values())
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}


def _filled(sentence: Any) -> bool:
    return bool(sentence) if isinstance(sentence, str) else set(sentence) == {"one", "other"} and all(sentence.values())


def test_what_zxcvbn_advises_is_known_in_both_languages() -> None:
    from zxcvbn import feedback

    source = Path(str(feedback.__file__)).read_text("utf-8")
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    marked = [call.args[0] for call in calls if getattr(call.func, "id", "") == "_"]
    sentences = {first.value for first in marked if isinstance(first, ast.Constant)}
    known = {texts.text(key, "en") for key in catalogue() if key.startswith("window.advice.")}
    assert len(sentences) > 20
    assert sentences == known


def test_a_common_password_is_refused_with_advice_in_french() -> None:
    strength = judge("motdepasse1")
    assert not strength.enough
    assert "Ajoutez un mot" in advice(strength.advice, Words("fr"))


def test_four_unrelated_words_are_enough() -> None:
    assert judge("gravel otter lantern seventeen").enough


def test_a_passphrase_longer_than_the_estimate_reads_is_judged() -> None:
    assert judge("otter gravel " * 30).score >= 0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "less than a second"), (1, "a second"), (7_300, "2 hours"), (4e9, "a century"), (1e30, "longer than")],
)
def test_times_are_said_in_one_rounded_unit(seconds: float, said: str) -> None:
    assert duration(seconds, Words("en")).startswith(said)


def test_a_date_that_is_none_is_not_shown() -> None:
    assert Words("en").date(None) == ""
    assert Words("en").date("yesterday") == ""
