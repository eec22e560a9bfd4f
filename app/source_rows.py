"""From a source in the vault to the row that commands return.  Blocking helpers; worker threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import due, source_config
from app.due import Conditions
from app.power import Power
from app.present import iso
from app.source_results import SourceRow, SourceState
from storage.source_store import Source
from storage.sources import drivers
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

_PASSING = ("source-unreachable", "source-busy")  # they mend by themselves, most often
_OFTEN = 3  # failures in a row: then even those need a look


def rows(node: Node, vault: Vault) -> tuple[SourceRow, ...]:
    return tuple(_row(node, vault, source) for source in vault.sources.list())


def row(node: Node, vault: Vault, source: int) -> SourceRow:
    """Errors: VaultError `unknown-source`."""
    return _row(node, vault, vault.sources.get(source))


def _row(node: Node, vault: Vault, source: Source) -> SourceRow:
    seen = node.schedule.conditions
    now = Conditions(
        node.surroundings.now(),
        seen.power if seen else Power(),
        node.airplane,
        seen.on_battery if seen else True,
    )
    return SourceRow(
        id=source.id,
        kind=source.kind,
        name=source.name,
        place=source_config.place(source.kind, source.config),
        state=_state(source, now, running=node.syncing.running(source.id), scheduled=seen is not None),
        synced=iso(source.synced),
        due=None if due.held(source, now) or due.saving(now) else iso(max(due.due(source, now), source.created)),
        records=vault.sources.records(source.id),
        error=source.error,
        detail=source.detail,
        failures=source.failures,
        config=dict(source.config),
    )


def _state(source: Source, now: Conditions, *, running: bool, scheduled: bool) -> SourceState:
    if running:
        return "syncing"
    if source.paused:
        return "paused"
    if now.airplane and drivers.needs_network(source.kind, source.config):
        return "airplane"
    if source.failures:
        return "waiting" if source.error in _PASSING and source.failures < _OFTEN else "error"
    if scheduled and (due.saving(now) or due.due(source, now) <= now.now):
        return "waiting"
    return "new" if source.synced is None else "ok"
