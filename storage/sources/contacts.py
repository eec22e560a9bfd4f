"""The only importer of vobject: contact files (.vcf; vCard 2.1, 3.0, 4.0), each card a record, pictures left out."""

from __future__ import annotations

import re
import warnings as python_warnings
from collections.abc import Iterator
from typing import Any

from storage.records import Broken, Record
from storage.sources import charsets, clean

MAX_CARD = 4 * 1024 * 1024  # bytes, a picture included
_MAX_VALUES = 50  # of one kind
_MAX_BODY = 100_000  # characters

_BEGIN = re.compile(rb"^BEGIN:VCARD[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_PICTURE = re.compile(
    rb"^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:][^\n]*(?:\n[ \t][^\n]*|\n[A-Za-z0-9+/=]{20,}\r?(?=\n))*\n?",
    re.IGNORECASE | re.MULTILINE,
)
_CHARSET = re.compile(rb";CHARSET=([\w.:-]{1,40})", re.IGNORECASE)
_LABELS = (
    ("email", "E-mail"),
    ("tel", "Phone"),
    ("adr", "Address"),
    ("org", "Organisation"),
    ("title", "Title"),
    ("role", "Role"),
    ("nickname", "Nickname"),
    ("bday", "Birthday"),
    ("anniversary", "Anniversary"),
    ("related", "Related"),
    ("categories", "Groups"),
    ("url", "Link"),
    ("impp", "Chat"),
)
_READ = frozenset({"fn", "n", "uid", "note", *(key for key, _ in _LABELS)})
_KINDS = frozenset({"home", "work", "cell", "fax", "pager", "main", "mobile", "other"})


def records(data: bytes, origin: str, folder: str) -> Iterator[Record | Broken]:
    """Every card of the file.  Raises nothing; one that makes no sense never stops the rest."""
    starts = [match.start() for match in _BEGIN.finditer(data)]
    if not starts:
        yield Broken(origin, "It holds no contacts.")
        return
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True), start=1):
        place = f"{origin}#{number}"
        if end - start > MAX_CARD:
            yield Broken(place, f"The contact is larger than {MAX_CARD // (1024 * 1024)} MiB.")
            continue
        try:
            yield _record(_PICTURE.sub(b"", data[start:end]), place, folder)
        except Exception as error:  # noqa: BLE001 - the library raises many kinds on cards that make no sense
            yield Broken(place, f"The contact makes no sense ({type(error).__name__}).")


def _record(raw: bytes, origin: str, folder: str) -> Record:
    import vobject  # it brings much along: only where there is a card

    said: list[str] = []
    label = _CHARSET.search(raw)
    quoted = b"QUOTED-PRINTABLE" in raw.upper()
    text = charsets.decode(raw, None if quoted or not label else label[1].decode("ascii"), said)
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore")
        card = vobject.readOne(text, ignoreUnreadable=True, allowQP=quoted, transform=False)
    values = _values(card)
    name = _name(values)
    lines = [f"{title}: {text}" for key, title in _LABELS for text in values.get(key, ())]
    notes = "\n".join(values.get("note", ()))
    body = "\n".join([*(() if not name else (name,)), *lines]) + (f"\n\n{notes}" if notes else "")
    quiet: list[str] = []
    return Record(
        kind="contact",
        title=clean.line(name or next(iter(values.get("email", ("",)))), said)[:300],
        body=clean.body(body, said)[:_MAX_BODY],
        external_id=clean.line(next(iter(values.get("uid", ("",)))), quiet)[:900],
        folder=folder,
        origin=origin,
        raw=raw,
        warnings=tuple(dict.fromkeys(said)),
    )


def _values(card: Any) -> dict[str, list[str]]:
    """By property in lower case: each value as people read it, the kind of a number or address behind it."""
    found: dict[str, list[str]] = {}
    for line in card.getChildren():
        name = str(getattr(line, "name", "")).lower()
        if name not in _READ:
            continue
        text = _shown(name, str(line.value))
        kind = _kind(line) if name in ("email", "tel", "adr") else ""
        held = found.setdefault(name, [])
        if text and len(held) < _MAX_VALUES:
            held.append(f"{text} ({kind})" if kind else text)
    return found


def _kind(line: Any) -> str:
    types = [str(each).lower() for each in (*line.params.get("TYPE", []), *line.singletonparams)]
    return ", ".join(dict.fromkeys(each for name in types for each in name.split(",") if each in _KINDS))


def _shown(name: str, value: str) -> str:
    if name in ("n", "adr", "org"):
        parts = [" ".join(_plain(part).split()) for part in re.split(r"(?<!\\);", value)]
        if name == "n":  # family; given; additional; before; after
            parts = [*parts, "", "", "", "", ""]
            parts = [parts[3], parts[1], parts[2], parts[0], parts[4]]
        return (" " if name == "n" else ", ").join(part for part in parts if part)
    text = _plain(value).strip()
    text = re.sub(r"^(?:tel|mailto|xmpp|sip):", "", text, flags=re.IGNORECASE) if name != "note" else text
    return text if name == "note" else " ".join(text.split())


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def _name(values: dict[str, list[str]]) -> str:
    return next((found for key in ("fn", "n", "org", "nickname") for found in values.get(key, ()) if found), "")
