"""Receipts of tasks: made when a conversation with an award has ended, and anew when it says more, or its job on chain
has ended.  What is to be made stands in the vault (storage.receipts), so that a kill at any moment loses none.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import trio

from app.errors import code
from app.receipt_results import ReceiptsChanged
from app.results import CommandFailed
from app.swarm.settled import settlement_of
from p2p.acl import SignedMessage
from p2p.canonical import Value
from p2p.deciding import Change
from p2p.receipts import made, ordered
from storage.database import VaultError
from storage.receipts import Due, Said
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")
AGAIN = 60.0  # seconds until what could not be kept is tried again
SettlementOf = Callable[[Vault, str], "Mapping[str, Value] | None"]


def said(change: Change) -> list[Said]:
    """What a step adds to transcripts, as it is stored."""
    return [_said(signed, outgoing=signed.message is not change.received) for signed in change.signed]


def _said(signed: SignedMessage, *, outgoing: bool) -> Said:
    message = signed.message
    peer = message.receiver if outgoing else message.sender
    return Said(peer, outgoing, str(message.performative), message.in_reply_to or "", signed.to_bytes())


def make(
    vault: Vault,
    host_key: bytes,
    conversations: Collection[str] | None = None,
    settlement_of: SettlementOf = settlement_of,
) -> int:
    """Make every receipt that is due, of these conversations or of all; how many.  Worker thread.  Errors: VaultError.

    `settlement_of(vault, task)` is asked where the job on chain has ended: a canonical map {chain, genesis, contracts,
    job, transactions} that is the same at both ends.  One that cannot be made keeps no other from being made.
    """
    looked: Collection[str | None] = (None,) if conversations is None else conversations
    found = [due for conversation in looked for due in vault.receipts.due(conversation)]
    return sum(_make(vault, host_key, due, settlement_of) for due in found)


def _make(vault: Vault, host_key: bytes, due: Due, settlement_of: SettlementOf) -> bool:
    try:
        said = [SignedMessage.from_bytes(raw) for raw in vault.receipts.transcript(due)]
        settlement = settlement_of(vault, due.task) if due.settlement else None
        receipt = made(ordered(said), dict(settlement or {}), host_key)
    except VaultError:
        raise
    except Exception as failed:  # noqa: BLE001 - one transcript went wrong; every other task gets its receipt
        log.error("a receipt could not be made: %s", code(failed))  # noqa: TRY400 - no text of peers
        return False
    agreed = receipt.agreed
    price = ("", "") if agreed is None or not agreed.price.amount else (str(agreed.price.amount), agreed.price.token)
    return vault.receipts.keep(due, receipt.name, receipt.outcome, price, receipt.data)


class Receipting:
    """Trio thread only; for one run of the host.  `settlement_of`: see `make`."""

    def __init__(self, node: Node, settlement_of: SettlementOf = settlement_of) -> None:
        self._node = node
        self._settlement_of = settlement_of
        self._news = trio.Event()
        self._ended: set[str] = set()  # conversations
        self._all = True  # look through all that are remembered: at the start, and after whatever went wrong

    def changed(self, change: Change) -> None:
        """See app.swarm.deciding.Decisions.on_change."""
        if change.outcome:
            self._ended.add(change.conversation)
            self._news.set()

    def nudge(self) -> None:
        """A job on chain has ended."""
        self._all = True
        self._news.set()

    async def run(self) -> None:
        """Make what is due, at once and whenever something ended.  Until cancelled."""
        while True:
            self._news = trio.Event()
            pause = math.inf
            try:
                await self.make()
            except (VaultError, CommandFailed) as failed:  # such as a full disk
                log.warning("receipts wait: %s", code(failed))
                pause = AGAIN
            with trio.move_on_after(pause):
                await self._news.wait()

    async def make(self) -> int:
        """Errors: VaultError."""
        ended, everything = self._ended, self._all
        self._ended, self._all = set(), False
        try:
            count = await make_due(self._node, None if everything else ended, self._settlement_of)
        except BaseException:
            self._all = True
            raise
        if count:
            self._node.listener(ReceiptsChanged())
        return count


async def make_due(
    node: Node, conversations: Collection[str] | None = None, settlement_of: SettlementOf = settlement_of
) -> int:
    """As `make`, of the node's own vault; the host need not run.  Errors: VaultError, CommandFailed("locked")."""
    opened = node.vault

    def work() -> int:
        return make(opened.vault, opened.host_key(), conversations, settlement_of)

    found: Any = await node.blocking(work)
    return int(found)
