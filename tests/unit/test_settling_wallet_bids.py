"""Bids of providers whose wallet is a contract, as a whole node takes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import trio
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data

from app.actions import tasks
from app.swarm.settled import kept_of
from p2p import deploying
from p2p.contents import Proposal
from p2p.settlement_terms import BidTerms, bid_of
from p2p.typed_data import bid_message
from p2p.wording import packed, unpacked
from tests.contracts.world import hostile
from tests.unit.anvil_fixtures import Anvil, anvil_fixture
from tests.unit.printed_fixtures import creates
from tests.unit.settle_fixtures import bids_of, market, quick, settled, settlement

__all__ = ["anvil_fixture"]

pytestmark = pytest.mark.timeout(900)
OWNER, SOMEBODY = bytes(31) + b"\x31", bytes(31) + b"\x32"


async def test_what_the_contract_says_is_its_own_is_its_bid(
    tmp_path: Path, anvil: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    async with market(tmp_path, anvil) as there:
        owned = hostile("wallet")[0] + encode(["address"], [deploying.address_of(OWNER)])
        wallet = await trio.to_thread.run_sync(creates, anvil, owned)
        task = await there.announce(award="ask")
        (bid,) = await bids_of(there.alice, task)
        row = await settlement(there.alice, task)
        assert row is not None
        kept = kept_of(row)
        proposal = Proposal.from_map(unpacked(bid.terms.body))
        terms = BidTerms.from_x(proposal.x)
        assert terms is not None
        theirs = replace(terms, provider=wallet)
        message = bid_message(bid_of(kept.plan.call, theirs, proposal.price.amount, kept.calls[bid.peer]), wallet)
        bids = {}
        for name, key in (("owner", OWNER), ("somebody", SOMEBODY)):
            signature = bytes(Account.sign_message(encode_typed_data(full_message=message), key).signature)
            said = replace(proposal, x=replace(theirs, signature=signature).to_x())
            bids[name] = replace(bid, terms=replace(bid.terms, body=packed(said)))
        paying = there.alice.swarm.negotiating.paying
        assert await paying.sound(task, [*bids.values(), bid]) == [bids["owner"], bid]
        await tasks.award_task(there.alice, task, ())
        assert await settled(there.alice, task) == "rejected"
