"""Sentences of the catalogue that have amounts in them, written as every amount is."""

from __future__ import annotations

from typing import Any

from app.chain.amounts import decimal_text
from app.swarm.paying import DECIMAL
from app.texts import text


def phrase(key: str, language: str, /, **values: Any) -> str:
    """As app.texts.text; `amount` may be decimal text, which agent and skills have of what is spent."""
    return text(key, language, **{name: written(name, value, language) for name, value in values.items()})


def written(name: str, value: Any, language: str) -> Any:
    """`value`, where it is a plain decimal number that is called an amount, in the language's form."""
    plain = name == "amount" and isinstance(value, str) and DECIMAL.fullmatch(value)
    return decimal_text(value, "", language) if plain else value
