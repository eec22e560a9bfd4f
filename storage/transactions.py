"""What the wallet sent to a chain, from the signature on: nonce and bytes are here before anything of it leaves.

What a row's state may become is p2p.sending's; here each change is whole, in one transaction of the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from storage.database import Connection, Database, VaultError

SentState = Literal["signed", "sent", "mined", "final", "reverted", "displaced"]
_ROW = """SELECT number, key, chain_id, genesis, account, nonce, request, state, place, mined, tried, lost_at, problem,
    task, peer, created, changed FROM wallet_transaction"""
_LANE = "chain_id = ? AND genesis = ? AND account = ?"


@dataclass(frozen=True)
class AttemptRow:
    """As p2p.sending.Attempt."""

    name: str
    raw: bytes
    max_fee: int
    priority_fee: int
    sent: float | None = None


@dataclass(frozen=True)
class TransactionRow:
    """`request`, `place` and `mined` are JSON of p2p's, "" for none.  `created` and `changed` are the store's.

    `attempts`: the first is the oldest.  Times: seconds since the epoch, UTC.
    """

    key: str
    chain_id: int
    genesis: str
    account: int
    nonce: int
    request: str
    attempts: tuple[AttemptRow, ...]
    state: SentState = "signed"
    place: str = ""
    mined: str = ""
    tried: float = 0.0
    lost_at: int | None = None
    problem: str = ""
    task: str = ""
    peer: str = ""
    created: float = 0.0
    changed: float = 0.0


class Transactions:
    """Blocking; any thread.  A nonce counts within a chain id, a genesis and an account.  Errors: VaultError."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def begin(self, row: TransactionRow, former: str = "") -> None:
        """Keep a new one.  `former`: the key under which what stood here as `row.key` is kept from now on.

        Errors: VaultError `transaction-known` where the key, or the nonce, is taken.
        """
        now = self._clock()
        with self._database.write() as connection:
            if former:
                connection.execute("UPDATE wallet_transaction SET key = ? WHERE key = ?", (former, row.key))
            added = connection.execute(
                """INSERT INTO wallet_transaction (key, chain_id, genesis, account, nonce, request, state, place, mined,
                tried, lost_at, problem, task, peer, created, changed)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""",
                (
                    row.key, row.chain_id, row.genesis, row.account, row.nonce, row.request, row.state, row.place,
                    row.mined, row.tried, row.lost_at, row.problem, row.task, row.peer, now, now,
                ),
            )  # fmt: skip
            if not added.rowcount:
                raise VaultError("transaction-known", "a transaction with this key or this nonce is there already")
            _keep_attempts(connection, row)

    def keep(self, row: TransactionRow) -> None:
        """How it stands now: its attempts, and everything but what it is and where it goes."""
        with self._database.write() as connection:
            connection.execute(
                """UPDATE wallet_transaction SET state = ?, place = ?, mined = ?, tried = ?, lost_at = ?, problem = ?,
                changed = ? WHERE key = ?""",
                (row.state, row.place, row.mined, row.tried, row.lost_at, row.problem, self._clock(), row.key),
            )
            _keep_attempts(connection, row)

    def find(self, key: str) -> TransactionRow | None:
        found = self._rows("key = ?", (key,))
        return found[0] if found else None

    def open(self, chain_id: int, genesis: str, account: int) -> list[TransactionRow]:
        """Those that go on, by nonce."""
        return self._rows(
            f"state IN ('signed', 'sent', 'mined') AND {_LANE} ORDER BY nonce", (chain_id, genesis, account)
        )

    def since(self, chain_id: int, genesis: str, account: int, nonce: int) -> list[TransactionRow]:
        """Whatever holds this nonce or a later one, ended or not, by nonce."""
        return self._rows(
            f"state <> 'displaced' AND {_LANE} AND nonce >= ? ORDER BY nonce", (chain_id, genesis, account, nonce)
        )

    def of_task(self, task: str) -> list[TransactionRow]:
        """Oldest first."""
        return self._rows("task = ? AND task <> '' ORDER BY number", (task,))

    def latest(self, limit: int = 100) -> list[TransactionRow]:
        """The history of the wallet, newest first."""
        return self._rows("true ORDER BY number DESC LIMIT ?", (limit,))

    def _rows(self, where: str, values: Sequence[object]) -> list[TransactionRow]:
        with self._database.read() as connection:
            rows = connection.execute(f"{_ROW} WHERE {where}", values)
            return [_row(connection, row) for row in rows.fetchall()]


def _keep_attempts(connection: Connection, row: TransactionRow) -> None:
    (number,) = connection.execute("SELECT number FROM wallet_transaction WHERE key = ?", (row.key,)).fetchone()
    for position, one in enumerate(row.attempts):
        connection.execute(
            """INSERT INTO wallet_attempt VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (transaction_number, position) DO UPDATE SET sent = excluded.sent""",
            (number, position, one.name, one.raw, one.max_fee, one.priority_fee, one.sent),
        )


def _row(connection: Connection, row: Any) -> TransactionRow:
    number, key, chain_id, genesis, account, nonce, request, *rest = row
    attempts = connection.execute(
        """SELECT name, raw, max_fee, priority_fee, sent FROM wallet_attempt WHERE transaction_number = ?
        ORDER BY position""",
        (number,),
    )
    return TransactionRow(
        key, chain_id, genesis, account, nonce, request, tuple(AttemptRow(*one) for one in attempts.fetchall()), *rest
    )
