"""The jobs of priced tasks as the vault keeps them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage.settlements import Settlement
from storage.vault import Vault, VaultError
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]

TASK, GENESIS = "ab" * 16, "0x" + "11" * 32
HUGE = 2**200  # more than a column of whole numbers holds


def begun(vault: Vault, task: str = TASK, job: int | None = None) -> None:
    vault.settlements.begin(Settlement(task, "initiator", "", 31337, GENESIS, job, HUGE, "0x" + "22" * 20, b"plan"))


def test_an_amount_may_be_as_large_as_a_token_allows(vault: Vault) -> None:
    begun(vault)
    found = vault.settlements.find(TASK)
    assert found is not None
    assert found.amount == HUGE


def test_a_task_has_one_job(vault: Vault) -> None:
    begun(vault)
    with pytest.raises(VaultError) as raised:
        begun(vault)
    assert raised.value.code == "known-settlement"


def test_a_change_is_made_of_what_stands_there_now(vault: Vault) -> None:
    begun(vault)
    for _ in range(3):
        vault.settlements.step(TASK, lambda found: replace(found, state=found.state + b"."))
    found = vault.settlements.find(TASK)
    assert found is not None
    assert found.state == b"plan..."


def test_what_a_conversation_says_is_kept_with_its_step_or_not_at_all(vault: Vault) -> None:
    begun(vault)

    def broken(_connection: object) -> None:
        raise VaultError("disk-full", "no room")

    noted = vault.settlements.stepped(TASK, lambda found: replace(found, state=b"noted"))
    with pytest.raises(VaultError):
        vault.outbox.begin(TASK, "initiator", "", "inference", b"", [], within=[noted, broken])
    found = vault.settlements.find(TASK)
    assert found is not None
    assert found.state == b"plan"


def test_a_task_without_a_job_is_told_nothing(vault: Vault) -> None:
    noted = vault.settlements.stepped(TASK, lambda found: replace(found, state=b"noted"))
    vault.outbox.begin(TASK, "initiator", "", "inference", b"", [], within=[noted])
    assert vault.settlements.list() == []


def test_an_outcome_stays_as_it_is(vault: Vault) -> None:
    begun(vault)
    vault.settlements.step(TASK, lambda found: replace(found, outcome="settled"))
    with pytest.raises(VaultError) as raised:
        vault.settlements.step(TASK, lambda found: replace(found, outcome="refunded"))
    assert raised.value.code == "settlement-ended"


def test_those_that_ended_are_not_looked_at_again(vault: Vault) -> None:
    begun(vault)
    begun(vault, "cd" * 16)
    vault.settlements.step(TASK, lambda found: replace(found, outcome="rejected"))
    assert [found.task for found in vault.settlements.open()] == ["cd" * 16]


def test_a_job_is_found_by_its_chain_and_number(vault: Vault) -> None:
    begun(vault, job=7)
    assert [found.task for found in vault.settlements.of_job(GENESIS, 31337, 7)] == [TASK]
    assert vault.settlements.of_job("0x" + "33" * 32, 31337, 7) == []
