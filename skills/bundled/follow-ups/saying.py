# ruff: noqa: F821 - the functions of the host, and what other files hold, exist where this runs
"""What is told of promises and questions."""

import re
from datetime import date

SHORT = {
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "fr": ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."],
}
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
    on = date.fromisoformat(day)
    month = MONTHS[1][on.month - 1] if language == "fr" else MONTHS[0][on.month - 1].capitalize()
    return f"{SHORT[language][on.weekday()]} {on.day} {month}"


def name_of(sender):
    return sender.split("<")[0].strip().strip('"') or sender.strip("<>")


def plain(text):
    """One line without Markdown, so that a mail cannot pretend to be a link or a citation."""
    text = re.sub(r"\s+", " ", re.sub(r"[\[\]<>*_`#|\\]", " ", text)).strip()
    return text if len(text) <= 160 else text[:159] + "…"
