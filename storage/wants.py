"""What kind of thing a question asks for, and whether a sentence holds one.  English and French, by rule.

The answer type of a question is the oldest trick of question answering (Li and Roth, "Learning Question Classifiers",
2002): a sentence without an amount does not answer "how much".
"""

from __future__ import annotations

import re
from typing import Literal

from storage.terms import fold

Want = Literal["amount", "time", "date", "person", "place", "number", "code", "contact", "other"]

# Patterns run over the folded question (lower case, no accents); the first that matches decides.
_RULES: tuple[tuple[Want, str], ...] = (
    ("person", r"^(and |et )?(who|whom|whose|(a |avec |chez |de |pour )?qui)\b(?! est-ce qui)"),
    ("date", r"^(and |et )?(when|since when|until when|by when|quand|depuis quand|jusqu'a quand|pour quand)\b"),
    ("place", r"^(and |et )?(where|ou|d'ou)\b"),
    ("contact", r"\b(e-?mail address|adresse (e-?mail|mail|electronique)|phone|telephone|numero de tel|call)\b"),
    ("code", r"\b(code|password|mot de passe|reference|booking|reservation number|tracking|policy number|pnr|dossier)\b"
             r"|numero (de|du) (contrat|police|suivi|reservation|commande|dossier|colis)"),
    ("amount", r"\b(how much|combien (coute|couter|vaut|ca|cela|dois|doit|ai|as|avons)|price|costs?"
               r"|prix|montant|tarif|loyer|rent|deposit|caution|budget|amount|fee|frais|refund|rembours\w+|paye)\b"),
    ("time", r"\b(what time|at what time|quelle heure|a quelle heure|which train|heures?)\b"),
    ("number", r"\b(how many|combien|how long|how old|how far|which (number|seat|platform)|quel(le)? (place|quai)"
               r"|number|numero|seat|siege|platform|voie|temperature|reading|releve|how fast|how big|size|taille)\b"),
    ("date", r"\b(what (date|day)|which (date|day)|by when|quel jour|quelle date|date|deadline|until|jusqu)\b"),
    ("person", r"\b(who|whom|whose|with whom|qui|a qui|avec qui|chez qui|de qui)\b"),
    ("place", r"\b(where|ou (est|sont|se|a|aura|dois|vais|faut|habite|dine)|which (place|city|restaurant|hotel|address)"
              r"|quel(le)? (adresse|ville|lieu|restaurant|hotel|salle)|address|adresse|venue|lieu|room|salle)\b"),
)  # fmt: skip
_RULES_COMPILED = tuple((want, re.compile(pattern)) for want, pattern in _RULES)

_MONTH = (
    r"(?:jan(?:uary|vier)?|feb(?:ruary)?|fevrier|fevr|mar(?:ch|s)|apr(?:il)?|avril|avr|may|mai|june?|juin|july?|juillet"
    r"|aug(?:ust)?|aout|sept?(?:ember|embre)?|oct(?:ober|obre)?|nov(?:ember|embre)?|dec(?:ember|embre)?)"
)
_DAY = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|today|tomorrow"
    r"|demain|aujourd'hui|tonight|ce soir|weekend|week-end"
)
_HOLDS: dict[Want, re.Pattern[str]] = {
    "amount": re.compile(r"(?:[€$£]\s?\d|\d[\d\s.,]*\s?(?:€|\$|£|eur\b|euros?\b|usd\b|gbp\b|pounds?\b|dollars?\b|%))"),
    "time": re.compile(
        r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) o'clock"
        r"|\b(?:half past|quarter (?:to|past)) \w+"
        r"|\b(?:[01]?\d|2[0-3])(?::[0-5]\d|\s?h(?:\s?[0-5]\d)?\b|\s?(?:am|pm|o'clock)\b)|\b(?:noon|midi)\b"
    ),
    "date": re.compile(
        rf"\b(?:\d{{1,2}}(?:st|nd|rd|th|er)?(?: of)? {_MONTH}|{_MONTH} \d{{1,2}}"
        rf"|\d{{1,2}}[/.]\d{{1,2}}(?:[/.]\d{{2,4}})?"
        rf"|20\d\d-\d\d-\d\d|{_DAY}|(?:on|by|le|the) \d{{1,2}}(?:st|nd|rd|th|er)?)\b"
    ),
    "number": re.compile(
        r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|un|deux|trois|quatre|cinq|sept|huit|neuf"
        r"|dix|onze|douze)\b"
    ),
    "code": re.compile(r"\b(?=[a-z0-9-]*\d)[a-z0-9][a-z0-9-]{3,}\b|\b[A-Z]{4,8}\b"),
    "contact": re.compile(r"\S+@\S+\.\w+|\b(?:\+?\d[\d .-]{7,}\d)\b"),
    "place": re.compile(
        r"\b(?:rue|avenue|boulevard|place|quai|street|road|square|station|gare|room|salle|hall|restaurant|hotel|cafe|church"
        r"|eglise|mairie|floor|etage|platform|building|batiment|garden|jardin|at the|chez)\b"
    ),
}
_NAME = re.compile(r"(?<![.!?…]\s)(?<!^)\b[A-ZÀ-Ý][a-zà-ÿ]+(?:[ -][A-ZÀ-Ý][a-zà-ÿ]+)?")
_LATEST = re.compile(
    r"\b(?:finally|final|in the end|now|latest|currently|current|eventually|finalement|au final|en fin de compte"
    r"|maintenant|desormais|actuel(?:le|lement)?|a la fin)\b"
)


def wanted(question: str) -> Want:
    """The kind of thing that `question` asks for; "other" where no rule says."""
    folded = fold(question.replace("’", "'"))
    for want, pattern in _RULES_COMPILED:
        if pattern.search(folded):
            return want
    return "other"


def asks_for_latest(question: str) -> bool:
    """Whether the question says that it wants what holds in the end: "finally", "now", "finalement", …"""
    return bool(_LATEST.search(fold(question.replace("’", "'"))))


def holds(want: Want, sentence: str) -> bool:
    """Whether `sentence` holds a thing of that kind.  Always true for "other"."""
    if want == "other":
        return True
    if want == "person":
        return bool(_NAME.search(sentence))
    folded = fold(sentence.replace("’", "'"))
    if want == "code":
        return bool(_HOLDS["code"].search(folded)) or bool(re.search(r"\b[A-Z0-9]{5,8}\b", sentence))
    return bool(_HOLDS[want].search(folded))
