"""The chain in this process, for contacts: while the person wants it and the node runs (p2p.chain_hosting)."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import trio

from app.chain.rehearsal import Rehearsal
from app.errors import code
from p2p.chain import ChainError
from p2p.chain_hosting import (
    AT_ONCE,
    CHAIN_PROTOCOL,
    COMPUTING,
    CONTRACTS,
    FULL,
    WELCOME,
    WRITES,
    Declined,
    Meter,
    Question,
    answer,
    declined,
    question,
)
from p2p.wallet_requests import WalletRefused
from p2p.wallet_requests import address as plain_address
from storage.vault import VaultError

if TYPE_CHECKING:
    from app.node import Node
    from p2p.node import Host

MOST_KEPT = 256 * 1024 * 1024  # bytes in the vault from which on contacts write nothing any more: 50,000 blocks
THREADS = 2  # of their own: a chain elsewhere that does not answer keeps no contact waiting
SETTING = "chain-hosted"
_WELCOMED = "chain-welcomed"  # peer ids that got coins and tokens, by genesis


class Hosting:
    """Trio thread, but for `on`, which blocks."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._waiting: Counter[str] = Counter()
        self._meter = Meter(time.monotonic)
        self._giving = threading.Lock()
        self._limiter = trio.CapacityLimiter(THREADS)
        self._turns: dict[str, trio.Lock] = defaultdict(trio.Lock)  # one question of each contact: nobody takes all

    def on(self) -> bool:
        """Blocking; any thread.  Errors: VaultError."""
        return self._node.vault.vault.settings.get(SETTING, False) is True

    def serve(self, host: Host) -> None:
        """While this host runs."""
        host.serve(CHAIN_PROTOCOL, self.answered)

    async def answered(self, peer_id: str, request: bytes) -> bytes:
        """See p2p.host_serving.Handler: contacts alone come here.  Errors: p2p.node.Refused("not-hosted")."""
        from p2p.node import Refused

        if not await self._node.blocking(self.on):
            raise Refused("not-hosted")
        number = None
        try:
            asked = question(request)
            number = asked.number
            return answer(number, await self._counted(peer_id, asked))
        except Declined as error:
            return declined(number, error)
        except (ChainError, VaultError, OSError) as error:
            return declined(number, Declined(-32000, code(error)))

    async def _counted(self, peer_id: str, asked: Question) -> dict[str, Any]:
        """Errors: Declined, ChainError, VaultError."""
        if self._waiting[peer_id] >= AT_ONCE:
            raise Declined(-32005, "too much at once")
        self._meter.count(peer_id, asked.method)
        self._waiting[peer_id] += 1
        try:
            async with self._turns[peer_id]:
                rehearsal = self._node.chains.rehearsal
                found, seconds = await trio.to_thread.run_sync(
                    self._timed, rehearsal, peer_id, asked, limiter=self._limiter
                )
            self._meter.took(peer_id, seconds)
            if isinstance(found, Exception):
                raise found
            return found
        finally:
            self._waiting[peer_id] -= 1

    def _timed(
        self, rehearsal: Rehearsal, peer_id: str, asked: Question
    ) -> tuple[dict[str, Any] | Declined | ChainError | VaultError | OSError, float]:
        """The answer, or what was raised, and how long the processor had to do with it.  Blocking."""
        begun = time.thread_time()
        found: dict[str, Any] | Declined | ChainError | VaultError | OSError
        try:
            found = self._done(rehearsal, peer_id, asked)
        except (Declined, ChainError, VaultError, OSError) as error:
            found = error
        return found, time.thread_time() - begun

    def _done(self, rehearsal: Rehearsal, peer_id: str, asked: Question) -> dict[str, Any]:
        """Blocking.  Errors: Declined, ChainError, VaultError."""
        row = rehearsal.row()
        if row is None or not row.contracts:
            raise Declined(-32000, "there is no chain here yet")
        if asked.method in WRITES and rehearsal.size() >= MOST_KEPT:
            raise Declined(FULL, "the chain is full")
        match asked.method:
            case method if method == CONTRACTS:
                return {"result": {"contracts": dict(row.contracts), "dialect": row.dialect}}
            case method if method == WELCOME:
                return {"result": self._welcomed(rehearsal, peer_id, asked.params)}
            case method:
                return rehearsal.asked(method, asked.params, COMPUTING)

    def _welcomed(self, rehearsal: Rehearsal, peer_id: str, params: list[Any]) -> bool:
        """Whether this contact got something now; once for each.  Errors: Declined, ChainError, VaultError."""
        row = rehearsal.row()
        assert row is not None
        try:
            address = plain_address(params[0] if params else None)
        except WalletRefused as error:
            raise Declined(-32602, str(error)) from error
        settings = self._node.vault.vault.settings
        with self._giving:
            known = settings.get(_WELCOMED, {})
            before = known.get(row.genesis, []) if isinstance(known, dict) else []
            if peer_id in before:
                return False
            settings.set(_WELCOMED, {row.genesis: [*before, peer_id]})  # first: a crash costs a gift, no second one
        rehearsal.welcome(address, row.contracts)
        return True
