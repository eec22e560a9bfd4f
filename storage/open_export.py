"""Everything in open formats, unencrypted: what a person takes along when they leave, readable without this program.

    mail/FOLDER.mbox        the original messages, with the line ends of the format (mboxrd)
    notes/…, files/…        the originals, by name
    articles/…md            articles of feeds, as Markdown
    calendar/…ics, contacts/…vcf   the originals
    conversations/…md       questions and answers with what they rest on
    receipts/NAME.nuee-receipt     of tasks, as anybody verifies them (docs/formats.md)
    records.jsonl           one line for each record: id, kind, title, sender, date, where its file is
    conversations.json, sources.json (no passwords), README.txt, SHA256SUMS

Blocking; any thread.  One batch of records is held at a time.
"""

from __future__ import annotations

import email.message
import email.utils
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from storage.archive import ArchiveError, Cancelled
from storage.conversations import Conversation
from storage.records import Record, StoredRecord
from storage.sources import mbox
from storage.vault import Vault

BATCH = 200  # records
_ALL = 2**31  # receipts
_FROM = re.compile(rb"^(>*From )", re.M)
_UNFIT = re.compile(r"[^\w .,()@+=-]+")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.I)
_README = """Written by `nuee export --open`. NOTHING IN THIS FOLDER IS ENCRYPTED: whoever can read it reads your mail.

mail/*.mbox can be opened by every mail program, notes and articles are Markdown, calendar/*.ics and contacts/*.vcf go
into any calendar and address book, receipts/*.nuee-receipt are verified with: nuee receipt verify FILE. records.jsonl
lists all records. SHA256SUMS is checked with: sha256sum -c SHA256SUMS

Écrit par `nuee export --open`. RIEN DANS CE DOSSIER N'EST CHIFFRÉ : qui peut le lire lit votre courrier.
"""


@dataclass(frozen=True)
class Written:
    """`files`: how many; `bytes`: what they take."""

    records: int
    conversations: int
    files: int
    bytes: int


Progress = Callable[[int, int], None]


def write(
    vault: Vault,
    folder: Path,
    progress: Progress = lambda _done, _total: None,
    cancelled: Cancelled = lambda: False,
) -> Written:
    """Write all of the vault into `folder`, which must be new or empty, then read it back and compare.

    Errors: ArchiveError (what was written is then taken away again), VaultError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArchiveError("archive-exists", f"{folder.name} is there already and is not empty")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _Export(vault, folder, progress, cancelled).run()
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        code = "archive-full" if error.errno in (28, 122) else "archive-unwritable"
        raise ArchiveError(code, f"{folder.name} cannot be written: {error.strerror or error}") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


class _Export:
    def __init__(self, vault: Vault, folder: Path, progress: Progress, cancelled: Cancelled) -> None:
        self._vault = vault
        self._folder = folder
        self._progress = progress
        self._cancelled = cancelled
        self._taken: set[str] = set()  # paths, folded: some file systems do not tell case apart
        self._mails: Counter[str] = Counter()

    def run(self) -> Written:
        total = self._vault.library.counts().records
        done = 0
        with self._open("records.jsonl") as lines:
            for stored in self._records():
                if self._cancelled():
                    raise ArchiveError("archive-cancelled", "cancelled; nothing was kept of it")
                where = self._record(stored)
                lines.write(_line(stored, where))
                done += 1
                self._progress(done, total)
        conversations = self._conversations()
        for receipt in self._vault.receipts.list(limit=_ALL):
            if receipt.size:  # else its words were forgotten
                self._put(f"receipts/{receipt.name[:16]}.nuee-receipt", self._vault.receipts.data(receipt.name))
        sources = [{"kind": s.kind, "name": s.name, "config": dict(s.config)} for s in self._vault.sources.list()]
        self._put("sources.json", _json(sources))
        self._put("README.txt", _README.encode())
        self._check()
        files, size = self._sums()
        return Written(done, conversations, files, size)

    def _records(self) -> Iterator[StoredRecord]:
        last = 0
        while True:
            with self._vault.read() as connection:
                found = connection.execute(
                    "SELECT number, id FROM record WHERE number > ? ORDER BY number LIMIT ?", (last, BATCH)
                ).fetchall()
            if not found:
                return
            last = found[-1][0]
            for _number, name in found:
                yield self._vault.library.get(name)

    def _record(self, stored: StoredRecord) -> str:
        record, raw = stored.record, self._vault.library.original(stored.id)
        if record.kind == "mail":
            return self._mail(record, raw or _composed(record))
        name = Path(record.origin.partition("#")[0]).name or record.title or stored.id
        if record.kind == "event":
            return self._file("calendar", f"{record.title or stored.id}.ics", _calendar(raw) or _markdown(record))
        if record.kind == "contact":
            return self._file("contacts", f"{record.title or stored.id}.vcf", raw or _markdown(record))
        if record.kind == "article" or not raw:
            return self._file(f"{record.kind}s", f"{record.title or stored.id}.md", _markdown(record))
        return self._file(f"{record.kind}s", name, raw)

    def _mail(self, record: Record, raw: bytes) -> str:
        parts = [_name(part).removesuffix(".mbox") for part in record.folder.split("/") if part.strip(". ")]
        name = f"mail/{'/'.join(parts or ['mail'])}.mbox"
        path = self._folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        when = datetime.fromtimestamp(record.date or 0, UTC)
        quoted = _FROM.sub(rb">\1", raw.replace(b"\r\n", b"\n"))
        with path.open("ab") as file:
            file.write(f"From MAILER-DAEMON {when:%a %b %d %H:%M:%S %Y}\n".encode())
            file.write(quoted + (b"\n" if quoted.endswith(b"\n") else b"\n\n"))
        self._mails[name] += 1
        return name

    def _file(self, folder: str, name: str, content: bytes) -> str:
        stem, dot, suffix = _name(name).rpartition(".")
        stem, suffix = (stem, dot + suffix) if dot else (suffix, "")
        candidate, number = f"{folder}/{stem}{suffix}", 1
        while candidate.casefold() in self._taken:
            number += 1
            candidate = f"{folder}/{stem} ({number}){suffix}"
        self._taken.add(candidate.casefold())
        self._put(candidate, content)
        return candidate

    def _conversations(self) -> int:
        told = [self._vault.conversations.get(c.id) for c in self._vault.conversations.list(limit=1_000_000)]
        for one in told:
            self._file("conversations", f"{one.id} {one.title}"[:80] + ".md", _talk(one))
        self._put("conversations.json", _json([asdict(one) for one in told]))
        return len(told)

    def _check(self) -> None:
        """Read the mailboxes back: as many messages as were written."""
        for name, count in self._mails.items():
            with (self._folder / name).open("rb") as file:
                found = sum(1 for _ in mbox.split(file))
            if found != count:
                raise ArchiveError("archive-damaged", f"{name} holds {found} messages where {count} were written")

    def _sums(self) -> tuple[int, int]:
        files = sorted(path for path in self._folder.rglob("*") if path.is_file())
        lines = []
        for path in files:
            with path.open("rb") as stream:
                lines.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {path.relative_to(self._folder)}\n")
        self._put("SHA256SUMS", "".join(lines).encode())
        return len(files) + 1, sum(path.stat().st_size for path in files)

    def _open(self, name: str) -> Any:
        return os.fdopen(os.open(self._folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")

    def _put(self, name: str, content: bytes) -> None:
        (self._folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._open(name) as stream:
            stream.write(content)


def _name(text: str) -> str:
    """`text` as one name of a file that every file system takes."""
    kept = _UNFIT.sub(" ", text).strip(" .")[:100].strip(" .")
    return f"_{kept}" if not kept or _RESERVED.match(kept) else kept


def _line(stored: StoredRecord, where: str) -> bytes:
    one = stored.record
    date = None if one.date is None else datetime.fromtimestamp(one.date, UTC).isoformat()
    fields = {"id": stored.id, "kind": one.kind, "title": one.title, "sender": one.sender, "date": date}
    more = {"recipients": one.recipients, "folder": one.folder, "message_id": one.external_id, "flags": one.flags}
    return json.dumps({**fields, **more, "file": where}, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _markdown(record: Record) -> bytes:
    head = [f"# {record.title}", ""]
    head += [f"- {name}: {value}" for name, value in (("from", record.sender), ("in", record.folder)) if value]
    if record.date is not None:
        head.append(f"- date: {datetime.fromtimestamp(record.date, UTC).isoformat()}")
    return "\n".join([*head, "", record.body, ""]).encode("utf-8", "replace")


def _composed(record: Record) -> bytes:
    """A message made from the record, where its source gave no original."""
    message = email.message.EmailMessage()
    for name, value in (("From", record.sender), ("To", ", ".join(record.recipients)), ("Subject", record.title)):
        if value:
            message[name] = " ".join(value.split())
    if record.external_id:
        message["Message-ID"] = f"<{''.join(record.external_id.split())}>"
    if record.date is not None:
        message["Date"] = email.utils.format_datetime(datetime.fromtimestamp(record.date, UTC))
    message.set_content(record.body)
    return bytes(message)


def _calendar(raw: bytes) -> bytes:
    if not raw or raw.lstrip().upper().startswith(b"BEGIN:VCALENDAR"):
        return raw
    return b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Nuee//EN\r\n" + raw.strip() + b"\r\nEND:VCALENDAR\r\n"


def _talk(conversation: Conversation) -> bytes:
    lines = [f"# {conversation.title}", ""]
    for message in conversation.messages:
        when = datetime.fromtimestamp(message.created, UTC).isoformat(timespec="minutes")
        lines += [f"**{message.role}** ({when})", "", message.text, ""]
        lines += [f"[{c.number}]: {c.title}, {c.sender} ({c.record})" for c in message.citations]
    return "\n".join([*lines, ""]).encode("utf-8", "replace")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"
