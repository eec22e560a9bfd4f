"""A task to be paid that was cut off before its call is listed, with what becomes of its money."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.swarm import uncalled
from p2p.job_seen import Status
from p2p.settling_plan import Plan
from storage.settlements import Settlement
from storage.vault import Vault, VaultError
from tests.unit.test_settled import CALL, KEPT, TOKEN
from tests.unit.vault_fixtures import KEY

TASK = "ab" * 16
CUT_OFF = replace(
    KEPT, plan=Plan(TASK, "client", replace(CALL, job=0), description="nuee inference"), announced=False, calls={}
)
ROW = Settlement(TASK, "initiator", "", 31337, "0x00", None, 5_000_000, TOKEN, CUT_OFF.to_bytes())


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.create(tmp_path / "vault.db", KEY) as made:
        made.settlements.begin(ROW)
        yield made


def test_it_is_listed_and_says_that_nothing_left_the_account(vault: Vault) -> None:
    (row,) = uncalled.rows(vault, (), "en")
    assert (row.id, row.role, row.kind, row.state, row.ended) == (TASK, "initiator", "inference", "unannounced", None)
    assert row.job == "It is being taken back on anvil. The 5\u00a0NREH for it never left your account."


def test_what_is_paid_in_already_comes_back(vault: Vault) -> None:
    paid = replace(CUT_OFF, plan=replace(CUT_OFF.plan, call=CALL, amount=2_500_000, status=Status.FUNDED))
    vault.settlements.step(TASK, lambda row: replace(row, state=paid.to_bytes()))
    (row,) = uncalled.rows(vault, (), "fr")
    assert row.job == "2,5\u00a0NREH sont retenus pour elle sur anvil et vous reviennent."


def test_once_it_was_taken_back_that_is_said(vault: Vault) -> None:
    vault.settlements.step(TASK, lambda row: replace(row, outcome="rejected"))
    (row,) = uncalled.rows(vault, (), "en")
    assert row.ended is not None
    assert row.job == "Taken back on anvil before anything was paid in."


def test_while_it_is_being_prepared_it_is_no_accident(vault: Vault) -> None:
    (row,) = uncalled.rows(vault, (TASK,), "en")
    assert row.state == "preparing"
    assert row.job == "Being prepared on anvil: up to 5\u00a0NREH."


@pytest.mark.parametrize("changed", [{"state": replace(CUT_OFF, announced=True).to_bytes()}])
def test_one_whose_call_went_out_is_a_task_like_others(vault: Vault, changed: dict[str, bytes]) -> None:
    vault.settlements.step(TASK, lambda row: replace(row, state=changed["state"]))
    assert uncalled.rows(vault, (), "en") == []


def test_somebody_elses_job_is_none_of_ours(vault: Vault) -> None:
    vault.settlements.begin(replace(ROW, task=f"peer/{TASK}", role="participant", peer="peer"))
    assert [row.id for row in uncalled.rows(vault, (), "en")] == [TASK]


def test_it_is_found_by_the_beginning_of_its_name(vault: Vault) -> None:
    found = uncalled.find(vault, TASK[:8], (), "en")
    assert found is not None
    assert found.settlement is not None
    assert uncalled.find(vault, "ffff", (), "en") is None


def test_it_can_be_forgotten_once_it_is_over(vault: Vault) -> None:
    with pytest.raises(VaultError, match="goes on"):
        vault.settlements.remove(TASK)
    vault.settlements.step(TASK, lambda row: replace(row, outcome="void"))
    vault.settlements.remove(TASK)
    assert uncalled.rows(vault, (), "en") == []
