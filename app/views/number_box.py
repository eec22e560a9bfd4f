"""A field for a whole number."""

from __future__ import annotations

from PySide6.QtWidgets import QSpinBox

from app.theme.tokens import SPACE
from app.views.wording import Words


def number_box(words: Words, value: int, least: int, most: int) -> QSpinBox:
    """Digits are grouped as the person's country does."""
    result = QSpinBox()
    result.setRange(least, most)
    result.setValue(value)
    result.setLocale(words.locale)
    result.setGroupSeparatorShown(True)
    result.lineEdit().setTextMargins(SPACE, 0, 0, 0)  # a style sheet's padding does not reach it
    return result
