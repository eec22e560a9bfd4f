"""How a task's job on chain stands is told in words: every step, who judges, and until when by the person's clock."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from app.actions.settling_cli import told
from app.local_time import local
from app.settle_results import SentRow, SettlementView
from app.swarm.job_view import view_of
from app.texts import catalogue
from p2p import settling
from storage.chains import ChainRow
from storage.vault import Vault
from tests.unit.test_settled import JUDGE, ROW
from tests.unit.vault_fixtures import KEY

HELD = SettlementView(
    "submitted", "2.5\u00a0NUE", "village", 31337, 7, "arbiter", JUDGE, "2030-03-17T17:46:40+00:00",
    transactions=(
        SentRow("create", "0xaa", "final"), SentRow("approve/1", "", "signed"), SentRow("new-step", "0x1", "sent"),
    ),
)  # fmt: skip


def test_each_transaction_says_what_it_was_for() -> None:
    said = told(asdict(HELD), "en")
    assert said[-3:] == [
        "Create the job: final 0xaa", "Let the escrow take the amount: signed", "new-step: sent 0x1",
    ]  # fmt: skip


def test_every_step_of_the_plan_has_words() -> None:
    source = Path(settling.__file__).read_text("utf-8")
    steps = set(re.findall(r'_do\(\s*plan, "([a-z-]+)"', source))
    assert len(steps) >= 12
    assert {f"swarm.step.{one}" for one in steps} <= catalogue().keys()


def test_the_end_of_a_window_is_said_by_the_persons_clock() -> None:
    assert any(local(HELD.by) in line for line in told(asdict(HELD), "en"))


def test_an_arbiter_who_is_known_is_called_by_name() -> None:
    assert f"A dispute goes to {JUDGE}." in told(asdict(HELD), "en")
    assert "A dispute goes to Ines." in told(asdict(replace(HELD, judge_name="Ines")), "en")


@pytest.mark.parametrize(("known", "said"), [(True, "Ines (0x3333…3333)"), (False, "")])
def test_who_judges_is_looked_up_among_those_the_person_knows(tmp_path: Path, known: bool, said: str) -> None:
    with Vault.create(tmp_path / "vault.db", KEY) as vault:
        vault.chains.add(ChainRow("village", "rpc", ROW.chain_id, ROW.genesis))
        vault.settlements.begin(ROW)
        if known:
            vault.watched.add(JUDGE, "Ines")
        view = view_of(vault, ROW.task, "en")
    assert view is not None
    assert (view.judge, view.judge_name) == (JUDGE, said)
