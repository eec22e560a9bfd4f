"""Small parts that every view is made of, each with its accessible name."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.theme.theme import Theme
from app.theme.tokens import SPACE
from app.views.copied import CopiedLabel


def role(widget: QWidget, name: str) -> None:
    """Give `widget` the look that the style sheet calls `name`."""
    widget.setProperty("role", name)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def label(text: str, look: str = "", *, wrap: bool = True) -> QLabel:
    """A label of plain text: nothing that came from mail or a model is ever read as markup."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setWordWrap(wrap)
    if look:
        result.setProperty("role", look)
    return result


def button(text: str, look: str = "") -> QPushButton:
    """A button that says what it does."""
    result = QPushButton(text.replace("&", "&&"))
    result.setAutoDefault(look == "primary")
    result.setAccessibleName(text)
    if look:
        result.setProperty("role", look)
    return result


def rename(control: QPushButton, text: str) -> None:
    """Let a button say something else, to the eye and to a screen reader."""
    control.setText(text.replace("&", "&&"))
    control.setAccessibleName(text)


def icon_button(theme: Theme, glyph: str, name: str, colour: str = "text", look: str = "icon") -> QPushButton:
    """A button with an icon only; `name` is its tooltip and what a screen reader says."""
    result = button("", look)
    theme.dress(result, glyph, colour)
    result.setToolTip(name)
    result.setAccessibleName(name)
    return result


def one_stop(group: QButtonGroup, chosen: QAbstractButton) -> None:
    """Of the buttons of `group` the Tab key stops at `chosen` alone; the arrow keys lead to the others."""
    for one in group.buttons():
        one.setFocusPolicy(Qt.FocusPolicy.StrongFocus if one is chosen else Qt.FocusPolicy.ClickFocus)


def select(box: QComboBox, value: object) -> bool:
    """Choose the entry that stands for `value`, in silence; False where there is none."""
    index = box.findData(value)
    if index >= 0:
        with QSignalBlocker(box):
            box.setCurrentIndex(index)
    return index >= 0


def choices(name: str, options: Iterable[tuple[object, str]]) -> QComboBox:
    """A drop-down list of (value, caption)."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.view().setAccessibleName(name)
    box.setMinimumContentsLength(6)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    for value, caption in options:
        box.addItem(caption, value)
    return box


def column(*items: QWidget | QLayout | int, margin: int = 0, gap: int = SPACE) -> QVBoxLayout:
    """A column of widgets and layouts; an integer is a gap in pixels, 0 stretches."""
    result = QVBoxLayout()
    _fill(result, items, margin, gap)
    return result


def row(*items: QWidget | QLayout | int, margin: int = 0, gap: int = SPACE) -> QHBoxLayout:
    """A row of widgets and layouts; an integer is a gap in pixels, 0 stretches."""
    result = QHBoxLayout()
    _fill(result, items, margin, gap)
    return result


def _fill(layout: QVBoxLayout | QHBoxLayout, items: tuple[QWidget | QLayout | int, ...], margin: int, gap: int) -> None:
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(gap)
    for item in items:
        if isinstance(item, int):
            layout.addSpacing(item) if item else layout.addStretch(1)
        elif isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)


def frame(look: str, layout: QLayout) -> QFrame:
    """A frame with the look `look` around `layout`."""
    result = QFrame()
    result.setProperty("role", look)
    result.setLayout(layout)
    return result


def line() -> QFrame:
    """A thin horizontal rule."""
    result = QFrame()
    result.setProperty("role", "line")
    result.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return result


def form() -> QFormLayout:
    """Names on the left, values on the right."""
    result = QFormLayout()
    result.setContentsMargins(0, 0, 0, 0)
    result.setHorizontalSpacing(SPACE * 3)
    result.setVerticalSpacing(SPACE)
    result.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    result.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return result


def selectable(text: str) -> QLabel:
    """A label whose text can be marked and copied."""
    return CopiedLabel(text)


def clear(layout: QLayout) -> None:
    """Take everything out of `layout` and destroy it."""
    while layout.count():  # an empty form complains of taking from it
        item = layout.takeAt(0)
        assert item is not None
        if (inner := item.layout()) is not None:
            clear(inner)
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
