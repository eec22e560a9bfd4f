"""Whether a model reaches across languages, found out rather than believed: eight sentences and their translations.

None of them shares a word with its translation, so letters alone do not pair them.  all-MiniLM-L6-v2 pairs 2 or 3 of
8, multilingual-e5-small all of them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

FRENCH: Final = (
    "Le chien dort",
    "Elle a acheté du pain ce matin",
    "Mon frère s'est cassé la jambe",
    "Il pleut fort dehors",
    "L'enfant a perdu sa chaussure",
    "Nous devons payer le loyer vendredi",
    "Les abeilles vivent près du pommier",
    "La clé est sous le tapis",
)
ENGLISH: Final = (
    "The dog is sleeping",
    "She bought bread this morning",
    "My brother broke his leg",
    "It is raining hard outside",
    "The child lost his shoe",
    "We must pay the rent on Friday",
    "The bees live near the apple tree",
    "The key is beneath the mat",
)
_ENOUGH = 7  # of eight, in each direction


def reaches_across(french: NDArray[np.float32], english: NDArray[np.float32]) -> bool:
    """Whether each sentence lies nearest to its translation.  L2-normalised rows in the order of the lists above."""
    near = french @ english.T
    right = np.arange(len(near))
    return min(int((near.argmax(axis) == right).sum()) for axis in (0, 1)) >= _ENOUGH
