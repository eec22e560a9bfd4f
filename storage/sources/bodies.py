"""What a reader shows of a message's parts, as plain text, and what it offers to save."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from storage import documents
from storage.records import Attachment
from storage.sources import calendars, charsets, clean, plain_text, transfer
from storage.sources.headers import addresses
from storage.sources.mime import Part, Tree

MAX_ATTACHMENT_TEXT = 200_000  # characters of a textual attachment that can be searched

_SHOWN_MESSAGES = frozenset({"message/delivery-status", "message/disposition-notification", "message/feedback-report"})
_SAVED_TEXTS = frozenset({"text/rtf", "text/vcard", "text/x-vcard", "text/directory", "text/calendar"})
_TEXTUAL = re.compile(
    r"text/(?!rtf)|message/|application/(?:json|csv|xml|ics|x-yaml|yaml|toml|x-patch|[\w.-]+\+(?:json|xml))$"
)
_TEXTUAL_NAME = re.compile(
    r"\.(?:txt|text|md|csv|tsv|json|ics|xml|yaml|yml|toml|diff|patch|log|ini|tex|srt)$", re.IGNORECASE
)
_STUB = re.compile(
    r"view (?:this|the|it|in|our)\b.{0,60}\b(?:html|browser|online)"
    r"|does(?: not|n't) support html|html[- ](?:enabled|capable)"
    r"|(?:message|e-?mail|courriel|nachricht) (?:is|est|au format|im|in)\b.{0,40}\bhtml"
    r"|(?:afficher|visualiser|voir|lire)\b.{0,80}\b(?:navigateur|html|en ligne)|im browser (?:ansehen|anzeigen|öffnen)",
    re.IGNORECASE | re.DOTALL,
)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_ENCRYPTED = "[This message is encrypted; its content cannot be read here.]"


@dataclass
class Shown:
    """Walks the tree of one message.  `texts` are the pieces of the body in reading order."""

    tree: Tree
    extract: documents.Extract = documents.no_reader
    texts: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    _opened: int = 0  # documents among the attachments

    @property
    def warnings(self) -> list[str]:
        return self.tree.warnings

    def body(self) -> str:
        return "\n\n".join(text for text in self.texts if text.strip()).strip("\n")

    def show(self, part: Part, is_root: bool = False, with_text: bool = True) -> None:
        """Adds `part` and what is in it.  Without `with_text` only what can be saved: the text stands elsewhere."""
        if part.media_type == "multipart/alternative" and part.children and with_text:
            self._alternative(part)
        elif part.media_type.startswith("multipart/") and part.children:
            if part.media_type == "multipart/encrypted" and with_text:
                self.warnings.append("The message is encrypted and cannot be read here.")
                self.texts.append(_ENCRYPTED)
            for child in part.children:
                self.show(child, with_text=with_text)
        elif part.children:
            self._forwarded(part, with_text)
        elif self._is_shown(part, is_root):
            if with_text:
                self._text(part)
        else:
            self._saved(part, with_text)

    def _is_shown(self, part: Part, is_root: bool) -> bool:
        if part.media_type.startswith("multipart/"):
            return True  # without marks between its parts: its content is all there is to see
        if part.disposition not in ("", "inline") or part.media_type in _SAVED_TEXTS:
            return False
        if part.filename and not part.disposition and not is_root:
            return False
        return part.media_type.startswith("text/") or part.media_type in _SHOWN_MESSAGES

    def _alternative(self, part: Part) -> None:
        """Plain text where it says what the HTML says; else the richest form, which RFC 2046 puts last."""
        plain = next((c for c in part.children if c.media_type == "text/plain" and self._is_shown(c, True)), None)
        rich = next((c for c in reversed(part.children) if c is not plain and self._has_text(c)), None)
        shown = plain or rich
        if plain is not None and rich is not None and self._may_be_stub(plain, rich):
            short, full = self._aside(plain), self._aside(rich)
            if len(full.split()) > 4 * len(short.split()) + 10 or (full.strip() and _is_stub(short)):
                shown = rich
        for child in part.children:
            self.show(child, with_text=child is shown or child.media_type == "text/calendar")

    def _has_text(self, part: Part) -> bool:
        if part.children:
            return any(self._has_text(child) for child in part.children)
        return part.media_type in ("text/html", "text/plain", "text/enriched") and self._is_shown(part, True)

    def _may_be_stub(self, plain: Part, rich: Part) -> bool:
        """Cheap, so that the HTML of ordinary messages need not be read."""
        size = plain.end - plain.start
        if size > 3000:
            return False
        text = self._aside(plain)
        return (rich.end - rich.start) > 20 * size or _is_stub(text)

    def _aside(self, part: Part) -> str:
        """The text of a part without adding it to the message."""
        aside = Shown(Tree(self.tree.raw))
        aside.show(part, is_root=True)
        return aside.body()

    def _forwarded(self, part: Part, with_text: bool) -> None:
        """A message within the message: its header as a block, its text after it, and an attachment as a whole."""
        inner = part.children[0]
        subject = inner.headers.text("subject", self.warnings)
        name = part.filename or f"{subject[:80] or 'message'}.eml"
        self.attachments.append(
            Attachment(_base_name(name), part.media_type, _size(part, self.tree.raw[part.start : part.end]))
        )
        if with_text:
            lines = ["---------- Forwarded message ----------"]
            for label, field_name in (
                ("From", "from"),
                ("Date", "date"),
                ("Subject", "subject"),
                ("To", "to"),
                ("Cc", "cc"),
            ):
                value = inner.headers.text(field_name, self.warnings)
                if field_name in ("from", "to", "cc"):
                    value = ", ".join(addresses(inner.headers.raw(field_name), self.warnings))
                lines += [f"{label}: {value}"] if value else []
            self.texts.append("\n".join(lines))
        self.show(inner, is_root=True, with_text=with_text)

    def _text(self, part: Part) -> None:
        data = self._data(part)
        self.texts.append(self._decoded(part, data))
        if part.filename:
            self.attachments.append(Attachment(_base_name(part.filename), part.media_type, _size(part, data)))

    def _saved(self, part: Part, with_text: bool) -> None:
        data = self._data(part)
        if with_text and part.media_type == "text/calendar":
            self.texts.append(clean.body(calendars.summary(self._string(part, data)), self.warnings))
        if part.media_type.endswith("pkcs7-mime") and with_text and "signed" not in part.params.get("smime-type", ""):
            self.texts.append(_ENCRYPTED)
        if part.media_type.endswith("ms-tnef") or part.filename.lower() == "winmail.dat":
            self.warnings.append("What Outlook packed into winmail.dat was not opened.")
        text = ""
        if _TEXTUAL.match(part.media_type) or _TEXTUAL_NAME.search(part.filename):
            text = self._beginning(part, data)
        name = _base_name(part.filename) or _DEFAULT_NAMES.get(part.media_type, "unnamed")
        if documents.kind(part.media_type, name) is not None:
            text = self._document(part.media_type, name, data)
        self.attachments.append(Attachment(name, part.media_type, _size(part, data), text))

    def _document(self, media_type: str, name: str, data: bytes) -> str:
        """The text of an attached document; what is wrong with it becomes a warning of the message."""
        if self._opened >= documents.MAX_IN_MESSAGE:
            self.warnings.append(f"Only its first {documents.MAX_IN_MESSAGE} documents were read.")
            return ""
        self._opened += 1
        found = self.extract(media_type, name, data)
        if not found.absent:
            said = (*found.warnings, *((found.failure,) if found.failure else ()))
            self.tree.warnings += [f"“{name[:80]}”: {sentence}" for sentence in said]
        return found.text[:MAX_ATTACHMENT_TEXT]

    def _beginning(self, part: Part, data: bytes) -> str:
        """As much text of an attachment as is kept.  A letter cut in two at the end is no damage worth a warning."""
        if len(data) <= 4 * MAX_ATTACHMENT_TEXT:
            return self._decoded(part, data)[:MAX_ATTACHMENT_TEXT]
        aside = Shown(Tree(b""))
        return aside._decoded(part, data[: 4 * MAX_ATTACHMENT_TEXT])[:MAX_ATTACHMENT_TEXT]

    def _data(self, part: Part) -> bytes:
        return transfer.decode(self.tree.raw[part.start : part.end], part.encoding, self.warnings)

    def _string(self, part: Part, data: bytes) -> str:
        label = part.params.get("charset")
        if label is None and part.media_type == "text/html" and (meta := _META_CHARSET.search(data[:4096])):
            label = meta[1].decode("ascii", "replace")
        return charsets.decode(data, label, self.warnings)

    def _decoded(self, part: Part, data: bytes) -> str:
        text = self._string(part, data)
        if part.media_type in ("text/html", "application/xhtml+xml"):
            from storage.sources import html_text  # lxml and inscriptis, only for mail that is HTML

            text = html_text.to_text(text, self.warnings)
        elif part.media_type in ("text/enriched", "text/richtext"):
            text = plain_text.from_enriched(text.replace("\r\n", "\n"))
        text = clean.body(text, self.warnings)
        if part.media_type == "text/plain":
            if part.params.get("format", "").lower() == "flowed":
                text = plain_text.unflow(text, part.params.get("delsp", "").lower() == "yes")
            text = plain_text.without_armour(text, self.warnings)
        return text


_DEFAULT_NAMES = {
    "text/calendar": "invite.ics",
    "application/ics": "invite.ics",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/ms-tnef": "winmail.dat",
}


def _size(part: Part, data: bytes) -> int:
    """With line ends of one byte where the encoding leaves them to the carrier: a mailbox on disk and a server write
    them differently, and the mail is one mail."""
    exact = part.encoding in ("base64", "x-uuencode", "x-uue", "uuencode", "uue")
    return len(data) if exact else len(data) - data.count(b"\r\n")


def _base_name(name: str) -> str:
    """Without the folders that some senders leave in it."""
    return re.split(r"[/\\]", name)[-1].strip() or name


def _is_stub(text: str) -> bool:
    """Whether the plain text only says that there is HTML."""
    words = text.split()
    return not words or (len(words) < 60 and _STUB.search(text[:2000]) is not None)
