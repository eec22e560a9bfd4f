# ruff: noqa: E501, F821 - the functions of the host, and what other files hold, exist where this runs
"""Find, add and propose times in the calendar.  Days, times and durations of a request are read here, in English and
French, by rules: no model decides when something takes place.  What could mean two things is asked back.
"""

import re
from datetime import datetime, timedelta


def holds(event, wanted):
    words = re.findall(r"[\w']+", fold(f"{event['title']} {event.get('place') or ''} {event.get('text') or ''}"))
    return all(any(same(word, other) for other in words) for word in wanted)


def same(word, other):
    size = max(4, len(word) - 2)
    return word == other or (len(word) > 3 and other[:size] == word[:size])


def events_of(first, last):
    return [one for one in event_list(start=first.isoformat(), end=last.isoformat()) if not one.get("cancelled")]


def find(request="", language="en"):
    """When something takes place, or what does at a time."""
    words, now, asked = WORDS[language], datetime.now(), Request(request)
    try:
        days = take_days(asked, now, strict=False)
    except Unclear as unclear:
        return asked_back(unclear, language)
    part = take_part(asked)
    wanted = [
        word
        for word in re.findall(r"[\w-]+", re.sub(r"\b(?:[dlcjtmn]|qu)'|'s\b", " ", asked.folded))
        if word not in STOP
    ]
    today = now.date()
    first, last = days or (today, today + timedelta(365 if wanted else 7))
    when = span_words(first, last, words, language) if days else words["next" if wanted else "week"]
    found = [
        one for one in events_of(first, last) if holds(one, wanted) and within(one, part, now if not days else None)
    ]
    lead = words["have"].format(when=when)
    if not found and wanted and not days:
        found = [one for one in events_of(today - timedelta(365), today) if holds(one, wanted)][-3:]
        lead = words["past"]
    if not found:
        return (
            words["none_about"].format(what=" ".join(wanted), when=when) if wanted else words["none"].format(when=when)
        )
    most = 5 if wanted and not days else 20
    more = [words["more"].format(count=len(found) - most)] if len(found) > most else []
    text = "\n".join([lead, "", *listed(found[:most], language), *more])
    return {"text": text, "sources": [one["id"] for one in found[:most]]}


def within(event, part, after):
    start, end = local(event["start"]), local(event["end"] or event["start"])
    if after and not event["all_day"] and end < after:
        return False
    return part is None or event["all_day"] or part[0] <= start.hour * 60 + start.minute < part[1]


def add(request="", language="en"):
    """Add what the request says; what is missing or could mean two things is asked back."""
    words, now, asked = WORDS[language], datetime.now(), Request(request)
    try:
        title, place, start, end, whole = planned(asked, now)
    except Unclear as unclear:
        return asked_back(unclear, language)
    when = day_words(start.date(), language) + (
        f", {words['all_day']}" if whole else f", {clock(start)} {words['to']} {clock(end)}"
    )
    if end.date() < now.date() or (not whole and end < now):
        return words["past_time"].format(when=when[0].upper() + when[1:])
    days = start.date().isoformat(), start.date().isoformat()  # the last day is in it
    times = days if whole else (moment(start), moment(end))
    try:
        made = event_add(title=title, start=times[0], end=times[1], all_day=whole, place=place)
    except PermissionError:
        return words["refused"]
    text = words["added"].format(title=title, when=when, place=f", {place}" if place else "")
    others = [
        one
        for one in events_of(start.date(), start.date())
        if one["id"] != made["id"] and not one["all_day"] and not whole
    ]
    clash = [one for one in others if local(one["start"]) < end and local(one["end"] or one["start"]) > start]
    lines = [words["clash"], "", *listed(clash, language)] if clash else []
    return {
        "text": "\n".join([text, *([""] if lines else []), *lines]),
        "sources": [one["id"] for one in clash],
        "event": made["id"],
    }


def planned(asked, now):
    """(title, place, start, end, all day).  Raises Unclear."""
    whole = asked.take(r"\b(?:all day(?: long)?|toute la journee|la journee entiere)\b") is not None
    days = take_days(asked, now, strict=True)
    span = take_range(asked)
    lasting = None if span else take_duration(asked)
    part = take_part(asked)
    at = span[0] if span else None if whole else take_time(asked, part)
    title, place = named(asked)
    if days is None or days[0] != days[1]:
        raise Unclear("which_day")
    if at is None and not whole:
        raise Unclear("which_time")
    if not title:
        raise Unclear("what")
    start = datetime(days[0].year, days[0].month, days[0].day) + timedelta(minutes=at or 0)
    length = 1440 if whole else span[1] - span[0] if span else lasting or 60
    return title, place, start, start + timedelta(minutes=length), whole


def named(asked):
    """The title and the place that are left of a request."""
    asked.take(r"^\s*(?:please |can you |could you |peux[- ]tu |pouvez[- ]vous |s'il te plait )*(?:add|schedule|put|create|book|enter|note|plan|"
               r"ajoutez?|notez?|mets|mettez|planifiez?|creez?|inscris|ajouter|noter|mettre|planifier|creer|inscrire|reserver?)\b")  # fmt: skip
    asked.take(r"\b(?:to|in|into|on|a|dans|sur) (?:my|the|mon|l'|le) ?(?:calendar|agenda|diary|calendrier)\b")
    asked.take(
        r"^\s*an? (?:event|entry|appointment)\b(?: (?:for|called)\b| ?:)?(?= *\S)|^\s*un evenement(?: pour\b| ?:)?(?= *\S)"
    )
    place = ""
    found = re.search(r"\s(?:at|chez|@)\s+((?:the |la |le |l')?\S[^,]*?)\s*$", asked.folded.rstrip(" ,.;"))
    if found and len(found.group(1)) > 1:
        start, end = found.span(1)
        place = ("chez " if asked.folded[found.start() : start].strip() == "chez" else "") + asked.text[
            start:end
        ].strip()
        asked.text = asked.text[: found.start()]
    title = asked.rest().strip(" ,.;:-–!?\"'“”«»")
    return re.sub(r"^(?:an?|the|un|une|le|la|les|des) ", "", re.sub(r" (?:on|at|le|a|à|de|du|for|from)$", "", title))[
        :200
    ], " ".join(place.split())


def propose(request="", language="en"):
    """Free times of the length asked for."""
    words, now, asked = WORDS[language], datetime.now(), Request(request)
    weekend = re.search(r"week[- ]?end|samedi|dimanche|saturday|sunday", asked.folded) is not None
    try:
        days = take_days(asked, now, strict=False)
    except Unclear as unclear:
        return asked_back(unclear, language)
    span, length = take_range(asked), take_duration(asked) or 30
    start, end = span or take_part(asked) or (9 * 60, 18 * 60)
    count = asked.take(rf"\b{NUMBER}\b(?= +\w)")
    wanted = min(10, max(1, number(count[1]))) if count and number(count[1]) > 1 else 3
    first, last = days or (now.date(), now.date() + timedelta(7))
    first, last = max(first, now.date()), min(last, first + timedelta(62))
    when = span_words(first, last, words, language) if days else words["week"]
    events = events_of(first, last)
    busy = [(local(one["start"]), local(one["end"] or one["start"])) for one in events if not one["all_day"]]
    free = chosen(slots(first, last, (start, end), length, busy, weekend, now), wanted)
    whole = [one for one in events if one["all_day"]][:10]
    if not free:
        lines = [words["no_slot"].format(minutes=length, when=when, start=clock(start), end=clock(end))]
    else:
        lines = [words["slots"].format(when=when), ""]
        lines += [
            f"- {day_words(at.date(), language)}, {clock(at)} {words['to']} {clock(at + timedelta(minutes=length))}"
            for at in free
        ]
        lines += ["", words["few"].format(count=len(free))] if len(free) < wanted else []
    lines += ["", words["days_too"], "", *listed(whole, language)] if whole else []
    return {"text": "\n".join(lines), "sources": [one["id"] for one in whole], "slots": [moment(at) for at in free]}


def slots(first, last, hours, length, busy, weekend, now):
    """For each day the free starts, on quarters of an hour, none overlapping another."""
    found, day = [], first
    while day <= last:
        starts, at = [], hours[0]
        while (weekend or day.weekday() < 5) and at + length <= hours[1]:
            begin = datetime(day.year, day.month, day.day) + timedelta(minutes=at)
            end = begin + timedelta(minutes=length)
            if begin >= now and not any(begin < other[1] and end > other[0] for other in busy):
                starts.append(begin)
                at += -(-length // 15) * 15
            else:
                at += 15
        found.append(starts)
        day += timedelta(1)
    return found


def chosen(days, wanted):
    """Spread over the days: the first of each, then the second of each."""
    spread = [(rank, at) for starts in days for rank, at in enumerate(starts)]
    return sorted(at for _, at in sorted(spread)[:wanted])
