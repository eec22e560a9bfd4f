"""mail.search, mail.get, mail.thread, mail.sent, mail.label, mail.draft."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agent.taint import Provenance, address
from app.functions import own_mail, people, reading
from app.functions.given import Given, failed, from_vault
from app.functions.port import Answer, Context, Undo
from app.texts import text
from storage import briefs
from storage.drafts import Message
from storage.filters import Filter
from storage.marks import MAX_LABEL, MAX_LABELS, Mark, Priority
from storage.records import StoredRecord
from storage.sources import automatic
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

MOST = 100  # of one list
THREAD = 50  # mails of one conversation, the newest
THREAD_TEXT = 20_000  # characters of each
ADDRESSES = 50  # of one mail
MAX_SUBJECT = 500  # characters
MAX_ID = 40
_LOOKED = 200  # mails that bear the person's address, of which some may only claim to be theirs


async def search(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    given = Given(context, arguments, "query", "since", "until", "folder", "limit")
    folder = given.text("folder", "", most=500, line=True).strip()
    found = await reading.found(
        node,
        context,
        "mail",
        given.text("query", "", most=2000),
        since=given.moment("since"),
        until=given.moment("until", end=True),
        limit=given.number("limit", 20, 1, MOST),
        more=(Filter("in", folder),) if folder else (),
    )
    names = [one.id for one, _ in found]
    mine, sources = await from_vault(node, context, _mine_and_sources, node.vault.vault, names)
    value = [
        reading.brief(one, snippet) | {"from_me": one.id in mine, "unread": "seen" not in one.flags}
        for one, snippet in found
    ]
    return Answer(value, sources)


async def get(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    name = Given(context, arguments, "id").text("id", most=MAX_ID, line=True)
    stored = await of_kind_mail(node, context, name)
    (value,) = await from_vault(node, context, mails, node.vault.vault, [stored])
    return Answer(value, await _sources(node, context, [stored]))


async def thread(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """Oldest first; of a long conversation the newest `THREAD`, and always the one named."""
    name = Given(context, arguments, "id").text("id", most=MAX_ID, line=True)
    stored = await of_kind_mail(node, context, name)
    records = await from_vault(node, context, _conversation, node.vault.vault, stored)
    value = await from_vault(node, context, mails, node.vault.vault, records, THREAD_TEXT)
    return Answer(value, await _sources(node, context, records))


async def sent(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """`begun`: only what begins a conversation, and so quotes nobody."""
    given = Given(context, arguments, "to", "limit", "begun")
    to, limit = given.text("to", "", most=320, line=True).strip(), given.number("limit", 10, 1, THREAD)
    begun = given.flag("begun", False)
    records = await from_vault(node, context, _sent, node.vault.vault, to, limit, begun)
    value = await from_vault(node, context, mails, node.vault.vault, records, THREAD_TEXT)
    return Answer(value, await _sources(node, context, records))


async def label(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    given = Given(context, arguments, "id", "labels", "priority", "needs_answer")
    stored = await of_kind_mail(node, context, given.text("id", most=MAX_ID, line=True))
    labels = given.texts("labels", most=MAX_LABELS, each=MAX_LABEL) if given.has("labels") else None
    answer = given.flag("needs_answer") if given.has("needs_answer") else None
    work = functools.partial(
        node.vault.vault.marks.set,
        stored.id,
        labels=labels,
        priority=_priority(given) if given.has("priority") else None,
        answer=answer,
        skill=context.skill,
    )
    before, after = await from_vault(node, context, work)
    value = reading.marks(after)
    undo = {"id": stored.id, "mark": _plain(before), "left": _plain(after)}
    did = {"title": stored.record.title, "marks": _said(after, context.language)}
    return Answer(value, did=did, records=(stored.id,), undo=Undo("mail.label", undo))


async def draft(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    given = Given(context, arguments, "to", "subject", "text", "cc", "reply_to")
    to = given.texts("to", most=ADDRESSES, each=320)
    message = Message(
        tuple(to),
        given.text("subject", most=MAX_SUBJECT, line=True),
        given.text("text"),
        tuple(given.texts("cc", [], most=ADDRESSES, each=320)),
    )
    if not message.text.strip():
        raise given.wrong("text", "full")
    answered = given.text("reply_to", "", most=MAX_ID, line=True)
    record = (await of_kind_mail(node, context, answered)).id if answered else ""
    number = await from_vault(node, context, node.vault.vault.drafts.add, message, record, context.skill)
    did = {"to": ", ".join(to), "subject": message.subject}
    records = (record,) if record else ()
    return Answer({"draft": number}, did=did, records=records, undo=Undo("mail.draft", {"draft": number}))


async def of_kind_mail(node: Node, context: Context, name: str) -> StoredRecord:
    """Errors: FunctionFailed LookupError where no mail has this id."""
    stored = await from_vault(node, context, node.vault.vault.library.get, name)
    if stored.record.kind != "mail":
        raise failed("LookupError", "no-mail", context)
    return stored


def mails(vault: Vault, records: Sequence[StoredRecord], most: int = reading.WHOLE) -> list[dict[str, Any]]:
    """Blocking.  Errors: VaultError."""
    mine, contacts = _mine(vault, records), people.contacts(vault)
    marked = {one.id: one.mark for one in briefs.of(vault, [stored.id for stored in records])}
    threads: dict[int, list[str]] = {}
    for stored in records:
        if stored.thread not in threads:
            threads[stored.thread] = [entry.id for entry in vault.library.thread(stored.thread)][-THREAD:]
    return [
        reading.mail(
            stored,
            marked.get(stored.id),
            automatic.of(vault.library.original(stored.id)),
            stored.id in mine,
            contacts,
            threads[stored.thread],
            most,
        )
        for stored in records
    ]


def _conversation(vault: Vault, stored: StoredRecord) -> list[StoredRecord]:
    names = [entry.id for entry in vault.library.thread(stored.thread)]
    kept = names[-THREAD:] if stored.id in names[-THREAD:] else [stored.id, *names[-THREAD + 1 :]]
    found = [vault.library.get(name) for name in kept]
    return [one for one in found if one.record.kind == "mail"]


def _sent(vault: Vault, to: str, limit: int, begun: bool) -> list[StoredRecord]:
    said = [vault.library.get(name) for name in briefs.sent(vault, people.mine(vault), to, _LOOKED)]
    if begun:
        return own_mail.alone(vault, said)[:limit]
    doubtful = own_mail.claimed(vault, said)
    return [one for one in said if one.id not in doubtful][:limit]


def _mine_and_sources(vault: Vault, names: Sequence[str]) -> tuple[frozenset[str], tuple[Provenance, ...]]:
    records = [vault.library.get(name) for name in names]
    return _mine(vault, records), own_mail.rests_on(vault, records)


def _mine(vault: Vault, records: Sequence[StoredRecord]) -> frozenset[str]:
    """The ids of those that the person wrote, as far as can be told: a sender that is only claimed does not count."""
    own, doubtful = people.mine(vault), own_mail.claimed(vault, records)
    return frozenset(one.id for one in records if address(one.record.sender) in own and one.id not in doubtful)


async def _sources(node: Node, context: Context, records: Sequence[StoredRecord]) -> tuple[Provenance, ...]:
    return await from_vault(node, context, own_mail.rests_on, node.vault.vault, records)


def _priority(given: Given) -> Priority:
    chosen: dict[str, Priority] = {"low": "low", "normal": "normal", "high": "high"}
    value = given.text("priority", most=10)
    if value not in chosen:
        raise given.wrong("priority", "priority")
    return chosen[value]


def _plain(mark: Mark | None) -> dict[str, Any] | None:
    if mark is None:
        return None
    return {"labels": list(mark.labels), "priority": mark.priority, "answer": mark.answer, "skill": mark.skill}


def _said(mark: Mark, language: str) -> str:
    """The marks in one line."""
    said = [*mark.labels]
    if mark.priority:
        said.append(text(f"function.priority.{mark.priority}", language))
    if mark.answer:
        said.append(text("function.wants-answer", language))
    return ", ".join(said) or text("function.nothing", language)
