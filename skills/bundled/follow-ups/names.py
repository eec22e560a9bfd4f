# ruff: noqa: E501
"""How days and months are called; the same text in every skill that reads dates."""

import unicodedata
from datetime import date

DAYS = [
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
]
MONTHS = [
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"],
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
]  # fmt: skip
DAY_NUMBERS = {name: number for names in DAYS for number, name in enumerate(names)}  # Monday is 0
MONTH_NUMBERS = {
    unicodedata.normalize("NFD", name).replace("\u0301", "").replace("\u0302", ""): number
    for names in MONTHS
    for number, name in enumerate(names, 1)
}  # by the name without accents


def day_of(year, month, day):
    """None where there is no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
