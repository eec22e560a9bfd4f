"""Forgetting, and changing the passphrase or the recovery phrase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import trio

from app.actions.group import Requests
from app.backup_results import PHRASE_CONFIRMED
from app.node import Node
from app.privacy_results import ForgetPreview, Forgotten, NewPhrase
from app.reports import Report
from app.results import CommandFailed, LibraryChanged
from app.texts import LANGUAGES, catalogue
from storage.forget import Chosen

TITLES = 10  # shown of what is to be forgotten


async def touch(node: Node) -> None:
    """Somebody is at the window: the vault stays open for the time that is set."""
    node.presence.touch()
    await trio.lowlevel.checkpoint()


async def forget_preview(node: Node, ids: Sequence[str] = (), sender: str = "", before: str = "") -> ForgetPreview:
    """What `forget` with the same arguments would forget."""
    chosen = await _chosen(node, ids, sender, before)
    emptied = await node.blocking(node.vault.vault.forgetting.receipts, [one.number for one in chosen])
    return replace(_preview(chosen), receipts=emptied)


async def forget(node: Node, ids: Sequence[str] = (), sender: str = "", before: str = "") -> Forgotten:
    """Forget the records named, or those of a sender and before a day (YYYY-MM-DD, local); both where both are given.

    They leave the vault with all that was made from them, conversations that quoted them show a gap, no source brings
    them back, and the processes that held their vectors or text are replaced.  Once begun it is not cut off.
    Errors: CommandFailed("bad-date" | "forget-what"), VaultError `unknown-id`, `ambiguous-id`.
    """
    chosen = await _chosen(node, ids, sender, before)
    if not chosen:
        return Forgotten(0, 0, ())
    with trio.CancelScope(shield=True), node.presence.busy():
        async with node.quiet() as vault:
            numbers = [one.number for one in chosen]
            done = await node.blocking(vault.vault.forgetting.forget, numbers, own_sentences())
            vault.vault.vocabulary.drop()
    node.listener(LibraryChanged(0))
    return Forgotten(done.records, done.conversations, _preview(chosen).titles, done.receipts)


async def change_passphrase(node: Node, secret: str, new: str) -> None:
    """Give the vault a new passphrase; `secret` is the old one or the recovery phrase.  No key and no data changes.

    Works on a locked and on an open vault.  Errors: CommandFailed("passphrase-empty" | "absent"), the key file's.
    """
    if not new:
        raise CommandFailed("passphrase-empty")
    await node.rewrap("change_passphrase", secret=secret, new=new)


async def new_recovery_phrase(node: Node, secret: str) -> NewPhrase:
    """Give the vault a new recovery phrase; the old one opens it no more.  `secret`: the passphrase, or the old phrase.

    Works on a locked and on an open vault.  Errors: CommandFailed("absent"), the key file's.
    """
    made = await node.rewrap("change_phrase", secret=secret)
    if node.state == "open":
        await node.blocking(node.vault.vault.settings.unset, PHRASE_CONFIRMED)
    return NewPhrase(made["phrase"])


async def _chosen(node: Node, ids: Sequence[str], sender: str, before: str) -> list[Chosen]:
    if bool(ids) == bool(sender.strip() or before):
        raise CommandFailed("forget-what")
    forgetting = node.vault.vault.forgetting
    return await node.blocking(forgetting.choose, tuple(ids), sender, _moment(before))


def _moment(day: str) -> float | None:
    """The beginning of a local day, in seconds since the epoch."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time()).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise CommandFailed("bad-date", value=day) from error


def _preview(chosen: Sequence[Chosen]) -> ForgetPreview:
    return ForgetPreview(len(chosen), tuple(one.title for one in chosen[:TITLES]))


def own_sentences() -> frozenset[str]:
    """What the agent says of itself, in both languages."""
    own = (entry for key, entry in catalogue().items() if key.startswith("agent."))
    return frozenset(str(entry[language]) for entry in own for language in LANGUAGES)


async def _forget(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    done = await forget(node, args["ids"], args["sender"], args["before"])
    return {
        "forgotten": done.records,
        "conversations": done.conversations,
        "receipts": done.receipts,
        "titles": list(done.titles),
    }


async def _forget_preview(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    found = await forget_preview(node, args["ids"], args["sender"], args["before"])
    return {
        "forgotten": 0,
        "conversations": 0,
        "titles": list(found.titles),
        "count": found.count,
        "receipts": found.receipts,
    }


async def _passwd(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await change_passphrase(node, args["old"], args["new"])
    return {"changed": "passphrase"}


async def _recovery(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"recovery_phrase": (await new_recovery_phrase(node, args["old"])).recovery_phrase}


REQUESTS: Requests = {
    "forget": (_forget, True),
    "forget-preview": (_forget_preview, True),
    "passwd": (_passwd, False),
    "recovery": (_recovery, False),
}
