# ruff: noqa: E501, F821, SIM905, UP017 - the functions of the host exist where this runs
# mypy: ignore-errors
"""Find, add and propose times in the calendar.  Days, times and durations of a request are read here, in English and
French, by rules: no model decides when something takes place.  What could mean two things is asked back.

A request is read by taking pieces out of it (`take`): what is left over is the title, or what is looked for.
"""

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone

DAYS = [
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
]
MONTHS = [
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"],
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
]  # fmt: skip
NUMBERS = {
    word: number
    for number, words in enumerate(
        ["zero", "a an one un une", "two deux", "three trois", "four quatre", "five cinq", "six", "seven sept", "eight huit",
         "nine neuf", "ten dix", "eleven onze", "twelve douze"]
    )
    for word in words.split()
} | {"fifteen": 15, "quinze": 15, "twenty": 20, "vingt": 20, "thirty": 30, "trente": 30, "forty": 40, "quarante": 40}  # fmt: skip
PARTS = [  # of the day, in minutes
    (r"\b(?:in the )?mornings?\b|\b(?:le |du |au )?mati(?:n|nee)s?\b", 9 * 60, 12 * 60),
    (r"\b(?:in the )?afternoons?\b|\b(?:dans |de |pendant )?(?:l')?apres[- ]midi\b", 13 * 60, 18 * 60),
    (r"\b(?:in the )?evenings?\b|\btonight\b|\b(?:ce |le |en )?soir(?:ee)?\b", 18 * 60, 22 * 60),
]
NUMBER = r"(\d{1,3}|" + "|".join(sorted(NUMBERS, reverse=True)) + r")"
DAY = "|".join(DAYS[0] + DAYS[1])
MONTH_NAMES = [
    unicodedata.normalize("NFD", name).replace("\u0301", "").replace("\u0302", "") for name in MONTHS[0] + MONTHS[1]
]
MONTH = "|".join(MONTH_NAMES)
CLOCK = r"(\d{1,2})(?: ?(?::|h|heures?|hours?|\.) ?(\d{2})\b| ?(h|heures?|o'clock)\b)? ?(am|pm|a\.m\.|p\.m\.)?"
STOP = set(
    "a an the i my me do does did have has is are am be was were will what when where which whats who any anything something at on in "
    "of for to with and or from by next there calendar agenda event events appointment appointments meeting's show list find tell "
    "please scheduled planned plans plan busy free schedule take place happening happen diary it have got see visit go upcoming soon today "
    "le la les l un une des du de d que qu qu'est quoi quand quel quelle quels quelles est ce c ai j j'ai je mon ma mes y t il elle "
    "a-t-il ai-je est-ce dans sur pour avec et ou au aux a calendrier agenda rendez-vous rdv evenement evenements montre liste trouve "
    "cherche dis moi prevu prevue prevus quelque chose se passe lieu prochain prochaine aura ont sont suis occupe libre bientot".split()
)
WORDS = {
    "en": {
        "none": "There is nothing in your calendar {when}.", "none_about": "I find nothing about “{what}” {when}.",
        "have": "In your calendar {when}:", "more": "and {count} more.", "all_day": "all day", "next": "in the year ahead",
        "past": "Nothing is ahead; this was:", "which_day": "On which day? I have not added anything yet.",
        "two_days": "Do you mean {} or {}? I have not added anything yet.", "not_a_day": "There is no such day. I have not added anything.",
        "which_time": "At what time, or is it all day? I have not added anything yet.", "past_time": "{when} is over. I have not added anything.",
        "two_times": "Do you mean {} in the morning or {}? I have not added anything yet.",
        "what": "What shall I call it? I have not added anything yet.", "added": "Added: **{title}**, {when}{place}.", "refused": "It was not added.",
        "clash": "At the same time there is:", "slots": "You are free {when}:", "few": "I found only {count}.", "no_slot": "I find no free {minutes} minutes {when}, within {start} to {end}.",
        "days_too": "All day long there is:", "to": "to", "at": "at", "week": "in the next seven days", "from": "from {start} to {end}", "on": "on {day}",
    },
    "fr": {
        "none": "Il n’y a rien dans votre agenda {when}.", "none_about": "Je ne trouve rien sur « {what} » {when}.",
        "have": "Dans votre agenda {when} :", "more": "et {count} de plus.", "all_day": "toute la journée", "next": "dans l’année qui vient",
        "past": "Rien à venir ; il y a eu :", "which_day": "Quel jour ? Je n’ai encore rien ajouté.",
        "two_days": "Est-ce le {} ou le {} ? Je n’ai encore rien ajouté.", "not_a_day": "Ce jour n’existe pas. Je n’ai rien ajouté.",
        "which_time": "À quelle heure, ou est-ce toute la journée ? Je n’ai encore rien ajouté.", "past_time": "{when}, c’est passé. Je n’ai rien ajouté.",
        "two_times": "Est-ce {} du matin ou {} ? Je n’ai encore rien ajouté.",
        "what": "Comment l’appeler ? Je n’ai encore rien ajouté.", "added": "Ajouté : **{title}**, {when}{place}.", "refused": "Rien n’a été ajouté.",
        "clash": "Au même moment il y a :", "slots": "Vous êtes libre {when} :", "few": "Je n’en ai trouvé que {count}.", "no_slot": "Je ne trouve pas {minutes} minutes libres {when}, entre {start} et {end}.",
        "days_too": "Toute la journée il y a :", "to": "à", "at": "à", "week": "dans les sept prochains jours", "from": "du {start} au {end}", "on": "le {day}",
    },
}  # fmt: skip


def fold(text):
    """Lower case without accents, as long as the text itself."""
    return "".join(unicodedata.normalize("NFD", "'" if c in "’ʼ" else c)[0].lower()[0] for c in text)


class Request:
    """A request with what was taken out of it blanked."""

    def __init__(self, text):
        self.text = unicodedata.normalize("NFC", text)[:500]
        self.folded = fold(self.text)

    def take(self, pattern):
        """The groups of the first match, or None; it is gone afterwards."""
        found = re.search(pattern, self.folded)
        if found is None:
            return None
        start, end = found.span()
        self.text = self.text[:start] + " " * (end - start) + self.text[end:]
        self.folded = self.folded[:start] + " " * (end - start) + self.folded[end:]
        return [found.group(0), *found.groups()]

    def rest(self):
        return " ".join(self.text.split())


Unclear = RuntimeError  # what has to be asked back: "key|value|value" of a sentence, days and minutes as text


def number(word):
    return int(word) if word.isdigit() else NUMBERS[word]


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
        return dated(int(found[2]), MONTH_NAMES.index(found[3]) % 12 + 1, found[4], today)
    found = request.take(
        rf"\b(?:on )?{names}({MONTH}) (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b(?!:|h),?(?: (\d{{4}})\b)?"
    )
    if found:
        return dated(int(found[3]), MONTH_NAMES.index(found[2]) % 12 + 1, found[4], today)
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
    try:
        return date(year, month, day), date(year, month, day)
    except ValueError:
        raise Unclear("not_a_day") from None


def take_weekday(request, today, strict):
    found = request.take(rf"\b(?:on |le |ce )?(next |this |coming )?({DAY})s?( prochain\b| in a week\b| en huit\b)?")
    if not found:
        return None
    wanted = [*DAYS[0], *DAYS[1]].index(found[2]) % 7
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
        first = dated(1, MONTH_NAMES.index(found[1]) % 12 + 1, None, today.replace(day=1))[0]
        return max(today, first), (first + timedelta(32)).replace(day=1) - timedelta(1)
    return None


def take_duration(request):
    """Minutes, or None."""
    lead = r"\b(?:(?:for|lasting|of|pendant|durant|pour|de) |d')(?:about |environ )?"
    if request.take(rf"(?:{lead})?\b(?:half an hour|une demi-heure|une demi heure)\b|\bd'une demi-heure\b"):
        return 30
    found = request.take(
        rf"(?:{lead}){NUMBER} ?(?:free )?h(?:ours?|eures?)?(?: ?(\d\d)\b| (and a half|et demie)\b)?(?!\w)"
    )
    found = found or request.take(
        rf"\b{NUMBER}[- ](?:free )?(?:hours?|heures?)(?: (\d\d)\b| (and a half|et demie)\b)?(?= *$| +\w)"
    )
    if found:
        return number(found[1]) * 60 + int(found[2] or 0) + (30 if found[3] else 0)
    found = request.take(rf"\bhour and a half\b|(?:{lead})?\b{NUMBER}[- ]?(?:free )?(?:min(?:ute)?s?|mn)\b")
    if found:
        return 90 if found[1] is None else number(found[1])
    return None


def take_range(request):
    """(start, end) in minutes of the day of "from 14:00 to 16:00", or None."""
    between = rf"\b(?:from|between|de|entre|d') ?{CLOCK} ?(?:to|and|until|till|-|a|et|jusqu'a) ?{CLOCK}(?![\w:])"
    found = request.take(between) or request.take(rf"\b(?:at )?{CLOCK} ?[-–] ?{CLOCK}(?![\w:])")
    if not found:
        return None
    start, end = minutes(found[1:5]), minutes(found[5:9])
    if end is None or start is None:
        return None
    if found[8] and not found[4] and found[8][0] == "p" and start + 720 < end:
        start += 720
    return (start, end) if start < end else None


def take_time(request, part):
    """Minutes of the day, or None.  Raises Unclear where morning and afternoon could be meant."""
    if request.take(r"\b(?:at |a )?(?:noon|midday|midi)\b"):
        return 720
    if request.take(r"\b(?:at |a )?(?:midnight|minuit)\b"):
        return 0
    found = request.take(rf"\b(?:at )?(half past|quarter past|quarter to) {NUMBER}\b(?: ?(am|pm))?")
    if found:
        shift = {"half past": 30, "quarter past": 15, "quarter to": -15}[found[1]]
        return unambiguous(number(found[2]) * 60 + shift, found[3], part)
    found = request.take(rf"\b(?:a |vers )?{NUMBER} (?:h|heures?) (et demie|et quart|moins le quart)\b")
    if found:
        shift = {"et demie": 30, "et quart": 15, "moins le quart": -15}[found[2]]
        return unambiguous(number(found[1]) * 60 + shift, None, part)
    found = request.take(rf"\b(?:at|a|vers|around|@) ?{CLOCK}(?![\w:/])")
    found = (
        found or request.take(r"\b(\d{1,2})(?::(\d{2})|(h)) ?(am|pm)?\b") or request.take(r"\b(\d{1,2})()() ?(am|pm)\b")
    )
    found = found or request.take(r"\b(\d{1,2})h(\d{2})()()\b")
    if not found:
        return None
    at = minutes(found[1:5])
    exact = found[4] or (len(found[1]) == 2 and found[1][0] == "0")
    return None if at is None else at if exact else unambiguous(at, None, part)


def minutes(found):
    hour, minute, _, half = int(found[0]), int(found[1] or 0), found[2], (found[3] or "").replace(".", "")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def unambiguous(at, half, part):
    """Half past one to before seven could be in the morning as in the afternoon, unless the request says which."""
    if half or part:
        later = half == "pm" or (part and part[0] >= 12 * 60)
        return at + 720 if later and at < 720 else at
    if 60 <= at < 7 * 60:
        raise Unclear(f"two_times|{at}|{at + 720}")
    return at


def take_part(request):
    for pattern, start, end in PARTS:
        if request.take(pattern):
            return start, end
    return None


def east():
    """How far the person's clock is from UTC."""
    return datetime.now() - datetime.now(timezone.utc).replace(tzinfo=None)


def moment(local):
    """Without a zone: the person's time, also where the clocks will have changed by then."""
    return local.strftime("%Y-%m-%dT%H:%M:%S")


def local(text):
    """A moment or a day of the host, in the person's time."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is None else at.astimezone(timezone.utc).replace(tzinfo=None) + east()


def clock(at):
    return f"{at // 60:02d}:{at % 60:02d}" if isinstance(at, int) else at.strftime("%H:%M")


def day_words(day, language):
    names = 1 if language == "fr" else 0
    number_words = "1er" if names and day.day == 1 else str(day.day)
    return f"{DAYS[names][day.weekday()].capitalize() if not names else DAYS[1][day.weekday()]} {number_words} {MONTHS[names][day.month - 1].capitalize() if not names else MONTHS[1][day.month - 1]} {day.year}"


def span_words(first, last, words, language):
    if first == last:
        return words["on"].format(day=day_words(first, language))
    return words["from"].format(start=day_words(first, language), end=day_words(last, language))


def listed(events, language, first_number=1):
    """Lines of Markdown, numbered as the sources are."""
    words, lines = WORDS[language], []
    for count, event in enumerate(events, first_number):
        start, end = local(event["start"]), local(event["end"] or event["start"])
        until = end if event["all_day"] else start
        days = day_words(start.date(), language) + (
            f" {words['to']} {day_words(until.date(), language)}" if until > start else ""
        )
        hours = (
            words["all_day"]
            if event["all_day"]
            else clock(start) + (f" {words['to']} {clock(end)}" if end > start else "")
        )
        place = f", {event['place']}" if event.get("place") else ""
        lines.append(f"- {days}, {hours} – {' '.join(event['title'].split())}{place} [{count}]")
    return lines


def holds(event, wanted):
    words = re.findall(r"[\w']+", fold(f"{event['title']} {event.get('place') or ''} {event.get('text') or ''}"))
    return all(any(same(word, other) for other in words) for word in wanted)


def same(word, other):
    size = max(4, len(word) - 2)
    return word == other or (len(word) > 3 and other[:size] == word[:size])


def events_of(first, last):
    return [one for one in event_list(start=first.isoformat(), end=last.isoformat()) if not one.get("cancelled")]


def asked_back(unclear, language):
    key, *values = str(unclear).split("|")
    said = [clock(int(one)) if one.isdigit() else day_words(date.fromisoformat(one), language) for one in values]
    return WORDS[language][key].format(*said)


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
