# ruff: noqa: E501, F821, UP017 - the functions of the host, and what other files hold, exist where this runs
"""What is said of days, hours and events."""

from datetime import date, datetime, timezone

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


def asked_back(unclear, language):
    key, *values = str(unclear).split("|")
    said = [clock(int(one)) if one.isdigit() else day_words(date.fromisoformat(one), language) for one in values]
    return WORDS[language][key].format(*said)
