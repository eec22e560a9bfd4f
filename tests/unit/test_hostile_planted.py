"""Bugs planted one at a time into what keeps strangers and contacts in their bounds: the tests named here see each.

The tests themselves run where they stand; here each is run with its bug, and has to fail.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.swarm import awarding, deciding, disclosing, greeting, naming, progress, shares
from app.swarm.deciding import Decisions
from app.swarm.gate import KeptBans, PeerGate
from p2p import canonical, host_door, host_swarm, inbox
from p2p.hello import Hello
from p2p.host_limits import Standing
from p2p.node import Host
from storage import dialogues, disclosures, offers, peers, tasks
from storage.vault import Vault
from tests.unit import (
    test_canonical,
    test_disclosures,
    test_inbox,
    test_outbox,
    test_p2p_conduct,
    test_p2p_defence,
    test_swarm_awarding,
    test_swarm_deciding,
    test_swarm_disclosing,
    test_swarm_gate,
    test_swarm_greeting,
    test_swarm_naming,
    test_swarm_progress,
    test_swarm_stores,
)
from tests.unit.test_swarm_deciding import Side
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]


@dataclass(frozen=True)
class Bug:
    """`place`: whose attribute becomes `wrong`; `seen_by`: a test, with what its parameters are here."""

    name: str
    place: tuple[Any, str]
    wrong: Any
    seen_by: Callable[..., Any]
    given: dict[str, Any] = field(default_factory=dict)


class Deaf(dict[tuple[str, str], Any]):
    """Works that are found by anybody who names any, and are over as soon as they were."""

    def get(self, _name: object, _otherwise: object = None) -> Any:
        (work,) = self.values()
        work.ended = True
        return work


def everybodys(self: progress.Progress) -> None:
    self._works = Deaf()


@asynccontextmanager
async def no_turns(_self: object, _kind: str, _most: object) -> Any:
    yield


async def welcome(self: greeting.Greeting, peer_id: str, request: bytes) -> bytes:
    Hello.from_bytes(request, peer_id)
    return (await self._own(None)).to_bytes()


def by_any(self: peers.Peers, _secret: bytes, _peer: str) -> str:
    return "" if self.invites() is not None else "never"


def of_any_kind(self: disclosures.Disclosures, peer: str, _kind: str) -> str | None:
    return next((decision for who, _, decision in self.consents() if who == peer), None)


def digest_alone(body: bytes, _kind: str, _peers: tuple[str, ...]) -> str:
    return body.hex()


def refusing_first(_self: object, *_: object) -> None:
    return None


BUGS = (
    Bug("a bid holds nothing of a quota", (shares.Promises, "of"), lambda *_: 0,
        test_swarm_deciding.test_two_calls_at_once_do_not_both_get_the_last_of_a_quota),
    Bug("a promise outlives its conversation", (Decisions, "_follow"), refusing_first,
        test_swarm_deciding.test_a_conversation_that_ended_holds_nothing, {"outcome": "refused"}),
    Bug("a promise is forgotten at a restart", (shares.Promises, "give"), refusing_first,
        test_swarm_deciding.test_what_was_bid_before_a_restart_still_counts),
    Bug("all that was bid for is worked on at once", (shares.Places, "one"), no_turns,
        test_swarm_deciding.test_no_more_is_worked_on_than_offered_whatever_was_bid_for),
    Bug("what was used is not counted", (offers.Offers, "used"), lambda *_: 0,
        test_swarm_deciding.test_a_quota_holds_to_the_last_token, {"used": 901, "answer": "quota"}),
    Bug("a price is within any maximum", (deciding, "affordable"), lambda *_: True,
        test_swarm_awarding.test_a_bid_above_the_maximum_is_never_awarded_by_itself, {"policy": "fastest"}),
    Bug("amounts of all tokens are one", (deciding, "affordable"), lambda price, most: price.amount <= most.amount,
        test_swarm_awarding.test_a_small_amount_of_another_token_is_not_cheap),
    Bug("a tie is won by who came first", (deciding, "rank"), lambda bid, *_: awarding.proposal_of(bid).price.amount,
        test_swarm_awarding.test_the_award_follows_the_policy,
        {"policy": "cheapest", "first": test_swarm_deciding.BOB,
         "bids": [test_swarm_awarding.bid(name, 2, 1) for name in ("carol", "bob")]}),
    Bug("a fault in a kind ends more than its call", (Decisions, "bid"), Decisions._bid,
        test_swarm_deciding.test_a_fault_in_a_kind_is_a_refusal_and_no_more),
    Bug("calls that came to nothing pile up", (tasks.Tasks, "trimmed"), lambda *_: lambda _connection: None,
        test_swarm_stores.test_of_one_peers_calls_that_came_to_nothing_the_newest_are_kept),
    Bug("a blocked peer is a stranger", (PeerGate, "standing"), lambda *_: Standing.STRANGER,
        test_swarm_gate.test_a_peer_stands_as_the_vault_says, {"standing": "blocked", "is_": Standing.BLOCKED}),
    Bug("a ban ends with the process", (KeptBans, "save"), refusing_first,
        test_swarm_gate.test_a_ban_is_kept_and_known_at_the_next_start),
    Bug("every protocol is for strangers", (Host, "_may_use"), lambda *_: True,
        test_swarm_gate.test_each_protocol_is_for_those_it_is_for,
        {"standing": "known", "acl": "refused", "hello": "ok"}),
    Bug("an invite lets in whoever shows it", (peers.Peers, "redeem"), by_any,
        test_swarm_greeting.test_a_stolen_invite_that_was_used_lets_nobody_in),
    Bug("a stranger is greeted by name", (greeting.Greeting, "answer"), welcome,
        test_swarm_greeting.test_without_it_a_stranger_stays_one_and_learns_nothing),
    Bug("newcomers are called what they say", (greeting, "told_apart"), lambda claimed, *_: claimed,
        test_swarm_greeting.test_a_newcomer_whose_name_looks_like_a_contacts_is_told_apart),
    Bug("letters of other alphabets are others", (naming, "likeness"), str.casefold,
        test_swarm_naming.test_who_calls_themselves_nearly_as_a_friend_does_is_told_from_the_friend,
        {"claimed": "В\u043eb"}),
    Bug("what turns text around is a name", (naming, "visible"), str.strip,
        test_swarm_greeting.test_a_name_is_shown_without_what_a_screen_would_obey),
    Bug("work is found by its conversation alone", (progress.Progress, "__init__"), everybodys,
        test_swarm_progress.test_the_work_of_another_is_not_heard),
    Bug("a provider's text has no end", (progress, "MAX_KEPT"), 2**20,
        test_swarm_progress.test_whatever_a_provider_says_the_following_ends_and_little_is_heard,
        {"says": test_swarm_progress.endless_text}),
    Bug("a yes is for anybody", (disclosing, "digest_of"), digest_alone,
        test_swarm_disclosing.test_a_yes_is_for_those_that_were_shown_and_nobody_who_came_since),
    Bug("a yes to one kind is a yes to all", (disclosures.Disclosures, "consent"), of_any_kind,
        test_swarm_disclosing.test_always_holds_for_this_peer_and_this_kind_alone),
    Bug("an edit of the ledger is not seen", (disclosures, "_chained"), lambda *_: "",
        test_disclosures.test_an_edit_shows, {"sql": "UPDATE disclosure SET peer = 'x' WHERE number = 2", "line": 2}),
    Bug("a message counts twice", (dialogues.Transaction, "heard"), lambda *_: False,
        test_outbox.test_a_message_counts_once),
    Bug("calls have no limit", (dialogues, "_room"), lambda *_: True,
        test_outbox.test_a_flood_of_calls_is_refused_at_a_limit),
    Bug("a clock may be ahead by a year", (inbox, "AHEAD_LIMIT"), 365 * 86_400_000,
        test_inbox.test_a_clock_too_far_ahead_is_refused_and_told_our_time),
    Bug("one address may take every place", (host_door.Door, "knock"), lambda *_: True,
        test_p2p_conduct.test_one_address_cannot_take_every_place),
    Bug("a message may lie as deep as it likes", (canonical, "DEPTH_LIMIT"), 1000,
        test_canonical.test_deeper_values_are_neither_made_nor_taken, {"kind": list}),
    Bug("a peer has as many streams as it likes", (host_swarm.GuardedSwarm, "_streams_of"), lambda *_: 10**6,
        test_p2p_defence.test_a_peer_has_few_streams_at_a_time),
)  # fmt: skip


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
async def test_a_planted_bug_is_seen(bug: Bug, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fixtures = {"vault": vault, "tmp_path": tmp_path / "planted", "monkeypatch": monkeypatch, "side": Side(vault)}
    named = {name: fixtures[name] for name in inspect.signature(bug.seen_by).parameters if name not in bug.given}
    monkeypatch.setattr(*bug.place, bug.wrong)
    with pytest.raises((Exception, BaseExceptionGroup, pytest.fail.Exception)) as seen:
        await run(bug.seen_by, {**bug.given, **named})
    assert failures(seen.value)


async def run(test: Callable[..., Any], given: dict[str, Any]) -> None:
    result = test(**given)
    if inspect.isawaitable(result):
        await result


def failures(error: BaseException) -> bool:
    """Whether it is a claim that did not hold, and no other fault, such as a wrong call of the test."""
    if isinstance(error, BaseExceptionGroup):
        return all(failures(one) for one in error.exceptions)
    return isinstance(error, AssertionError | pytest.fail.Exception | ZeroDivisionError)
