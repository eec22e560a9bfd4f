"""The commands on sources, forgetting and what came in, with canned results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import trio

from app.privacy_results import ForgetPreview, Forgotten
from app.results import Progress
from app.source_results import SourceChanged, SourceCheck, SourceRow, SyncDone, TimelineEntry
from tests.gui.scripted_vault import ScriptedVault

FOLDERS = ("INBOX", "Sent", "Archive", "Spam", "Family/Élodie")


def ago(**units: float) -> str:
    """A moment so long ago, as results hold it."""
    return (datetime.now(UTC) - timedelta(**units)).isoformat(timespec="seconds")


def source(number: int, kind: str = "imap", **fields: Any) -> SourceRow:
    """A source that is up to date, but for what `fields` say."""
    row = SourceRow(
        id=number,
        kind=kind,
        name=f"Source {number}",
        place="ada@mail.example.org: INBOX, Sent",
        state="ok",
        synced=ago(minutes=3),
        due=ago(minutes=-2),
        records=1204,
        error="",
        detail="",
        failures=0,
        config={"host": "mail.example.org", "user": "ada@mail.example.org", "folders": ["INBOX", "Sent"]},
    )
    return replace(row, **fields)


class ScriptedSources(ScriptedVault):
    """Trio thread, but for the attributes that a test sets before."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[SourceRow] = []
        self.checked = SourceCheck(FOLDERS, ("INBOX", "Sent"))
        self.unreadable: tuple[tuple[str, str], ...] = ()
        self.refusal: Exception | None = None  # of the next check
        self.flying = False
        self.came: tuple[TimelineEntry, ...] = ()
        self.preview = ForgetPreview(3, ("Train de vendredi", "Re: Train de vendredi", ""))
        self.syncing = trio.Event()  # a sync waits for it after its first report

    async def sources(self, node: object) -> tuple[SourceRow, ...]:
        return tuple(self.found)

    async def check_source(
        self, node: object, kind: str, config: dict[str, Any], secrets: dict[str, str], number: int | None
    ) -> SourceCheck:
        self.calls.append(("check_source", (kind, config, secrets, number)))
        await trio.sleep(0.005)
        if self.refusal is not None:
            raise self.refusal
        return self.checked

    async def add_source(
        self, node: object, kind: str, name: str, config: dict[str, Any], secrets: dict[str, str]
    ) -> SourceRow:
        self.calls.append(("add_source", (kind, name, config, secrets)))
        row = source(len(self.found) + 1, kind, name=name, config=config, state="new", synced=None, records=0)
        self.found.append(row)
        self.listener(SourceChanged(0))
        return row

    async def edit_source(
        self, node: object, number: int, name: str, config: dict[str, Any], secrets: dict[str, str]
    ) -> SourceRow:
        self.calls.append(("edit_source", (number, name, config, secrets)))
        return self._change(number, name=name, config=config)

    async def try_sending(self, node: object, number: int) -> str:
        self.calls.append(("try_sending", (number,)))
        if self.refusal is not None:
            raise self.refusal
        return "max@example.org"

    async def remove_source(self, node: object, number: int, keep: bool) -> int:
        self.calls.append(("remove_source", (number, keep)))
        self.found = [row for row in self.found if row.id != number]
        return 0

    async def pause_source(self, node: object, number: int, paused: bool) -> None:
        self.calls.append(("pause_source", (number, paused)))
        self._change(number, state="paused" if paused else "ok")

    async def sync_source(self, node: object, number: int, report: Callable[[object], None]) -> SyncDone:
        self.calls.append(("sync_source", (number,)))
        report(Progress("reading", 120, 2400))
        await self.syncing.wait()
        self._change(number, state="ok", records=2400)
        return SyncDone(number, 2280, 0, 0, self.unreadable, 1.0)

    def _change(self, number: int, **fields: Any) -> SourceRow:
        self.found = [replace(row, **fields) if row.id == number else row for row in self.found]
        self.listener(SourceChanged(number))
        return next(row for row in self.found if row.id == number)

    async def airplane(self, node: object, on: bool | None) -> bool:
        if on is not None:
            self.calls.append(("airplane", (on,)))
            self.flying = on
        return self.flying

    async def timeline(self, node: object, days: int, before: str | None) -> tuple[TimelineEntry, ...]:
        self.calls.append(("timeline", (days, before)))
        found = [entry for entry in self.came if before is None or entry.day < before]
        shown = sorted({entry.day for entry in found}, reverse=True)[:days]
        return tuple(entry for entry in found if entry.day in shown)

    async def forget_preview(self, node: object, ids: Sequence[str], sender: str, before: str) -> ForgetPreview:
        self.calls.append(("forget_preview", (tuple(ids), sender, before)))
        return self.preview

    async def forget(self, node: object, ids: Sequence[str], sender: str, before: str) -> Forgotten:
        self.calls.append(("forget", (tuple(ids), sender, before)))
        return Forgotten(self.preview.count, 1, self.preview.titles)
