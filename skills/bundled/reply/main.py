# ruff: noqa: F821 - the functions of the host, and what other files hold, exist where this runs
"""Answers to mail in the person's voice: their greeting, their words, their closing.

Of the mail that is answered only the subject, the sender's address and first name reach the answer; the model never
sees it.  What the model writes stands only if it brings no name, number or day that the person did not say.
"""

import re
from datetime import datetime, timedelta

NO_REPLY = r"^(no-?reply|ne-?pas-?repondre|do-?not-?reply|mailer-daemon|postmaster|bounces?|notifications?)\b"
THANKS = {"en": "Thank you for your mail.", "fr": {True: "Merci pour ton message.", False: "Merci pour votre message."}}
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

    `alone`: for the voice only what the person wrote and nobody else stands in, which every standing rule covers.
    """
    said_in = language_of(what) or language
    tongue = wanted_language(mail, rules) or (said_in if what else language_of(mail["own_text"]) or language)
    sent = [one for one in mail_sent(to=mail["address"], limit=10, begun=alone) if not one["automatic"]]
    others = sent if sent else mail_sent(limit=20, begun=True)
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


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"[\[\]<>*_`#|\\]", " ", text)).strip()[:100]
