"""Every host function by its name, as docs/host-functions.md lists them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.functions import calendar, contacts, contracts, feeds, fetching, kept, mail, mcp, memory, model, notes, sending
from app.functions.port import Completion, HostFunction

TABLE: Mapping[str, HostFunction] = MappingProxyType(
    {
        "mail.search": mail.search,
        "mail.get": mail.get,
        "mail.thread": mail.thread,
        "mail.sent": mail.sent,
        "mail.label": mail.label,
        "mail.draft": mail.draft,
        "mail.send": sending.send,
        "note.search": notes.search,
        "note.get": notes.get,
        "feed.items": feeds.items,
        "event.list": calendar.listed,
        "event.add": calendar.add,
        "contact.find": contacts.find,
        "memory.list": memory.listed,
        "memory.write": memory.write,
        "memory.forget": memory.forget,
        "net.fetch": fetching.fetch,
        "model.write": model.write,
        "model.choose": model.choose,
        "kept.get": kept.get,
        "kept.set": kept.set_,
        "kept.keys": kept.keys,
        "contract.compile": contracts.compile_source,
        "mcp.call": mcp.call,
    }
)

COMPLETIONS: Mapping[str, Completion] = MappingProxyType({"mail.send": sending.completed})
