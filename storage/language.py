"""Which of the two languages a text is in, by its small words.  Deterministic; no model, no data file."""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["en", "fr", ""]

# Function words that carry no topic: dropped from queries, and counted to tell the languages apart.
ENGLISH = frozenset(
    """a about above after again against all also am an and any are aren't as at be because been before being below
    between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each few for
    from further had hadn't has hasn't have haven't having he her here hers herself him himself his how i if in into is
    isn't it its itself just let me more most my myself no nor not of off on once only or other ought our ours ourselves
    out over own please same she should shouldn't so some such than that the their theirs them themselves then there
    these they this those through to too under until up us very was wasn't we were weren't what when where which while
    who whom whose why will with won't would wouldn't you your yours yourself yourselves i'm i've i'll it's that's
    what's who's where's there's didnt dont doesnt tell""".split()  # noqa: SIM905
)
FRENCH = frozenset(
    """à ai aie ait alors as au aucun aura aurait aussi autre autres aux avaient avais avait avant avec avez avoir avons
    ayant c ça car ce ceci cela celle celles celui ces cet cette ceux chaque chez ci comme comment d dans de depuis des
    dit dont du elle elles en encore entre es est et étaient étais était étant été êtes être eu eux fait faites fois
    font furent fut ici il ils j je l la là laquelle le lequel les lesquels leur leurs lors lui m ma mais me même mêmes
    mes moi moins mon n ne ni nos notre nous on ont ou où par parce pas peu peut plus pour pourquoi puis qu quand que
    quel quelle quelles quels qui quoi s sa sans se sera serait ses si sien soi soit sommes son sont sous suis sur t ta
    tandis te tel tes toi ton tous tout toute toutes très trop tu un une vos votre vous y""".split()  # noqa: SIM905
)
STOP_WORDS = ENGLISH | FRENCH

_SAMPLE = 4000  # characters: more does not change the verdict, only the time
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)['’](?=\w)")
_ACCENTS = re.compile(r"[àâçèéêëîïôùûœ]")


def detect(text: str) -> Language:
    """The language of `text`, or "" when it is too short, mixed, or neither."""
    sample = text[:_SAMPLE].lower()
    words = [word.replace("’", "'") for word in _WORD.findall(_ELISION.sub(" ", sample))]
    if not words:
        return ""
    # A word of both lists ("on", "me", "as") says nothing.
    english = sum(word in ENGLISH and word not in FRENCH for word in words)
    french = sum(word in FRENCH and word not in ENGLISH for word in words)
    french += len(_ELISION.findall(sample)) + min(len(_ACCENTS.findall(sample)), len(words)) // 2
    if english >= 1.5 * french and english > 0:
        return "en"
    if french >= 1.5 * english and french > 0:
        return "fr"
    return ""
