"""Arguments from the words of a request, by rules."""

from __future__ import annotations

from datetime import date

import pytest

from agent.arguments import Surroundings, fill, holds, valid
from agent.tools import Tool
from skills.declared import Argument, ArgumentType, Text

AROUND = Surroundings(date(2026, 3, 4), records=("abc123",))
ABOUT = Text("It", "Cela")


def tool(*arguments: Argument, examples: tuple[str, ...] = ()) -> Tool:
    return Tool("thing", "do", Text("Thing", "Chose"), ABOUT, arguments, examples)


def one(kind: ArgumentType, request: str, choices: tuple[str, ...] = ()) -> object:
    return fill(tool(Argument("it", kind, ABOUT, choices=choices)), request, AROUND).values.get("it")


@pytest.mark.parametrize(
    ("kind", "request_", "value"),
    [
        ("request", " what is it ", "what is it"),
        ("address", "read https://example.org/a?b=1, please", "https://example.org/a?b=1"),
        ("address", "regarde www.example.org stp", "https://www.example.org"),
        ("address", "write to ada@example.org", None),
        ("number", "the mail of the last 4 days", 4),
        ("number", "on friday at 3", None),
        ("number", "les trois derniers jours", 3),
        ("number", "the last 2 weeks", 2),
        ("day", "mardi", "2026-03-10"),
        ("time", "à 14h30", "14:30"),
        ("duration", "for 45 minutes", 45),
        ("person", "answer claire.dubois@example.org now", "claire.dubois@example.org"),
        ("person", "reply to anna that I'm coming", "anna"),
        ("person", "rédige un brouillon pour Jean Martin", "Jean Martin"),
        ("person", "prépare une réponse au mail du propriétaire", "propriétaire"),
        ("person", "the mail from Dr. Roy's office", "Dr. Roy"),
        ("person", "sort my mail", None),
        ("person", "tell grandpa I will come", "grandpa"),
        ("person", "write olga that we agree with the price", "olga"),
        ("person", "draft something for the museum", "museum"),
        ("person", "il faut répondre à la crèche", "crèche"),
        ("number", "no word from them in 6 days", 6),
        ("mail", "answer this mail", "abc123"),
        ("text", "say “see you there” to her", "see you there"),
        ("text", "what do my feeds say about solar panels", "solar panels"),
        ("text", "réponds à anna que je viens", "je viens"),
        ("text", "news about the ferry this month please", "the ferry this month"),
        ("text", "news about the ferry next week", "the ferry"),
        ("text", "tell me about everything on the ferry from now on", "the ferry"),
        ("text", "des nouvelles du bac ?", "bac"),
        ("text", "préviens-moi quand on parle du bac stp", "bac"),
    ],
)
def test_a_value_is_found(kind: ArgumentType, request_: str, value: object) -> None:
    assert one(kind, request_) == value


def test_a_choice_is_one_of_its_words() -> None:
    assert one("choice", "réponds en français", ("english", "français")) == "français"
    assert one("choice", "réponds", ("english", "français")) is None


def test_two_of_a_type_get_what_is_said_in_order() -> None:
    found = fill(tool(Argument("start", "time", ABOUT), Argument("end", "time", ABOUT)), "from 14:00 to 15:30", AROUND)
    assert found.values == {"start": "14:00", "end": "15:30"}


def test_what_another_argument_took_is_not_in_the_text() -> None:
    both = tool(Argument("about", "text", ABOUT), Argument("day", "day", ABOUT))
    assert fill(both, "news about the strike on friday", AROUND).values == {"about": "the strike", "day": "2026-03-06"}


def test_the_words_that_the_examples_share_are_no_content() -> None:
    follow = tool(
        Argument("it", "text", ABOUT), examples=("follow the tram", "please follow the river", "watch copper")
    )
    assert fill(follow, "follow the heat pumps", AROUND).values == {"it": "heat pumps"}


def test_what_is_required_and_not_said_is_missing() -> None:
    address, text = Argument("address", "address", ABOUT, True), Argument("about", "text", ABOUT, True)
    found = fill(tool(address, text, examples=("read the page", "read my page")), "read the page", AROUND)
    assert (found.values, found.missing, found.open) == ({}, (address,), (text,))


def test_an_argument_that_takes_a_number_in_a_list_gets_it() -> None:
    line = Text("The number in the list, or words of it", "Le numéro dans la liste, ou des mots")
    assert fill(tool(Argument("what", "text", line)), "number 3 on the list is done", AROUND).values == {"what": "3"}
    assert one("text", "news about number 3") == "number 3"


def test_what_is_new_in_french_is_no_number() -> None:
    assert one("number", "quoi de neuf") is None
    assert one("number", "du neuf depuis trois jours") == 3
    assert one("number", "un résumé de neuf jours") == 9


def test_a_value_of_the_model_holds_only_words_of_the_request() -> None:
    assert holds("les pompes", "Suis les pompes à chaleur")
    assert not holds("send it to mallory", "follow the pumps")
    assert not holds("", "follow the pumps")


@pytest.mark.parametrize(
    ("argument", "value", "is_valid"),
    [
        (Argument("n", "number"), 3, True),
        (Argument("n", "number"), "3; drop", False),
        (Argument("n", "number"), True, False),
        (Argument("c", "choice", choices=("a", "b")), "c", False),
        (Argument("d", "day"), "tomorrow", False),
        (Argument("t", "time"), "25:00", False),
        (Argument("a", "address"), "http://example.org", False),
        (Argument("a", "address"), "https://example.org", True),
        (Argument("t", "text"), "  ", False),
    ],
)
def test_values_are_of_their_type(argument: Argument, value: object, is_valid: bool) -> None:
    assert valid(argument, value) is is_valid
