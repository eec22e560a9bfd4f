"""Amounts of a token in words, and back.  Pure.

Thousands stand apart by a narrow no-break space in every language (ISO 80000-1), so that a comma or a full stop is
always the decimal sign, and what is shown can be typed in again.
"""

from __future__ import annotations

import re
import unicodedata

from app.results import CommandFailed

SYMBOL = 12  # characters of a token's symbol that are shown
MOST_DECIMALS = 36
MOST_TYPED = 100  # digits; 2**256 has 78
_TYPED = re.compile(r"(\d*)(?:[.,](\d*))?\Z", re.ASCII)
_APART = "\u202f"
_BLANKS = dict.fromkeys(map(ord, " \u00a0\u202f'_"))
_UNSEEN = ("C", "Z", "M")  # categories of what has no shape of its own


def amount_text(value: int, decimals: int, symbol: str, language: str) -> str:
    """`value`, in the token's smallest parts, such as "1 234.5 NREH"; all its digits, without zeros at the end."""
    whole, part = divmod(abs(value), 10**decimals)
    digits = f"{whole:,}".replace(",", _APART)
    fraction = f"{part:0{decimals}d}".rstrip("0") if part else ""
    sign = "−" if value < 0 else ""
    number = f"{sign}{digits}{',' if language == 'fr' else '.'}{fraction}" if fraction else f"{sign}{digits}"
    shown = plain_symbol(symbol)
    return f"{number}\u00a0{shown}" if shown else number


def decimal_text(amount: str, symbol: str, language: str) -> str:
    """Of decimal text in whole tokens, such as "1234.50", as `amount_text` has it."""
    whole, _, part = amount.partition(".")
    return amount_text(int(whole + part), len(part), symbol, language)


def with_worth(shown: str, worth: str) -> str:
    """An amount, and what it is worth to the person, where that is known."""
    return f"{shown} ({worth})" if worth else shown


def amount_of(text: str, decimals: int) -> int:
    """What somebody typed, in the token's smallest parts.  Errors: CommandFailed("amount" | "amount-decimals")."""
    whole, _, fraction = decimal_of(text).partition(".")
    if len(fraction) > decimals:
        raise CommandFailed("amount-decimals", decimals=decimals)
    return int(whole + fraction.ljust(decimals, "0"))


def decimal_of(text: str) -> str:
    """What somebody typed, as decimal text: "1 234,50" is "1234.5".  Errors: CommandFailed("amount")."""
    digits = text[: 2 * MOST_TYPED].strip().translate(_BLANKS)
    typed = _TYPED.match(digits) if len(digits) <= MOST_TYPED and len(text) <= 2 * MOST_TYPED else None
    if typed is None or not (typed[1] or typed[2]):
        raise CommandFailed("amount", text=text[:40])
    whole, fraction = typed[1].lstrip("0") or "0", (typed[2] or "").rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def plain_symbol(symbol: str) -> str:
    """What a contract calls its token, which anybody may have written: short, and nothing in it that is not seen."""
    seen = (letter for letter in symbol[:200] if unicodedata.category(letter)[0] not in _UNSEEN)
    return "".join(seen)[:SYMBOL]
