# ruff: noqa: F821 - the functions of the host exist where this runs
"""Answers to mail in the person's voice: their greeting, their words, their closing.

Of the mail that is answered only the subject, the sender's address and first name reach the answer; the model never
sees it.  What the model writes stands only if it brings no name, number or day that the person did not say.
"""

import re
from datetime import datetime, timedelta

ACCENTS = ["àa", "âa", "äa", "çc", "ée", "èe", "êe", "ëe", "îi", "ïi", "ôo", "öo", "ùu", "ûu", "üu", "’'", "ʼ'"]
NO_REPLY = r"^(no-?reply|ne-?pas-?repondre|do-?not-?reply|mailer-daemon|postmaster|bounces?|notifications?)\b"

# What is asked: whose mail, and what to say.
WHO = r"(?P<who>[^:,?]{1,60}?)"
ABOUT = r"(?P<about> (about|regarding|on|sur|au sujet d[eu'] ?|a propos d[eu'] ?|concernant) ?.{2,60}?)?"
SAYING = (
    r"(,? (saying|to say|and say|telling (him|her|them)|and tell (him|her|them)|pour (lui |leur )?dire|disant|"
    r"en disant|et dis(-lui|-leur)?)( that| qu(?=')| que|:| :)?| that| que| qu(?=')| ?:|, that)"
)
ASKED = [
    r"(answer|reply|response)( back)? (to |for )?" + WHO + r"('s?)?( (mail|e-?mail|message|letter|"
    r"question))?" + ABOUT + SAYING + r" ?'?(?P<say>.+)",
    r"(write back to|respond to|tell|write to|get back to|send) " + WHO + r"('s?)?( (mail|e-?mail|message|letter|"
    r"question))?( (the|an) (answer|reply))?" + ABOUT + SAYING + r" ?'?(?P<say>.+)",
    r"(repond(s|re|ez)?|reponse|reecris|ecris|dis|envoie|prepare|redige)( une reponse| en reponse| la reponse|"
    r" tout de suite)* (a |au |aux |la reponse a )((mail|message|courriel|mot|question) (de |d'|du )?)?"
    + WHO + r"( (la|une) reponse| en reponse)?" + ABOUT + SAYING + r" ?'?(?P<say>.+)",
    r"^(please )?(answer|reply|respond|repond(s|re|ez)?|dis|tell|write back)(?P<who>( him| her| them|-lui|"
    r"-leur)?)(?P<about>)" + SAYING + r" ?'?(?P<say>.+)",
]  # fmt: skip
PRONOUNS = ["him", "her", "them", "-lui", "-leur", "lui", "leur"]
SEND_TOO = (
    r",? *(and|et|puis|then)? *(then |right away |please )?(send (it|that|this)( off| now| right away)?|envoie(-la|"
    r"-le| la| le)?( maintenant| tout de suite)?)[.! ]*$"
)
LAST = (
    r"^(please )?(send|envoie|envoyez)( (it|the|that|this|le|la|ce|cette|mon|my|reply|answer|draft|brouillon|"
    r"reponse|now|maintenant|please|off|last|dernier|derniere|stp))*[.! ]*$"
)

DAYS = [  # what names the same day in both languages
    "monday|lundi", "tuesday|mardi", "wednesday|mercredi", "thursday|jeudi", "friday|vendredi", "saturday|samedi",
    "sunday|dimanche", "january|janvier", "february|fevrier", "march|mars", "april|avril", "june|juin", "july|juillet",
    "august|aout", "september|septembre", "october|octobre", "november|novembre", "december|decembre",
    "tomorrow|demain", "tonight|this evening|ce soir", "yesterday|hier", "today|aujourd'hui", "noon|midi",
]  # fmt: skip
FRENCH = (
    r"\b(le|la|les|des|est|et|je|tu|vous|nous|pas|pour|que|qui|une?|du|au|avec|sur|dans|ce|oui|non|merci|bonjour|"
    r"salut|suis|peux|mon|ton|votre|ne|ai)\b"
)
ENGLISH = (
    r"\b(the|and|is|are|i|you|we|not|for|that|with|this|yes|no|thanks?|hello|hi|am|can|my|your|it|be|will|of|to|at|"
    r"have)\b"
)
KIN = (
    r"\b(mother|father|mum|mom|dad|sister|brother|son|daughter|wife|husband|aunt|uncle|cousin|grandm\w+|grandf\w+|"
    r"family|mere|pere|maman|papa|soeur|frere|fils|fille|femme|mari|tante|oncle|cousine?|grand-?(mere|pere)|"
    r"famille)\b"
)
FRIEND = r"\b(friend|ami|amie|copain|copine)\b"

GREETS = r"^(hi|hello|hey|dear|good (morning|evening)|bonjour|bonsoir|salut|coucou|cher|chere|madame|monsieur|hallo)\b"
CLOSES = (
    r"^(best|all the best|cheers|kind regards|best regards|warm regards|regards|sincerely|yours|love|thanks|"
    r"thank you|many thanks|see you|take care|xx?|hugs|cordialement|bien a (toi|vous)|bises|bisous|biz|a bientot|"
    r"amities|amicalement|bonne (journee|soiree)|merci|je t'embrasse|a (demain|plus)|salutations|bien cordialement)\b"
)
GREETING = {"en": {True: "Hi {name},", False: "Dear {name},"}, "fr": {True: "Bonjour {name},", False: "Bonjour,"}}
NAMELESS = {"en": "Hello,", "fr": "Bonjour,"}
CLOSING = {"en": {True: "Best,", False: "Kind regards,"}, "fr": {True: "À bientôt,", False: "Cordialement,"}}
THANKS = {"en": "Thank you for your mail.", "fr": {True: "Merci pour ton message.", False: "Merci pour votre message."}}

# Standing instructions, as a person may put them.
NEVER = (
    r"\b(?:never|do not|don't|ne) (?:answer|reply to|respond to|reponds(?: jamais| pas) (?:a |aux? )?)(?P<whom>.+)|"
    r"^(?:answer|reply to) (?P<also>.+) never$|^(?:ne )?reponds jamais (?:a |aux? )(?P<fr>.+)"
)
WHEN = (
    r"^(?:when|if|quand|si) (?P<whom>.+?) (?:writes|mails|m'ecrit|ecrit)(?: to me| me)?,? (?:answer|reply|"
    r"reponds)(?:[- ]lui|[- ]leur)?(?: that| que?| :|:) ?'?(?P<say>.+)"
)
TOLD = (
    r"^(?P<verb>answer|reply to|reponds (?:a|aux?|"
    r"automatiquement a))(?: automatically)? (?P<whom>.+?)(?: automatically)?(?: that| que?(?= |')|:|"
    r" :) ?'?(?P<say>.+)"
)
PREPARED = (
    r"^(?:always )?(?:draft|prepare|redige|prepare des|fais des)(?: toujours)?(?: (?:a|an|the|des|une|les|"
    r"un))? ?(?:repl(?:y|ies)|answers?|reponses?|brouillons?)(?: (?:to|for|for mail from|a|aux?|"
    r"pour))? (?P<whom>.+?)(?: (?:in|en) \w+)?$"
)
SPOKEN = (
    r"^(?:always )?(?:answer|reply to|write to|reponds|ecris)(?: toujours)? (?:a |aux? )?(?P<whom>.+?) (?:in|en) \w+$"
)
SUBJECT = (
    r"^(i|we|you|it|that|this|there|my|our|the|yes|no|thank\w*|sorry|please|can|could|will|would|je|j'|nous|on|tu|vous|"
    r"il|elle|ca|c'est|oui|non|merci|desole\w*|le|la|les|mon|ma|mes|notre)\b"
)

SAID = {
    "en": {
        "draft": "Here is a draft to {who} [1]. Say “send the draft” when it is right.",
        "sent": "Sent to {who} [1].", "kept": "It was not sent. The draft to {who} is kept [1].",
        "whose": "Whose mail shall I answer, and what shall I say? Such as: “answer Ada that I can come on Friday”.",
        "what": "What shall I say to {who} [1]? For example: “answer {who} that I can come on Friday”.",
        "nobody": "I find no mail of {who}.",
        "machine": "This mail came from a machine or a list, and is not answered [1].",
        "forged": "Take care: the sender of this mail could not be authenticated.",
        "untranslated": "It stays in the language you used: I could not translate it without changing it.",
        "none": "There is no draft of today to send.",
    },
    "fr": {
        "draft": "Voici un brouillon pour {who} [1]. Dites « envoie le brouillon » quand il convient.",
        "sent": "Envoyé à {who} [1].", "kept": "Rien n'a été envoyé. Le brouillon pour {who} est gardé [1].",
        "whose": "À quel mail dois-je répondre, et quoi ? Ainsi : « réponds à Ada que je peux venir vendredi ».",
        "what": "Que dois-je dire à {who} [1] ? Par exemple : « réponds à {who} que je peux venir vendredi ».",
        "nobody": "Je ne trouve pas de mail de {who}.",
        "machine": "Ce mail vient d'une machine ou d'une liste, on n'y répond pas [1].",
        "forged": "Attention : l'expéditeur de ce mail n'a pas pu être authentifié.",
        "untranslated": "La réponse reste dans votre langue : je n'ai pas su la traduire sans en changer le sens.",
        "none": "Il n'y a pas de brouillon d'aujourd'hui à envoyer.",
    },
}  # fmt: skip


def draft(request, person="", mail="", language="en"):
    """Keep a draft that says what the person wants to say."""
    return answer(request, person, mail, language, False)


def send(request, person="", mail="", language="en"):
    """The same and send it; or send the last draft."""
    if not re.match(LAST, fold(request)):
        return answer(request, person, mail, language, True)
    last = kept_get(key="last")
    if not last or last["at"] < (datetime.now() - timedelta(days=1)).isoformat():
        return {"text": SAID[language]["none"], "sources": []}
    return deliver(last["message"], last["who"], language, "")


def arrived(record, language="en"):
    """New mail: only where a standing instruction covers its sender."""
    rules = standing()
    if not any(rule["act"] in ("send", "draft") for rule in rules):
        return None
    mail = mail_get(id=record)
    if is_machine(mail) or mail["from_me"] or mail["authenticated"] is False or is_answered(mail):
        return None
    covering = [rule for rule in rules if covers(rule["whom"], mail)]
    if any(rule["act"] == "never" for rule in covering):
        return None
    acting = [rule for rule in covering if rule["act"] in ("send", "draft")]
    if not acting:
        return None
    rule = acting[0]
    sends = rule["act"] == "send" and rule["say"] and mail["authenticated"]
    message, _ = compose(mail, rule["say"], rules, language, alone=bool(sends))
    return (deliver if sends else keep)(message, name_of(mail), language, "")


def answer(request, person, mail, language, now):
    say = SAID[language]
    who, about, what = understood(request)
    if re.search(SEND_TOO, fold(request)):
        now = True
    who = person or who
    if not who and not mail:
        return {"text": say["whose"], "sources": []}
    found = mail_get(id=mail) if mail else newest_of(who, about)
    if not found:
        return {"text": say["nobody"].format(who=plain(who)), "sources": []}
    if is_machine(found):
        return {"text": say["machine"], "sources": [found["id"]]}
    name = name_of(found)
    if not what:
        return {"text": say["what"].format(who=plain(name)), "sources": [found["id"]]}
    message, note = compose(found, what, standing(), language)
    notes = [say[key] for key in (note, "forged" if found["authenticated"] is False else "") if key]
    return (deliver if now else keep)(message, name, language, "\n\n".join(notes))


def understood(request):
    """Whose mail, what it is about, and what to say; "" for what was not said."""
    flat = re.sub(r"\s+", " ", request).strip()
    folded = fold(flat)
    cut = re.search(SEND_TOO, folded)
    if cut and cut.start() > 0:
        flat, folded = flat[: cut.start()], folded[: cut.start()]
    for pattern in ASKED:
        found = re.search(pattern, folded)
        if found:  # folding keeps the length, so the places are those of what was typed
            who = re.sub(
                r"('s|’s)$|^(the|le|la|the mail of|mail from) ",
                "",
                flat[folded.find(found["who"]) :][: len(found["who"])].strip(),
            )
            who = "" if fold(who) in PRONOUNS else who
            about = re.sub(r"^\s*\w+ ", "", found["about"] or "")
            return who, about, flat[-len(found["say"]) :].strip()
    return "", "", ""


def newest_of(who, about):
    """The mail of a person that waits longest for nothing: about that, else unanswered, else the newest."""
    quoted = re.sub(r'[":]', " ", who).strip()
    briefs = [one for one in mail_search(query=f'from:"{quoted}"', limit=20) if not one["from_me"]]
    words = set(re.findall(r"\w{4,}", fold(about)))
    fits = [one for one in briefs if words & set(re.findall(r"\w{4,}", fold(one["title"] + " " + one["snippet"])))]
    waits = [one for one in briefs if one["needs_answer"]]
    for one in (fits + waits + briefs)[:8]:
        mail = mail_get(id=one["id"])
        if not is_machine(mail):
            return mail
    return mail_get(id=briefs[0]["id"]) if briefs else None


def is_machine(mail):
    return mail["automatic"] or mail["newsletter"] or re.search(NO_REPLY, mail["address"].lower()) is not None


def is_answered(mail):
    """The thread is read only where something came after the mail: a standing rule has to cover what is read."""
    if mail["thread"][-1:] == [mail["id"]]:
        return False
    return any(one["from_me"] and one["date"] > mail["date"] for one in mail_thread(id=mail["id"]))


def compose(mail, what, rules, language, alone=False):
    """The message, and the key of a note on it or "".  `what` is "" where the person completes it.

    `alone`: no other mail is read for the voice: a standing rule covers what its one correspondent wrote, and no more.
    """
    said_in = language_of(what) or language
    tongue = wanted_language(mail, rules) or (said_in if what else language_of(mail["own_text"]) or language)
    sent = [] if alone else [one for one in mail_sent(to=mail["address"], limit=10) if not one["automatic"]]
    others = sent if sent or alone else mail_sent(limit=20)
    close = bool(sent) or mail["from_contact"]
    tu = says_tu(sent, mail) if tongue == "fr" else close
    note = ""
    body = sentence(what, said_in, tu if said_in == "fr" else close)
    if body and tongue != said_in:
        turned = rewritten(f"Translate to {'French' if tongue == 'fr' else 'English'}.", body, tongue)
        tongue, body, note = (tongue, turned, "") if turned else (said_in, body, "untranslated")
    elif body and len(what.split()) > 3 and not is_sentence(what):
        body = rewritten("Rewrite this note as one polite sentence. Add nothing.", body, tongue) or body
    if not body:
        body = THANKS["fr"][tu] if tongue == "fr" else THANKS["en"]
    tu = tu if tongue == "fr" else close
    text = f"{greeting(mail, sent, others, tongue, close)}\n\n{body}\n\n{closing(mail, sent, others, tongue, tu)}"
    title = re.sub(r"\s+", " ", re.sub(r"[\x00-\x1f\x7f]", " ", mail["title"])).strip()
    subject = title if re.match(r"(?i)re ?:", title) else f"Re: {title}".strip()
    return {"to": [mail["address"]], "subject": subject[:400], "text": text, "reply_to": mail["id"]}, note


def keep(message, who, language, note):
    made = mail_draft(**message)
    kept_set(key="last", value={"message": message, "who": who, "at": datetime.now().isoformat()})
    return told("draft", message, who, language, note) | made


def deliver(message, who, language, note):
    """Sent, or kept where it may not be or cannot be."""
    try:
        mail_send(**message)
    except (PermissionError, OSError, RuntimeError) as error:
        made = mail_draft(**message)
        why = plain(str(error))
        return told("kept", message, who, language, "\n\n".join([one for one in (why, note) if one])) | made
    kept_set(key="last", value=None)
    return told("sent", message, who, language, note) | {"sent": True}


def told(key, message, who, language, note):
    lines = [SAID[language][key].format(who=plain(who)), *([note] if note else [])]
    quote = "\n".join(["> " + line for line in message["text"].split("\n")])
    return {"text": "\n\n".join([*lines, quote]), "sources": [message["reply_to"]]}


# The words of the person, as sentences.
def sentence(what, language, tu):
    """What they want to say, to the reader instead of about the reader."""
    text = re.sub(r"\s+", " ", what).strip().strip('"“”«»').strip()
    if not text:
        return ""
    text = to_reader_fr(text, tu) if language == "fr" else to_reader_en(text)
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?…" else text + "."


def to_reader_en(text):
    if re.match(r"(?i)(i|we|yes|no|sure|ok)\b", text) and not re.search(r"(?i)\b(he|she|they)\b", text):
        text = re.sub(r"(?i)\b(him|them)\b", "you", text)
        text = re.sub(
            r"(?i)\bher\b(?=\s*($|[.,!?;]|the|a|an|some|my|our|it|this|that|on|at|by|to|in|for|back|again|to\w+|"
            r"about|and|next|later|when|as)\b|\s*$)",
            "you",
            text,
        )
        text = re.sub(r"(?i)\b(his|their|her)\b", "your", text)
    if re.match(r"(?i)(can|can't|cannot|will|won't|would|am|have|could|agree|accept|need|don't)\b", text):
        text = "I " + text[0].lower() + text[1:]
    return re.sub(r"\bi\b(?=['’ ])", "I", text)


def to_reader_fr(text, tu):
    to = "te" if tu else "vous"
    text = re.sub(
        r"\b([Jj]e|[Nn]ous|[Oo]n) (lui|leur) (?=[aeiouyhéèê])", rf"\1 {'t' + chr(39) if tu else 'vous '}", text
    )
    return re.sub(r"\b([Jj]e|[Nn]ous|[Oo]n) (lui|leur)\b", rf"\1 {to}", text)


def is_sentence(what):
    return re.search(SUBJECT, fold(what).strip()) is not None


def rewritten(instructions, body, tongue):
    """What the model makes of the person's words, or "" where it adds or loses something."""
    try:
        made = model_write(instructions=instructions, text=body, max_tokens=120)
    except (OSError, RuntimeError):
        return ""
    made = re.sub(r"\s+", " ", made).strip().strip('"“”«»').strip()
    if not made or not len(body) // 2 <= len(made) <= 2 * len(body) + 40:
        return ""
    if re.search(r"[\[\]{}<>|@]|https?:|www\.|\b(subject|objet|sujet|dear|cher|chere)\b", fold(made)):
        return ""
    if language_of(made) not in ("", tongue):
        return ""
    same = facts(made) <= words(body) and facts(body) <= words(made) and days_in(made) == days_in(body)
    return made if same else ""


def words(text):
    return set(re.findall(r"\w+", fold(text)))


def facts(text):
    """Numbers and names; the first word of a sentence may be either."""
    inside = [word for part in re.split(r"(?<=[.!?])\s+", text) for word in re.findall(r"[^\W\d_][\w-]+", part)[1:]]
    names = " ".join([word for word in inside if word[0].isupper() and not days_in(word)])
    return set(re.findall(r"\d+", text)) | words(names)


def days_in(text):
    """What names a day, the same for both languages."""
    return {pattern for pattern in DAYS if re.search(rf"\b({pattern})s?\b", fold(text))}


# The voice: how the person greets and closes, in mails they sent.
def greeting(mail, sent, others, tongue, close):
    name = first_name(mail)
    mine = [line for line in map(first_line, sent) if line and language_fits(line, tongue)]
    if mine:
        return most_common(mine)
    heads = [fold(line).split()[0].strip(",!") for line in map(first_line, others) if line]
    fitting = [
        head
        for head in heads
        if head in (("bonjour", "salut", "coucou") if tongue == "fr" else ("hi", "hello", "hey", "dear"))
    ]
    if not name:
        return NAMELESS[tongue]
    if fitting and close:
        return f"{most_common(fitting).capitalize()} {name},"
    return GREETING[tongue][close].format(name=name if close else name_of(mail))


def first_line(mail):
    """The greeting of a mail, or ""."""
    line = mail["own_text"].strip().split("\n")[0].strip()
    return line if len(line) <= 40 and re.search(GREETS, fold(line)) and not re.search(r"[.?:]", line) else ""


def closing(mail, sent, others, tongue, close):
    for mails in (sent, others):
        blocks = [
            block
            for one in mails
            if language_of(one["own_text"]) in ("", tongue)
            for block in [last_lines(one)]
            if block
        ]
        if blocks:
            return most_common(blocks)
    mine = [one["sender"] for one in others][:1] + [one for one in mail["to"] if len(mail["to"]) == 1]
    name = re.sub(r"\s*<.*", "", mine[0]).strip().strip('"') if mine else ""
    name = "" if "@" in name else name.split(" ")[0] if close else name
    return (CLOSING[tongue][close] + "\n" + name).strip()


def last_lines(mail):
    """The closing of a mail with the name and signature below it, or ""."""
    lines = [line.rstrip() for line in mail["own_text"].strip().split("\n")]
    for place in range(max(len(lines) - 7, 1), len(lines)):
        line = lines[place].strip()
        if line.endswith((".", "?")) and len(line.split()) > 3:
            continue  # "thank you, that was a lovely day." is what the mail says
        if len(line) <= 40 and re.search(CLOSES, fold(line)):
            return "\n".join(lines[place:])
    return ""


def language_fits(line, tongue):
    french = re.search(r"^(bonjour|bonsoir|salut|coucou|cher|chere|madame|monsieur)\b", fold(line)) is not None
    return french == (tongue == "fr")


def most_common(texts):
    return max(texts, key=lambda text: (texts.count(text), -texts.index(text)))


def says_tu(sent, mail):
    """Whether the person says "tu" to them, or a contact does to the person; to a stranger it is "vous"."""
    for texts in ([one["own_text"][:2000] for one in sent], [mail["own_text"][:2000]] if mail["from_contact"] else []):
        text = fold(" ".join(texts))
        tu, vous = re.findall(r"\b(tu|te|toi|ton|ta|tes|t')\b", text), re.findall(r"\b(vous|votre|vos)\b", text)
        if len(tu) != len(vous):
            return len(tu) > len(vous)
    return False


def language_of(text):
    """ "en", "fr", or "" where the words do not tell."""
    start = fold(text)[:2000]
    french, english = len(re.findall(FRENCH, start)), len(re.findall(ENGLISH, start))
    return "" if french == english else "fr" if french > english else "en"


# Standing instructions of the person.
def standing():
    """What they say on answering: [{"act": never | send | draft | language, "whom", "say", "tongue"}]."""
    rules = []
    for one in memory_list(kind="instruction"):
        for part in re.split(r"[;\n]|(?<=[.!])\s+", one["text"]):
            rule = rule_of(part.strip(" .!"))
            if rule:
                rules.append(rule)
    return rules


def rule_of(text):
    folded = fold(text)
    tongue = re.search(r"\b(in|en) (french|english|francais|anglais)\b", folded)
    base = {"say": "", "tongue": ("fr" if tongue[2].startswith("fr") else "en") if tongue else ""}
    never = re.search(
        NEVER,
        folded,
    )
    if never:
        return base | {"act": "never", "whom": (never["whom"] or never["also"] or never["fr"] or "").strip()}
    when = re.search(
        WHEN,
        folded,
    )
    told_to = re.search(
        TOLD,
        folded,
    )
    found = when or told_to
    if found:
        return base | {"act": "send", "whom": found["whom"], "say": text[-len(found["say"]) :]}
    prepared = re.search(
        PREPARED,
        folded,
    )
    if prepared:
        return base | {"act": "draft", "whom": prepared["whom"]}
    spoken = re.search(
        SPOKEN,
        folded,
    )
    return base | {"act": "language", "whom": spoken["whom"]} if spoken else None


def covers(whom, mail):
    """A name or an address of the sender, or family, friends, contacts, as the person's facts have them."""
    whom = re.sub(r"^(my|the|all|mes|ma|mon|les|la|tous les|toutes les) ", "", fold(whom)).strip()
    if whom in (
        "everybody",
        "everyone",
        "anyone",
        "all",
        "tout le monde",
        "tous",
        "contacts",
        "contact",
        "people i know",
    ):
        return mail["from_contact"]
    for group, pattern in (("famil", KIN), ("friend", FRIEND), ("ami", FRIEND)):
        if whom.startswith(group):
            return mail["from_contact"] and is_kin(mail, pattern)
    if "@" in whom:
        return mail["address"].lower() == whom
    name = set(re.findall(r"\w+", fold(name_of(mail))))
    return mail["from_contact"] and bool(whom) and set(re.findall(r"\w+", whom)) <= name


def is_kin(mail, pattern):
    name = first_name(mail)
    facts_of = memory_list(kind="fact", query=name) if name else []
    return any(
        re.search(rf"\b{fold(name)}\b", fold(one["text"])) and re.search(pattern, fold(one["text"])) for one in facts_of
    )


def wanted_language(mail, rules):
    tongues = [
        rule["tongue"] for rule in rules if rule["tongue"] and rule["act"] != "never" and covers(rule["whom"], mail)
    ]
    return tongues[0] if tongues else ""


def first_name(mail):
    """Of the sender, only if it looks like one: a name is chosen by who writes."""
    name = name_of(mail)
    last, comma, first = name.partition(",")
    words = (first if comma else last).split()
    titles = ("dr", "dr.", "prof.", "mr", "mrs", "ms", "mme", "m.", "mr.", "mrs.", "ms.")
    word = ([one for one in words if fold(one) not in titles] or [""])[0]
    return word if re.fullmatch(r"[^\W\d_][^\W\d_'’-]*(-[^\W\d_]+)?", word) and len(word) <= 20 else ""


def name_of(mail):
    name = re.sub(r"[^\w\s.,'’-]", " ", mail["sender"].split("<")[0])
    return re.sub(r"\s+", " ", name).strip()[:60] or mail["address"]


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"[\[\]<>*_`#|\\]", " ", text)).strip()[:100]


def fold(text):
    """Lower case, without the accents of French; as long as it was."""
    text = text.lower()
    for pair in ACCENTS:
        text = text.replace(pair[0], pair[1])
    return text
