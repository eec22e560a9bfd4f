# ruff: noqa: B905, E501, F821, SIM905 - the functions of the host exist where this runs
"""Fetch one page that the person named, and answer from it by quoting it.

No model reads the page: passages are chosen by the words of the question, and shown as they stand.  What a page says is
data; nothing in it is followed, no link of it is opened.
"""

import math
import re
import unicodedata

MOST = 3  # passages that are quoted
LONGEST = 500  # characters of one
PASSAGES = 3000  # that are looked at
ENDINGS = ("issement", "ement", "ation", "ing", "ion", "eur", "ive", "ee", "er", "ed", "al", "au", "ie", "e", "y")
STOP = set(
    """a an the of to in on at for from by with about and or is are was were be been do does did can could will would what
    when where which who whom whose why how much many it its this that these those there their they he she you your i me my
    we our say says tell find page site read please any have has had as if not no
    le la les un une des du de d l au aux en dans sur pour par avec et ou est sont etait a ont ce cet cette ces il elle ils
    elles on nous vous tu je me mon ma mes ton ta tes son sa ses leur leurs que qu qui quoi dont ou quand quel quelle quels
    quelles comment combien pourquoi dit dire trouve lis lire moi si ne pas plus y c s t""".split()
)
# Kinds of answer that a question asks for, by its words.
NUMERIC = r"\b(how (?:much|many)|price|cost|prix|tarif|combien|coute|cout|age|number|nombre|fee|frais)\b"
TIMED = r"\b(when|hours?|open|opening|closed?|time|date|day|quand|horaires?|heures?|ouvert|ouvre|ouverture|ferme|fermeture|jour)\b"
TIMES = (
    r"\d ?h\b|\d:\d\d|\b(mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    r"\b(am|pm)\b|20\d\d"
)
WORDS = {
    "en": {
        "answer": "{title} says:",
        "nothing": "I read {title} and found nothing in it about this.",
        "summary": "{title} begins:",
        "headings": "It speaks of: {headings}.",
        "empty": "There is no text on {title}.",
        "from": "From <{address}>, read {day}.",
        "refused": "The page was not read: that was not allowed.",
        "wrong": "That is no address that can be read: {why}",
        "failed": "The page could not be read: {why}",
    },
    "fr": {
        "answer": "D’après {title} :",
        "nothing": "J’ai lu {title} et n’y ai rien trouvé à ce sujet.",
        "summary": "{title} commence ainsi :",
        "headings": "Il y est question de : {headings}.",
        "empty": "Il n’y a pas de texte sur {title}.",
        "from": "Source : <{address}>, lue le {day}.",
        "refused": "La page n’a pas été lue : ce n’était pas permis.",
        "wrong": "Cette adresse ne peut pas être lue : {why}",
        "failed": "La page n’a pas pu être lue : {why}",
    },
}


def read(address="", question="", language="en"):
    """What the page says about `question`, or how it begins."""
    words = WORDS[language]
    try:
        page = net_fetch(address=address)
    except PermissionError:
        return words["refused"]
    except ValueError as wrong:
        return words["wrong"].format(why=str(wrong))
    except (OSError, RuntimeError, LookupError) as failed:
        return words["failed"].format(why=str(failed))
    title = f"**{plain(page['title'])[:200]}**" if plain(page["title"]) else f"<{page['address']}>"
    cited = words["from"].format(address=page["address"], day=page["fetched"][:10])
    parts = passages(page["text"])
    if not parts:
        return {"text": words["empty"].format(title=title) + "\n\n" + cited, "address": page["address"], "found": False}
    if not question.strip():
        lines = summary(parts, title, words)
        return {"text": "\n\n".join([*lines, cited]), "address": page["address"], "found": True}
    best = answering(parts, question)
    lead = words["answer" if best else "nothing"].format(title=title)
    quoted = [f"> {plain(part)}" for part in best]
    return {"text": "\n\n".join([lead, *quoted, cited]), "address": page["address"], "found": bool(best)}


def fold(text):
    """Lower case without accents."""
    apart = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(c for c in apart if not unicodedata.combining(c)).lower()


def plain(text):
    """As it reads, on one line: no characters that are not seen, none that Markdown would take for a link or markup."""
    seen = "".join(c for c in text if unicodedata.category(c)[0] != "C" or c in "\n\t")
    return re.sub(r"([\\`*_\[\]<>#|!])", r"\\\1", " ".join(seen.split()))


def passages(text):
    """Paragraphs; a long one in pieces of whole sentences."""
    found = []
    blocks = text.split("\n\n") if text.count("\n\n") * 4 >= text.count("\n") else text.split("\n")
    for block in blocks:
        block = " ".join(block.split())
        while len(block) > LONGEST:
            ends = [one.end() for one in re.finditer(r"[.!?…](?= )", block[:LONGEST])]
            at = ends[-1] if ends else block.rfind(" ", 0, LONGEST)
            at = at if at > 0 else LONGEST
            found.append(block[:at])
            block = block[at:].strip()
        if block:
            found.append(block)
        if len(found) > PASSAGES:
            break
    return found[:PASSAGES]


def stems(text):
    """The words that count, without their endings in English and French."""
    found = []
    for word in re.findall(r"[^\W_]+", fold(text)):
        if word not in STOP:
            found.append(stem(word))
    return found


def stem(word):
    """The word without what number, tense and kind put at its end, in English and in French."""
    if len(word) > 3 and word[-1] in "sx":
        word = word[:-1]
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def answering(parts, question):
    """The passages that hold most of the rare words of the question, in the order of the page; none if too few."""
    wanted = set(stems(question))
    if not wanted:
        return parts[:1]
    held = [set(stems(part)) & wanted for part in parts]
    often = {word: sum(word in one for one in held) for word in wanted}
    weight = {word: math.log(1 + len(parts) / often[word]) if often[word] else 0.0 for word in wanted}
    most = sum(weight[word] or math.log(1 + len(parts)) for word in wanted)
    asked = fold(question)
    scored = []
    for place, one in enumerate(held):
        # A heading with the words, and what follows it, belong together.
        before = held[place - 1] if place and len(parts[place - 1]) < 80 else set()
        score = sum(weight[word] for word in one) + 0.6 * sum(weight[word] for word in before - one)
        if score and re.search(TIMED, asked) and re.search(TIMES, fold(parts[place])):
            score += 0.25 * most
        if score and re.search(NUMERIC, asked) and re.search(r"\d", parts[place]):
            score += 0.25 * most
        if score >= 0.34 * most and (len(parts[place]) >= 25 or re.search(r"\d", parts[place])):
            scored.append((score, place))
    scored.sort(key=lambda one: (-one[0], one[1]))
    best = [place for score, place in scored[:MOST] if score >= 0.6 * scored[0][0]]
    return [parts[place] for place in sorted(best)]


def summary(parts, title, words):
    """Its first paragraphs, and its headings."""
    long = [part for part in parts if len(part) >= 80][:2] or parts[:2]
    headings = []
    for part, after in zip(parts, [*parts[1:], ""]):
        short = 3 < len(part) <= 60 and part[-1] not in ".,;:!?…" and len(after) >= 80
        if short and part not in headings and plain(part) != plain(title.strip("*")):
            headings.append(part)
    lines = [words["summary"].format(title=title), *[f"> {plain(part)}" for part in long]]
    if headings:
        lines.append(words["headings"].format(headings="; ".join(plain(one) for one in headings[:8])))
    return lines
