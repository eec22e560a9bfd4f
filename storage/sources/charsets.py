"""Bytes to text, whatever the label says.

Labels on mail are often missing, wrong or unknown.  The rules: what the label says, read as the superset that mail
programs really use (WHATWG Encoding Standard); UTF-8 where the bytes are valid UTF-8 and the label is a Western
default; otherwise a guess, named in a warning.
"""

from __future__ import annotations

import codecs
import re

_SAMPLE = 16 * 1024  # bytes that a guess looks at: more costs seconds and changes nothing

_LABEL = re.compile(r"[A-Za-z0-9_.:+-]{1,40}")
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
}
_ALIASES = {
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-8-e": "iso8859_8",
    "x-cp1252": "cp1252",
    "ansi": "cp1252",
    "utf-8mb4": "utf-8",
    "windows-874": "cp874",
}
# Codecs that call themselves text but are no charsets, or whose decoder is a trap (punycode is quadratic).
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})
_NOT_ASCII = re.compile(r"utf-?(?:7|16|32)|hz|ucs|utf-?8?-?ebcdic|cp037|cp500", re.IGNORECASE)  # ASCII bytes mean else
_WESTERN_LABELS = frozenset({"ascii", "iso8859-1", "iso8859-15", "cp1252"})
_GUESSES = [
    *("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp1254"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "mac_roman", "cp437"),
]
# Read as Windows-1252: signs that Western text does not use, digits within words, and runs of accented letters.
_NOT_WESTERN = re.compile(
    r"[^\x00-\x7f\u00a0-\u00b0\u00b2\u00b4-\u00b7\u00ba-\u00ff€‚„…‘’“”•–—™œŒŸšŠžŽ‹›]|(?<=\w)[³¹¿¡](?=\w)|[À-ÿ]{3}"
)
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode(data: bytes, label: str | None, warnings: list[str]) -> str:
    """The text of `data`, which a header labels with `label` (None: no label).  Never raises."""
    if data.isascii() and b"\x1b" not in data and not (label and _NOT_ASCII.search(label)):
        return data.decode("ascii")
    codec = _codec(label, warnings)
    if codec is None:
        return _unlabelled(data, warnings)
    if codec in _WESTERN_LABELS and (text := _strictly(data, "utf-8")) is not None:
        warnings.append(f"The text is labelled {label} but is UTF-8.")
        return text
    text = _strictly(data, _SUPERSETS.get(codec, codec))
    if text is None:
        return _mislabelled(data, codec, str(label), warnings)
    return text


def _codec(label: str | None, warnings: list[str]) -> str | None:
    """Python's name for the charset, or None where the label is missing or means nothing."""
    if not label:
        return None
    match = _LABEL.match(label.strip().strip("'\""))
    name = match.group().lower() if match else ""
    if name in ("", "x-unknown", "unknown-8bit", "unknown", "default", "x-user-defined", "8bit", "7bit", "none"):
        return None
    try:
        info = codecs.lookup(_ALIASES.get(name, name))
    except (LookupError, ValueError, UnicodeError):
        info = None
    if info is None or info.name in _NO_CHARSETS or not info._is_text_encoding:
        warnings.append(f"The charset “{name}” is unknown; the text was guessed.")
        return None
    return info.name


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError, OverflowError):
        return None


def _unlabelled(data: bytes, warnings: list[str]) -> str:
    if (text := _strictly(data, "utf-8")) is not None and b"\x1b$" not in data:
        return text
    return _guess(data, warnings)


def _mislabelled(data: bytes, codec: str, label: str, warnings: list[str]) -> str:
    """`data` is not valid in its own charset: damaged a little, or something else altogether."""
    if codec != "utf-8" and (text := _strictly(data, "utf-8")) is not None:
        warnings.append(f"The text is labelled {label} but is UTF-8.")
        return text
    text = data.decode(_SUPERSETS.get(codec, codec), "replace")
    damaged = text.count("\ufffd")
    sound = sum(1 for character in text if character > "\x7f") - damaged
    if damaged <= sound or (codec != "utf-8" and damaged * 50 < len(text)):
        warnings.append(f"{damaged} characters are damaged (charset {label}).")
        return text
    warnings.append(f"The text is labelled {label} but is not.")
    return _guess(data, warnings)


def _guess(data: bytes, warnings: list[str]) -> str:
    """The most likely reading.  What could be Western text is Windows-1252; for the rest statistics decide."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    if b"\x1b$" in data and (japanese := _strictly(data, "iso2022_jp_ext")) is not None:
        return japanese
    western = data.decode("cp1252", "replace")
    if not _NOT_WESTERN.search(western):
        warnings.append("The charset is not stated; the text was read as Windows-1252.")
        return western
    import charset_normalizer  # only for text that does not say what it is in

    best = charset_normalizer.from_bytes(data[:_SAMPLE], cp_isolation=_GUESSES).best()
    codec = best.encoding if best else "cp1252"
    warnings.append(f"The charset is not stated; the text was read as {codec}, a guess.")
    return data.decode(codec, "replace")


def of_file(data: bytes, warnings: list[str]) -> str:
    """The text of a file without a label: byte order mark, UTF-8, else a guess."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    return _unlabelled(data, warnings)
