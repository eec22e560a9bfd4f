"""mail.send: one mail in the person's name.  Policy has said yes; here it is held to what mail of programs must be.

Where no person read it, it says so, bears Auto-Submitted, answers no machine, list or address that nobody reads, and
goes to the same address once a day at most (RFC 3834)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.taint import address as address_of
from app import errors, online
from app.functions import outgoing
from app.functions.given import Given, failed, from_vault, one_line
from app.functions.mail import ADDRESSES, MAX_ID, MAX_SUBJECT, of_kind_mail
from app.functions.outgoing import Outgoing
from app.functions.own_mail import FOLDER, ORIGIN
from app.functions.port import Answer, Context, FunctionFailed
from app.hosting.port import UNSURE
from app.results import CommandFailed, LibraryChanged
from app.texts import text as phrase
from storage import threads
from storage.database import VaultError
from storage.language import detect
from storage.records import StoredRecord
from storage.sources import automatic, message
from storage.sources.automatic import Nature
from storage.sources.compose import ADDRESS, MAX_ADDRESS, Letter, compose
from storage.sources.smtp import SendFailed
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")
_ANSWER = "Re: "


@dataclass(frozen=True)
class _Asked:
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    text: str

    @property
    def everybody(self) -> list[str]:
        return list(dict.fromkeys(one.lower() for one in (*self.to, *self.cc)))


async def send(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    whole = await from_vault(node, context, completed, node.vault.vault, arguments)
    given = Given(context, whole, "to", "subject", "text", "cc", "reply_to")
    asked = _asked(given, context)
    answered, nature = None, Nature()
    if reply_to := given.text("reply_to", "", most=MAX_ID, line=True):
        answered = await of_kind_mail(node, context, reply_to)
        nature = automatic.of(await from_vault(node, context, node.vault.vault.library.original, answered.id))
    _refuse_machines(context, asked, answered, nature)
    try:
        online.network_allowed(node)
    except CommandFailed as error:
        raise failed("OSError", "airplane", context) from error
    vault = node.vault.vault
    account = await from_vault(node, context, outgoing.account_for, vault, answered)
    if account is None:
        raise failed("OSError", "no-account", context)
    name = str(await from_vault(node, context, vault.settings.get, outgoing.NAME, "") or "")
    raw, own_id = _composed(given, context, asked, account, name, answered, nature)
    await _sent(node, context, account, raw, asked.everybody)
    records = (*await _keep(node, raw), *([answered.id] if answered else []))
    did = {"to": ", ".join(asked.everybody), "subject": asked.subject}
    return Answer({"sent": True, "message_id": f"<{own_id}>"}, did=did, records=records)


def subject_for(subject: str, answered: StoredRecord | None) -> str:
    """As the mail bears it: on one line, and an answer says that it is one, and to what."""
    said = " ".join(subject.split())
    if answered is None:
        return said
    about = threads.subject(said)
    if about.key:
        return said if about.reply else f"Re: {said}"
    of = " ".join(answered.record.title.split())[: MAX_SUBJECT - len(_ANSWER)].rstrip()
    return of if threads.subject(of).reply else f"{_ANSWER}{of}".rstrip()


def completed(vault: Vault, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the subject that goes out, before anybody is asked: what is shown is what is sent.  Called again, it changes
    nothing more.  What `send` refuses stays as it is, for `send` to say why.  Blocking.  Errors: none."""
    subject, reply_to = arguments.get("subject") or "", arguments.get("reply_to") or ""
    if not isinstance(subject, str) or not isinstance(reply_to, str) or not one_line(subject):
        return arguments
    try:
        answered = vault.library.get(reply_to[:MAX_ID]) if reply_to else None
    except VaultError:
        return arguments
    made = subject_for(subject, answered)
    return {**arguments, "subject": made} if made != arguments.get("subject", "") else arguments


def _asked(given: Given, context: Context) -> _Asked:
    to, cc = (tuple(given.texts(name, [], most=ADDRESSES, each=MAX_ADDRESS)) for name in ("to", "cc"))
    if not to:
        raise failed("ValueError", "nobody-to-send-to", context)
    for name, found in (("to", to), ("cc", cc)):
        if not all(ADDRESS.fullmatch(one) for one in found):
            raise given.wrong(name, "address")
    asked = _Asked(to, cc, given.text("subject", most=MAX_SUBJECT, line=True), given.text("text"))
    if not asked.text.strip():
        raise given.wrong("text", "full")
    return asked


def _refuse_machines(context: Context, asked: _Asked, answered: StoredRecord | None, nature: Nature) -> None:
    """What a machine sent is never answered; what nobody will read, and what went to many, not without a person."""
    if nature.machine:
        raise failed("PermissionError", "automatic-mail", context)
    if context.approved:
        return
    sender = address_of(answered.record.sender) if answered else ""
    if nature.bulk or any(automatic.is_machine(one) for one in (sender, *asked.everybody)):
        raise failed("PermissionError", "bulk-mail", context)


def _composed(
    given: Given,
    context: Context,
    asked: _Asked,
    account: Outgoing,
    name: str,
    answered: StoredRecord | None,
    nature: Nature,
) -> tuple[bytes, str]:
    body = asked.text
    if not context.approved:
        line = phrase("function.sent-by-itself", detect(body) or context.language, name=name or account.address)
        body = f"{body.rstrip()}\n\n-- \n{line}\n"
    letter = Letter(
        account.address,
        name,
        asked.to,
        asked.cc,
        asked.subject,
        body,
        context.now,
        answered.record.external_id if answered else "",
        nature.references,
        "" if context.approved else "auto-replied" if answered else "auto-generated",
    )
    try:
        return compose(letter)
    except ValueError as error:
        raise given.wrong("to", "address") from error


async def _sent(node: Node, context: Context, account: Outgoing, raw: bytes, everybody: Sequence[str]) -> None:
    """Errors: FunctionFailed; with the code UNSURE nobody knows whether it was sent."""
    vault = node.vault.vault
    if not context.approved:
        early = await from_vault(node, context, vault.automatic.reserve, everybody, context.now.timestamp())
        if early:
            raise failed("PermissionError", "once-a-day", context, address=early[0])
    try:
        await node.blocking(outgoing.hand_over, vault, account, raw, list(everybody))
    except (SendFailed, ValueError, VaultError) as error:
        code = str(getattr(error, "code", "send-refused"))
        sentence = str(error) if isinstance(error, ValueError) else errors.sentence(error, context.language)
        if code == "send-perhaps":
            raise FunctionFailed("OSError", UNSURE, sentence) from error
        if not context.approved:
            await from_vault(node, context, vault.automatic.release, everybody)
        raise FunctionFailed("OSError", code, sentence) from error


async def _keep(node: Node, raw: bytes) -> tuple[str, ...]:
    """The copy among the person's mail, which later reading knows as theirs: its id, or nothing where it cannot be
    kept.  Sent it was all the same; to say otherwise would have it sent twice."""
    try:
        name = await node.blocking(_store, node.vault.vault, raw)
    except VaultError as error:
        log.warning("the copy of a mail that was sent could not be kept: %s", error.code)
        return ()
    node.embedding.nudge()
    node.listener(LibraryChanged(0))
    return (name,)


def _store(vault: Vault, raw: bytes) -> str:
    (name,) = vault.library.add([message.parse(raw, ORIGIN, FOLDER)]).ids  # a Message-ID that nothing else bears
    return name
