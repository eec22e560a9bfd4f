# ruff: noqa: F821, UP017 - the functions of the host exist where this runs, and datetime.UTC does not
"""What is new, in one short page: appointments, mail by importance, answers awaited, news; with sources."""

import re
from datetime import datetime, timedelta, timezone

SHOWN = 8  # mails that are shown; the rest is counted
ITEMS = 5  # items of feeds
LOOKED = 40  # mails nobody sorted yet that are read to see whether a machine sent them
WAIT = 3  # days after which an answer is awaited
BACK = 14  # days back in which questions are looked for
ASKED = 20  # sent mails that are looked at for questions
LONGEST = 7  # days that a morning looks back after a pause
SNIPPET = 90  # characters
READ = 5000  # characters of a mail that are looked at

ASKS = (
    r"(?i)\b(could|can|would|will) you\b|\blet me know\b|\b(peux|pourrais)[- ]tu\b|\b(pouvez|pourriez)[- ]vous\b|"
    r"\bdis[- ]moi\b|\bdites[- ]moi\b"
)
IDLE = (
    r"(?i)how are you|how('s| is) it going|comment (vas|allez|ça va)|ça va( bien)? ?\?|si (tu as|"
    r"vous avez) des questions|if you have (any )?questions"
)

SAID = {
    "en": {
        "days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        "months": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                   "November", "December"],
        "head": "**{day}**", "today": "**Today**", "tomorrow": "**Tomorrow**", "mail": "**Mail since {since}**",
        "news": "**News**", "waiting": "**You wait for an answer**", "all day": "all day", "off": "cancelled",
        "answer": "wants an answer", "high": "important", "forged": "sender not authenticated",
        "rest": "Not shown here: {what}",
        "machines": ("1 newsletter or automatic mail", "{n} newsletters and automatic mails"),
        "other": ("1 other mail", "{n} other mails"), "bad": ("1 suspicious mail", "{n} suspicious mails"),
        "items": ("1 other item", "{n} other items"), "asked": "asked {day}", "untitled": "(no subject)",
        "none": "Nothing new since {since}: no mail, no news, no appointments today or tomorrow, no answer awaited.",
        "failed": "Not everything could be read: {what}.", "quote": "“{words}”",
        "part": {"mail": "mail", "feeds": "feeds", "events": "calendar"},
    },
    "fr": {
        "days": ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
        "months": ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
                   "novembre", "décembre"],
        "head": "**{day}**", "today": "**Aujourd'hui**", "tomorrow": "**Demain**",
        "mail": "**Courrier depuis {since}**",
        "news": "**Nouvelles**", "waiting": "**Vous attendez une réponse**", "off": "annulé",
        "all day": "toute la journée",
        "answer": "attend une réponse", "high": "important", "forged": "expéditeur non authentifié",
        "rest": "Pas affiché ici : {what}",
        "machines": ("1 lettre d'information ou message automatique",
                     "{n} lettres d'information et messages automatiques"),
        "other": ("1 autre message", "{n} autres messages"), "bad": ("1 message suspect", "{n} messages suspects"),
        "items": ("1 autre nouvelle", "{n} autres nouvelles"), "asked": "demandé {day}", "untitled": "(sans objet)",
        "none": "Rien de neuf depuis {since} : ni courrier, ni nouvelles, ni rendez-vous d'ici demain, "
                "ni réponse attendue.",
        "failed": "Tout n'a pas pu être lu : {what}.", "quote": "« {words} »",
        "part": {"mail": "courrier", "feeds": "flux", "events": "agenda"},
    },
}  # fmt: skip


def morning(language="en"):
    """Since the last digest, wherever it came from."""
    last = kept_get(key="last") or moment(timedelta(days=1))
    return page(max(last, moment(timedelta(days=LONGEST))), language)


def digest(days=0, language="en"):
    """The same on request: at least twelve hours, so that asking twice does not empty it."""
    if days:
        return page(moment(timedelta(days=min(max(int(days), 1), 60))), language)
    last = kept_get(key="last") or moment(timedelta(days=1))
    return page(max(min(last, moment(timedelta(hours=12))), moment(timedelta(days=LONGEST))), language)


def page(since, language):
    say = SAID[language]
    made = {"sources": [], "failed": []}
    parts = events(made, language) + mails(made, since, language) + waiting(made, language) + news(made, since, say)
    kept_set(key="last", value=moment(timedelta()))
    if made["failed"]:
        parts.append(say["failed"].format(what=", ".join([say["part"][name] for name in made["failed"]])))
    if not parts:
        return {"text": say["none"].format(since=when(since, language)), "sources": []}
    head = say["head"].format(day=spoken(today(), language))
    return {"text": "\n\n".join([head[:2] + head[2:3].upper() + head[3:], *parts]), "sources": made["sources"]}


def events(made, language):
    """What takes place today and tomorrow, by the person's days."""
    say, first = SAID[language], today()
    second = first + timedelta(days=1)
    found = attempt(made, "events", lambda: event_list(start=first.isoformat(), end=second.isoformat()))
    parts = []
    for key, day in (("today", first), ("tomorrow", second)):
        lines = [event_line(made, one, day, say) for one in found if is_on(one, day)]
        if lines:
            parts.append(say[key] + "\n" + "\n".join(lines))
    return parts


def is_on(event, day):
    start = local(event["start"])
    if event["all_day"]:
        end = local(event["end"] or event["start"]).date()
        return start.date() <= day < max(end, start.date() + timedelta(days=1))
    return start.date() == day or (start.date() < day and local(event["end"] or event["start"]).date() >= day)


def event_line(made, event, day, say):
    start, end = local(event["start"]), local(event["end"] or event["start"])
    hours = say["all day"]
    if not event["all_day"]:
        begins = start.strftime("%H:%M") if start.date() == day else "…"
        ends = end.strftime("%H:%M") if end.date() == day else "…"
        hours = begins if ends == begins else f"{begins}–{ends}"
    more = [plain(event["place"])] if event["place"] else []
    more += [say["off"]] if event["cancelled"] else []
    return f"- {hours} " + ", ".join([plain(event["title"]) or say["untitled"], *more]) + cite(made, event["id"])


def mails(made, since, language):
    """What wants an answer, then what is important, then what people wrote; the rest is counted."""
    say = SAID[language]
    briefs = attempt(made, "mail", lambda: mail_search(since=since, limit=100))
    new = [one for one in briefs if not one["from_me"] and (one["date"] or "") > since]
    bad = [one for one in new if "suspicious" in one["labels"]]
    looked, ranked = LOOKED, []
    for place, one in enumerate([one for one in new if one not in bad]):
        machine = bool({"newsletter", "automatic", "receipt"} & set(one["labels"])) or one["priority"] == "low"
        full = None
        if not one["priority"] and looked > 0:
            looked -= 1
            full = mail_get(id=one["id"])
            machine = full["automatic"] or full["newsletter"]
        rank = 0 if one["needs_answer"] else 1 if one["priority"] == "high" else 3 if machine else 2
        ranked.append((rank, place, one, full))
    ranked = sorted(ranked, key=lambda each: (each[0], each[1]))
    shown = [each for each in ranked if each[0] < 3][:SHOWN]
    lines = [mail_line(made, one, full or mail_get(id=one["id"]), rank, say) for rank, _, one, full in shown]
    machines = len([each for each in ranked if each[0] == 3])
    counts = [("machines", machines), ("other", len(ranked) - machines - len(shown)), ("bad", len(bad))]
    rest = [counted(say[key], number) for key, number in counts if number]
    if rest:
        lines.append("- " + say["rest"].format(what=", ".join(rest)))
    return [say["mail"].format(since=when(since, language)) + "\n" + "\n".join(lines)] if lines else []


def mail_line(made, brief, mail, rank, say):
    notes = [say["answer"]] if rank == 0 else [say["high"]] if rank == 1 else []
    notes += [say["forged"]] if mail["authenticated"] is False else []
    title = plain(brief["title"]) or say["untitled"]
    words = shortened(plain((mail["own_text"] or brief["snippet"])[:READ]))
    tail = f" ({', '.join(notes)})" if notes else ""
    line = f"- {plain(name_of(brief['sender']))} – {title}"
    if words:
        line += ", " + say["quote"].format(words=words)
    return line + tail + cite(made, brief["id"])


def waiting(made, language):
    """Questions of the person that nobody answered for some days."""
    say, lines = SAID[language], []
    sent = attempt(made, "mail", lambda: mail_sent(limit=ASKED))
    oldest, newest = moment(timedelta(days=BACK)), moment(timedelta(days=WAIT))
    for mail in sent:
        question = question_of(mail["own_text"][:READ])
        if len(lines) == ITEMS:
            break
        if not question or not oldest <= (mail["date"] or "") <= newest or "draft" in mail["flags"]:
            continue
        later = [one for one in mail_thread(id=mail["id"]) if (one["date"] or "") > mail["date"]]
        if any(not one["automatic"] for one in later):
            continue
        who = plain(", ".join([name_of(one) for one in mail["to"]]))
        asked = say["asked"].format(day=spoken(local(mail["date"]).date(), language))
        quoted = say["quote"].format(words=shortened(plain(question)))
        lines.append(f"- {who} – {quoted}, {asked}" + cite(made, mail["id"]))
    return [say["waiting"] + "\n" + "\n".join(lines)] if lines else []


def question_of(text):
    lines = [line for line in text.split("\n") if not line.startswith(">")]
    for sentence in re.split(r"(?<=[.!?])\s+|\n\n", "\n".join(lines)):
        bare = re.sub(r"https?://\S+", "", sentence)
        if not re.search(IDLE, bare) and ("?" in bare or re.search(ASKS, bare)):
            return sentence.strip()
    return ""


def news(made, since, say):
    found = attempt(made, "feeds", lambda: feed_items(since=since, limit=50))
    lines = []
    for one in [one for one in found if (one["date"] or "") > since][:ITEMS]:
        title, feed = shortened(plain(one["title"])) or say["untitled"], plain(one["feed"])
        lines.append(f"- {title}" + (f" – {feed}" if feed else "") + cite(made, one["id"]))
    more = len(found) - len(lines)
    if more > 0 and lines:
        lines.append("- " + say["rest"].format(what=counted(say["items"], more)))
    return [say["news"] + "\n" + "\n".join(lines)] if lines else []


def counted(forms, number):
    return forms[0] if number == 1 else forms[1].format(n=number)


def attempt(made, name, call):
    """What cannot be read is named, and does not end the page."""
    try:
        return call()
    except (PermissionError, OSError, RuntimeError):
        made["failed"] += [] if name in made["failed"] else [name]
        return []


def cite(made, record):
    if record not in made["sources"]:
        made["sources"].append(record)
    return f" [{made['sources'].index(record) + 1}]"


def today():
    return datetime.now().date()


def moment(back):
    """ISO 8601 in UTC, so long ago."""
    return (datetime.now().astimezone(timezone.utc) - back).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(text):
    """A moment or a day in the person's time."""
    if len(text) == 10:
        return datetime.fromisoformat(text)
    return datetime.fromisoformat(text).astimezone().replace(tzinfo=None)


def when(since, language):
    at = local(since)
    return spoken(at.date(), language) + at.strftime(" %H:%M")


def spoken(day, language):
    say = SAID[language]
    return f"{say['days'][day.weekday()]} {day.day} {say['months'][day.month - 1]}"


def name_of(sender):
    return sender.split("<")[0].strip().strip('"') or sender.strip("<>")


def shortened(text):
    return text if len(text) <= SNIPPET else text[:SNIPPET].rsplit(" ", 1)[0] + "…"


def plain(text):
    """One line without Markdown or links, so that what came in cannot pretend to be more."""
    text = re.sub(r"https?://\S+", "…", text)
    return re.sub(r"\s+", " ", re.sub(r"[\[\]<>*_`#|\\]", " ", text)).strip()[:300]
