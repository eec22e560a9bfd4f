"""Drafts of mail that wait for the person: nothing of them was sent to anybody, until they send one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import trio

from agent.policy import OWN
from agent.taint import Turn
from app import online
from app.actions.group import Requests
from app.functions import outgoing, reading
from app.functions.mail import ADDRESSES, MAX_SUBJECT
from app.functions.sending import subject_for
from app.hosting import views
from app.node import Node
from app.reports import Report
from app.results import CommandFailed, as_json
from app.skill_results import ApprovalRow, DraftRow
from storage.approvals import digest
from storage.database import VaultError
from storage.drafts import Draft, Message
from storage.records import StoredRecord
from storage.sources.compose import ADDRESS, MAX_ADDRESS
from storage.vault import Vault

_SEND = "mail.send"
_GONE = ("done", "running", "unknown")  # states of the question in which the mail was sent, or may have been


async def drafts(node: Node) -> tuple[DraftRow, ...]:
    """Those that were neither sent nor dropped, newest first."""
    vault, language = node.vault.vault, node.language
    return await node.blocking(lambda: tuple(_row(vault, draft, language) for draft in vault.drafts.list()))


async def draft(node: Node, number: int) -> DraftRow:
    """Errors: VaultError `unknown-draft`."""
    vault, language = node.vault.vault, node.language
    return await node.blocking(lambda: _row(vault, vault.drafts.get(number), language))


async def edit_draft(
    node: Node,
    number: int,
    subject: str | None = None,
    text: str | None = None,
    to: Sequence[str] | None = None,
    cc: Sequence[str] | None = None,
) -> DraftRow:
    """In the person's own words from now on; None: as it was.  `to`, `cc`: bare addresses.

    Errors: VaultError `unknown-draft`, `draft-sent`; CommandFailed("draft-address" | "draft-addresses" |
    "draft-subject").
    """
    store = node.vault.vault.drafts
    before = (await node.blocking(store.get, number)).message
    after = Message(
        before.to if to is None else _addresses(to),
        before.subject if subject is None else _subject(subject),
        before.text if text is None else text,
        before.cc if cc is None else _addresses(cc),
    )
    await node.blocking(store.edit, number, after)
    return await draft(node, number)


async def send_draft(node: Node, number: int, shown: str) -> None:
    """Send it; the person has just looked at the whole of it, and their click is the approval, which is recorded.

    `shown`: the digest of the row that they saw.  It ends as sent, or stays as it was; where nobody knows, the question
    under the approvals holds it.  Errors: VaultError `unknown-draft`, `draft-sent`, `draft-changed`;
    CommandFailed("draft-no-account" | "draft-address" | "draft-nobody" | "draft-empty" | "draft-not-sent" |
    "draft-perhaps"), as `online.network_allowed`'s; Denied where a rule of theirs forbids it.
    """
    vault, language = node.vault.vault, node.language
    found, row = await node.blocking(lambda: _with_row(vault, number, language))
    if found.state != "open":
        raise VaultError("draft-sent", "this draft was sent already")
    if row.digest != shown:
        raise VaultError("draft-changed", "this draft is not what was shown any more; nothing was sent")
    _sendable(found.message, row)
    online.network_allowed(node)
    answered = await node.blocking(_answered, vault, found)
    turn = Turn()
    if answered is not None:
        turn.read(None, reading.provenance(answered))
    arguments = _arguments(found, answered)
    approval = await node.skills.ask(_SEND, arguments, turn)
    try:
        await node.blocking(vault.drafts.sent, number, found.message)
    except VaultError:
        await node.skills.answer(approval, "no", digest(OWN, _SEND, arguments))
        raise
    _tell(await _answer(node, vault, number, approval, digest(OWN, _SEND, arguments)))


async def drop_draft(node: Node, number: int) -> None:
    """Forget it; no file holds it any more.  Errors: VaultError `unknown-draft`."""
    await node.blocking(node.vault.vault.drafts.drop, number)


async def _answer(node: Node, vault: Vault, number: int, approval: int, asked: str) -> ApprovalRow:
    """Say yes to the question.  Whatever comes in between: what was not sent is a draft again."""
    try:
        return await node.skills.answer(approval, "once", asked)
    finally:
        with trio.CancelScope(shield=True):
            state = (await node.blocking(vault.approvals.get, approval)).state
            if state == "pending":
                await node.skills.answer(approval, "no", asked)
            if state not in _GONE:
                await node.blocking(vault.drafts.reopen, number)


def _tell(ended: ApprovalRow) -> None:
    if ended.state == "unknown":
        raise CommandFailed("draft-perhaps")
    if ended.state != "done":
        raise CommandFailed("draft-not-sent", reason=ended.outcome)


def _sendable(message: Message, row: DraftRow) -> None:
    if not row.sender:
        raise CommandFailed("draft-no-account")
    if not message.to:
        raise CommandFailed("draft-nobody")
    _addresses((*message.to, *message.cc))
    if not message.text.strip():
        raise CommandFailed("draft-empty")


def _addresses(given: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(one.strip() for one in given if one.strip()))
    for one in found:
        if len(one) > MAX_ADDRESS or not ADDRESS.fullmatch(one):
            raise CommandFailed("draft-address", address=one[:MAX_ADDRESS])
    if len(found) > ADDRESSES:
        raise CommandFailed("draft-addresses", most=ADDRESSES)
    return found


def _subject(given: str) -> str:
    found = " ".join(given.split())
    if len(found) > MAX_SUBJECT:
        raise CommandFailed("draft-subject", most=MAX_SUBJECT)
    return found


def _answered(vault: Vault, draft: Draft) -> StoredRecord | None:
    return vault.library.get(draft.record) if draft.record else None


def _arguments(draft: Draft, answered: StoredRecord | None) -> dict[str, Any]:
    """Of `mail.send`."""
    message = draft.message
    made: dict[str, Any] = {"to": list(message.to), "subject": subject_for(message.subject, answered)}
    if message.cc:
        made["cc"] = list(message.cc)
    made["text"] = message.text
    return made | ({"reply_to": draft.record} if draft.record else {})


def _with_row(vault: Vault, number: int, language: str) -> tuple[Draft, DraftRow]:
    found = vault.drafts.get(number)
    return found, _row(vault, found, language)


def _row(vault: Vault, draft: Draft, language: str) -> DraftRow:
    """Blocking."""
    message, answered = draft.message, _answered(vault, draft)
    account, name = outgoing.account_for(vault, answered), vault.settings.get(outgoing.NAME, "") or ""
    sender = "" if account is None else f"{name} <{account.address}>" if name else account.address
    arguments = _arguments(draft, answered)
    seen = {key: value for key, value in arguments.items() if key != "reply_to"}
    return DraftRow(
        draft.id,
        message.to,
        message.subject,
        message.text,
        draft.record,
        draft.skill,
        datetime.fromtimestamp(draft.created, UTC).isoformat(timespec="seconds"),
        message.cc,
        sender,
        views.fields(seen, language),
        digest(OWN, _SEND, arguments | {"from": sender}),
    )


async def _list(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"drafts": [as_json(row) for row in await drafts(node)]}


async def _show(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return as_json(await draft(node, args["id"]))


async def _edit(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    changed = {key: args[key] for key in ("subject", "text", "to", "cc") if args.get(key) is not None}
    return as_json(await edit_draft(node, args["id"], **changed))


async def _send(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await send_draft(node, args["id"], args["shown"])
    return {"sent": args["id"]}


async def _drop(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await drop_draft(node, args["id"])
    return {"removed": args["id"]}


REQUESTS: Requests = {
    "drafts": (_list, True),
    "draft": (_show, True),
    "draft-edit": (_edit, True),
    "draft-send": (_send, True),
    "draft-drop": (_drop, True),
}
