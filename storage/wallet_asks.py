"""What waits for the person before the wallet signs it, and what they said: one yes is good for one signature.

A yes that nobody used counts until the deadline of its task, else for a day; then it waits for the person again.

A row is named by the digest of the request (p2p.wallet_requests): the person agrees to exactly this.  Each change is a
compare-and-set, so that two clicks, or two payments that want the same yes, take effect once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from storage.database import Connection, Database, VaultError
from storage.outbox import Write
from storage.rows import clean

AskState = Literal["waiting", "agreed", "declined", "used"]
STATES: tuple[AskState, ...] = get_args(AskState)
YES = 24 * 3600.0  # seconds that a yes counts which no task gives an end
MIN_PREFIX = 6  # hexadecimal digits of a digest that are enough to name it
_ALL = "SELECT digest, meaning, request, state, task, peer, created, changed FROM wallet_ask"


@dataclass(frozen=True)
class WalletAsk:
    """`meaning`, `request`: maps of p2p.wallet_wire.  `created`, `changed`: seconds since the epoch, UTC."""

    digest: str
    meaning: Mapping[str, Any]
    request: Mapping[str, Any]
    state: AskState
    task: str
    peer: str
    created: float
    changed: float


class WalletAsks:
    """Blocking; any thread.

    Errors: VaultError `unknown-wallet-ask`; `wallet-ask-used` for a yes that was used already; `wallet-ask-open` where
    nobody has said yes.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def ask(
        self, digest: str, meaning: Mapping[str, Any], request: Mapping[str, Any], task: str = "", peer: str = ""
    ) -> AskState:
        """Have it wait for the person; returns how it stands.

        Asked before, it stays as it is: `agreed` (sign it with this approval), `declined` (the answer is no; nobody is
        asked twice), `used` (what was agreed to has happened: another one is another request, see Transaction.again).
        """
        now = self._clock()
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO wallet_ask VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING",
                (digest, _text(meaning), _text(request), clean(task), clean(peer), now, now),
            )
            return _load(connection, digest).state

    def decide(self, digest: str, agreed: bool) -> WalletAsk:
        """What the person said.  Until a yes is used they may say the other."""
        with self._database.write() as connection:
            wanted: AskState = "agreed" if agreed else "declined"
            changed = connection.execute(
                "UPDATE wallet_ask SET state = ?, changed = ? WHERE digest = ? AND state NOT IN ('used', ?)",
                (wanted, self._clock(), digest, wanted),
            ).rowcount
            found = _load(connection, digest)
            if not changed and found.state == "used":
                raise VaultError("wallet-ask-used", "what was agreed to has happened already")
            return found

    def use(self, digest: str) -> None:
        """The yes is gone with the signature that it was for."""
        with self._database.write() as connection:
            self.using(digest)(connection)

    def using(self, digest: str) -> Write:
        """`use`, to be written together with the transaction that it lets through."""

        def write(connection: Connection) -> None:
            changed = connection.execute(
                "UPDATE wallet_ask SET state = 'used', changed = ? WHERE digest = ? AND state = 'agreed'",
                (self._clock(), digest),
            ).rowcount
            if not changed:
                used = _load(connection, digest).state == "used"
                code, why = ("used", "was used already") if used else ("open", "was not given")
                raise VaultError(f"wallet-ask-{code}", f"this agreement {why}")

        return write

    def withdraw(self, task: str) -> int:
        """The task is over: what still waits for it, or was agreed and not used, is declined.  Returns how many."""
        with self._database.write() as connection:
            return connection.execute(
                "UPDATE wallet_ask SET state = 'declined', changed = ? WHERE task = ? AND task <> '' "
                "AND state IN ('waiting', 'agreed')",
                (self._clock(), task),
            ).rowcount

    def agreed(self, digest: str, deadline: float = 0.0) -> bool:
        """Whether the person said yes to exactly this, it was not used, and it counts still; else it waits again.

        `deadline`: of its task, in seconds since the epoch; see `counts_until`.
        """
        with self._database.write() as connection:
            row = connection.execute("SELECT state, changed FROM wallet_ask WHERE digest = ?", (digest,)).fetchone()
            if row is None or row[0] != "agreed":
                return False
            now = self._clock()
            if now < counts_until(row[1], deadline):
                return True
            connection.execute(
                "UPDATE wallet_ask SET state = 'waiting', changed = ? WHERE digest = ? AND state = 'agreed'",
                (now, digest),
            )
            return False

    def get(self, digest: str) -> WalletAsk:
        """By its digest, or by the beginning of it.  Errors: `ambiguous-wallet-ask`."""
        with self._database.read() as connection:
            if len(digest) < MIN_PREFIX or not set(digest) <= set("0123456789abcdef"):
                raise VaultError("unknown-wallet-ask", "nothing of this name was asked")
            found = connection.execute(f"{_ALL} WHERE digest >= ? AND digest < ? || 'g' LIMIT 2", (digest, digest))
            rows = found.fetchall()
        if not rows:
            raise VaultError("unknown-wallet-ask", "nothing of this name was asked")
        if len(rows) > 1:
            raise VaultError("ambiguous-wallet-ask", "several begin like this")
        return _ask(rows[0])

    def waiting(self) -> list[WalletAsk]:
        """Oldest first."""
        with self._database.read() as connection:
            return [_ask(row) for row in connection.execute(f"{_ALL} WHERE state = 'waiting' ORDER BY created, digest")]

    def count(self) -> int:
        """How many wait: the badge."""
        with self._database.read() as connection:
            return int(connection.execute("SELECT count(*) FROM wallet_ask WHERE state = 'waiting'").fetchone()[0])


def counts_until(said: float, deadline: float = 0.0) -> float:
    """How long a yes counts that was said at this second: to the deadline of its task, or a day where that is over."""
    return deadline if deadline > said else said + YES


def _load(connection: Connection, digest: str) -> WalletAsk:
    row = connection.execute(f"{_ALL} WHERE digest = ?", (digest,)).fetchone()
    if row is None:
        raise VaultError("unknown-wallet-ask", "nothing of this name was asked")
    return _ask(row)


def _ask(row: Any) -> WalletAsk:
    digest, meaning, request, state, task, peer, created, changed = row
    return WalletAsk(digest, json.loads(meaning), json.loads(request), state, task, peer, created, changed)


def _text(found: Mapping[str, Any]) -> str:
    return clean(json.dumps(dict(found), sort_keys=True))
