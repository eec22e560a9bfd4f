"""Reading what a chain tells of paid work and of feedback, some blocks at a time, and no block twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.chain.port import ChainPort, Connected
from p2p.chain import Chain, ChainError, Log, topic
from p2p.feedback import FUNDED, GIVEN, PAID, REVOKED, given, job_event, revoked
from storage.paid_work import Page

if TYPE_CHECKING:
    from app.node import Node

BACK = 200_000  # blocks before the head, at the first reading: a month where a block takes 12 seconds
PAGE = 5_000  # blocks that one question covers; fewer where an endpoint refuses so many
PAGES = 60  # questions about a contract at a time: what is older waits for the next look


def place(at: Connected, role: str) -> str:
    """What a contract's rows are kept under."""
    return f"{at.identity.chain_id}/{at.identity.genesis}/{at.contracts[role]}"


async def brought_up(node: Node, chains: ChainPort, at: Connected) -> None:
    """Read what came since the last time, of the escrow and of the reputation registry; what waits for confirmations
    comes later.  Errors: ChainError, CommandFailed, VaultError; what was read until then is kept."""
    head = (await chains.ask(at.chain.head)).number - max(0, at.confirmations - 1)
    for role in ("kernel", "reputation"):
        if role in at.contracts:
            await _read(node, chains, at, role, head)


async def _read(node: Node, chains: ChainPort, at: Connected, role: str, head: int) -> None:
    store, name = node.vault.vault.paid_work, place(at, role)
    known = await node.blocking(store.read_until, name)
    oldest = max(0, head - BACK + 1)
    first, after = known if known is not None and known[1] >= oldest else (oldest, oldest)
    span = PAGE
    for _ in range(PAGES):
        if after > head:
            return
        last = min(after + span - 1, head)
        try:
            page = await chains.ask(_page, at.chain, role, at.contracts[role], after, last)
        except ChainError as error:
            if error.code != "chain-refused" or span == 1:
                raise
            span = max(1, span // 4)  # more than the endpoint gives at once
            continue
        await node.blocking(store.keep, name, page, first, last + 1)
        after = last + 1


def _page(chain: Chain, role: str, contract: str, first: int, last: int) -> Page:
    """Worker thread."""

    def logs(event: str) -> tuple[Log, ...]:
        found = chain.logs(contract, [topic(event)], first, last)
        return tuple(log for log in found if log.address == contract and first <= log.block <= last)

    if role == "kernel":
        funded = [(job, who, log.block) for log in logs(FUNDED) for job, who, _ in _jobs(log)]
        paid = [(job, who, sum_, log.transaction, log.block) for log in logs(PAID) for job, who, sum_ in _jobs(log)]
        return Page(funded, paid)
    entries = [entry for log in logs(GIVEN) if (entry := given(log)) is not None]
    return Page(
        given=[
            (one.agent, one.rater, one.index, one.value, one.transaction, one.receipt, one.block) for one in entries
        ],
        revoked=[one for log in logs(REVOKED) if (one := revoked(log)) is not None],
    )


def _jobs(log: Log) -> tuple[tuple[int, str, int], ...]:
    found = job_event(log)
    return () if found is None else (found,)
