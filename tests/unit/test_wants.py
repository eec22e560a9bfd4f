"""What a question asks for, and which sentences hold one."""

from __future__ import annotations

import pytest

from storage.wants import Want, holds, wanted


@pytest.mark.parametrize(
    ("question", "want"),
    [
        ("Who pays the deposit?", "person"),
        ("Qui paie la caution ?", "person"),
        ("When do I pay the rent?", "date"),
        ("Quand dois-je payer le loyer ?", "date"),
        ("Where is the restaurant?", "place"),
        ("How much is the rent?", "amount"),
        ("Combien coûte le billet ?", "amount"),
        ("À quelle heure part le train ?", "time"),
        ("What time does it start?", "time"),
        ("How many people come?", "number"),
        ("What is the door code?", "code"),
        ("What is Anna's phone number?", "contact"),
        ("What did Anna say about the garden?", "other"),
    ],
)
def test_the_kind_of_thing_that_is_asked_for(question: str, want: Want) -> None:
    assert wanted(question) == want


@pytest.mark.parametrize(
    ("want", "sentence", "yes"),
    [
        ("amount", "It was 1 250,50 € in all.", True),
        ("amount", "It was £40.", True),
        ("amount", "It was 40 people.", False),
        ("time", "On part à 14h32.", True),
        ("time", "We leave at half past six.", True),
        ("time", "We leave on 12 June.", False),
        ("date", "We leave on 12 June.", True),
        ("date", "Le 1er août, à midi.", True),
        ("date", "We leave soon.", False),
        ("person", "The keys are with Marta.", True),
        ("person", "The keys are with the neighbour.", False),
        ("code", "Use GUERIN27 at the desk.", True),
        ("contact", "Write to anna@example.org.", True),
        ("place", "Rendez-vous 4 rue des Lilas.", True),
        ("other", "Anything at all.", True),
    ],
)
def test_a_sentence_holds_a_thing_of_that_kind(want: Want, sentence: str, yes: bool) -> None:
    assert holds(want, sentence) is yes
