# ruff: noqa: F821 - the functions of the host exist where this runs
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

ACCENTS = ["àa", "âa", "äa", "çc", "ée", "èe", "êe", "ëe", "îi", "ïi", "ôo", "öo", "ùu", "ûu", "üu", "’'", "ʼ'"]

# English: somebody says that they will do something that another can wait for.
WILL = r"(i|we)( will|'ll| shall|('m| am|'re| are) going to| plan to| promise( you)? (i'll|i will))"
SOON = r"( definitely| certainly| gladly| also| then| just|( try| be sure| make sure| be able| have| need) to)*"
DO_EN = (
    r"send|get back|get (it|this|that|them|you)\b|forward|call|phone|ring|text|email|mail|write|reply|answer|"
    r"respond|let you know|tell you|keep you (posted|informed|updated)|share|bring|prepare|draft|fix|repair|check|"
    r"look (into|at|it|for|up)|find out|do (it|this|that|the|my|so)\b|finish|complete|pay|refund|reimburse|book|"
    r"reserve|come back|deliver|return|give|hand|confirm|submit|review|read|update|drop (it|this|them|by)|post|"
    r"upload|transfer|wire|follow up|ask|talk to|speak (to|with)|arrange|organi[sz]e|print|order|sign|have (it|this|"
    r"that|them|the)\b|put|add|make|buy|pick|take care|handle|replace|change|move|lend|sort|translate|have a look|"
    r"take a look|remind|introduce|schedule|set up|provide|publish|ship|clean|install|correct|revise|circulate|"
    r"present"
)
PROMISE_EN = [
    r"\b" + WILL + SOON + r" (" + DO_EN + r")",
    r"\byou('ll| will) (have|get|receive|hear)\b.{0,60}\b(by|from me|from us|tomorrow|tonight|today|this|next|on|in|"
    r"before|within|end of)\b",
    r"\bi can (send|have|get|bring|deliver|finish)\b.{0,60}\b(by|tomorrow|tonight|on|next|before)\b.*[^?]$",
    r"\b(i|we) promise (you )?to \w|^(will do|leave it (to|with) me|consider it done|i'm on it|on it)\b",
    r"\blet me (check|look|find out|ask|see)\b.{0,50}\b(get back|let you know|tell you|call you)\b",
    r"^(sending|will send|will get back|will call|will let you know|will forward|will bring|expect (it|my))\b",
]
# French: the pronoun before the verb tells that it is for the reader.
TO_YOU = r"((te|t'|vous|le|la|les|l'|lui|leur|en|y) ?)+"
DO_FR = (
    r"envoi(e|es|s|ons)|transmet(s|tons)|transfere|fais|faisons|appelle|rappell?e|rappell?ons|recontacte|redis|"
    r"dis (ca|des que|demain|quand)|reponds|tiens (au courant|informe)|tenons (au courant|informe)|rends|ramene|"
    r"apporte|rembourse|donne (ca|une reponse|la reponse|des nouvelles|les)|prepare|livre|confirme (ca|demain|"
    r"des que|d'ici|avant)|poste|reecris|passe (ca|le|la|les|un coup)|reviens vers|adresse|remets|depose|reserve|"
    r"achete|partage|imprime|traduis|corrige|relis|termine|finis|regle|paie|verifie"
)
PROMISE_FR = [
    r"\b(je|j'|nous|on) ?" + TO_YOU + r"(" + DO_FR + r")\b",
    r"\b(j'|je |nous |on )(" + DO_FR.replace("|fais|", "|") + r")\b.{0,80}\b(demain|ce soir|aujourd'hui|(lun|mar|"
    r"mercre|jeu|vendre|same)di|dimanche|d'ici|avant|semaine|la fin|des que|pour (toi|vous)|le \d)",
    r"\b(je |j')(" + TO_YOU + r")?(?!(ser|aur|ir|verr|pourr|devr|saur|voudr|viendr|arriver|partir|rester|penser|"
    r"aimer|attendr|rentrer|dormir|oublier|manquer|travailler)ai\b)\w{2,}rai\b|\b(nous|on) " + TO_YOU + r"(?!verr|"
    r"aur|ser|fer(ons|a) (plaisir|signe de vie))\w{2,}r(ons|a)\b",
    r"\b(je vais|nous allons|on va|je compte|je promets de|je te promets de|"
    r"je vous promets de) ?" + "(" + TO_YOU + r")?(envoyer|transmettre|transferer|faire|appeler|rappeler|repondre|"
    r"preparer|verifier|regarder|demander|rendre|rembourser|apporter|livrer|payer|regler|reserver|organiser|ecrire|"
    r"finir|terminer|corriger|relire|donner|tenir|revenir vers|contacter|dire|mettre|acheter|signer|voir avec)\b",
    r"\b(je|on|nous) (m'en|nous en|s'en) (occup|charg)\w+|\bje passe (te|vous|le|la|les) \w+(er|re|ir)\b",
    r"\b(tu|vous) (l'|les |en )?(auras|aurez|recevras|recevrez)\b(?! (remarque|compris|vu|devine|note|appris|"
    r"entendu|reconnu|constate))|\bpar (mes|nos) soins\b",
    r"\bje reviens vers (toi|vous)\b|\bje (regarde|verifie|demande|vois)\b.{0,40}\bje (te|vous|t') ?(dis|redis|"
    r"rappelle|tiens|reponds)",
    r"^(c'est note, )?je (le|la|les|l') ?(fais|prends|note|relis|envoie|prepare|signe)\b",
    r"^(reponse|retour|envoi) (demain|ce soir|lundi|mardi|mercredi|jeudi|vendredi)\b|\bcompte(z)? sur moi\b",
]
NO_PROMISE = (
    r"\?\s*$|\b(won't|will not|'ll never|will never|can't|cannot|not going to|wish i|if i (were|had|could)|"
    r"i would have|said (that )?(i|you|he|she|they)('d| would)|would you like me|should i|shall i|do you want me|"
    r"don't think i('ll| will)|not sure (i|if|whether)|i doubt|i('ll| will) be (on|in|at|away|late|there|here|back|"
    r"happy|glad|out)\b|let you (go|decide|choose|get on)|i('ll| will) (see|miss|remember|never|have to think|"
    r"keep my fingers)|make (a|no) (decision|mistake|sense)|put (up|off))|\b(je|nous|on|j') ?(ne |n')|\b(ci-joint|"
    r"en piece jointe|ci-dessous|en p\.?j)\b|j'aurais|voulez-vous que|veux-tu que|si j'avais|je devrais peut-etre|"
    r"je ne sais pas si|(fais|fait|faisons) (plaisir|confiance|penser|peur|rire|un (bisou|calin))|(envoie|envoyons|"
    r"fais|fait) (plein |mille |beaucoup |un |une |des |de |tous |mes |nos )*(gros )?(bisou|bise|baiser|pensee|"
    r"amiti|voeux|salut)|(envoie|ecris|adresse) (ce|cet|cette|un|une|le present) (petit )?(mail|message|mot|"
    r"courriel|lettre|ligne)s? (pour|car|parce|afin|depuis)|je vous (adresse|presente|prie)\b.{0,30}(salutation|"
    r"voeux|sentiment|condoleance)|\b(attached|enclosed)\b(?!.*\b(tomorrow|by|later)\b)|rappelle (que|toi|vous|qu')|"
    r"(te|vous) rappelle (que|qu'|l[ae]|mon|notre)|sends? (his|her|their|my) (love|regards)|send (my )?(love|"
    r"regards|greetings|best wishes)"
)
KEPT_WORD = (
    r"\b(attached|enclosed|here (is|are|it is|they are|you go|'s)|as promised|as discussed|done|sent|find (attached|"
    r"below)|i('ve| have) (sent|paid|done|finished|booked|fixed|called|put)|ci-joint|en piece jointe|voici|voila|"
    r"comme promis|comme convenu|c'est fait|c'est envoye|j'ai (envoye|paye|fait|fini|reserve|regle|corrige|appele|"
    r"mis|transmis)|je viens de)\b"
)
ASKS = (
    r"\b(could|can|would|will) you\b|\blet me know\b|\btell me\b|\bplease (send|confirm|check|call|answer|reply|"
    r"tell|give|sign|look|review)\b|\b(peux|pourrais)[- ]tu\b|\b(pouvez|pourriez)[- ]vous\b|\bdis[- ]moi\b|"
    r"\bdites[- ]moi\b|\btiens[- ]moi au courant\b|\bqu'en (penses|pensez)\b|\bmerci de (me |m'|nous |bien )|"
    r"\bj'attends (ta|ton|votre|vos) |\brappelle[- ]moi\b|\benvoie[- ]moi\b|\benvoyez[- ]moi\b"
)
IDLE = (
    r"how are you|how('s| is) it going|hope you|comment (vas|va|allez)|ca va( bien)? ?\?|n'hesite|feel free|"
    r"isn't it|n'est-ce pas|if you have (any )?questions|si (tu as|vous avez) des questions|guess what|devine|"
    r"no need to|pas besoin de"
)

IGNORED = set(
    re.findall(r"\w+", "the and you that for with les des une que pour avec est qui will vous mon mes done fait")
)

DAYS = {
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
    "lundi": 0, "mardi": 1, "mercredi": 2, "jeudi": 3, "vendredi": 4, "samedi": 5, "dimanche": 6,
}  # fmt: skip
MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9,
    "october": 10, "november": 11, "december": 12, "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8,
    "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12, "janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5,
    "juin": 6, "juillet": 7, "aout": 8, "septembre": 9, "octobre": 10, "novembre": 11, "decembre": 12,
}  # fmt: skip
NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "a couple of": 2, "a few": 3,
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "huit": 8, "dix": 10, "quinze": 15, "quelques": 3,
}  # fmt: skip
COUNT = r"(\d{1,2}|" + "|".join(sorted(NUMBERS, key=lambda word: -len(word))) + r")"
NAMES = "|".join(sorted(MONTHS, key=lambda word: -len(word)))
SPANS = {
    "hour": 0, "heure": 0, "minute": 0, "h": 0, "day": 1, "jour": 1, "week": 7, "semaine": 7,
}  # fmt: skip

SHORT = {
    "en": (["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], ["January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"]),
    "fr": (["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."], ["janvier", "février", "mars", "avril", "mai",
           "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]),
}  # fmt: skip
SAID = {
    "en": {
        "mine": "**You promised**", "theirs": "**Promised to you**", "asked": "**Without an answer**",
        "none": "Nothing is open: no promise and no question without an answer.",
        "to": "to {who}", "by": "{who}", "due": "due {day}", "late": "overdue since {day}", "since": "asked {day}",
        "no day": "said {day}", "ticked": "Done: “{what}” [1]", "which": "Which one? These fit:",
        "unknown": "I find no open promise or question like that.", "somebody": "somebody",
    },
    "fr": {
        "mine": "**Vous avez promis**", "theirs": "**On vous a promis**", "asked": "**Sans réponse**",
        "none": "Rien n'est ouvert : ni promesse, ni question sans réponse.",
        "to": "à {who}", "by": "{who}", "due": "pour le {day}", "late": "en retard depuis le {day}",
        "since": "demandé le {day}", "no day": "dit le {day}", "ticked": "Fait : « {what} » [1]",
        "which": "Laquelle ? Celles-ci correspondent :", "somebody": "quelqu'un",
        "unknown": "Je ne trouve pas de promesse ni de question de ce genre.",
    },
}  # fmt: skip


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


def listing(items, language):
    say = SAID[language]
    order = {"mine": 0, "theirs": 1, "asked": 2}
    items = sorted(items, key=lambda item: (order[item["kind"]], item["due"] or "9999", item["date"]))
    kept_set(key="shown", value=[key_of(item) for item in items])
    parts, sources = [], []
    for kind in ["mine", "theirs", "asked"]:
        lines = []
        for item in [one for one in items if one["kind"] == kind]:
            sources.append(item["record"])
            lines.append(f"- “{plain(item['text'])}” – {told(item, language)} [{len(sources)}]")
        if lines:
            parts.append(say[kind] + "\n" + "\n".join(lines))
    text = "\n\n".join(parts)
    return {"text": text.replace("“", "« ").replace("”", " »") if language == "fr" else text, "sources": sources}


def told(item, language):
    """To whom or by whom, and when."""
    say = SAID[language]
    who = say["by" if item["kind"] == "theirs" else "to"].format(who=plain(item["who"]) or say["somebody"])
    late = item["due"] and item["due"] < today().isoformat()
    key = "since" if item["kind"] == "asked" else "late" if late else "due" if item["due"] else "no day"
    return who + ", " + say[key].format(day=spoken(item["due"] if key in ("late", "due") else item["date"], language))


def spoken(day, language):
    on, (names, months) = date.fromisoformat(day), SHORT[language]
    return f"{names[on.weekday()]} {on.day} {months[on.month - 1]}"


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


def is_promise(sentence):
    text = fold(sentence).strip()
    if re.search(NO_PROMISE, text):
        return False
    return any(re.search(pattern, text) for pattern in PROMISE_EN + PROMISE_FR)


def is_question(sentence):
    text = fold(sentence)
    if re.search(IDLE, text):
        return False
    return "?" in re.sub(r"https?://\S+", "", text) or re.search(ASKS, text) is not None


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
    number = int(found[3]) if found[3].isdigit() else NUMBERS[found[3]]
    if found[5] in ("month", "mois"):
        return ahead(on, (on.month + number - 1) % 12 + 1, min(on.day, 28))
    if SPANS[found[5]] == 0:
        return on + timedelta(days=0 if found[5] == "minute" else number // 24)
    return on + timedelta(days=number * SPANS[found[5]])


def named_date(text, on):
    found = re.search(r"\b(20\d\d)-(\d\d)-(\d\d)\b", text)
    if found:
        return safe(int(found[1]), int(found[2]), int(found[3]))
    found = re.search(r"\b(\d{1,2})(?:st|nd|rd|th|er)?(?: of)? (" + NAMES + r")\b", text)
    if found:
        return ahead(on, MONTHS[found[2]], int(found[1]))
    found = re.search(r"\b(" + NAMES + r")\.? (\d{1,2})(?:st|nd|rd|th)?\b(?!:)", text)
    if found:
        return ahead(on, MONTHS[found[1]], int(found[2]))
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
        here = safe(on.year, on.month, day)
        return here if here and here >= on else safe(on.year + on.month // 12, on.month % 12 + 1, day)
    return None


def week_day(text, on):
    found = re.search(
        r"\b(next )?(" + "|".join(DAYS) + r")\b( prochain| de la semaine prochaine| en huit| next week)?", text
    )
    if not found:
        return None
    gap = (DAYS[found[2]] - on.weekday() - 1) % 7 + 1
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
        return safe(on.year + on.month // 12, on.month % 12 + 1, 1) - timedelta(days=1)
    if re.search(r"\b(next month|mois prochain)\b", text):
        after = on.replace(day=1) + timedelta(days=70)
        return after.replace(day=1) - timedelta(days=1)
    return on if re.search(r"\b(end of (the )?day|eod|fin de (la )?journee)\b", text) else None


def ahead(on, month, day):
    """That day of this year, or of the next if it lies more than half a year back."""
    here = safe(on.year, month, day)
    return safe(on.year + 1, month, day) if here and (on - here).days > 180 else here


def safe(year, month, day):
    try:
        return date(year, month, day)
    except ValueError:
        return None


def sentences(text):
    """Paragraphs joined over their line ends, then cut into sentences; quoted lines left out."""
    lines = [line.strip() for line in text.replace("\r", "").split("\n") if not line.lstrip().startswith(">")]
    parts = []
    for paragraph in "\n".join(lines).split("\n\n"):
        joined = re.sub(r"\n(?=[-*•\d])", "\n\n", paragraph)
        for piece in joined.split("\n\n"):
            parts += [one.strip() for one in re.split(r"(?<=[.!?…])\s+|;\s+", piece.replace("\n", " ")) if one.strip()]
    return parts[:200]


def key_of(item):
    return item["record"] + "/" + str(item["n"])


def today():
    return datetime.now().date()


def day_before(days):
    return (today() - timedelta(days=days)).isoformat()


def name_of(sender):
    return sender.split("<")[0].strip().strip('"') or sender.strip("<>")


def plain(text):
    """One line without Markdown, so that a mail cannot pretend to be a link or a citation."""
    text = re.sub(r"\s+", " ", re.sub(r"[\[\]<>*_`#|\\]", " ", text)).strip()
    return text if len(text) <= 160 else text[:159] + "…"


def fold(text):
    """Lower case, without the accents of French."""
    text = text.lower()
    for pair in ACCENTS:
        text = text.replace(pair[0], pair[1])
    return text
