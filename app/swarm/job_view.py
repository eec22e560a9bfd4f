"""A task's job on chain as a person is told of it."""

from __future__ import annotations

from datetime import UTC, datetime

from app.chain.amounts import amount_text, with_worth
from app.chain.meaning import address_text
from app.chain.rates import worth_of
from app.chain.wallet_names import names_of
from app.errors import sentence
from app.settle_results import JobState, SentRow, SettlementView
from app.swarm.settled import Kept, kept_of
from p2p.job_seen import Status
from storage.settlements import Settlement
from storage.transactions import TransactionRow
from storage.vault import Vault

LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z


class Waits(Exception):
    """Why a job waits, as a problem's code has it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def view_of(vault: Vault, task: str, language: str) -> SettlementView | None:
    """None where the task has no job.  Worker thread.  Errors: VaultError, BrokenState."""
    row = vault.settlements.find(task)
    if row is None:
        return None
    kept = kept_of(row)
    call = kept.plan.call
    due = kept.due if not row.outcome else 0
    return SettlementView(
        state_of(row, kept),
        money_text(vault, row, kept, kept.plan.amount or row.amount, language),
        kept.chain,
        call.chain_id,
        row.job,
        "client" if call.judged_by_client else "arbiter",
        call.client if call.judged_by_client else call.arbiter,
        datetime.fromtimestamp(min(due, LATEST), UTC).isoformat(timespec="seconds") if due else "",
        row.problem,
        sentence(Waits(row.problem), language) if row.problem else "",
        tuple(_sent(one) for one in vault.transactions.of_task(task)),
        call.dispute_window,
        call.arbitration_window,
        "" if call.judged_by_client else _whose(vault, row, call.arbiter, language),
        money_text(vault, row, kept, kept.paid or 0, language) if kept.short else "",
    )


def _whose(vault: Vault, row: Settlement, address: str, language: str) -> str:
    """Of an account: the contact, or what the person calls it; with its ends, by which it is compared."""
    place = (row.chain_id, row.genesis)
    chain = next((one for one in vault.chains.list() if (one.chain_id, one.genesis) == place), None)
    names = names_of(vault, "", chain, language)
    return address_text(address, names, language) if address.lower() in names.addresses else ""


def money_text(vault: Vault, row: Settlement, kept: Kept, amount: int, language: str) -> str:
    """An amount of the job's token, with what it is worth to the person.  Worker thread.  Errors: VaultError."""
    worth = worth_of(vault, row.chain_id, row.token, amount, kept.decimals, language)
    return with_worth(amount_text(amount, kept.decimals, kept.symbol, language), worth)


def state_of(row: Settlement, kept: Kept) -> JobState:
    """In one word of the catalogue (`swarm.job.…`)."""
    if row.outcome:
        return row.outcome
    plan = kept.plan
    if not plan.call.job:
        return "preparing"
    if plan.status == Status.FUNDED:
        return "funded"
    if plan.status >= Status.SUBMITTED:
        return "disputed" if kept.disputed else "submitted"
    if row.role == "participant":
        return "offered"
    return "open" if plan.bid is None else "paying"


def _sent(row: TransactionRow) -> SentRow:
    return SentRow(row.key.removeprefix(f"{row.task}/"), row.attempts[-1].name if row.attempts else "", row.state)
