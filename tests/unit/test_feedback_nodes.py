"""What a client says in public of work that it paid for: written with the payment, and read by somebody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.actions import agents
from app.actions.reputation import feedback_given, give_feedback, reputation, revoke_feedback
from app.chain.paid_work import place
from app.node import Node
from p2p.chain import topic
from p2p.feedback import GIVEN
from p2p.registration import from_data_uri
from storage.paid_work import GivenRow, JobRow
from tests.unit.anvil_fixtures import Anvil, anvil_fixture
from tests.unit.settle_fixtures import quick
from tests.unit.validating_fixtures import Three, registers, three

__all__ = ["anvil_fixture"]

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


async def test_a_word_on_paid_work_names_payment_and_receipt_and_counts_for_a_third(
    tmp_path: Path, anvil: Anvil
) -> None:
    """Carol knows Alice, who paid Bob: until Alice takes it back."""
    async with three(tmp_path, anvil) as there:
        await registers(there.alice, "Alice")
        assert (await agents.show_agent(there.carol, "Alice")).verified
        task = await there.task()
        (receipt,) = await there.alice.blocking(there.alice.vault.vault.receipts.list, task)

        said = await give_feedback(there.alice, receipt.name, 90, "quick", public=True)

        assert said.state == "public"
        file = _file(there)
        job = (await _known(there.carol))[0]
        assert file["proofOfPayment"]["txHash"] == job.paid_in
        assert file["proofOfPayment"]["fromAddress"].lower() == job.client
        assert file["proofOfPayment"]["toAddress"].lower() == job.provider
        assert file["nuee"]["receipt"] == receipt.name
        found = await reputation(there.carol, "Bob")
        assert [(one.code, one.values) for one in found.reasons] == [("contacts", {"count": 1, "mean": 0.9})]
        assert (found.naked, found.naked_count, found.weight) == (90, 1, 1)

        await revoke_feedback(there.alice, receipt.name)

        assert [one.state for one in await feedback_given(there.alice)] == ["here"]
        after = await reputation(there.carol, "Bob")
        assert ([one.code for one in after.reasons], after.naked_count) == (["nothing"], 0)


async def test_of_a_payer_whom_nobody_trusted_has_paid_the_word_is_named_and_not_counted(
    tmp_path: Path, anvil: Anvil
) -> None:
    """Carol does not know whose account Alice's is."""
    async with three(tmp_path, anvil) as there:
        task = await there.task()
        (receipt,) = await there.alice.blocking(there.alice.vault.vault.receipts.list, task)
        await give_feedback(there.alice, receipt.name, 90, public=True)

        found = await reputation(there.carol, "Bob")

        assert [one.code for one in found.reasons] == ["nothing", "strangers"]
        _, given = await _known(there.carol)
        assert (given.receipt, found.weight) == (receipt.name, 0)


def _file(there: Three) -> dict[str, Any]:
    """Of the one entry, as the registry's event holds it.  Blocks."""
    from eth_abi.abi import decode

    chain = there.anvil.chain()
    (log,) = chain.logs(there.contracts["reputation"], [topic(GIVEN)], 0, chain.head().number)
    uri = decode(["uint64", "int128", "uint8", "string", "string", "string", "string", "bytes32"], log.data)[6]
    found: dict[str, Any] = json.loads(from_data_uri(uri))
    return found


async def _known(node: Node) -> tuple[JobRow, GivenRow]:
    """The one job, and the one entry, that this node has read of the chain."""
    await reputation(node, "Bob")
    at = await node.chains.connected()
    paid = node.vault.vault.paid_work
    (job,) = await node.blocking(paid.jobs, place(at, "kernel"))
    (entry,) = await node.blocking(paid.given, place(at, "reputation"))
    return job, entry
