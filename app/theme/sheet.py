"""Tokens to Qt: the palette and the style sheet."""

from __future__ import annotations

from dataclasses import asdict
from string import Template

from PySide6.QtGui import QColor, QPalette

from app.theme.tokens import RADIUS, SPACE, Tokens

_SHEET = Template("""
QWidget { color: $text; }
QMainWindow, QDialog, #page { background: $window; }
QLabel[role="title"] { font-size: 22px; font-weight: 600; }
QLabel[role="heading"] { font-size: 15px; font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: 12px; }
QLabel[role="danger"] { color: $danger; }
QLabel[role="good"] { color: $good; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="brand"] { font-size: 18px; font-weight: 700; }
QLabel[role="badge"] { background: $accent; color: $on_accent; border-radius: 9px; padding: 0 5px; font-size: 11px;
  font-weight: 700; }
QLabel[role="phrase"] { font-family: monospace; font-size: 15px; }
QLabel[role="ordinal"] { color: $muted; font-size: 12px; }
QFrame[role="card"] { background: $surface; border: 1px solid $border; border-radius: ${radius}px; }
QFrame[role="notice"] { background: $danger_soft; border-radius: ${radius}px; }
QFrame[role="hint"] { background: $soft; border-radius: ${radius}px; }
QFrame[role="warning"] { background: $warning_soft; border-radius: ${radius}px; }
QLabel[role="warning"] { background: transparent; }
QFrame[role="bubble"] { background: $soft; border-radius: 12px; }
QFrame[role="bar"] { background: $surface; border-top: 1px solid $border; }
QFrame[role="side"] { background: $sunken; border-right: 1px solid $border; }
QFrame[role="pane"] { background: $surface; border-left: 1px solid $border; }
QFrame[role="drop"] { background: $soft; border: 2px dashed $accent; border-radius: 16px; }
QFrame[role="composer"] { background: $surface; border: 1px solid $edge; border-radius: 12px; }
QFrame[role="composer"][focus="true"] { border: 2px solid $accent; }
QFrame[role="line"] { background: $border; border: none; max-height: 1px; min-height: 1px; }

QPushButton, QToolButton {
  background: $surface; border: 1px solid $edge; border-radius: ${radius}px; padding: 6px 14px; min-height: 20px; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $soft; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 5px 13px; }
QPushButton:disabled, QToolButton:disabled { color: $muted; border-color: $border; background: $window; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border: 2px solid $accent; font-weight: 600; }
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:focus { border: 2px solid $text; padding: 6px 14px; }
QPushButton[role="primary"]:disabled { background: $hover; color: $muted; border-color: $hover; }
QPushButton[role="danger"] { color: $danger; border-color: $danger; }
QPushButton[role="quiet"], QToolButton[role="quiet"] {
  background: transparent; border: 2px solid transparent; padding: 4px 8px; }
QPushButton[role="quiet"]:hover, QToolButton[role="quiet"]:hover { background: $hover; }
QPushButton[role="quiet"]:focus, QToolButton[role="quiet"]:focus { border-color: $accent; }
QPushButton[role="icon"], QToolButton[role="icon"] {
  background: transparent; border: 2px solid transparent; padding: 4px; min-width: 22px; min-height: 22px; }
QPushButton[role="icon"]:hover, QToolButton[role="icon"]:hover { background: $hover; }
QPushButton[role="icon"]:focus, QToolButton[role="icon"]:focus { border-color: $accent; }
QPushButton[role="send"] { background: $accent; border: 2px solid $accent; padding: 4px; min-width: 24px;
  min-height: 24px; border-radius: ${radius}px; }
QPushButton[role="send"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="send"]:focus { border-color: $text; }
QPushButton[role="send"]:disabled { background: $hover; border-color: $hover; }
QPushButton[role="nav"] { background: transparent; border: 2px solid transparent; padding: 8px 10px; text-align: left; }
QPushButton[role="nav-low"] { background: transparent; border: 2px solid transparent; padding: 3px 10px;
  text-align: left; }
QPushButton[role="nav"]:hover, QPushButton[role="nav-low"]:hover { background: $hover; }
QPushButton[role="nav"]:checked, QPushButton[role="nav-low"]:checked { background: $soft; font-weight: 600; }
QPushButton[role="nav"]:focus, QPushButton[role="nav-low"]:focus { border-color: $accent; }
QPushButton[role="chip"] { background: $soft; border: 2px solid $soft; border-radius: 12px; padding: 2px 10px;
  text-align: left; min-height: 20px; }
QPushButton[role="chip"]:hover { background: $hover; border-color: $hover; }
QPushButton[role="chip"]:focus { border-color: $accent; }
QPushButton[role="filter"] { padding: 4px 12px; min-height: 24px; }
QPushButton[role="filter"]:focus { padding: 3px 11px; }
QPushButton[role="filter"]:checked { background: $soft; border: 2px solid $accent; padding: 3px 11px; }
QPushButton[role="item"] { background: transparent; border: 2px solid transparent; border-radius: ${radius}px;
  padding: 3px 8px; text-align: left; min-height: 20px; }
QPushButton[role="item"]:hover { background: $hover; border-color: $hover; }
QPushButton[role="item"]:focus { border-color: $accent; }
QPushButton[role="item"]:disabled { color: $muted; background: transparent; border-color: transparent; }
QPushButton[role="choice"] { background: $surface; border: 1px solid $edge; border-radius: 12px; padding: 18px;
  text-align: left; font-weight: 600; }
QPushButton[role="choice"]:hover { background: $hover; }
QPushButton[role="choice"]:focus { border: 2px solid $accent; padding: 17px; }
QPushButton[role="example"] { background: $surface; border: 1px solid $border; border-radius: 12px;
  padding: 10px 14px; text-align: left; }
QPushButton[role="example"]:hover { background: $hover; }
QPushButton[role="example"]:focus { border: 2px solid $accent; padding: 9px 13px; }
QPushButton::menu-indicator, QToolButton::menu-indicator { image: none; width: 0; }

QLineEdit, QComboBox, QAbstractSpinBox {
  background: $surface; border: 1px solid $edge; border-radius: ${radius}px; padding: 0 10px; min-height: 32px;
  selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus { border: 2px solid $accent; padding: 0 9px;
  min-height: 30px; }
QLineEdit:disabled, QAbstractSpinBox:disabled { color: $muted; background: $window; }
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus { border: none; padding: 0; min-height: 0; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url("$caret"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $border; selection-background-color: $soft;
  selection-color: $text; outline: 0; }
QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator {
  width: 16px; height: 16px; background: $surface; border: 1px solid $edge; border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked, QAbstractItemView::indicator:checked {
  background: $accent; border-color: $accent; image: url("$tick"); }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border: 2px solid $accent; }
QCheckBox::indicator:checked:focus, QRadioButton::indicator:checked:focus { border: 2px solid $text; }
QTextBrowser, QPlainTextEdit { background: transparent; border: none; selection-background-color: $accent;
  selection-color: $on_accent; }
QPlainTextEdit[role="document"] { background: $surface; border: 2px solid transparent; border-radius: ${radius}px;
  selection-background-color: $mark; selection-color: $text; }
QPlainTextEdit[role="document"]:focus { border-color: $accent; }
QPlainTextEdit[role="input"] { background: $surface; border: 1px solid $edge; border-radius: ${radius}px;
    padding: 4px 6px; }
QPlainTextEdit[role="input"]:focus { border: 2px solid $accent; padding: 3px 5px; }
QPlainTextEdit[role="exact"] { background: $window; border: 1px solid $border; border-radius: ${radius}px;
  padding: 4px; }
QPlainTextEdit[role="exact"]:focus { border-color: $accent; }
QPlainTextEdit[role="failures"] { background: $surface; border: 1px solid $border; border-radius: ${radius}px;
  padding: 6px; }

QListView, QTableView, QListWidget {
  background: $surface; border: 1px solid $border; border-radius: ${radius}px; outline: 0;
  alternate-background-color: $window; selection-background-color: $soft; selection-color: $text; }
QListView:focus, QTableView:focus { border: 2px solid $accent; }
QListWidget[role="plain"] { background: transparent; border: 2px solid transparent; }
QListWidget[role="plain"]:focus { border-color: $accent; }
QListView::item { padding: 7px 8px; border-radius: 6px; }
QListView::item:hover { background: $hover; }
QListView::item:selected { background: $soft; color: $text; }
QTableView::item { padding: 4px 8px; border: none; }
QTableView::item:hover { background: $hover; }
QTableView::item:selected { background: $soft; color: $text; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section { background: $surface; color: $muted; border: none; border-bottom: 1px solid $border;
  padding: 6px 8px; font-weight: 600; }
QTableCornerButton::section { background: $surface; border: none; }

QProgressBar { background: $hover; border: none; border-radius: 4px; max-height: 8px; min-height: 8px; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
QProgressBar[strength="0"]::chunk, QProgressBar[strength="1"]::chunk { background: $danger; }
QProgressBar[strength="2"]::chunk { background: $warning; }
QProgressBar[strength="3"]::chunk, QProgressBar[strength="4"]::chunk { background: $good; }

QScrollArea, QScrollArea > QWidget > QWidget#column { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle { background: $border; border-radius: 3px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $edge; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: $border; }
QSplitter::handle:horizontal { width: 1px; }
QMenu { background: $surface; border: 1px solid $border; border-radius: ${radius}px; padding: 4px; }
QMenu::item { padding: 6px 22px; border-radius: 6px; }
QMenu::item:selected { background: $soft; }
QToolTip { background: $text; color: $window; border: none; padding: 4px 8px; }
""")


def style_sheet(tokens: Tokens, caret: str, tick: str) -> str:
    """The application's style sheet.  Paths of pictures: `caret` opens a drop-down list, `tick` stands in a box."""
    return _SHEET.substitute(asdict(tokens), radius=RADIUS, space=SPACE, caret=caret, tick=tick)


def palette(tokens: Tokens) -> QPalette:
    """What the style sheet does not reach: documents, placeholders, links, disabled text."""
    result = QPalette()
    role = QPalette.ColorRole
    for target, colour in {
        role.Window: tokens.window,
        role.Base: tokens.surface,
        role.AlternateBase: tokens.window,
        role.Button: tokens.surface,
        role.Text: tokens.text,
        role.WindowText: tokens.text,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.on_accent,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.on_accent,
        role.PlaceholderText: tokens.muted,
        role.Link: tokens.link,
        role.LinkVisited: tokens.link,
        role.ToolTipBase: tokens.text,
        role.ToolTipText: tokens.window,
        role.Mid: tokens.border,
        role.Accent: tokens.accent,
    }.items():
        result.setColor(target, QColor(colour))
    for target in (role.Text, role.WindowText, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, target, QColor(tokens.muted))
    return result
