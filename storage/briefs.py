"""Records in brief, with what was marked on them, in one query; and who the mail is from and to."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from storage import filters, marks, threads
from storage.database import Connection
from storage.filters import Filter
from storage.marks import Mark
from storage.records import Kind

BEGINNING = 1200  # characters of a body that are read for its first words
_ADDRESS = re.compile(r"[^\s<>,;:()\"'\[\]]+@[^\s<>,;:()\"'\[\]]+")
_COLUMNS = f"""r.id, r.kind, r.title, r.sender, r.date, substr(r.body, 1, {BEGINNING}), r.flags, r.folder, r.origin,
    m.labels, m.priority, m.answer, m.skill"""
_FROM = "FROM record r LEFT JOIN mark m ON m.record = r.number"


class Vault(Protocol):
    def read(self) -> Any: ...


@dataclass(frozen=True)
class Brief:
    """`date`: seconds since the epoch, UTC.  `beginning`: of the body."""

    id: str
    kind: Kind
    title: str
    sender: str
    date: float | None
    beginning: str
    flags: tuple[str, ...]
    folder: str
    origin: str
    mark: Mark | None


def newest(
    vault: Vault,
    kind: Kind,
    asked: Sequence[Filter] = (),
    since: float | None = None,
    until: float | None = None,
    limit: int = 20,
) -> list[Brief]:
    """The newest of a kind that fit, undated last.  `since` is in, `until` is not.  Blocking.  Errors: BadFilter."""
    condition, parameters = filters.where(tuple(asked))
    where = f"r.kind = ? AND (? IS NULL OR r.date >= ?) AND (? IS NULL OR r.date < ?) AND {condition}"
    with vault.read() as connection:
        return _read(
            connection,
            f"WHERE {where} ORDER BY r.date IS NULL, r.date DESC, r.number DESC LIMIT ?",
            (kind, since, since, until, until, *parameters, limit),
        )


def of(vault: Vault, names: Sequence[str]) -> list[Brief]:
    """Those with these ids, in that order; unknown ones are left out.  Blocking."""
    with vault.read() as connection:
        found = _read(connection, "WHERE r.id IN (SELECT value FROM json_each(?))", (json.dumps(list(names)),))
    known = {one.id: one for one in found}
    return [known[name] for name in names if name in known]


def sent(vault: Vault, own: Collection[str], to: str = "", limit: int = 10) -> list[str]:
    """Ids of the mail that came from one of the addresses `own`, newest first.  `to`: an address, or a part of a name,
    that stands among its recipients.  Blocking."""
    asked = (Filter("to", to),) if to else ()
    condition, parameters = filters.where(asked)
    with vault.read() as connection:
        found = connection.execute(
            f"""SELECT id, sender FROM record r WHERE r.kind = 'mail' AND {condition} AND EXISTS
            (SELECT 1 FROM json_each(?) WHERE instr(r.listing, value) > 0)
            ORDER BY r.date IS NULL, r.date DESC, r.number DESC""",  # noqa: S608
            (*parameters, json.dumps([threads.fold(one) for one in own])),
        )
        mine = (name for name, sender in found if set(addresses(sender)) & set(own))
        return [name for name, _ in zip(mine, range(limit), strict=False)]


def addresses(text: str) -> list[str]:
    """The mail addresses in a sender or recipient as shown, in lower case."""
    return [found.lower().strip(".") for found in _ADDRESS.findall(text)]


def _read(connection: Connection, rest: str, parameters: Sequence[object]) -> list[Brief]:
    return [_brief(row) for row in connection.execute(f"SELECT {_COLUMNS} {_FROM} {rest}", tuple(parameters))]


def _brief(row: Any) -> Brief:
    name, kind, title, sender, date, beginning, flags, folder, origin, *marked = row
    mark = marks.of_row(*marked) if marked[0] is not None else None
    return Brief(name, kind, title, sender, date, beginning, tuple(json.loads(flags)), folder, origin, mark)
