"""How acts are taken back.  Each takes what the act left as its `Undo`; blocking work in worker threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app.actions import privacy
from app.functions.given import failed, from_vault
from app.functions.port import Context
from storage.database import VaultError
from storage.marks import Mark
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

Take = Callable[["Node", Context, Mapping[str, Any]], Awaitable[None]]


async def unlabel(node: Node, context: Context, arguments: Mapping[str, Any]) -> None:
    """Put back the marks that were there, unless somebody marked the mail anew since."""
    done = await from_vault(node, context, _restore, node.vault.vault, arguments)
    if not done:
        raise failed("LookupError", "already-changed", context)


async def unadd(node: Node, context: Context, arguments: Mapping[str, Any]) -> None:
    """Forget the event, with all that was made from it."""
    try:
        await privacy.forget(node, [str(arguments["id"])])
    except VaultError as error:
        raise failed("LookupError", "already-changed", context) from error


async def undraft(node: Node, context: Context, arguments: Mapping[str, Any]) -> None:
    """Drop the draft, unless it was sent."""
    drafts = node.vault.vault.drafts
    draft = await from_vault(node, context, drafts.get, int(arguments["draft"]))
    if draft.state != "open":
        raise failed("LookupError", "already-changed", context)
    await from_vault(node, context, drafts.drop, draft.id)


async def unremember(node: Node, context: Context, arguments: Mapping[str, Any]) -> None:
    """Forget it again, in whatever words it is kept by now."""
    await from_vault(node, context, node.vault.vault.facts.remove, int(arguments["id"]))


def _restore(vault: Vault, arguments: Mapping[str, Any]) -> bool:
    name = str(arguments["id"])
    if vault.marks.get(name) != _mark(arguments["left"]):
        return False
    vault.marks.restore(name, _mark(arguments["mark"]))
    return True


def _mark(plain: Mapping[str, Any] | None) -> Mark | None:
    if plain is None:
        return None
    return Mark(tuple(plain["labels"]), plain["priority"], plain["answer"], plain["skill"])


TABLE: Mapping[str, Take] = MappingProxyType(
    {"mail.label": unlabel, "event.add": unadd, "mail.draft": undraft, "memory.write": unremember}
)
