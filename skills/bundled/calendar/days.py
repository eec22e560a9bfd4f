# ruff: noqa: E501, F821 - the functions of the host, and what other files hold, exist where this runs
"""The days of a request.  What could be two days is asked back where it matters."""

from datetime import timedelta

NUMBER = r"(\d{1,3}|" + "|".join(sorted(NUMBERS, reverse=True)) + r")"
DAY = "|".join(DAY_NUMBERS)
MONTH = "|".join(MONTH_NUMBERS)


def take_days(request, now, strict):
    """(first day, last day) of the request, or None.  `strict`: what could be two days raises Unclear((key, values))."""
    today = now.date()
    for pattern, first, last in [
        (r"\b(?:the )?day after tomorrow\b|\bapres[- ]demain\b", 2, 2),
        (r"\btomorrow\b|\bdemain\b", 1, 1),
        (
            r"\btoday\b|\baujourd'hui\b|(?=\btonight\b|\bce soir\b|\bcet apres|\bce matin\b|\bthis (?:morning|afternoon|evening)\b)",
            0,
            0,
        ),
    ]:
        if request.take(pattern):
            return today + timedelta(first), today + timedelta(last)
    found = request.take(rf"\b(?:in|dans) {NUMBER} (days?|jours?|weeks?|semaines?)\b")
    if found:
        day = today + timedelta(number(found[1]) * (7 if found[2][0] in "ws" else 1))
        return day, day
    return take_date(request, today) or take_weekday(request, today, strict) or take_span(request, today)


def take_date(request, today):
    found = request.take(r"\b(?:on |le )?(\d{4})-(\d{2})-(\d{2})\b")
    if found:
        return real(int(found[1]), int(found[2]), int(found[3]))
    found = request.take(r"\b(?:on |le )?(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?\b")
    if found:
        day, month = int(found[1]), int(found[2])
        day, month = (month, day) if month > 12 >= day else (day, month)
        return dated(day, month, found[3], today)
    names = rf"({DAY})?,? ?"
    found = request.take(
        rf"\b(?:on |le )?{names}(?:the )?(\d{{1,2}})(?:st|nd|rd|th|er|e)? (?:of )?({MONTH})\b,?(?: (\d{{4}})\b)?"
    )
    if found:
        return dated(int(found[2]), MONTH_NUMBERS[found[3]], found[4], today)
    found = request.take(
        rf"\b(?:on )?{names}({MONTH}) (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b(?!:|h),?(?: (\d{{4}})\b)?"
    )
    if found:
        return dated(int(found[3]), MONTH_NUMBERS[found[2]], found[4], today)
    found = request.take(
        rf"\b(?:on )?(?:({DAY}) )?(?:the (\d{{1,2}})(?:st|nd|rd|th)\b)|\b(?:({DAY}) |le )(\d{{1,2}})\b(?! ?(?:h|:|-|am|pm|to ))"
    )
    if found:
        day = int(found[2] or found[4])
        month = today.month if day >= today.day else today.month % 12 + 1
        return real(today.year + (month < today.month), month, day)
    return None


def dated(day, month, year, today):
    """Without a year the next one there is."""
    if year:
        return real(int(year) + (2000 if len(year) == 2 else 0), month, day)
    this = real(today.year, month, day)
    return this if this[0] >= today else real(today.year + 1, month, day)


def real(year, month, day):
    found = day_of(year, month, day)
    if found is None:
        raise Unclear("not_a_day")
    return found, found


def take_weekday(request, today, strict):
    found = request.take(rf"\b(?:on |le |ce )?(next |this |coming )?({DAY})s?( prochain\b| in a week\b| en huit\b)?")
    if not found:
        return None
    wanted = DAY_NUMBERS[found[2]]
    ahead = (wanted - today.weekday()) % 7
    named = (found[1] or found[3] or "").strip()
    if named in ("in a week", "en huit"):
        ahead = (ahead or 7) + 7
    elif (ahead == 0 and named in ("", "next", "prochain")) or (named == "next" and wanted > today.weekday()):
        if strict:
            raise Unclear(f"two_days|{today + timedelta(ahead)}|{today + timedelta(ahead + 7)}")
        ahead += 7 if named else 0
    return today + timedelta(ahead), today + timedelta(ahead)


def take_span(request, today):
    """Weeks, weekends and months: more than one day."""
    monday = today - timedelta(today.weekday())
    if request.take(r"\b(?:on |at )?(?:the |this |le |ce )?week[- ]?ends?\b"):
        return max(today, monday + timedelta(5)), monday + timedelta(6)
    if request.take(r"\bnext week\b|\b(?:la )?semaine prochaine\b"):
        return monday + timedelta(7), monday + timedelta(13)
    if request.take(r"\bthis week\b|\bcette semaine\b"):
        return today, monday + timedelta(6)
    following = (today.replace(day=1) + timedelta(32)).replace(day=1)
    if request.take(r"\bnext month\b|\b(?:le )?mois prochain\b"):
        return following, (following + timedelta(32)).replace(day=1) - timedelta(1)
    if request.take(r"\bthis month\b|\bce mois(?:-ci)?\b"):
        return today, following - timedelta(1)
    found = request.take(rf"\b(?:in|en|au mois d[e'] ?) ?({MONTH})\b")
    if found:
        first = dated(1, MONTH_NUMBERS[found[1]], None, today.replace(day=1))[0]
        return max(today, first), (first + timedelta(32)).replace(day=1) - timedelta(1)
    return None
