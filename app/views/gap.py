"""What stands where something was forgotten, said in the reader's language."""

from __future__ import annotations

from app.views.wording import Words

GAP = "⟦nuee:forgotten⟧"
"""As the vault writes it into conversations."""


def filled(text: str, words: Words) -> str:
    """`text` with every gap named as one."""
    return text.replace(GAP, words("gap.short"))


def filled_markdown(text: str, words: Words) -> str:
    """The same for an answer; one of which nothing is left says so in a sentence."""
    if text.strip() == GAP:
        return f"*{words('gap.whole')}*"
    return text.replace(GAP, f"*{words('gap.short')}*")
