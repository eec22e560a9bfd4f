"""The router with the real default model: it says one of the tools or none, and words of the request alone."""

from __future__ import annotations

from datetime import date

from agent.arguments import Surroundings, holds
from agent.router import Router
from tests.unit.llama_fixtures import Bench, default_model
from tests.unit.test_router import ALL, Letters

NONSENSE = "purple clouds whistle seventeen ladders"


async def test_under_the_grammar_the_real_model_says_nothing_but_a_tool_or_none_and_words_of_the_request() -> None:
    bench = Bench(default_model())
    try:
        router = Router(Letters(), bench.client)
        chosen = await router.choose(NONSENSE, "en", ALL)
        route = await router.route("/news follow suis", "fr", ALL, Surroundings(date(2026, 3, 4)))
    finally:
        await bench.client.aclose()
    assert chosen is None or chosen in ALL
    assert [one.name for one in route.missing] == ["it"] or holds(str((route.arguments or {})["it"]), "suis")
