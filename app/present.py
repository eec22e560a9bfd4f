"""From what the vault and the stores hold to the results that commands return.  Blocking helpers; worker threads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from agent.models import DEFAULT_DIGEST, ModelError, ModelFile
from app import __version__, engine
from app.results import (
    AttachmentView,
    CitationView,
    CommandFailed,
    ConversationRow,
    ConversationView,
    LibraryPage,
    LibraryRow,
    MessageView,
    ModelRow,
    RecordView,
    SearchHit,
    Status,
)
from app.texts import text
from storage import note_links, records
from storage.conversations import Citation
from storage.gaps import GAP
from storage.marks import Mark
from storage.records import Hit, Kind
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

T = TypeVar("T")
MAX_CONVERSATIONS = 1000  # listed
KINDS: dict[str, Kind | None] = {"": None} | {kind: kind for kind in records.KINDS}


def iso(date: float | None) -> str | None:
    """Seconds since the epoch as ISO 8601 in UTC; None where there is no date."""
    return None if date is None else datetime.fromtimestamp(date, UTC).isoformat(timespec="seconds")


def search_hit(hit: Hit) -> SearchHit:
    return SearchHit(
        id=hit.id,
        kind=hit.kind,
        title=hit.title,
        sender=hit.sender,
        date=iso(hit.date),
        snippet=hit.snippet,
        score=hit.score,
        start=hit.start,
        end=hit.end,
        authentication=hit.authentication,
    )


def record(vault: Vault, name: str) -> RecordView:
    stored = vault.library.get(name)
    one = stored.record
    linked = note_links.linked(vault, stored.id)
    mark = vault.marks.get(stored.id) or Mark()
    return RecordView(
        id=stored.id,
        kind=one.kind,
        title=one.title,
        sender=one.sender,
        recipients=one.recipients,
        date=iso(one.date),
        body=one.body,
        folder=one.folder,
        origin=one.origin,
        attachments=tuple(AttachmentView(a.name, a.media_type, a.size) for a in one.attachments),
        warnings=one.warnings,
        thread=tuple((other.id, other.title) for other in vault.library.thread(stored.thread) if other.id != stored.id),
        flags=one.flags,
        ends=iso(one.ends),
        source=_source(vault, stored.id),
        links=tuple((shown, target or "") for shown, target in linked.outgoing),
        backlinks=tuple((title, other) for other, title in linked.backlinks),
        authentication=stored.authentication,
        authenticated_by=stored.authenticated_by,
        labels=mark.labels,
        priority=mark.priority,
        needs_answer=mark.answer,
    )


def _source(vault: Vault, record: str) -> str:
    with vault.read() as connection:
        row = connection.execute(
            "SELECT s.name FROM record r JOIN source s ON s.id = r.source WHERE r.id = ?", (record,)
        ).fetchone()
    return "" if row is None else str(row[0])


def library(vault: Vault, text: str, kind: str, offset: int, limit: int) -> LibraryPage:
    if kind not in KINDS:
        raise CommandFailed("unknown-kind", kind=kind)
    rows, total = vault.library.page(KINDS[kind], text or None, offset, limit)
    return LibraryPage(
        tuple(LibraryRow(r.id, r.kind, r.title, r.sender, iso(r.date), r.attachments) for r in rows), total
    )


def citation(one: Citation, language: str = "en") -> CitationView:
    if not one.record:  # forgotten: the gap is shown, and leads nowhere
        return CitationView(one.number, "", text("gap.source", language), "", None, "", 0, 0)
    return CitationView(one.number, one.record, one.title, one.sender, iso(one.date), one.quote, one.start, one.end)


def readable(said: str, language: str) -> str:
    """Kept text with what was forgotten named as a gap, in the reader's language."""
    return said.replace(GAP, text("gap.text", language))


def conversations(vault: Vault, language: str) -> tuple[ConversationRow, ...]:
    return tuple(
        ConversationRow(c.id, readable(c.title, language), iso(c.updated) or "")
        for c in vault.conversations.list(limit=MAX_CONVERSATIONS)
    )


def conversation(vault: Vault, number: int, language: str) -> ConversationView:
    found = vault.conversations.get(number)
    messages = tuple(
        MessageView(
            m.role,
            readable(m.text, language),
            tuple(citation(one, language) for one in m.citations),
            iso(m.created) or "",
        )
        for m in found.messages
    )
    return ConversationView(found.id, readable(found.title, language), messages)


def model_row(model: ModelFile, node: Node) -> ModelRow:
    return ModelRow(
        name=model.name,
        digest=model.digest,
        size=model.size,
        parameters=model.parameters,
        context=model.context,
        current=_current(node) == model.digest,
        is_default=model.digest == DEFAULT_DIGEST,
    )


def _current(node: Node) -> str | None:
    try:
        return node.chooser.current().digest
    except (CommandFailed, ModelError):
        return None


def models(node: Node) -> tuple[ModelRow, ...]:
    return tuple(model_row(model, node) for model in node.models.list())


def status(node: Node) -> Status:
    records = chunks = embedded = talks = 0
    file = node.profile.vault
    size = file.stat().st_size if file.exists() else 0
    peer = None
    if node.state == "open":
        vault = node.vault.vault
        peer = node.vault.peer_id
        counts = vault.library.counts()
        records, chunks = counts.records, counts.chunks
        known = [node.embedding.model] if node.embedding.model else vault.vectors.models()
        embedded = max(map(vault.vectors.count, known), default=0)
        talks = vault.conversations.count()
        size = vault.size()
    named = {model.digest: model.name for model in node.models.list()}
    return Status(
        home=str(node.profile.home),
        state=node.state,
        peer_id=peer,
        records=records,
        chunks=chunks,
        embedded=embedded,
        conversations=talks,
        model=named.get(_current(node) or ""),
        engine=engine.description(),
        device=engine.device(),
        embedder=node.embedding.state,
        vault_bytes=size,
        version=__version__,
        airplane=node.airplane,
    )
