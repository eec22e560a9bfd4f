"""The same contracts on a chain with blocks, fees and signed transactions, spoken to through web3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_tester.exceptions import TransactionFailed
from web3.logs import DISCARD

from tests.contracts.on_chain import OnChain, figures
from tests.contracts.world import COMPLETED, EXPIRED, REJECTED

WHY = b"\x07" * 32
DOCUMENTED = Path(__file__).parents[2] / "docs" / "contracts.md"


@pytest.fixture(scope="module")
def made_chain() -> OnChain:
    return OnChain()


@pytest.fixture
def chain(made_chain: OnChain) -> Iterator[OnChain]:
    before = made_chain.tester.take_snapshot()
    yield made_chain
    made_chain.tester.revert_to_snapshot(before)


def ends(chain: OnChain, job: int, status: int) -> bool:
    """The job has this status, and all its money is with one of the two."""
    paid = chain.token.functions.balanceOf(chain.of["provider"]).call()
    held = chain.token.functions.balanceOf(chain.kernel.address).call()
    found = chain.kernel.functions.getJob(job).call()[7]
    return bool(found == status and held == 0 and paid == (1_500_000 if status == COMPLETED else 0))


def test_a_client_who_is_content_pays(chain: OnChain) -> None:
    job = chain.delivered()
    receipt = chain.send(chain.evaluator.functions.accept(job, WHY), by="client")
    [paid] = chain.kernel.events.PaymentReleased().process_receipt(receipt, errors=DISCARD)
    assert paid["args"] == {"jobId": job, "provider": chain.of["provider"], "amount": 1_500_000}
    assert ends(chain, job, COMPLETED)


def test_silence_pays(chain: OnChain) -> None:
    job = chain.delivered()
    with pytest.raises(TransactionFailed, match="window open"):
        chain.send(chain.evaluator.functions.settle(job), by="provider")
    chain.travel(chain.now + 3600)
    chain.send(chain.evaluator.functions.settle(job), by="provider")
    assert ends(chain, job, COMPLETED)


def test_an_arbiter_sends_the_money_back(chain: OnChain) -> None:
    job = chain.delivered()
    receipt = chain.send(chain.evaluator.functions.dispute(job, WHY), by="client")
    [told] = chain.evaluator.events.Disputed().process_receipt(receipt, errors=DISCARD)
    assert told["args"]["arbiter"] == chain.of["arbiter"]
    chain.send(chain.evaluator.functions.rule(job, False, WHY), by="arbiter")
    assert ends(chain, job, REJECTED)


def test_what_nobody_settled_comes_back(chain: OnChain) -> None:
    job = chain.delivered()
    with pytest.raises(TransactionFailed, match="not expired"):
        chain.send(chain.kernel.functions.claimRefund(job), by="provider")
    chain.travel(chain.now + 100_000)
    chain.send(chain.kernel.functions.claimRefund(job), by="provider")
    assert ends(chain, job, EXPIRED)


def test_the_documented_gas_is_what_the_calls_take() -> None:
    rows = re.findall(r"^\| (.+?) \| ([\d,]+) \|$", DOCUMENTED.read_text("utf-8"), re.MULTILINE)
    documented = {name: int(used.replace(",", "")) for name, used in rows}
    measured = figures()
    assert documented.keys() == measured.keys()
    assert {name: used for name, used in measured.items() if abs(used - documented[name]) > 1000} == {}
