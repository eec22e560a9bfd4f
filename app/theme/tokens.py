"""The design tokens: every colour and measure the window uses, once for light and once for dark.

Pairs of text and ground keep WCAG 2.2 AA: 4.5:1 for text, 3:1 for the edges of controls and the focus ring;
`tests/gui/test_contrast.py` computes it for every pair in `TEXT_PAIRS` and `EDGE_PAIRS`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tokens:
    """Colours as #RRGGBB."""

    name: str
    window: str  # behind everything
    surface: str  # cards, inputs, the answer
    sunken: str  # navigation, table heads
    hover: str
    text: str
    muted: str  # secondary text
    border: str  # separates, carries no meaning
    edge: str  # outline of a control
    accent: str  # the primary action and the focus ring
    accent_hover: str
    on_accent: str
    link: str
    soft: str  # ground of chips, the user's own words, the selected row
    danger: str
    danger_soft: str
    warning: str
    warning_soft: str
    good: str
    mark: str  # ground of the quoted passage


LIGHT = Tokens(
    name="light",
    window="#F6F7F9",
    surface="#FFFFFF",
    sunken="#ECEFF4",
    hover="#E2E6EE",
    text="#1A1E27",
    muted="#565E6C",
    border="#D6DBE3",
    edge="#7D8594",
    accent="#3653C9",
    accent_hover="#2A43AA",
    on_accent="#FFFFFF",
    link="#2E49BC",
    soft="#E3E9FC",
    danger="#A8231C",
    danger_soft="#FBE9E7",
    warning="#744A00",
    warning_soft="#FFF2D2",
    good="#1B6B3C",
    mark="#FFE48A",
)

DARK = Tokens(
    name="dark",
    window="#14161B",
    surface="#1D2027",
    sunken="#101216",
    hover="#2A2F39",
    text="#E8EAEF",
    muted="#A6AEBB",
    border="#2E343F",
    edge="#747D8C",
    accent="#8FA8FF",
    accent_hover="#AABDFF",
    on_accent="#0D1330",
    link="#A9BDFF",
    soft="#2A3358",
    danger="#FF9F97",
    danger_soft="#3E211F",
    warning="#F0C36B",
    warning_soft="#382D14",
    good="#7FD89F",
    mark="#655314",
)

THEMES = {tokens.name: tokens for tokens in (LIGHT, DARK)}

TEXT_PAIRS = (
    *((text, ground) for text in ("text", "muted", "link") for ground in ("window", "surface", "sunken", "soft")),
    *(("text", ground) for ground in ("hover", "mark", "danger_soft", "warning_soft")),
    ("muted", "hover"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("danger", "danger_soft"),
    *((text, ground) for text in ("danger", "good", "warning") for ground in ("surface", "window")),
    ("good", "sunken"),
    ("danger", "sunken"),
    ("danger", "hover"),
    ("warning", "warning_soft"),
)
"""(text, ground) as the style sheet combines them."""

EDGE_PAIRS = tuple((edge, ground) for edge in ("edge", "accent") for ground in ("surface", "window", "sunken"))

SPACE = 8  # pixels; gaps and paddings are multiples of it
RADIUS = 8
ICON = 18
SMALLEST_FONT = 10.0  # points; a larger system font is kept
READING_WIDTH = 760  # a line of text longer than this tires the eye
NARROW = 900  # below this width of the window, the navigation shows icons only
