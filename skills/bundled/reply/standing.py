# ruff: noqa: F821 - the functions of the host, and what other files hold, exist where this runs
"""Standing instructions, as a person may put them."""

import re

KIN = (
    r"\b(mother|father|mum|mom|dad|sister|brother|son|daughter|wife|husband|aunt|uncle|cousin|grandm\w+|grandf\w+|"
    r"family|mere|pere|maman|papa|soeur|frere|fils|fille|femme|mari|tante|oncle|cousine?|grand-?(mere|pere)|"
    r"famille)\b"
)
FRIEND = r"\b(friend|ami|amie|copain|copine)\b"

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
