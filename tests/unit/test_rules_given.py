"""Rules as a person sets them: what could never speak is refused, and what is stored can always be read."""

from __future__ import annotations

from typing import Any

import pytest

from agent.policy import DEFAULTS, FUNCTIONS, sensible
from agent.rules import ACTS, BadRule, Rule, from_plain
from app import errors
from app.hosting import views
from app.texts import text


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"function": "mail.sned"}, "function"),
        ({"recipient": "Ada <ada@example.org>"}, "who"),
        ({"recipient": "ada@example.org, bob@example.org"}, "who"),
        ({"recipient": "two words"}, "who"),
        ({"sources": ["Ada <ada@example.org>"]}, "who"),
        ({"skill": "Reply"}, "skill"),
        ({"act": "fly"}, "act"),
        ({"amount": "lots"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"hours": ["25:00", "26:00"]}, "hours"),
    ],
)
def test_a_rule_that_could_never_speak_is_refused_in_the_person_s_language(given: dict[str, Any], what: str) -> None:
    with pytest.raises(BadRule) as caught:
        sensible(from_plain({"effect": "deny", **given}, 1))
    assert caught.value.code == f"bad-rule-{what}"
    said = {language: errors.sentence(caught.value, language) for language in ("en", "fr")}
    assert said["en"] != said["fr"]
    assert str(caught.value) not in said["fr"]


@pytest.mark.parametrize(
    "given",
    [
        {"recipient": "ada@example.org", "skill": "reply"},
        {"recipient": "@example.org", "sources": ["contact", "mail"]},
        {"recipient": "weather/today", "function": "mcp.call", "skill": "(nuee)"},
        {"recipient": "https://example.org/feed?x=1", "function": "net.fetch"},
    ],
)
def test_a_rule_that_speaks_is_taken(given: dict[str, Any]) -> None:
    rule = from_plain({"effect": "deny", **given}, 1)
    assert sensible(rule) is rule


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_rule_can_be_read_in_words(language: str) -> None:
    rules = [*DEFAULTS, *(Rule("deny", function=name) for name in FUNCTIONS), *(Rule("deny", act=act) for act in ACTS)]
    for rule in rules:
        named = f"agent.function.{rule.function.replace('.', '-')}" if rule.function else f"agent.act.{rule.act}"
        assert text(named, language) in views.words([rule], language)  # raises where there are no words


def test_a_rule_of_another_release_is_read_by_its_name_and_hides_no_other() -> None:
    said = views.words([Rule("deny", function="mail.burn"), Rule("deny", act="send")], "en")
    assert said.split("\n")[0] == "Never: mail-burn."
