"""The bundled skill "news": a question followed over time, and each item told once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from skills.sandbox import Sandbox
from tests.unit.bundled_fixtures import NOW, ScriptedHost, run_entry, text_of

LATER = NOW + timedelta(days=1)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as one:
        yield one


@pytest.fixture
def host() -> ScriptedHost:
    return ScriptedHost(chooses=lambda _instructions, _text, _options: "no")


def item(id: str, title: str, text: str = "", date: str = "2026-03-05T08:00:00Z", feed: str = "City") -> dict[str, Any]:
    return {
        "id": id,
        "title": title,
        "text": text,
        "date": date,
        "feed": feed,
        "sender": feed,
        "link": "https://x.example/",
    }


def call(sandbox: Sandbox, host: ScriptedHost, entry: str, **inputs: Any) -> Any:
    return run_entry(sandbox, host, "news", entry, LATER, **inputs)


def following(sandbox: Sandbox, host: ScriptedHost, question: str, **more: Any) -> Any:
    return run_entry(sandbox, host, "news", "follow", NOW, question=question, **more)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("keep me posted on the price of copper", "the price of copper"),
        ("tell me when there is news about the pool", "there is news about the pool"),
        ("Suis le prolongement du tram", "le prolongement du tram"),
        ("tiens-moi au courant des élections", "élections"),
        ("copper", "copper"),
    ],
)
def test_what_is_kept_is_the_question_without_the_asking(
    said: str, kept: str, sandbox: Sandbox, host: ScriptedHost
) -> None:
    following(sandbox, host, said)
    assert [one["question"] for one in host.kept["follows"]] == [kept]


def test_asking_to_follow_nothing_is_asked_back(sandbox: Sandbox, host: ScriptedHost) -> None:
    assert (following(sandbox, host, "follow"), host.kept) == ("What shall I follow?", {})


def test_what_is_followed_already_is_not_kept_twice(sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "the price of copper")
    assert "already" in following(sandbox, host, "follow copper prices")
    assert len(host.kept["follows"]) == 1


@pytest.mark.parametrize("title", ["Copper prices climb", "The PRICE of copper", "Coppers price falls"])
def test_an_item_is_told_whatever_the_endings_of_its_words(title: str, sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "the price of copper")
    host.items.append(item("a", title))
    assert call(sandbox, host, "check")["sources"] == ["a"]


@pytest.mark.parametrize("title", ["Tram : prolongement voté", "Les prolongements du TRAM", "Prolongement des trams"])
def test_the_same_in_french_with_accents_folded(title: str, sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "le prolongément du tram")
    host.items.append(item("a", title))
    assert call(sandbox, host, "check", language="fr")["sources"] == ["a"]


def test_what_is_about_something_else_is_not_told(sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "the price of copper")
    host.items.append(item("a", "Cats of the harbour"))
    assert call(sandbox, host, "check") == "Nothing new about what I follow."


def test_an_item_is_told_once(sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "the price of copper")
    host.items.append(item("a", "Copper prices climb"))
    call(sandbox, host, "item", record="a")
    assert call(sandbox, host, "daily") is None
    assert call(sandbox, host, "check") == "Nothing new about what I follow."


def test_what_was_there_before_is_not_new(sandbox: Sandbox, host: ScriptedHost) -> None:
    host.items.append(item("old", "Copper prices fall", date="2026-03-01T08:00:00Z"))
    assert following(sandbox, host, "the price of copper")["sources"] == ["old"]
    assert call(sandbox, host, "check") == "Nothing new about what I follow."


def test_an_item_that_comes_in_is_told_where_it_belongs(sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "the price of copper")
    host.items += [item("a", "Copper prices climb"), item("b", "Copper price record")]
    assert call(sandbox, host, "item", record="b")["sources"] == ["b"]
    assert call(sandbox, host, "item", record="c") is None


def test_only_the_feed_that_was_named_is_looked_at(sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "copper", feed="Metals")
    host.items += [item("a", "Copper climbs"), item("b", "Copper climbs", feed="Metals weekly")]
    assert call(sandbox, host, "check")["sources"] == ["b"]


def test_the_model_is_asked_only_where_words_do_not_decide(sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "the price of copper in Chile")
    host.items += [item("sure", "Copper price in Chile"), item("unsure", "Copper mine floods"), item("no", "Cats")]
    host.chooses = lambda _instructions, text, _options: "yes"
    found = call(sandbox, host, "check")
    assert [each["text"].strip() for each in host.called("model_choose")] == ["Copper mine floods"]
    assert "Copper mine floods (2026-03-05, City, perhaps)" in found["text"]


def test_without_a_model_what_is_unsure_is_left_out(sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "the price of copper in Chile")
    host.items.append(item("unsure", "Copper mine floods"))
    host.unavailable.add("model_choose")
    assert call(sandbox, host, "check") == "Nothing new about what I follow."


def test_a_question_is_let_go_by_a_part_of_it(sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "the price of copper")
    assert (
        call(sandbox, host, "unfollow", question="stop following copper") == "I no longer follow “the price of copper”."
    )
    assert host.kept["follows"] == []


def test_what_is_not_followed_is_not_let_go(sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "the price of copper")
    assert "I do not follow “cats”." in call(sandbox, host, "unfollow", question="stop following cats")
    assert len(host.kept["follows"]) == 1


def test_what_is_followed_is_listed(sandbox: Sandbox, host: ScriptedHost) -> None:
    assert call(sandbox, host, "list", language="fr") == "Je ne suis encore rien."
    following(sandbox, host, "the price of copper")
    assert "- the price of copper (2026-03-04)" in call(sandbox, host, "list")


def test_a_title_makes_no_markup(sandbox: Sandbox, host: ScriptedHost) -> None:
    following(sandbox, host, "copper")
    host.items.append(item("a", "Copper ![x](https://evil.example/?q=1)\u200b\nnow"))
    assert "Copper \\!\\[x\\](https://evil.example/?q=1) now" in text_of(call(sandbox, host, "check"))
