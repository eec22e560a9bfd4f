# ruff: noqa: E501, F821 - the functions of the host, and what other files hold, exist where this runs
"""Which contract a request wants, and what it says to fill in."""

import re
import unicodedata

DAY = 86400
UNITS = [
    (r"minutes?", 60), (r"hours?|heures?", 3600), (r"days?|jours?", DAY), (r"weeks?|semaines?", 7 * DAY), (r"months?|mois", 30 * DAY),
    (r"years?|ans?|annees?", 365 * DAY),
]  # fmt: skip
KINDS = [
    ("escrow", r"\bescrow|sequestre|tiers de confiance|\b(buyer|seller|acheteur|vendeur)\b|entre deux|between two"),
    ("pot", r"\bcrowd|\bpot\b|cagnotte|financement|fund ?rais|collecte|levee de fonds|\bgoal\b|objectif|chip in"),
    ("timelock", r"time ?lock|verrou|\block|bloqu|vesting|inherit|heritage|jusqu'(au|en|a)|until|savings|epargne"),
    ("vote", r"\bvot|\bpoll|ballot|scrutin|election|referendum|sondage|elir|choose between"),
    ("token", r"token|jeton|\bcoins?\b|erc-?20|currency|monnaie|points"),
    ("registry", r"regist|annuaire|directory|\bnames?\b|\bnoms?\b|noter qui|who owns|notari"),
]


def filled(kind, text, words):
    """What the template wants, and what of it was not said."""
    folded, values, assumed = fold(text), {}, []
    if kind in ("escrow", "vote", "timelock", "pot"):
        seconds = duration(folded)
        if seconds is None:
            seconds = 30 * DAY if kind == "escrow" else 365 * DAY if kind == "timelock" else 7 * DAY
            assumed.append(words["days"].format(n=seconds // DAY))
        values |= {"seconds": seconds, "duration": f"{seconds / DAY:g}"}
    if kind == "token":
        values |= token(text, folded, words, assumed)
    if kind == "vote":
        options = named_options(text, folded)
        if not options:
            options = ["yes", "no"]
            assumed.append(words["options"].format(n=", ".join(options)))
        values |= {"count": len(options), "options": ", ".join(options)}
    if kind == "pot":
        found = re.search(r"(\d+(?:[.,]\d{1,18})?) ?(?:eth\b|ether)", folded)
        goal = found.group(1).replace(",", ".") if found else "1"
        if not found or not whole(goal):
            goal = "1"
            assumed.append(words["goal"].format(n=goal))
        values |= {"goal": goal, "wei": whole(goal)}
    return values, assumed


def whole(ether):
    """In wei, without rounding."""
    units, _, parts = ether.partition(".")
    return int(units) * 10**18 + int((parts + "0" * 18)[:18])


def duration(folded):
    """Seconds of "for two weeks", at most ten years; None where none is said."""
    for pattern, size in UNITS:
        found = re.search(rf"\b(\d{{1,4}}|{'|'.join(NUMBERS)})[ -](?:{pattern})\b", folded)
        if found:
            number = int(found.group(1)) if found.group(1).isdigit() else NUMBERS[found.group(1)]
            if 0 < number * size <= 3650 * DAY:
                return number * size
    return None


def token(text, folded, words, assumed):
    called = re.search(
        r"(?:called|named|nomme|appele|intitule)e? [\"“«']? ?([^\W_][\w -]{0,30}?)[\"”»']?(?= with| and| of| avec| et| de|[,.;]|$)",
        folded,
    )
    name = ascii_only(text[called.start(1) : called.end(1)].strip()) if called else ""
    if not name:
        name = "Token"
        assumed.append(words["name"].format(n=name))
    found = re.search(r"(?:symbol|symbole|ticker) [\"“«']? ?([a-z0-9]{1,8})\b", folded)
    symbol = found.group(1).upper() if found else "".join(c for c in name.upper() if c.isalnum())[:4]
    amount = re.search(r"\b(\d{1,3}(?:[ ,.'\u202f\u00a0]\d{3})+|\d+) ?(million|thousand|mille|k\b)?", folded)
    supply = int("".join(c for c in amount.group(1) if c.isdigit())) if amount else 0
    supply *= {"million": 10**6, "thousand": 1000, "mille": 1000, "k": 1000}.get(amount.group(2), 1) if amount else 1
    if not 0 < supply <= 10**15:
        supply = 1_000_000
        assumed.append(words["supply"].format(n=supply))
    return {"name": name, "symbol": symbol or "TOK", "supply": supply}


def named_options(text, folded):
    """The options after "between", or after a colon."""
    found = re.search(r"(?:\b(?:between|among|entre|parmi|options?)\b:?|:) ?([^.;!?]{3,200})", folded)
    if not found:
        return []
    said = re.split(
        r"\b(?: for | over | during | pendant | sur | durant | open )", text[found.start(1) : found.end(1)]
    )[0]
    parts = [
        ascii_only(re.sub(r"^(?:the|le|la|les|un|une|a|an) |^l['’]", "", part.strip()))[:40]
        for part in re.split(r",| and | or | et | ou ", said)
    ]
    options = [part for part in parts if part]
    return options[:32] if len(options) > 1 else []


def ascii_only(text):
    """What a comment or a text of a contract may hold: letters, digits, blanks and hyphens without accents."""
    return "".join(
        c
        for c in "".join(unicodedata.normalize("NFD", one)[0] for one in text)
        if (c.isalnum() and ord(c) < 128) or c in " -"
    )[:32].strip()
