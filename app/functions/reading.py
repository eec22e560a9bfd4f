"""Records as skills get them, and where they come from."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agent.taint import Origin, Provenance, address
from app.functions import finding
from app.functions.given import from_vault, iso, shortened
from app.functions.people import Person
from app.functions.port import Context
from storage import briefs, quotes
from storage.briefs import Brief
from storage.filters import Filter, Query, parse
from storage.marks import Mark
from storage.records import Kind, StoredRecord, authenticated
from storage.sources.automatic import Nature

if TYPE_CHECKING:
    from app.node import Node

SNIPPET = 200  # characters
DAY = 86400.0
WHOLE = 100_000  # characters of one text
_WIDER = 5  # passages looked at for each record that is wanted: several are of one record


def origin_of(kind: Kind) -> Origin:
    """The origin of content is the kind of its record."""
    return kind


def provenance(stored: StoredRecord) -> Provenance:
    """Of a record as such, whoever wrote it; see `own_mail`."""
    one = stored.record
    return Provenance(origin_of(one.kind), stored.id, one.title, one.sender, authenticated(stored) is True)


async def provenances(node: Node, context: Context, names: Sequence[str]) -> tuple[Provenance, ...]:
    """Of records by id."""
    vault = node.vault.vault
    return await from_vault(node, context, lambda: tuple(provenance(vault.library.get(name)) for name in names))


async def found(
    node: Node,
    context: Context,
    kind: Kind,
    query: str,
    *,
    since: float | None = None,
    until: float | None = None,
    limit: int,
    more: tuple[Filter, ...] = (),
) -> list[tuple[Brief, str]]:
    """Records of a kind with the passage that fits: the best first, or of a query without words the newest."""
    vault = node.vault.vault
    asked = await from_vault(node, context, parse, query)
    asked_for = (*(one for one in asked.filters if one.field != "kind"), *more)
    if not asked.text.strip():
        newest = await from_vault(node, context, briefs.newest, vault, kind, asked_for, since, until, limit)
        return [(one, _first_words(one)) for one in newest]
    wide = Query(asked.text, (*asked_for, Filter("kind", kind), *_days(since, until)), asked.loose)
    result, _ = await finding.find(node, context, wide, limit * _WIDER)
    snippets = {hit.id: hit.snippet or hit.text for hit in reversed(result.hits) if hit.kind == kind}
    order = list(dict.fromkeys(hit.id for hit in result.hits if hit.kind == kind))
    listed = await from_vault(node, context, briefs.of, vault, order)
    fitting = (one for one in listed if _within(one.date, since, until))
    return [(one, shortened(snippets[one.id], SNIPPET)) for one in itertools.islice(fitting, limit)]


def brief(one: Brief, snippet: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "sender": one.sender,
        "date": iso(one.date),
        "snippet": snippet,
        **marks(one.mark),
    }


def marks(mark: Mark | None) -> dict[str, Any]:
    """`priority` and `needs_answer` are None where nobody said."""
    return {
        "labels": list(mark.labels) if mark else [],
        "priority": (mark.priority or None) if mark else None,
        "needs_answer": mark.answer if mark else None,
    }


def mail(
    stored: StoredRecord,
    mark: Mark | None,
    nature: Nature,
    from_me: bool,
    contacts: Mapping[str, Person],
    thread: list[str],
    most: int = WHOLE,
) -> dict[str, Any]:
    one = stored.record
    body = one.body[:most]
    who = address(one.sender)
    return {
        "id": stored.id,
        "title": one.title,
        "sender": one.sender,
        "address": who,
        "to": list(nature.to or one.recipients),
        "cc": list(nature.cc),
        "date": iso(one.date),
        "text": body,
        "own_text": "\n\n".join(body[start:end] for start, end in quotes.own_spans(body)),
        "folder": one.folder,
        "flags": list(one.flags),
        **marks(mark),
        "automatic": nature.automatic,
        "newsletter": nature.newsletter,
        "authenticated": authenticated(stored),
        "from_me": from_me,
        "from_contact": who in contacts,
        "message_id": f"<{one.external_id}>" if one.external_id else "",
        "thread": thread,
    }


def _first_words(one: Brief) -> str:
    body = one.beginning
    own = " ".join(body[start:end] for start, end in quotes.own_spans(body)) if one.kind == "mail" else body
    return shortened(own or body, SNIPPET)


def _days(since: float | None, until: float | None) -> Iterator[Filter]:
    """Filters by whole days that leave out nothing of the span; it is cut to the moment afterwards."""
    if since is not None and (day := iso(since - DAY)):
        yield Filter("since", day[:10])
    if until is not None and (day := iso(until + 2 * DAY)):
        yield Filter("before", day[:10])


def _within(date: float | None, since: float | None, until: float | None) -> bool:
    return (since is None or (date is not None and date >= since)) and (
        until is None or (date is not None and date < until)
    )
