"""A question, understood as far as rules can: its language, and what it leaves to the turn before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.llm import Turn

# Words that tell the two languages apart in a line as short as a question.
_FRENCH = frozenset(
    """le la les un une des du de et est sont où quand qui que quoi quel quelle quels quelles comment combien pourquoi
    mon ma mes ton ta tes son sa ses notre votre je tu il elle nous vous ai as a au aux dans pour avec sur chez ce cette
    à qu est-ce c'est d'accord s'appelle bonjour merci salut dernier dernière finalement""".split()  # noqa: SIM905
)
_ENGLISH = frozenset(
    """the a an and or but so of to is are was were do does did when where who what which how why my your his her our
    their i you he
    she we they in on at for with about this that hello hi thanks last finally much many have has had will""".split()  # noqa: SIM905
)
_WORD = re.compile(r"[\w'’-]+")
# A question that points back like this one needs the turn before to be searched for.
_FOLLOWS = re.compile(
    r"^(?:and |ok |so )?(?:what about|how about)\b|^(?:et|alors) (?:pour|le|la|les|chez|avec|à)\b"
    r"|\b(?:it|its|that|this|they|them|their|he|she|him|her|his|there|then|same|one"
    r"|il|elle|ils|elles|lui|leur|cela|ça|celui-ci|celle-ci|y|là|même)\b",
    re.I,
)
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|evening|afternoon)|thanks?(?: you)?|thank you very much|ok(?:ay)?|bye|goodbye"
    r"|bonjour|bonsoir|salut|coucou|merci(?: beaucoup)?|au revoir|d'accord)(?: (?:there|nuée|nuee|à toi|à vous))?\W*$",
    re.I,
)
_ABOUT_SELF = re.compile(
    r"^\W*(?:who are you|what are you|what can you do|help|how do you work|qui es[- ]tu|qui êtes[- ]vous|aide"
    r"|que (?:sais|peux)[- ]tu faire|que savez[- ]vous faire|comment ça marche)\W*$",
    re.I,
)
SHORT = 8  # words: a longer question names what it is about


@dataclass(frozen=True)
class Question:
    """`search` is what to look for: the text, with the turn before where it leans on it."""

    text: str
    language: str  # "en" or "fr"
    search: str
    social: bool  # a greeting, thanks
    about_self: bool  # asks what the agent is


def language(text: str, otherwise: str) -> str:
    """ "en" or "fr" by the small words of a line; `otherwise` where they say nothing."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    french = sum(
        w in _FRENCH or (w.split("'")[0] in {"l", "d", "j", "qu", "c", "s", "m", "n"} and "'" in w) for w in words
    )
    english = sum(w in _ENGLISH for w in words)
    french += len(re.findall("[éèêàùçôîû]", text.lower()))
    if french == english:
        return otherwise
    return "fr" if french > english else "en"


def understand(text: str, history: Sequence[Turn], otherwise: str) -> Question:
    """`history`: the turns before, oldest first.  `otherwise`: the interface's language."""
    asked = [turn.content for turn in history if turn.role == "user"]
    search = text
    words = _WORD.findall(text.lower())
    names = [word for word in words if word not in _FRENCH and word not in _ENGLISH]
    if asked and len(words) <= SHORT and (_FOLLOWS.search(text) or not names):
        search = f"{asked[-1]} {text}"
    return Question(
        text=text,
        language=language(text, otherwise),
        search=search,
        social=bool(_GREETING.match(text)),
        about_self=bool(_ABOUT_SELF.match(text)),
    )
