"""Every host function by its name, as docs/host-functions.md lists them.

A module is imported at its first call: a command that calls nothing does not wait for what reads calendars and the web.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app.functions.port import Answer, Completion, Context, HostFunction

if TYPE_CHECKING:
    from app.node import Node
    from storage.vault import Vault


def _late(module: str, name: str) -> HostFunction:
    async def call(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
        function: HostFunction = getattr(importlib.import_module(f"app.functions.{module}"), name)
        return await function(node, context, arguments)

    return call


TABLE: Mapping[str, HostFunction] = MappingProxyType(
    {
        "mail.search": _late("mail", "search"),
        "mail.get": _late("mail", "get"),
        "mail.thread": _late("mail", "thread"),
        "mail.sent": _late("mail", "sent"),
        "mail.label": _late("mail", "label"),
        "mail.draft": _late("mail", "draft"),
        "mail.send": _late("sending", "send"),
        "note.search": _late("notes", "search"),
        "note.get": _late("notes", "get"),
        "feed.items": _late("feeds", "items"),
        "event.list": _late("calendar", "listed"),
        "event.add": _late("calendar", "add"),
        "contact.find": _late("contacts", "find"),
        "memory.list": _late("memory", "listed"),
        "memory.write": _late("memory", "write"),
        "memory.forget": _late("memory", "forget"),
        "vault.search": _late("searching", "search"),
        "vault.recall": _late("searching", "recall"),
        "vault.show": _late("searching", "show"),
        "net.fetch": _late("fetching", "fetch"),
        "model.write": _late("model", "write"),
        "model.choose": _late("model", "choose"),
        "kept.get": _late("kept", "get"),
        "kept.set": _late("kept", "set_"),
        "kept.keys": _late("kept", "keys"),
        "contract.compile": _late("contracts", "compile_source"),
        "mcp.call": _late("mcp", "call"),
        "peer.send": _late("peers", "send"),
    }
)


def _completed(vault: Vault, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    from app.functions import sending

    return sending.completed(vault, arguments)


COMPLETIONS: Mapping[str, Completion] = MappingProxyType({"mail.send": _completed})
