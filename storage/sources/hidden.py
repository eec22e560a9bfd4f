"""Takes out of an HTML tree the text that its sender hid from the reader's eye.

Hidden text is the cheapest way to whisper to a program that reads mail.  What is known here: `hidden`, `display:none`,
`visibility:hidden`, zero opacity, size or height, text pushed off the page, and text in the colour of its background;
inline or by a style sheet's simple class and id rules.  Where a rule too clever for this may have changed the colour
or size, the text counts as visible: losing what a person sees would be worse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree  # type: ignore[import-untyped]

_MAX_SHEET = 200_000  # characters of style sheets that are read
_COMMENT = re.compile(r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)|<!--|-->")
_SIMPLE = re.compile(r"(?:[a-z0-9]+)?([.#][\w-]+)", re.ASCII | re.IGNORECASE)
_LENGTH = re.compile(r"(-?\d*\.?\d+)\s*(px|pt|em|rem|%|)(?:\s|$|!)")
_NAMES = {"white": (255, 255, 255), "black": (0, 0, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240)}
_VISIBLE = re.compile(r"[^\s\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u2007\u202a-\u202e\u2060-\u206f\ufeff\u00a0]")

Color = tuple[int, int, int]
Declarations = dict[str, str]


@dataclass(frozen=True)
class _Look:
    """What an element passes on to its children.  `ground` is None where a picture or an unknown rule paints it."""

    gone: bool = False
    invisible: bool = False
    tiny: bool = False
    color: Color | None = (0, 0, 0)
    ground: Color | None = (255, 255, 255)

    def hides(self) -> bool:
        if self.gone or self.invisible or self.tiny:
            return True
        if self.color is None or self.ground is None:
            return False
        return max(abs(a - b) for a, b in zip(self.color, self.ground, strict=True)) < 12


@dataclass
class _Sheet:
    rules: dict[str, Declarations] = field(default_factory=dict)
    paints: bool = False  # a rule not understood here sets a background or colour
    sizes: bool = False  # ... or a font size


def take_out(root: etree._Element) -> int:
    """Empties hidden text in place; returns how many visible characters went."""
    sheet = _sheet(root)
    etree.strip_elements(root, "style", with_tail=False)
    count = 0
    stack: list[tuple[etree._Element, _Look]] = [(root, _Look(ground=None if sheet.paints else (255, 255, 255)))]
    while stack:
        element, look = stack.pop()
        if isinstance(element.tag, str):
            inside = _look(element, look, sheet)
            if element.text and inside.hides():
                count += len(_VISIBLE.findall(element.text))
                element.text = None
            for child in element:
                if child.tail and inside.hides():
                    count += len(_VISIBLE.findall(child.tail))
                    child.tail = None
                stack.append((child, inside))
            if inside.hides():
                for name in ("alt", "value", "placeholder"):
                    element.attrib.pop(name, None)
    return count


def _look(element: etree._Element, outer: _Look, sheet: _Sheet) -> _Look:
    if outer.gone or not element.attrib:
        return outer
    style: Declarations = {}
    names = [f".{name}" for name in (element.get("class") or "").split()[:20]]
    for name in [*names, f"#{element.get('id')}"]:
        style.update(sheet.rules.get(name.lower(), {}))
    style.update(_declarations(element.get("style") or ""))
    look = replace(outer, gone=True) if _is_gone(element, style) else outer
    if "visibility" in style:
        look = replace(look, invisible=style["visibility"].startswith(("hidden", "collapse")))
    tiny = _is_tiny(style.get("font-size", ""), outer.tiny and not (names and sheet.sizes))
    if tiny != look.tiny:
        look = replace(look, tiny=tiny)
    if sheet.paints and (names or element.get("id")):
        look = replace(look, ground=None)
    color = style.get("color") or element.get("color") or (element.get("text") if element.tag == "body" else None)
    if color:
        look = replace(look, color=_color(color), invisible=look.invisible or color.startswith("transparent"))
    ground = style.get("background-color") or style.get("background") or element.get("bgcolor")
    if ground:
        look = replace(look, ground=_ground(ground, outer.ground))
    if "background-image" in style or element.get("background"):
        look = replace(look, ground=None)
    return look


def _is_gone(element: etree._Element, style: Declarations) -> bool:
    if element.get("hidden") is not None or (element.tag == "input" and element.get("type") == "hidden"):
        return True
    if style.get("display", "").startswith("none") or style.get("mso-hide", "").startswith("all"):
        return True
    if style.get("opacity", "1").split("!")[0].strip() in ("0", "0.0", "0%", ".0", "0.00"):
        return True
    clipped = style.get("overflow", "").startswith("hidden")
    if clipped and any(_is_zero(style.get(name, "")) for name in ("max-height", "max-width", "height", "width")):
        return True
    pushed = [style.get("text-indent", "")]
    if style.get("position", "").startswith(("absolute", "fixed")):
        pushed += [style.get("left", ""), style.get("top", ""), style.get("right", "")]
    return any((_length(value) or (0.0, ""))[0] <= -500 for value in pushed)


def _is_tiny(size: str, inherited: bool) -> bool:
    if not size:
        return inherited
    length = _length(size)
    if length is None:
        return False
    number, unit = length
    if number == 0 or (unit in ("px", "pt", "") and number <= 1):
        return True
    return inherited if unit in ("em", "%") else False


def _is_zero(value: str) -> bool:
    length = _length(value)
    return length is not None and length[0] == 0


def _length(value: str) -> tuple[float, str] | None:
    match = _LENGTH.match(value)
    return (float(match[1]), match[2]) if match else None


def _ground(value: str, outer: Color | None) -> Color | None:
    if "url(" in value or "gradient" in value:
        return None
    for word in re.findall(r"rgba?\([^)]*\)|[^\s]+", value):
        if word in ("transparent", "none", "inherit", "initial"):
            return outer
        if (color := _color(word)) is not None:
            return color
    return None


def _color(value: str) -> Color | None:
    """The colour, or None where it is not understood."""
    value = value.split("!")[0].strip().lower()
    if value in _NAMES:
        return _NAMES[value]
    digits = value.removeprefix("#")
    if re.fullmatch(r"[0-9a-f]{3}|[0-9a-f]{6}", digits):
        digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    numbers = re.fullmatch(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*1(?:\.0*)?\s*)?\)", value)
    return (int(numbers[1]), int(numbers[2]), int(numbers[3])) if numbers else None


def _declarations(style: str) -> Declarations:
    found: Declarations = {}
    for declaration in style[:4000].split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip().lower()
    return found


def _sheet(root: etree._Element) -> _Sheet:
    text = "\n".join(element.text or "" for element in root.iter("style"))[:_MAX_SHEET]
    text = _COMMENT.sub(" ", text)
    sheet = _Sheet()
    for selectors, body in _rules(text):
        declarations = _declarations(body)
        for selector in selectors.split(","):
            simple = _SIMPLE.fullmatch(selector.strip())
            if simple:
                sheet.rules.setdefault(simple[1].lower(), {}).update(declarations)
            else:
                sheet.paints |= any(name.startswith("background") or name == "color" for name in declarations)
                sheet.sizes |= "font-size" in declarations
    return sheet


def _rules(text: str) -> Iterator[tuple[str, str]]:
    """Top-level rules, selectors and body: what stands under @media holds for some screens, not for every reader."""
    depth, prelude = 0, ""
    for piece in re.split(r"([{}])", text):
        if piece == "{":
            depth += 1
        elif piece == "}":
            depth = max(0, depth - 1)
        elif depth == 0:
            prelude = piece.rpartition(";")[2].strip()[:2000]
        elif depth == 1 and not prelude.startswith("@"):
            yield prelude, piece
