"""Jobs on the outbox that come together are kept together, and each stands for itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import trio
import trio.testing

from p2p.committing import Committing
from storage.database import Database
from storage.outbox import Effect, Outbox, Transaction
from storage.vault import Vault, VaultError
from tests.unit.p2p_fixtures import PATIENCE, until
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]


class Held:
    """A worker thread that is held up until `go`; counts the transactions."""

    def __init__(self, vault: Vault) -> None:
        self.go = threading.Event()
        self.then: Callable[[], None] = lambda: None  # when a transaction has ended, before anybody hears of it
        self.batches: list[int] = []
        self.committing = Committing(vault.outbox, self.blocking)

    async def blocking(self, function: Callable[..., Any], jobs: list[Any]) -> Any:
        self.batches.append(len(jobs))
        ended = await trio.to_thread.run_sync(_run, self.go, function, jobs)
        self.then()
        return ended


def _run(go: threading.Event, function: Callable[..., Any], jobs: list[Any]) -> Any:
    go.wait(PATIENCE)
    return function(jobs)


def keep(key: str) -> Callable[[Transaction], int]:
    def job(transaction: Transaction) -> int:
        return len(transaction.keep(None, (Effect(key, "send", b"message", 4e9),)))

    return job


def fail(_: Transaction) -> int:
    raise VaultError("too-many-conversations", "too many")


def kept(outbox: Outbox) -> set[str]:
    return {one.key for one in outbox.due(4e9)}


@pytest.fixture(name="held")
def held_fixture(vault: Vault) -> Held:
    return Held(vault)


async def test_a_job_that_comes_alone_is_kept_at_once(vault: Vault, held: Held) -> None:
    held.go.set()
    assert await held.committing.do(keep("a")) == 1
    assert kept(vault.outbox) == {"a"}


async def test_jobs_that_come_while_one_is_kept_share_the_next_transaction(
    vault: Vault, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    transactions = []
    write = Database.write

    def counted(database: Database) -> Any:
        transactions.append(database)
        return write(database)

    monkeypatch.setattr(Database, "write", counted)
    async with trio.open_nursery() as nursery:
        for key in "abcde":
            nursery.start_soon(held.committing.do, keep(key))
        await trio.testing.wait_all_tasks_blocked()
        held.go.set()
    assert (held.batches, len(transactions)) == ([1, 4], 2)
    assert kept(vault.outbox) == set("abcde")


async def test_a_job_that_fails_takes_no_other_with_it(vault: Vault, held: Held) -> None:
    failed: list[str] = []

    async def failing() -> None:
        with pytest.raises(VaultError) as caught:
            await held.committing.do(fail)
        failed.append(caught.value.code)

    async with trio.open_nursery() as nursery:
        for key in "abc":
            nursery.start_soon(held.committing.do, keep(key))
        nursery.start_soon(failing)
        await trio.testing.wait_all_tasks_blocked()
        held.go.set()
    assert failed == ["too-many-conversations"]
    assert kept(vault.outbox) == set("abc")


async def test_a_job_whose_task_is_cancelled_while_it_waits_is_not_kept(vault: Vault, held: Held) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(held.committing.do, keep("a"))
        await trio.testing.wait_all_tasks_blocked()
        with trio.move_on_after(0):
            await held.committing.do(keep("b"))
        nursery.start_soon(held.committing.do, keep("c"))
        await trio.testing.wait_all_tasks_blocked()
        held.go.set()
    assert kept(vault.outbox) == {"a", "c"}


async def test_what_follows_a_job_happens_though_its_task_was_cancelled_meanwhile(held: Held) -> None:
    followed: list[int] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(held.committing.do, keep("a"))
        await trio.testing.wait_all_tasks_blocked()
        scope = trio.CancelScope()

        async def leaving() -> None:
            with scope:
                await held.committing.do(keep("b"), followed.append)

        nursery.start_soon(leaving)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(held.committing.do, keep("c"))
        held.go.set()
        held.go = threading.Event()  # the second transaction, which "b" leads, is held up in its thread
        await until(lambda: len(held.batches) == 2)
        scope.cancel()
        await trio.testing.wait_all_tasks_blocked()
        held.go.set()
    assert followed == [1]


async def test_who_is_to_lead_next_may_leave_and_the_others_are_kept(vault: Vault, held: Held) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(held.committing.do, keep("a"))
        await trio.testing.wait_all_tasks_blocked()
        scope = trio.CancelScope()
        held.then = scope.cancel  # in the very moment in which the lead is handed over

        async def leaving() -> None:
            with scope:
                await held.committing.do(keep("b"))

        nursery.start_soon(leaving)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(held.committing.do, keep("c"))
        await trio.testing.wait_all_tasks_blocked()
        held.go.set()
    assert kept(vault.outbox) == {"a", "c"}


async def test_a_patient_job_goes_with_the_next_one(vault: Vault, held: Held) -> None:
    held.go.set()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(held.committing.do, keep("a"), None, PATIENCE)
        await trio.testing.wait_all_tasks_blocked()
        await held.committing.do(keep("b"))
    assert held.batches == [2]
    assert kept(vault.outbox) == {"a", "b"}


async def test_a_patient_job_with_which_nobody_comes_is_kept_in_the_end(vault: Vault, held: Held) -> None:
    held.go.set()
    await held.committing.do(keep("a"), None, 0.01)
    assert kept(vault.outbox) == {"a"}


async def test_jobs_of_a_vault_that_is_closed_all_fail(vault: Vault, held: Held) -> None:
    vault.close()
    held.go.set()
    codes: list[str] = []

    async def failing(key: str) -> None:
        with pytest.raises(VaultError) as caught:
            await held.committing.do(keep(key))
        codes.append(caught.value.code)

    async with trio.open_nursery() as nursery:
        for key in "abc":
            nursery.start_soon(failing, key)
    assert codes == ["closed"] * 3
