# ruff: noqa: F821 - the functions of the host, and what other files hold, exist where this runs
"""Labels, priority and "needs an answer" for mail, by rules first; what a mail says about itself counts for nothing."""

import re
from datetime import datetime, timedelta

MAX_MAILS = 20  # of one `sort`, within the time and the calls of a run
MAX_CHOICES = 10  # questions to the model in one run; each takes seconds
READ = 2000  # characters of a mail that are looked at

SAID = {
    "en": {
        "none": "There was no new mail to sort.",
        "head": "I sorted {n} mails of the last {days} days.",
        "head1": "I sorted one mail of the last {days} days.",
        "answer": "**Need an answer**",
        "suspicious": "**Suspicious: do not click or pay**",
        "rest": "**The rest**",
        "more": "There is more: ask again to go on.",
        "from": "{title} – {sender} [{n}]",
        "warn": "This mail looks suspicious: {why} [1]",
        "untitled": "(no subject)",
        "forged": "sender not authenticated",
        "failed": "its sender could not be authenticated and it asks for money, passwords or codes.",
        "press": "a stranger presses you for money, passwords or codes.",
        "orders": "it tries to give orders to your assistant.",
    },
    "fr": {
        "none": "Il n'y avait pas de nouveau courrier à trier.",
        "head": "J'ai trié {n} mails des {days} derniers jours.",
        "head1": "J'ai trié un mail des {days} derniers jours.",
        "answer": "**Attendent une réponse**",
        "suspicious": "**Suspects : ne cliquez pas, ne payez pas**",
        "rest": "**Le reste**",
        "more": "Il y en a d'autres : redemandez pour continuer.",
        "from": "{title} – {sender} [{n}]",
        "warn": "Ce mail semble suspect : {why} [1]",
        "untitled": "(sans objet)",
        "forged": "expéditeur non authentifié",
        "failed": "son expéditeur n'a pas pu être authentifié et il demande de l'argent, un mot de passe ou un code.",
        "press": "un inconnu vous presse de donner de l'argent, un mot de passe ou un code.",
        "orders": "il essaie de donner des ordres à votre assistant.",
    },
}
LABELS = {
    "newsletter": "lettre d'information", "receipt": "achat", "personal": "personnel", "work": "travail",
    "bank": "banque", "delivery": "livraison", "automatic": "automatique", "suspicious": "suspect",
}  # fmt: skip


def triage(record, language="en"):
    """One new mail.  Says something only where it looks dangerous."""
    mail = mail_get(id=record)
    if mail["from_me"]:
        return None
    found = judge(mail, {"left": 1, "me": my_addresses()})
    mail_label(id=record, **marks(found))
    if not found["why"]:
        return None
    say = SAID[language]
    return {"text": say["warn"].format(why=say[found["why"]]), "sources": [record]} | marks(found)


def sort_inbox(days=7, language="en"):
    """What came in the last `days` and bears no priority yet."""
    say = SAID[language]
    days = min(max(int(days), 1), 365)
    since = (datetime.now() - timedelta(days=days)).strftime("%Y-%m-%d")
    briefs = mail_search(since=since, limit=100)
    todo = [one for one in briefs if not one["from_me"] and not one["priority"]]
    if not todo:
        return {"text": say["none"], "sources": []}
    budget = {"left": MAX_CHOICES, "me": my_addresses()}
    done = []
    for one in todo[:MAX_MAILS]:
        mail = mail_get(id=one["id"])
        found = judge(mail, budget)
        mail_label(id=mail["id"], **marks(found))
        done.append({"mail": mail, "found": found})
    return report(done, days, language, len(todo) > MAX_MAILS)


def marks(found):
    return {"labels": found["labels"], "priority": found["priority"], "needs_answer": found["needs_answer"]}


def report(done, days, language, more):
    say = SAID[language]
    sources = [one["mail"]["id"] for one in done]
    lines = [say["head1" if len(done) == 1 else "head"].format(n=len(done), days=days)]
    groups = {"suspicious": [], "answer": [], "rest": []}
    for number, one in enumerate(done, 1):
        found = one["found"]
        group = "suspicious" if found["why"] else "answer" if found["needs_answer"] else "rest"
        title = plain(one["mail"]["title"]) or say["untitled"]
        line = say["from"].format(title=title, sender=plain(name_of(one["mail"])), n=number)
        line += f" ({say['forged']})" if one["mail"]["authenticated"] is False else ""
        if group == "rest":
            line += " · " + ", ".join(
                [LABELS.get(label, label) if language == "fr" else label for label in found["labels"]]
            )
        groups[group].append((0 if found["priority"] == "high" else 1, number, "- " + line))
    for group in ["answer", "suspicious", "rest"]:
        if groups[group]:
            lines.append(say[group] + "\n" + "\n".join([line for _, _, line in sorted(groups[group])]))
    if more:
        lines.append(say["more"])
    return {"text": "\n\n".join(lines), "sources": sources}


def plain(text):
    """One line without Markdown, so that a subject cannot pretend to be a link or a citation."""
    return re.sub(r"\s+", " ", re.sub(r"[\[\]<>*_`#|\\]", " ", text)).strip()[:100]


def name_of(mail):
    return mail["sender"].split("<")[0].strip().strip('"') or mail["address"]


def my_addresses():
    return sorted({one["address"].lower() for one in mail_sent(limit=5)})


def judge(mail, budget):
    """Labels (the most telling first), priority, whether it needs an answer, and why it is suspicious, or ""."""
    title, text = fold(mail["title"]), fold(mail["own_text"] or mail["text"])[:READ]
    why = suspicion(mail, title + "\n" + text)
    if why:
        return {"labels": ["suspicious"], "priority": "low", "needs_answer": False, "why": why}
    labels = label(mail, title, text, budget)
    needs = is_asked(mail, labels, title, text, budget) and not is_answered(mail, mail_thread(id=mail["id"]))
    return {"labels": labels, "priority": priority(mail, labels, needs), "needs_answer": needs, "why": ""}


def suspicion(mail, text):
    contact = mail["from_contact"] and mail["authenticated"] is not False
    if re.search(ORDERS, text) and not contact:
        return "orders"
    wants = re.search(LOOT, text) is not None
    if wants and mail["authenticated"] is False:
        return "failed"
    pressed = len(set(re.findall(PRESS, text)))
    if wants and not contact and pressed >= (2 if mail["authenticated"] else 1) and not mail["newsletter"]:
        return "press"
    return ""


def label(mail, title, text, budget):
    scores = {}
    both = title + "\n" + text
    for name, weight, pattern in WORDS:
        scores[name] = scores.get(name, 0) + (weight if re.search(pattern, both) else 0)
        scores[name] += 1 if re.search(pattern, title) else 0
    for name, weight, pattern in SENDERS:
        scores[name] = scores.get(name, 0) + (weight if re.search(pattern, mail["address"].lower()) else 0)
    person = is_person(mail)
    scores["newsletter"] += 4 if mail["newsletter"] else -3 if person else 0
    scores["automatic"] += 1 if mail["automatic"] else 0
    if person:  # a friend who writes about a parcel is no carrier
        scores = {name: score - (0 if name == "invitation" else 4) for name, score in scores.items()}
    if mail["automatic"] and max(scores.values()) < 3:
        return ["newsletter" if scores["newsletter"] >= 2 else "automatic"]
    order = ["delivery", "receipt", "bank", "invitation", "automatic", "newsletter"]
    told = sorted([(-scores[name], place, name) for place, name in enumerate(order) if scores[name] >= 3])
    labels = [name for _, _, name in told if name != "automatic" or told[0][2] == "automatic"][:2]
    if labels[:1] == ["invitation"] and person:
        return ["invitation", company(mail, both, budget)]
    return labels[:1] if labels else [company(mail, both, budget)]


def is_person(mail):
    machine = re.search(SENDERS[-1][2], mail["address"].lower()) is not None
    absent = re.search(r"auto-?repl(y|ies)|automatic reply|out of office|reponse automatique", fold(mail["title"]))
    return not (mail["automatic"] or mail["newsletter"] or machine or absent)


def company(mail, text, budget):
    """Work or private: the words, then whose domain it is, then the model."""
    work, private = len(set(re.findall(WORK, text))), len(set(re.findall(PRIVATE, text)))
    domain = mail["address"].lower().rpartition("@")[2]
    free = re.search(FREE, domain) is not None
    mine = any(domain == one.rpartition("@")[2] for one in budget["me"])
    work += 2 if mine and not free else 0 if free else 1
    private += 1 if free else 0
    if work != private:
        return "work" if work > private else "personal"
    usual = "personal" if free or mail["from_contact"] else "work"
    if budget["left"] <= 0:
        return usual
    question = "Is this mail about work, or is it personal?"
    return choice(budget, question, text, ["personal", "work"]) or usual


def is_asked(mail, labels, title, text, budget):
    """A person asks the reader something.  Machines and lists never do."""
    if not is_person(mail) or labels[0] in ("newsletter", "receipt", "delivery", "bank", "automatic"):
        return False
    if budget["me"] and not any(me in " ".join(mail["to"]).lower() for me in budget["me"]) and mail["to"]:
        return False
    asked, maybe = labels[0] == "invitation", False
    for sentence in [title, *sentences(text)]:
        if re.search(IDLE, sentence):
            continue
        asked = asked or "?" in re.sub(r"https?://\S+", "", sentence) or re.search(ASKS, sentence) is not None
        maybe = maybe or re.search(MAYBE, sentence) is not None
    if (
        asked
        or not maybe
        or budget["left"] <= 0
        or re.search(r"no (need|rush) to|pas besoin de|ne (me )?reponds", text)
    ):
        return asked
    question = "Does the writer of this mail want a reply?"
    return choice(budget, question, text, ["yes", "no"]) == "yes"


def choice(budget, question, text, options):
    """The model's, or "" where there is none that answers: a mail is sorted by the rest then."""
    budget["left"] -= 1
    try:
        return model_choose(instructions=question, text=text[:800], options=options)
    except (OSError, RuntimeError):
        budget["left"] = 0
        return ""


def is_answered(mail, thread):
    """The person wrote in the thread after it, or their mail program says so."""
    later = [one for one in thread if one["from_me"] and (one["date"] or "") > (mail["date"] or "")]
    return bool(later) or any("answered" in flag.lower() for flag in mail["flags"])


def priority(mail, labels, needs):
    known = mail["from_contact"] and mail["authenticated"] is not False
    if needs:
        return "high" if known or len(mail["thread"]) > 1 else "normal"
    return "low" if labels[0] in ("newsletter", "automatic", "receipt") else "normal"


def sentences(text):
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]
