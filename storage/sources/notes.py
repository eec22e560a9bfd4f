"""Notes: Markdown with optional YAML front matter, and plain text."""

from __future__ import annotations

import re
from pathlib import Path

from storage.records import Record
from storage.sources import charsets, clean, dates, links

_MAX_FRONT_MATTER = 64 * 1024  # characters; longer is text that happens to begin with a rule
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{3,})[ \t]*$")
_DATE_KEYS = ("date", "created", "datum")


def parse(data: bytes, path: Path, origin: str, folder: str, modified: float) -> Record:
    """Never raises on damaged input.  `modified`: the file's own time, seconds since the epoch."""
    warnings: list[str] = []
    text = clean.body(charsets.of_file(data, warnings), warnings)
    is_markdown = path.suffix.lower() not in (".txt", ".text")
    fields: dict[str, str] = {}
    if is_markdown:
        fields, text = _front_matter(text, warnings)
    title = fields.pop("title", "") or (_first_heading(text) if is_markdown else "") or _stem(path)
    date = next((found for key in _DATE_KEYS if (found := dates.of_iso(fields.get(key, ""))) is not None), None)
    if date is not None:
        fields = {key: value for key, value in fields.items() if dates.of_iso(value) != date}
    else:
        date = dates.of_file_name(path.name) or dates.sane(modified)
    kept = "\n".join(f"{key}: {value}" for key, value in fields.items() if value)
    body = "\n\n".join(part for part in (kept, text.strip("\n")) if part)
    return Record(
        kind="note",
        title=clean.line(title, warnings)[:300],
        body=body,
        date=date,
        folder=folder,
        origin=origin,
        raw=data,
        warnings=tuple(dict.fromkeys(warnings)),
        name=_stem(path),
        links=links.targets(body),
    )


def _stem(path: Path) -> str:
    quiet: list[str] = []
    return clean.line(path.stem.encode("utf-8", "replace").decode("utf-8", "replace"), quiet)


def _front_matter(text: str, warnings: list[str]) -> tuple[dict[str, str], str]:
    """The fields between "---" lines at the head, as text, and the rest.  Broken YAML stays in the text."""
    match = _FRONT_MATTER.match(text) if text.startswith("---") else None
    if match is None or len(match[1]) > _MAX_FRONT_MATTER:
        return {}, text
    import yaml  # only for a note that has fields

    try:
        # BaseLoader makes text, lists and mappings only: no types to abuse, no merge keys that multiply.
        loaded = yaml.load(match[1], Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" (line {line + 2})" if isinstance(line, int) else ""
        warnings.append(f"The front matter is not valid YAML{where}; it was kept as text.")
        return {}, text
    if not isinstance(loaded, dict):
        return {}, text
    fields = {str(key).lower(): _flat(value) for key, value in loaded.items() if isinstance(key, str)}
    quiet: list[str] = []
    return {key: clean.line(value, quiet) for key, value in fields.items()}, text[match.end() :]


def _flat(value: object) -> str:
    """A scalar, or a list of scalars with commas.  Deeper structures are named by their keys only."""
    if isinstance(value, list):
        return ", ".join(each for each in value if isinstance(each, str))
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items() if isinstance(each, str))
    return value if isinstance(value, str) else ""


def _first_heading(text: str) -> str:
    """The first heading outside code, "# so" or underlined."""
    in_code = False
    previous = ""
    for line in text.split("\n")[:400]:
        if _FENCE.match(line):
            in_code = not in_code
        if in_code:
            continue
        if (heading := _HEADING.match(line)) and heading[1]:
            return heading[1]
        if previous and _UNDERLINE.match(line) and not previous.startswith(("-", "*", "|", ">")):
            return previous
        previous = line.strip()
    return ""
