"""What a person tells the agent to keep or to forget."""

from __future__ import annotations

import pytest

from agent.remembering import Command, command


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Remember that my dentist is Dr. Roy.", Command("remember", "my dentist is Dr. Roy")),
        ("please remember my dentist is Dr. Roy", Command("remember", "my dentist is Dr. Roy")),
        ("Retiens que mon dentiste est le Dr Roy", Command("remember", "mon dentiste est le Dr Roy")),
        ("retiens qu'Anna est végétarienne", Command("remember", "Anna est végétarienne")),
        ("Remember: the code is 4711", Command("remember", "the code is 4711")),
        ("From now on answer newsletters never", Command("remember", "answer newsletters never", "instruction")),
        ("Désormais, réponds à ma famille en français",
         Command("remember", "réponds à ma famille en français", "instruction")),
        ("forget that my dentist is Dr. Roy", Command("forget", "my dentist is Dr. Roy")),
        ("Oublie que mon dentiste est le Dr Roy", Command("forget", "mon dentiste est le Dr Roy")),
        ("do you remember that we met?", None),
        ("remember the mail from Paul?", None),
        ("what must I remember for friday", None),
        ("forget it", None),
        ("oublie le suivi des élections", None),
        ("remember that " + "x" * 501, None),
    ],
)  # fmt: skip
def test_a_command_is_told_from_a_question(typed: str, told: Command | None) -> None:
    assert command(typed) == told


def test_the_words_are_those_that_were_typed() -> None:
    typed = "Retiens  que mon code d'accès est « Été 42 »"
    told = command(typed)
    assert told is not None
    assert told.words in typed
