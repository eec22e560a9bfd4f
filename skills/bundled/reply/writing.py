# ruff: noqa: F821 - the functions of the host, and what other files hold, exist where this runs
"""The words of the person, as sentences to the reader."""

import re

DAYS = [  # what names the same day in both languages
    "monday|lundi", "tuesday|mardi", "wednesday|mercredi", "thursday|jeudi", "friday|vendredi", "saturday|samedi",
    "sunday|dimanche", "january|janvier", "february|fevrier", "march|mars", "april|avril", "june|juin", "july|juillet",
    "august|aout", "september|septembre", "october|octobre", "november|novembre", "december|decembre",
    "tomorrow|demain", "tonight|this evening|ce soir", "yesterday|hier", "today|aujourd'hui", "noon|midi",
]  # fmt: skip
SUBJECT = (
    r"^(i|we|you|it|that|this|there|my|our|the|yes|no|thank\w*|sorry|please|can|could|will|would|je|j'|nous|on|tu|vous|"
    r"il|elle|ca|c'est|oui|non|merci|desole\w*|le|la|les|mon|ma|mes|notre)\b"
)


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
