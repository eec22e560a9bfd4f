"""English or French is told by small words; where it cannot be told, nothing is claimed."""

from __future__ import annotations

import pytest

from storage.language import detect


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Could you send me the invoice for the boiler before Friday?", "en"),
        ("Pourrais-tu m'envoyer la facture de la chaudière avant vendredi ?", "fr"),
        ("Merci", ""),
        ("", ""),
        ("1234 5678 😀", ""),
        ("J’arrive à l’heure", "fr"),
        ("I don't think it's ours.", "en"),
    ],
)
def test_the_language_of_a_text(text: str, expected: str) -> None:
    assert detect(text) == expected


def test_a_french_mail_with_an_english_subject_is_french() -> None:
    assert detect("Weekly report\nVoici le rapport de la semaine, il est un peu long mais tout y est.") == "fr"
