"""The chains that this node knows, which one is in use, and what the chain in the process wrote."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from storage.database import Database, VaultError

ChainKind = Literal["embedded", "rpc", "peer"]
Dialect = Literal["prose", "printed"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
_USED = "chain"  # the setting: the name of the one in use
_ROW = "SELECT name, kind, chain_id, genesis, endpoints, contracts, dialect, confirmations, settings, added FROM chain"


@dataclass(frozen=True)
class ChainRow:
    """`genesis`: hash of block 0.  `endpoints`: URLs, or the peer id of whoever hosts it.

    `contracts`: addresses in lower case by role.  `settings`: plain JSON: most_fee.  `added`: seconds, the store's.
    """

    name: str
    kind: ChainKind
    chain_id: int
    genesis: str
    endpoints: tuple[str, ...] = ()
    contracts: Mapping[str, str] = field(default_factory=dict)
    dialect: Dialect = "prose"
    confirmations: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    added: float = 0.0


class Chains:
    """Blocking; any thread.  Errors: VaultError `unknown-chain`, `chain-known`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(self, row: ChainRow) -> None:
        """Errors: `chain-known` where the name is taken."""
        with self._database.write() as connection:
            added = connection.execute(
                "INSERT INTO chain VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
                (
                    row.name, row.kind, row.chain_id, row.genesis, json.dumps(row.endpoints),
                    json.dumps(dict(row.contracts)), row.dialect, row.confirmations, json.dumps(dict(row.settings)),
                    self._clock(),
                ),
            )  # fmt: skip
            if not added.rowcount:
                raise VaultError("chain-known", "a chain of this name is there already")

    def put(self, row: ChainRow) -> None:
        """What may change of a known one: endpoints, contracts, dialect, confirmations and settings."""
        with self._database.write() as connection:
            changed = connection.execute(
                """UPDATE chain SET endpoints = ?, contracts = ?, dialect = ?, confirmations = ?, settings = ?
                WHERE name = ?""",
                (
                    json.dumps(row.endpoints), json.dumps(dict(row.contracts)), row.dialect, row.confirmations,
                    json.dumps(dict(row.settings)), row.name,
                ),
            )  # fmt: skip
            if not changed.rowcount:
                raise _unknown()

    def get(self, name: str) -> ChainRow:
        with self._database.read() as connection:
            row = connection.execute(f"{_ROW} WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise _unknown()
        return _row(row)

    def list(self) -> list[ChainRow]:
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(f"{_ROW} ORDER BY added, name").fetchall()]

    def remove(self, name: str) -> None:
        """The one in use is not any more; what the chain in the process wrote goes with it."""
        with self._database.write() as connection:
            row = connection.execute("DELETE FROM chain WHERE name = ? RETURNING kind", (name,)).fetchone()
            if row is None:
                raise _unknown()
            connection.execute("DELETE FROM setting WHERE key = ? AND value = ?", (_USED, json.dumps(name)))
            if row[0] == "embedded":
                connection.execute("DELETE FROM chain_state")

    def use(self, name: str) -> None:
        """From now on this one; "" for none."""
        with self._database.write() as connection:
            if name and connection.execute("SELECT 1 FROM chain WHERE name = ?", (name,)).fetchone() is None:
                raise _unknown()
            connection.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)", (_USED, json.dumps(name)))

    def used(self) -> ChainRow | None:
        """The one in use."""
        with self._database.read() as connection:
            named = connection.execute("SELECT value FROM setting WHERE key = ?", (_USED,)).fetchone()
            name = "" if named is None else json.loads(named[0])
            row = connection.execute(f"{_ROW} WHERE name = ?", (name,)).fetchone()
        return None if row is None else _row(row)

    def unfinished(self, chain_id: int, genesis: str) -> tuple[int, int]:
        """How many transactions go on there, and how many jobs are not settled."""
        with self._database.read() as connection:
            found = connection.execute(
                """SELECT (SELECT count(*) FROM wallet_transaction WHERE chain_id = ? AND genesis = ?
                    AND state IN ('signed', 'sent', 'mined')),
                (SELECT count(*) FROM settlement WHERE chain_id = ? AND genesis = ? AND outcome = '')""",
                (chain_id, genesis, chain_id, genesis),
            ).fetchone()
        return int(found[0]), int(found[1])

    def content(self) -> dict[bytes, bytes]:
        """What the chain in the process wrote, all of it; empty before it is begun."""
        with self._database.read() as connection:
            return {bytes(key): bytes(value) for key, value in connection.execute("SELECT key, value FROM chain_state")}

    def size(self) -> int:
        """Bytes of what the chain in the process wrote."""
        with self._database.read() as connection:
            (found,) = connection.execute("SELECT sum(length(key) + length(value)) FROM chain_state").fetchone()
        return int(found or 0)

    def keep(self, written: Mapping[bytes, bytes | None]) -> None:
        """Keep what it wrote since, all of it or nothing; None: the key is gone."""
        with self._database.write() as connection:
            for key, value in written.items():
                if value is None:
                    connection.execute("DELETE FROM chain_state WHERE key = ?", (key,))
                else:
                    connection.execute("INSERT OR REPLACE INTO chain_state VALUES (?, ?)", (key, value))


def _row(row: Any) -> ChainRow:
    name, kind, chain_id, genesis, endpoints, contracts, dialect, confirmations, settings, added = row
    return ChainRow(
        name, kind, chain_id, genesis, tuple(json.loads(endpoints)), json.loads(contracts), dialect, confirmations,
        json.loads(settings), added,
    )  # fmt: skip


def _unknown() -> VaultError:
    return VaultError("unknown-chain", "no chain of this name is known")
