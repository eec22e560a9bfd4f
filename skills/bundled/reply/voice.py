# ruff: noqa: F821 - the functions of the host, and what other files hold, exist where this runs
"""The voice: how the person greets and closes, in mails they sent, and in which language."""

import re

FRENCH = (
    r"\b(le|la|les|des|est|et|je|tu|vous|nous|pas|pour|que|qui|une?|du|au|avec|sur|dans|ce|oui|non|merci|bonjour|"
    r"salut|suis|peux|mon|ton|votre|ne|ai)\b"
)
ENGLISH = (
    r"\b(the|and|is|are|i|you|we|not|for|that|with|this|yes|no|thanks?|hello|hi|am|can|my|your|it|be|will|of|to|at|"
    r"have)\b"
)
GREETS = r"^(hi|hello|hey|dear|good (morning|evening)|bonjour|bonsoir|salut|coucou|cher|chere|madame|monsieur|hallo)\b"
CLOSES = (
    r"^(best|all the best|cheers|kind regards|best regards|warm regards|regards|sincerely|yours|love|thanks|"
    r"thank you|many thanks|see you|take care|xx?|hugs|cordialement|bien a (toi|vous)|bises|bisous|biz|a bientot|"
    r"amities|amicalement|bonne (journee|soiree)|merci|je t'embrasse|a (demain|plus)|salutations|bien cordialement)\b"
)
GREETING = {"en": {True: "Hi {name},", False: "Dear {name},"}, "fr": {True: "Bonjour {name},", False: "Bonjour,"}}
NAMELESS = {"en": "Hello,", "fr": "Bonjour,"}
CLOSING = {"en": {True: "Best,", False: "Kind regards,"}, "fr": {True: "À bientôt,", False: "Cordialement,"}}


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
