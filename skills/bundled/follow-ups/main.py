# ruff: noqa: F821 - the functions of the host, and what other files hold, exist where this runs
"""Promises made and awaited, and questions without an answer, found in mail; days count from the day of the mail.

Kept are the mail, the number of the sentence and the day it is due, never the words: a forgotten mail is gone here too.
"""

import re
from datetime import date, datetime, timedelta

MAX_NEW = 60  # mails read for the first time in one run
MAX_OPEN = 50  # items looked at again in one run; together within the limit of calls
FIRST = 30  # days back that the first run looks
WAIT = 3  # days after which a question counts as unanswered
OLD = 120  # days after which an item is dropped
IGNORED = set(
    re.findall(r"\w+", "the and you that for with les des une que pour avec est qui will vous mon mes done fait")
)


def list_open(days=WAIT, language="en"):
    """All that is open."""
    shown = [item for item in look() if is_shown(item, int(days))]
    return listing(shown, language) if shown else {"text": SAID[language]["none"], "sources": []}


def daily(language="en"):
    """What is due until tomorrow or late, and what waited long enough; nothing is said twice a day for no reason."""
    soon = (today() + timedelta(days=1)).isoformat()
    shown = [item for item in look() if is_shown(item, WAIT) and (item["kind"] == "asked" or "" < item["due"] <= soon)]
    return listing(shown, language) if shown else None


def tick_off(what, language="en"):
    """Tick one off, by its number in the last list or by its words."""
    say = SAID[language]
    items = look()
    number = re.search(r"\d+", what)
    keys = kept_get(key="shown", default=[])
    chosen = []
    if number and 0 < int(number[0]) <= len(keys):
        chosen = [item for item in items if key_of(item) == keys[int(number[0]) - 1]]
    else:
        words = set(re.findall(r"\w{3,}", fold(what))) - IGNORED
        scored = [
            (len(words & set(re.findall(r"\w{3,}", fold(item["text"] + " " + item["who"])))), item) for item in items
        ]
        most = max([score for score, _ in scored], default=0)
        chosen = [item for score, item in scored if score == most and most > 0]
    if not chosen:
        return {"text": say["unknown"], "sources": []}
    if len(chosen) > 1:
        found = listing(chosen, language)
        return found | {"text": say["which"] + "\n\n" + found["text"]}
    close([key_of(chosen[0])])
    return {"text": say["ticked"].format(what=plain(chosen[0]["text"])), "sources": [chosen[0]["record"]]}


def is_shown(item, days):
    return item["kind"] != "asked" or (today() - date.fromisoformat(item["date"])).days >= days


def look():
    """Read what is new, drop what is done, and return what is open with its words."""
    items = [item for item in kept_get(key="open", default=[]) if item["date"] >= day_before(OLD)]
    known = {key_of(item) for item in items} | set(kept_get(key="done", default=[]))
    until = kept_get(key="until", default=day_before(FIRST))
    for brief in unread(until):
        mail = mail_get(id=brief["id"])
        items += [item for item in found_in(mail) if key_of(item) not in known]
        known |= {key_of(item) for item in items}
        until = max(until, mail["date"])
    live, over = [], []
    for item in items[-MAX_OPEN:]:
        told_now = again(item)
        if told_now:
            live.append(told_now)
        else:
            over.append(key_of(item))
    close(over)
    bare = [{key: item[key] for key in ("record", "n", "kind", "due", "date")} for item in live]
    kept_set(key="open", value=bare)
    kept_set(key="until", value=until)
    return live


def unread(until):
    """What came and went since, oldest first and a few days at a time: lists are short and begin with the newest."""
    new, day, last = [], date.fromisoformat(until[:10]), today()
    while day <= last and len(new) < MAX_NEW:
        end = day + timedelta(days=3)
        found = mail_search(since=max(until, day.isoformat()), until=end.isoformat(), limit=100)
        new += sorted([brief for brief in found if brief["date"]], key=lambda brief: brief["date"])
        day = end + timedelta(days=1)
    return new[:MAX_NEW]


def close(keys):
    if keys:
        kept_set(key="done", value=(kept_get(key="done", default=[]) + keys)[-500:])
        kept_set(key="open", value=[item for item in kept_get(key="open", default=[]) if key_of(item) not in keys])


def again(item):
    """The item with its words, or None if it is done or its mail is gone."""
    try:
        thread = mail_thread(id=item["record"])
    except LookupError:
        return None
    mail = {one["id"]: one for one in thread}[item["record"]]
    later = [one for one in thread if one["date"] > mail["date"] and not one["automatic"]]
    if item["kind"] == "asked" and any(not one["from_me"] for one in later):
        return None
    mine = item["kind"] == "mine"
    if item["kind"] != "asked" and any(
        one["from_me"] == mine and re.search(KEPT_WORD, fold(one["own_text"])) for one in later
    ):
        return None
    parts = sentences(mail["own_text"])
    if item["n"] >= len(parts):
        return None
    who = ", ".join([name_of(one) for one in mail["to"]]) if mail["from_me"] else name_of(mail["sender"])
    return item | {"text": parts[item["n"]], "who": who}


def found_in(mail):
    """The promises and, in what the person wrote, the questions of one mail."""
    if mail["automatic"] or mail["newsletter"] or "draft" in mail["flags"]:
        return []
    if not mail["from_me"] and (mail["authenticated"] is False or not is_known(mail)):
        return []
    written = datetime.fromisoformat(mail["date"]).astimezone().date()
    found, asked = [], None
    for number, sentence in enumerate(sentences(mail["own_text"])):
        item = {"record": mail["id"], "n": number, "date": written.isoformat(), "due": ""}
        if is_promise(sentence):
            found.append(item | {"kind": "mine" if mail["from_me"] else "theirs", "due": due(sentence, written)})
        elif mail["from_me"] and asked is None and is_question(sentence):
            asked = item | {"kind": "asked"}
    return found[:5] + ([asked] if asked else [])


def is_known(mail):
    return mail["from_contact"] or len(mail["thread"]) > 1


def key_of(item):
    return item["record"] + "/" + str(item["n"])


def today():
    return datetime.now().date()


def day_before(days):
    return (today() - timedelta(days=days)).isoformat()
