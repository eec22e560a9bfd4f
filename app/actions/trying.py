"""A mail to oneself, through an account that was just set up: whether it can send."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agent.policy import OWN
from app import online
from app.actions.group import Requests
from app.actions.sources import find
from app.functions import outgoing
from app.node import Node
from app.reports import Report
from app.results import CommandFailed
from app.texts import text
from storage.sources.compose import Letter, compose
from storage.vault import Vault


async def try_sending(node: Node, source: int) -> str:
    """Send a mail from this account to its own address, and say which that is.

    The person asks for it, and nobody else gets it: no approval stands between, as with a draft that they send.  That
    it was sent is listed under what was done.  Errors: CommandFailed("source-not-sending"), as
    `online.network_allowed`'s; VaultError `unknown-source`; SendFailed.
    """
    vault = node.vault.vault
    account, name = await node.blocking(_account, vault, source)
    online.network_allowed(node)
    subject, body = text("function.trying-subject", node.language), text("function.trying-text", node.language)
    now = datetime.now().astimezone()
    raw, _ = compose(Letter(account.address, name, (account.address,), (), subject, body, now))
    await node.blocking(outgoing.hand_over, vault, account, raw, [account.address])
    did = {"to": account.address, "subject": subject}
    await node.blocking(vault.activity.add, OWN, "mail.send", did)
    return account.address


def _account(vault: Vault, source: int) -> tuple[outgoing.Outgoing, str]:
    """And whose name stands in the mail.  Blocking."""
    called = vault.sources.get(source).name
    for one in outgoing.accounts(vault):
        if one.source == source:
            return one, vault.settings.get(outgoing.NAME, "") or ""
    raise CommandFailed("source-not-sending", name=called)


async def _try(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"to": await try_sending(node, (await find(node, args["source"])).id)}


REQUESTS: Requests = {"source-try": (_try, True)}
