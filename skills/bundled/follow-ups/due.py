# ruff: noqa: E501, F821 - the functions of the host, and what other files hold, exist where this runs
"""The day that a sentence names, counted from the day it was written."""

import re
from datetime import timedelta

MONTH_WORDS = MONTH_NUMBERS | {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
COUNTS = NUMBERS | {"a couple of": 2, "a few": 3, "quelques": 3}
COUNT = r"(\d{1,2}|" + "|".join(sorted(COUNTS, key=lambda word: -len(word))) + r")"
NAMES = "|".join(sorted(MONTH_WORDS, key=lambda word: -len(word)))
SPANS = {
    "hour": 0, "heure": 0, "minute": 0, "h": 0, "day": 1, "jour": 1, "week": 7, "semaine": 7,
}  # fmt: skip


def due(sentence, written):
    """The day that a sentence names, counted from the day it was written, or ""."""
    text = fold(sentence)
    for rule in (near_day, counted_day, named_date, week_day, end_of):
        found = rule(text, written)
        if found:
            return found.isoformat()
    return ""


def near_day(text, on):
    if re.search(r"\b(the day after tomorrow|apres[- ]demain)\b", text):
        return on + timedelta(days=2)
    if re.search(r"\b(tomorrow|demain)\b", text):
        return on + timedelta(days=1)
    today_words = (
        r"\b(today|tonight|this (morning|afternoon|evening)|by noon|within the hour|right away|aujourd'hui|ce soir|"
        r"ce matin|ce midi|cet apres-midi|dans la (journee|soiree|matinee)|tout de suite|tout a l'heure|later on)\b"
    )
    return on if re.search(today_words, text) else None


def counted_day(text, on):
    found = re.search(
        r"\b(in|within|dans|sous|d'ici)( les)? "
        + COUNT
        + r" ?(prochaine?s? )?(hour|day|week|month|heure|jour|semaine|mois|minute|h\b)",
        text,
    )
    if not found:
        return on + timedelta(days=8) if "sous huitaine" in text else None
    number = int(found[3]) if found[3].isdigit() else COUNTS[found[3]]
    if found[5] in ("month", "mois"):
        return ahead(on, (on.month + number - 1) % 12 + 1, min(on.day, 28))
    if SPANS[found[5]] == 0:
        return on + timedelta(days=0 if found[5] == "minute" else number // 24)
    return on + timedelta(days=number * SPANS[found[5]])


def named_date(text, on):
    found = re.search(r"\b(20\d\d)-(\d\d)-(\d\d)\b", text)
    if found:
        return day_of(int(found[1]), int(found[2]), int(found[3]))
    found = re.search(r"\b(\d{1,2})(?:st|nd|rd|th|er)?(?: of)? (" + NAMES + r")\b", text)
    if found:
        return ahead(on, MONTH_WORDS[found[2]], int(found[1]))
    found = re.search(r"\b(" + NAMES + r")\.? (\d{1,2})(?:st|nd|rd|th)?\b(?!:)", text)
    if found:
        return ahead(on, MONTH_WORDS[found[1]], int(found[2]))
    found = re.search(r"\b(?:le|by|on|avant le|d'ici le|pour le) (\d{1,2})/(\d{1,2})\b", text)
    if found:
        return ahead(on, int(found[2]), int(found[1]))
    found = re.search(
        r"\b(?:(?:by|on|before) the (\d{1,2})(?:st|nd|rd|th)|(?:le|d'ici le|avant le|pour le) (\d{1,2}))\b(?! ?(h|"
        r"heures|euros|%))",
        text,
    )
    if found:
        day = int(found[1] or found[2])
        here = day_of(on.year, on.month, day)
        return here if here and here >= on else day_of(on.year + on.month // 12, on.month % 12 + 1, day)
    return None


def week_day(text, on):
    found = re.search(
        r"\b(next )?(" + "|".join(DAY_NUMBERS) + r")\b( prochain| de la semaine prochaine| en huit| next week)?", text
    )
    if not found:
        return None
    gap = (DAY_NUMBERS[found[2]] - on.weekday() - 1) % 7 + 1
    following = found[3] in (" en huit",) or (found[1] or found[3] in (" de la semaine prochaine", " next week"))
    return on + timedelta(days=gap + (7 if following and on.weekday() + gap < 7 else 0))


def end_of(text, on):
    friday = on + timedelta(days=(4 - on.weekday()) % 7)
    if re.search(r"\b(next week|semaine prochaine)\b", text):
        return on + timedelta(days=4 - on.weekday() + 7)
    if re.search(r"\b(weekend|week-end)\b", text):
        return on + timedelta(days=6 - on.weekday())
    if re.search(r"\b(this week|end of (the )?week|cette semaine|fin de (la )?semaine)\b", text):
        return friday
    if re.search(r"\b(end of (the|this) month|this month|fin du mois|fin de mois|ce mois)\b", text):
        return day_of(on.year + on.month // 12, on.month % 12 + 1, 1) - timedelta(days=1)
    if re.search(r"\b(next month|mois prochain)\b", text):
        after = on.replace(day=1) + timedelta(days=70)
        return after.replace(day=1) - timedelta(days=1)
    return on if re.search(r"\b(end of (the )?day|eod|fin de (la )?journee)\b", text) else None


def ahead(on, month, day):
    """That day of this year, or of the next if it lies more than half a year back."""
    here = day_of(on.year, month, day)
    return day_of(on.year + 1, month, day) if here and (on - here).days > 180 else here
