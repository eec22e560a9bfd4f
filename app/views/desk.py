"""What every view is given."""

from __future__ import annotations

from dataclasses import dataclass

from app.bridge import Bridge
from app.theme.theme import Theme
from app.views.wording import Words


@dataclass(frozen=True)
class Desk:
    """The way to the node, the language and the look."""

    bridge: Bridge
    words: Words
    theme: Theme
