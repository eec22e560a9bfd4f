"""The vault's rows of what was sent (storage.transactions) as p2p.sender has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from p2p.chain import Log, Mined
from p2p.sender import Entry, Lane
from p2p.sending import Attempt, Place, Sending
from p2p.wallet_requests import Transaction
from p2p.wallet_wire import request_from_map, request_to_map
from storage.transactions import AttemptRow, TransactionRow, Transactions


class SendingStore:
    """A p2p.sender.TransactionStore.  Blocking; any thread.  Errors: VaultError.

    `told`: called in the same thread once it is kept that a transaction is new, or that its state or its problem is
    another than it was; it must not block or raise.
    """

    def __init__(self, rows: Transactions, told: Callable[[Entry], None] = lambda _entry: None) -> None:
        self._rows = rows
        self._told = told

    def find(self, key: str) -> Entry | None:
        row = self._rows.find(key)
        return None if row is None else entry_of(row)

    def open(self, lane: Lane) -> Sequence[Entry]:
        return [entry_of(row) for row in self._rows.open(lane.chain_id, lane.genesis, lane.account)]

    def since(self, lane: Lane, nonce: int) -> Sequence[Entry]:
        return [entry_of(row) for row in self._rows.since(lane.chain_id, lane.genesis, lane.account, nonce)]

    def begin(self, entry: Entry, former: str = "") -> None:
        self._rows.begin(row_of(entry), former)
        self._told(entry)

    def keep(self, entry: Entry) -> None:
        before = self._rows.find(entry.key)
        self._rows.keep(row_of(entry))
        if before is not None and (before.state, before.problem) != (entry.sending.state, entry.problem):
            self._told(entry)


def entry_of(row: TransactionRow) -> Entry:
    request = request_from_map(json.loads(row.request))
    assert isinstance(request, Transaction)
    place = Place(**json.loads(row.place)) if row.place else None
    attempts = tuple(Attempt(one.name, one.raw, one.max_fee, one.priority_fee, one.sent) for one in row.attempts)
    sending = Sending(row.nonce, attempts, row.state, place, row.tried, row.lost_at)
    lane = Lane(row.chain_id, row.genesis, row.account)
    mined = _mined(json.loads(row.mined)) if row.mined else None
    return Entry(row.key, lane, request, sending, mined, row.problem)


def row_of(entry: Entry) -> TransactionRow:
    sending, lane, request = entry.sending, entry.lane, entry.request
    attempts = tuple(AttemptRow(one.name, one.raw, one.max_fee, one.priority_fee, one.sent) for one in sending.attempts)
    return TransactionRow(
        entry.key,
        lane.chain_id,
        lane.genesis,
        lane.account,
        sending.nonce,
        json.dumps(request_to_map(request), ensure_ascii=False),
        attempts,
        sending.state,
        json.dumps(asdict(sending.place)) if sending.place else "",
        json.dumps(asdict(entry.mined), default=bytes.hex) if entry.mined else "",
        sending.tried,
        sending.lost_at,
        entry.problem,
        request.task,
        request.counterparty,
    )


def _mined(found: dict[str, Any]) -> Mined:
    return Mined(**{**found, "logs": tuple(_log(one) for one in found["logs"])})


def _log(found: dict[str, Any]) -> Log:
    topics = tuple(bytes.fromhex(one) for one in found["topics"])
    return Log(**{**found, "topics": topics, "data": bytes.fromhex(found["data"])})
