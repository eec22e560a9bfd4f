# ruff: noqa: F821 - the functions of the host, and what other files hold, exist where this runs
"""Times of the day and durations of a request.  What could be morning or afternoon is asked back."""

PARTS = [  # of the day, in minutes
    (r"\b(?:in the )?mornings?\b|\b(?:le |du |au )?mati(?:n|nee)s?\b", 9 * 60, 12 * 60),
    (r"\b(?:in the )?afternoons?\b|\b(?:dans |de |pendant )?(?:l')?apres[- ]midi\b", 13 * 60, 18 * 60),
    (r"\b(?:in the )?evenings?\b|\btonight\b|\b(?:ce |le |en )?soir(?:ee)?\b", 18 * 60, 22 * 60),
]
CLOCK = r"(\d{1,2})(?: ?(?::|h|heures?|hours?|\.) ?(\d{2})\b| ?(h|heures?|o'clock)\b)? ?(am|pm|a\.m\.|p\.m\.)?"


def take_duration(request):
    """Minutes, or None."""
    lead = r"\b(?:(?:for|lasting|of|pendant|durant|pour|de) |d')(?:about |environ )?"
    if request.take(rf"(?:{lead})?\b(?:half an hour|une demi-heure|une demi heure)\b|\bd'une demi-heure\b"):
        return 30
    found = request.take(
        rf"(?:{lead}){NUMBER} ?(?:free )?h(?:ours?|eures?)?(?: ?(\d\d)\b| (and a half|et demie)\b)?(?!\w)"
    )
    found = found or request.take(
        rf"\b{NUMBER}[- ](?:free )?(?:hours?|heures?)(?: (\d\d)\b| (and a half|et demie)\b)?(?= *$| +\w)"
    )
    if found:
        return number(found[1]) * 60 + int(found[2] or 0) + (30 if found[3] else 0)
    found = request.take(rf"\bhour and a half\b|(?:{lead})?\b{NUMBER}[- ]?(?:free )?(?:min(?:ute)?s?|mn)\b")
    if found:
        return 90 if found[1] is None else number(found[1])
    return None


def take_range(request):
    """(start, end) in minutes of the day of "from 14:00 to 16:00", or None."""
    between = rf"\b(?:from|between|de|entre|d') ?{CLOCK} ?(?:to|and|until|till|-|a|et|jusqu'a) ?{CLOCK}(?![\w:])"
    found = request.take(between) or request.take(rf"\b(?:at )?{CLOCK} ?[-–] ?{CLOCK}(?![\w:])")
    if not found:
        return None
    start, end = minutes(found[1:5]), minutes(found[5:9])
    if end is None or start is None:
        return None
    if found[8] and not found[4] and found[8][0] == "p" and start + 720 < end:
        start += 720
    return (start, end) if start < end else None


def take_time(request, part):
    """Minutes of the day, or None.  Raises Unclear where morning and afternoon could be meant."""
    if request.take(r"\b(?:at |a )?(?:noon|midday|midi)\b"):
        return 720
    if request.take(r"\b(?:at |a )?(?:midnight|minuit)\b"):
        return 0
    found = request.take(rf"\b(?:at )?(half past|quarter past|quarter to) {NUMBER}\b(?: ?(am|pm))?")
    if found:
        shift = {"half past": 30, "quarter past": 15, "quarter to": -15}[found[1]]
        return unambiguous(number(found[2]) * 60 + shift, found[3], part)
    found = request.take(rf"\b(?:a |vers )?{NUMBER} (?:h|heures?) (et demie|et quart|moins le quart)\b")
    if found:
        shift = {"et demie": 30, "et quart": 15, "moins le quart": -15}[found[2]]
        return unambiguous(number(found[1]) * 60 + shift, None, part)
    found = request.take(rf"\b(?:at|a|vers|around|@) ?{CLOCK}(?![\w:/])")
    found = (
        found or request.take(r"\b(\d{1,2})(?::(\d{2})|(h)) ?(am|pm)?\b") or request.take(r"\b(\d{1,2})()() ?(am|pm)\b")
    )
    found = found or request.take(r"\b(\d{1,2})h(\d{2})()()\b")
    if not found:
        return None
    at = minutes(found[1:5])
    exact = found[4] or (len(found[1]) == 2 and found[1][0] == "0")
    return None if at is None else at if exact else unambiguous(at, None, part)


def minutes(found):
    hour, minute, _, half = int(found[0]), int(found[1] or 0), found[2], (found[3] or "").replace(".", "")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def unambiguous(at, half, part):
    """Half past one to before seven could be in the morning as in the afternoon, unless the request says which."""
    if half or part:
        later = half == "pm" or (part and part[0] >= 12 * 60)
        return at + 720 if later and at < 720 else at
    if 60 <= at < 7 * 60:
        raise Unclear(f"two_times|{at}|{at + 720}")
    return at


def take_part(request):
    for pattern, start, end in PARTS:
        if request.take(pattern):
            return start, end
    return None
