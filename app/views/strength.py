"""How hard a passphrase is to guess, in words.  The estimate is zxcvbn's; no Qt here."""

from __future__ import annotations

from dataclasses import dataclass

from app.texts import catalogue, text
from app.views.wording import Words

GUESSES_PER_SECOND = 1_000
"""Of somebody who has the disk: Argon2id at 64 MiB takes some 0.1 s on one core; this is a hundred cores."""
ENOUGH = 3
"""The least score accepted: with the rate above, more than a day of the attacker's hundred cores."""
_LONGEST = 72  # what zxcvbn reads; a longer passphrase is no weaker
_UNITS = (
    ("second", 1.0),
    ("minute", 60.0),
    ("hour", 3600.0),
    ("day", 86_400.0),
    ("month", 2_629_800.0),
    ("year", 31_557_600.0),
    ("century", 3_155_760_000.0),
)
_ENDLESS = 1_000  # centuries


@dataclass(frozen=True)
class Strength:
    """`score` from 0 (guessed at once) to 4; `advice` holds zxcvbn's English sentences, the warning first."""

    score: int
    seconds: float
    advice: tuple[str, ...]

    @property
    def enough(self) -> bool:
        return self.score >= ENOUGH


def judge(passphrase: str) -> Strength:
    """Takes 1 to 60 ms.  zxcvbn is imported here, on the first judgement, not when the window starts."""
    from zxcvbn import zxcvbn

    if not passphrase:
        return Strength(0, 0.0, ())
    found = zxcvbn(passphrase[:_LONGEST], user_inputs=["nuee", "nuée"])
    feedback = found["feedback"]
    advice = tuple(sentence for sentence in (feedback["warning"], *feedback["suggestions"]) if sentence)
    return Strength(found["score"], float(found["guesses"]) / GUESSES_PER_SECOND, advice)


def duration(seconds: float, words: Words) -> str:
    """A time in one rounded unit: "3 hours", "centuries"."""
    name, length = next(((n, x) for n, x in reversed(_UNITS) if seconds >= x), _UNITS[0])
    count = int(seconds / length)
    if count == 0:
        return words("strength.no_time")
    if name == "century" and count >= _ENDLESS:
        return words("strength.endless")
    return words(f"duration.{name}", count=count)


def advice(sentences: tuple[str, ...], words: Words) -> str:
    """zxcvbn's sentences in the language of `words`; one that the catalogue does not know is left out."""
    known = {text(key, "en"): key for key in catalogue() if key.startswith("window.advice.")}
    return " ".join(text(known[sentence], words.language) for sentence in sentences if sentence in known)
