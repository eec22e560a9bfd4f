"""Many widgets are dressed once, after they were built, and the style sheet is in force again whatever happens."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from app.theme.theme import Theme


def test_nothing_is_dressed_while_it_is_built(qapp: QApplication) -> None:
    theme = Theme(qapp)
    sheet = qapp.styleSheet()
    assert sheet
    with theme.at_the_end():
        assert qapp.styleSheet() == ""
    assert qapp.styleSheet() == sheet


def test_what_cannot_be_built_leaves_the_style_sheet_in_force(qapp: QApplication) -> None:
    theme = Theme(qapp)
    sheet = qapp.styleSheet()
    with pytest.raises(RuntimeError), theme.at_the_end():
        raise RuntimeError
    assert qapp.styleSheet() == sheet != ""
