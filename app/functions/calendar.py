"""event.list, event.add."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from agent.taint import Provenance
from app.functions import clock
from app.functions.given import Given, failed, from_vault, iso
from app.functions.port import Answer, Context, Undo
from app.results import LibraryChanged
from storage import agenda, calendar
from storage.agenda import Taking
from storage.records import Record
from storage.sources import calendar_file
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

ORIGIN = "nuee"  # of events that were made here
FOLDER = "Nuée"  # the person's own calendar in the vault
MAX_TITLE = 300  # characters
MAX_TEXT = 20_000
_YEAR = 366 * 86400.0


async def listed(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    given = Given(context, arguments, "start", "end")
    given.text("start", most=40), given.text("end", most=40)
    start, end = given.moment("start") or 0.0, given.moment("end", end=True) or 0.0
    if not 0 <= end - start <= agenda.MAX_DAYS * 86400.0:
        raise failed("ValueError", "too-long", context, days=agenda.MAX_DAYS)
    found = await from_vault(node, context, agenda.between, node.vault.vault, start, end)
    fitting = [one for one in found if _takes_place(one, start, end, context)]
    sources = tuple({one.record: Provenance("event", one.record, one.at.title) for one in fitting}.values())
    return Answer([_value(one, context) for one in fitting], sources)


async def add(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    given = Given(context, arguments, "title", "start", "end", "all_day", "place", "text")
    title = given.text("title", most=MAX_TITLE, line=True).strip()
    if not title:
        raise given.wrong("title", "full")
    starts, ends = (_when(given, name, context) for name in ("start", "end"))
    if not 0 <= (ends - starts).total_seconds() <= _YEAR:
        raise failed("ValueError", "bad-event", context)
    place, text = given.text("place", "", most=500, line=True), given.text("text", "", most=MAX_TEXT)
    uid = f"{secrets.token_hex(12)}@nuee"
    raw = calendar.compose(uid, title, starts, ends, place, text, context.now)
    name = await from_vault(node, context, _store, node.vault.vault, raw)
    node.embedding.nudge()
    node.listener(LibraryChanged(0))
    said = starts.isoformat() if not isinstance(starts, datetime) else f"{starts:%Y-%m-%d %H:%M}"
    return Answer(
        {"id": name}, did={"title": title, "start": said}, records=(name,), undo=Undo("event.add", {"id": name})
    )


def _store(vault: Vault, raw: bytes) -> str:
    (record,) = (one for one in calendar_file.records(raw, ORIGIN, FOLDER) if isinstance(one, Record))
    return vault.library.add([replace(record, origin=ORIGIN)]).ids[0]


def _when(given: Given, name: str, context: Context) -> date:
    """A day of a whole-day event, else a moment in the person's time zone."""
    at = given.moment(name) if given.text(name, most=40) else None
    local = clock.here(at or 0.0, context.now)
    return local.date() if given.flag("all_day", False) else clock.named(local, context.now)


def _takes_place(one: Taking, start: float, end: float, context: Context) -> bool:
    """Whole days by the person's days; what ends as the span begins, or begins as it ends, is not in it."""
    if one.at.all_day:
        first, last = (datetime.fromtimestamp(at, UTC).date() for at in (one.at.starts, one.at.ends))
        from_day, to_day = (clock.here(at, context.now).date() for at in (start, max(start, end - 1)))
        return first <= to_day and last >= from_day
    return one.at.starts < end and (one.at.ends > start or one.at.starts == one.at.ends >= start)


def _value(one: Taking, context: Context) -> dict[str, Any]:
    starts, ends = (
        datetime.fromtimestamp(at, UTC).date().isoformat() if one.at.all_day else iso(at)
        for at in (one.at.starts, one.at.ends)
    )
    local = (
        at if one.at.all_day else clock.here(float(moment), context.now).isoformat(timespec="minutes")
        for at, moment in ((starts, one.at.starts), (ends, one.at.ends))
    )
    local_start, local_end = local
    return {
        "id": one.record,
        "title": one.at.title,
        "start": starts,
        "end": ends,
        "local_start": local_start,
        "local_end": local_end,
        "all_day": one.at.all_day,
        "place": one.at.place[:500],
        "text": one.at.text[:MAX_TEXT],
        "cancelled": one.at.cancelled,
    }
