"""Which bid is awarded, by the policy that the person chose."""

from __future__ import annotations

import os

import cbor2
import pytest

from app.swarm.awarding import affordable
from app.swarm.deciding import acceptance
from p2p.acl import BadField
from p2p.content_fields import FREE, Price
from p2p.contents import CallForProposals, Proposal
from p2p.contractnet_terms import Announce, Bid, Terms
from p2p.deciding import Change
from p2p.initiator import step
from p2p.initiator_state import announcement
from p2p.wording import packed
from storage.tasks import TaskState
from storage.vault import Vault
from tests.unit.test_swarm_deciding import BOB, CAROL, MINUTE, NOW, SPEC, STRANGER, TASK, Side, side_fixture
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["path_fixture", "side_fixture", "vault_fixture"]


def bid(peer: str, amount: int = 0, eta: int = 1000, token: str = "credit") -> Bid:
    price = Price(amount, token if amount else "none")
    return Bid(peer, Terms(packed(Proposal(price, eta)), NOW + MINUTE))


def announced(vault: Vault, policy: str, most: Price = FREE, wanted: int = 1) -> None:
    """A call of ours that stands in the vault."""
    body = packed(CallForProposals(SPEC, NOW + 10 * MINUTE, most))
    deadlines = (NOW + MINUTE, NOW + 2 * MINUTE, NOW + 10 * MINUTE)
    state, _ = step(announcement(TASK, body, (BOB, CAROL), deadlines, wanted), Announce(NOW))
    kept = {"spec": SPEC, "input": {"prompt": "Hi"}, "award": policy, "wanted": wanted}
    vault.outbox.begin(
        TASK,
        "initiator",
        "",
        "inference",
        cbor2.dumps(state.to_map()),
        within=[vault.tasks.created(TASK, "initiator", "inference", kept, [BOB, CAROL], "calling")],
    )


async def awarded(side: Side, bids: list[Bid]) -> tuple[str, ...] | None:
    chosen = await side.decisions.award(TASK, "inference", bids)
    return None if chosen is None else chosen[0]


@pytest.mark.parametrize(
    ("policy", "bids", "first"),
    [
        ("cheapest", [bid(BOB, 3, 1), bid(CAROL, 2, 99)], CAROL),
        ("cheapest", [bid(BOB, 2, 99), bid(CAROL, 2, 1)], CAROL),
        ("cheapest", [bid(CAROL, 2, 1), bid(BOB, 2, 1)], BOB),  # a tie is settled by the id, not by who came first
        ("fastest", [bid(BOB, 1, 50), bid(CAROL, 3, 49)], CAROL),
        ("fastest", [bid(BOB, 3, 50), bid(CAROL, 1, 50)], CAROL),
        ("contacts", [bid(STRANGER, 0), bid(BOB, 3)], BOB),
        ("contacts", [bid(CAROL, 3), bid(BOB, 4)], CAROL),
    ],
)
async def test_the_award_follows_the_policy(side: Side, policy: str, bids: list[Bid], first: str) -> None:
    announced(side.vault, policy, Price(10, "credit"))
    assert await awarded(side, bids) == (first,)


def ended(side: Side, peer: str, *states: TaskState) -> None:
    """Tasks that the peer was given before, and how they ended."""
    for state in states:
        task = os.urandom(16).hex()
        kept = [
            side.vault.tasks.created(task, "initiator", "inference", {}, [peer], "calling"),
            side.vault.tasks.changed(task, state, provider=peer),
        ]
        side.vault.outbox.begin(task, "initiator", "", "inference", b"", within=kept)


@pytest.mark.parametrize(
    ("bob", "carol", "first"),
    [
        (("done", "failed"), ("done", "done"), CAROL),
        (("done", "done", "done"), ("done",), BOB),
        ((), ("failed",), BOB),  # nothing is known of the one, and nothing good of the other
        (("done",), (), BOB),
        (("done", "expired"), ("cancelled", "refused"), CAROL),  # neither shows anything: the sooner
    ],
)
async def test_the_best_is_who_kept_their_word_most_often(
    side: Side, bob: tuple[TaskState, ...], carol: tuple[TaskState, ...], first: str
) -> None:
    ended(side, BOB, *bob)
    ended(side, CAROL, *carol)
    announced(side.vault, "best", Price(10, "credit"))
    assert await awarded(side, [bid(BOB, 1, 50), bid(CAROL, 2, 40)]) == (first,)


async def test_a_person_who_wants_to_choose_is_waited_for(side: Side) -> None:
    announced(side.vault, "ask", Price(10, "credit"))
    assert await awarded(side, [bid(BOB)]) is None


async def test_a_kind_that_is_no_longer_known_waits_for_the_person(side: Side) -> None:
    announced(side.vault, "cheapest")
    assert await side.decisions.award(TASK, "mining", [bid(BOB)]) is None


async def test_no_more_are_awarded_than_wanted(side: Side) -> None:
    announced(side.vault, "cheapest", wanted=2)
    assert await awarded(side, [bid("z"), bid(BOB), bid(CAROL)]) == (BOB, CAROL)


@pytest.mark.parametrize("policy", ["cheapest", "best", "fastest", "contacts"])
async def test_a_bid_above_the_maximum_is_never_awarded_by_itself(side: Side, policy: str) -> None:
    announced(side.vault, policy, Price(10, "credit"))
    assert await awarded(side, [bid(BOB, 11, 1), bid(CAROL, 10, 9999)]) == (CAROL,)


async def test_where_every_bid_is_too_dear_nobody_is_awarded(side: Side) -> None:
    announced(side.vault, "cheapest")
    assert await awarded(side, [bid(BOB, 1), bid(CAROL, 2**256 - 1)]) == ()


async def test_a_small_amount_of_another_token_is_not_cheap(side: Side) -> None:
    announced(side.vault, "cheapest", Price(10, "credit"))
    assert await awarded(side, [bid(BOB, 1, token="gold"), bid(CAROL, 9)]) == (CAROL,)


@pytest.mark.parametrize(
    ("price", "most", "fits"),
    [
        (FREE, FREE, True),
        (Price(0, "credit"), FREE, True),
        (Price(1, "credit"), FREE, False),
        (Price(1, "credit"), Price(1, "credit"), True),
        (Price(2, "credit"), Price(1, "credit"), False),
        (Price(1, "gold"), Price(9, "credit"), False),
    ],
)
def test_a_price_fits_or_not(price: Price, most: Price, fits: bool) -> None:
    assert affordable(price, most) is fits


@pytest.mark.parametrize(
    "amount",
    ["-1", "1e3", "nan", "NaN", "inf", "1.5", "", " 1", "0x10", "01", "9" * 78, 1, -1, 1.5, float("nan"), True, None],
)
def test_a_price_that_is_no_number_of_a_token_is_no_price(amount: object) -> None:
    with pytest.raises(BadField):
        Proposal.from_map({"price": {"amount": amount, "token": "credit"}, "eta": 1})  # type: ignore[dict-item]


async def test_the_award_carries_the_input_and_nothing_else(side: Side) -> None:
    announced(side.vault, "cheapest")
    chosen = await side.decisions.award(TASK, "inference", [bid(BOB)])
    assert chosen is not None
    assert chosen[1] == acceptance({"input": {"prompt": "Hi"}})


async def test_what_was_agreed_to_is_known_after_a_restart(side: Side) -> None:
    announced(side.vault, "cheapest")
    await awarded(side, [bid(BOB)])
    assert side.decisions.announcing[TASK].why == "typed"


async def test_the_words_of_a_task_that_ended_are_not_held(side: Side) -> None:
    announced(side.vault, "cheapest")
    await awarded(side, [bid(BOB)])
    state = announcement(TASK, b"", (BOB,), (NOW, NOW, NOW), 1)
    side.decisions.changed(Change(TASK, "initiator", "", "inference", state, (), None, "done"))
    assert side.decisions.announcing == {}
