"""Bodies in plain text: format=flowed (RFC 3676), inline OpenPGP armour (RFC 4880 section 6.2 and 7), text/enriched."""

from __future__ import annotations

import re

_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = re.compile(
    r"^-----BEGIN PGP SIGNATURE-----$.*?(?:^-----END PGP SIGNATURE-----[ \t]*$\n?|\Z)", re.MULTILINE | re.DOTALL
)
_SIGNED_HEAD = re.compile(r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:[A-Za-z]+: .*\n)*[ \t]*\n?", re.MULTILINE)
_ENCRYPTED = re.compile(
    r"^-----BEGIN PGP MESSAGE-----[ \t]*$.*?(?:^-----END PGP MESSAGE-----[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_ENRICHED_PARAMETER = re.compile(r"<param>(?:(?!<param>).)*?</param>", re.IGNORECASE | re.DOTALL)
_ENRICHED_COMMAND = re.compile(r"<(?!<)/?[A-Za-z0-9-]{1,60}>")


def unflow(text: str, delete_space: bool) -> str:
    """Joins soft-broken lines of format=flowed.  `delete_space`: the DelSp parameter, which drops the joining space."""
    paragraphs: list[list[str]] = []  # pieces, so that a hostile paragraph costs no quadratic time
    open_depth = -1  # quote depth of the paragraph that the next line may continue
    for line in text.split("\n"):
        stripped = line.lstrip(">")
        depth = len(line) - len(stripped)
        content = stripped.removeprefix(" ")  # space-stuffing
        is_separator = content == "-- "
        soft = content.endswith(" ") and not is_separator
        if soft and delete_space:
            content = content[:-1]
        if open_depth == depth and not is_separator:
            paragraphs[-1].append(content)
        else:
            paragraphs.append([">" * depth + " " if depth else "", content])
        open_depth = depth if soft else -1
    joined = ("".join(pieces) for pieces in paragraphs)
    return "\n".join(paragraph if paragraph == "-- " else paragraph.rstrip() for paragraph in joined)


def without_armour(text: str, warnings: list[str]) -> str:
    """Signed text without its wrapping, and a word in place of what is encrypted.  No signature is checked."""
    if "-----BEGIN PGP " not in text:
        return text
    if _SIGNED in text and "-----BEGIN PGP SIGNATURE-----" in text:
        warnings.append("The text carries an inline PGP signature, which was left out unchecked.")
        text = _SIGNATURE.sub("", _SIGNED_HEAD.sub("", text))
        text = re.sub(r"^- (?=-|From )", "", text, flags=re.MULTILINE)
    if "-----BEGIN PGP MESSAGE-----" in text:
        warnings.append("The text is encrypted with PGP and cannot be read here.")
        text = _ENCRYPTED.sub("[PGP encrypted text]", text)
    return text


def from_enriched(text: str) -> str:
    """text/enriched (RFC 1896) without its commands: one line end is a space, more are one less."""
    text = _ENRICHED_COMMAND.sub("", _ENRICHED_PARAMETER.sub("", text)).replace("<<", "<")
    return re.sub(r"\n+", lambda ends: " " if len(ends[0]) == 1 else ends[0][1:], text)
