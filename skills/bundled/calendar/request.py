# ruff: noqa: E501, F821, SIM905 - the functions of the host, and what other files hold, exist where this runs
"""A request, read by taking pieces out of it: what is left over is the title, or what is looked for."""

import re
import unicodedata

STOP = set(
    "a an the i my me do does did have has is are am be was were will what when where which whats who any anything something at on in "
    "of for to with and or from by next there calendar agenda event events appointment appointments meeting's show list find tell "
    "please scheduled planned plans plan busy free schedule take place happening happen diary it have got see visit go upcoming soon today "
    "le la les l un une des du de d que qu qu'est quoi quand quel quelle quels quelles est ce c ai j j'ai je mon ma mes y t il elle "
    "a-t-il ai-je est-ce dans sur pour avec et ou au aux a calendrier agenda rendez-vous rdv evenement evenements montre liste trouve "
    "cherche dis moi prevu prevue prevus quelque chose se passe lieu prochain prochaine aura ont sont suis occupe libre bientot".split()
)


class Request:
    """A request with what was taken out of it blanked."""

    def __init__(self, text):
        self.text = unicodedata.normalize("NFC", text)[:500]
        self.folded = fold(self.text)

    def take(self, pattern):
        """The groups of the first match, or None; it is gone afterwards."""
        found = re.search(pattern, self.folded)
        if found is None:
            return None
        start, end = found.span()
        self.text = self.text[:start] + " " * (end - start) + self.text[end:]
        self.folded = self.folded[:start] + " " * (end - start) + self.folded[end:]
        return [found.group(0), *found.groups()]

    def rest(self):
        return " ".join(self.text.split())


Unclear = RuntimeError  # what has to be asked back: "key|value|value" of a sentence, days and minutes as text


def number(word):
    return int(word) if word.isdigit() else NUMBERS[word]
