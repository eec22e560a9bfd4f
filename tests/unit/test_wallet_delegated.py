"""Authority over a wallet between two real nodes: asked for over libp2p, signed within limits, lost when taken away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.actions import wallet as actions
from app.actions import wallet_asking as asking
from app.actions import wallet_policy as policy
from app.chain import wallet_looking as looking
from app.chain.delegated import MOST_WAITING, _refused, authority_at, note_of, signature_at
from app.node import Node
from app.results import CommandFailed
from p2p.delegated import BadDelegated, Outcome, authority_of, outcome_answer, outcome_of, question
from p2p.wallet_requests import WalletRefused
from tests.unit.chains_fixtures import rehearsing
from tests.unit.fault_fixtures import PASSPHRASE, two_nodes, until
from tests.unit.wallet_node_fixtures import STRANGER, within


@dataclass(frozen=True)
class Two:
    """Alice has the wallet; Bob is a contact of hers, and she of his."""

    alice: Node
    bob: Node

    async def give(self, **limits: str) -> None:
        given = limits or {"task": "5"}
        await policy.add_delegate(self.alice, "Bob", "Bob's phone", "2099-01-31", given, PASSPHRASE)

    async def refusal(self, call: str, *args: str) -> str:
        with pytest.raises(WalletRefused) as refused:
            await asking.ask_for(self.bob, "Alice", call, args)
        return refused.value.code

    async def states(self) -> list[str]:
        return [row.state for row in await actions.wallet_history(self.alice)]


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[Two]:
    with within():
        async with two_nodes(folder) as (alice, bob):
            await rehearsing(alice)
            await alice.chains.connected()
            yield Two(alice, bob)


async def test_who_has_authority_has_something_signed_and_sent_by_the_other_wallet(tmp_path: Path) -> None:
    async with two(tmp_path) as nodes:
        await nodes.give()
        asked = await asking.ask_for(nodes.bob, "Alice", "token.approve", ("kernel", "2"))
        assert asked.hash.startswith("0x")
        await until(lambda: _all_final(nodes))
        (row,) = await actions.wallet_history(nodes.alice)
        assert row.hash == asked.hash
        assert "up to 2\u00a0" in row.text


async def _all_final(nodes: Two) -> bool:
    states = await nodes.states()
    return bool(states) and set(states) == {"final"}


async def test_what_one_may_ask_for_can_be_looked_at(tmp_path: Path) -> None:
    async with two(tmp_path) as nodes:
        await nodes.give(task="5", day="9")
        held = await asking.authority(nodes.bob, "Alice")
        assert (held.task.amount, held.day.amount, held.peer.amount, held.spent.amount) == ("5", "9", "5", "0")
        assert held.account == (await actions.wallet(nodes.alice)).address
        assert not held.over


async def test_a_contact_without_authority_gets_no_signature(tmp_path: Path) -> None:
    async with two(tmp_path) as nodes:
        assert await nodes.refusal("token.approve", "kernel", "2") == "wallet-delegate"
        assert await nodes.states() == []


async def test_authority_ends_with_the_next_request_after_it_is_taken_away(tmp_path: Path) -> None:
    async with two(tmp_path) as nodes:
        await nodes.give()
        await asking.ask_for(nodes.bob, "Alice", "token.approve", ("kernel", "2"))
        await policy.remove_delegate(nodes.alice, "Bob's phone")
        assert await nodes.refusal("token.approve", "kernel", "1") == "wallet-delegate"


async def test_the_owner_is_asked_who_asks_and_for_what_and_then_it_goes_out_once(tmp_path: Path) -> None:
    async with two(tmp_path) as nodes:
        await nodes.give(task="10")
        asked = await asking.ask_for(nodes.bob, "Alice", "token.transfer", (STRANGER, "3"))
        assert (asked.hash, len(asked.asks)) == ("", 64)
        (waits,) = await actions.wallet_pending(nodes.alice)
        assert waits.text.startswith("Asked for by Bob, who has authority: Send 3\u00a0")
        await actions.decide_wallet_ask(nodes.alice, waits.digest, agreed=True)
        sent = await asking.ask_for(nodes.bob, "Alice", "token.transfer", (STRANGER, "3"), again=asked.again)
        assert sent.hash.startswith("0x")
        await until(lambda: _all_final(nodes))
        found = await looking.policy(nodes.alice)
        (entry,) = [one for one in found.spent if one.amount]
        assert (entry.amount, entry.by[:8]) == (3 * 10**6, "did:key:")
        again = await asking.ask_for(nodes.bob, "Alice", "token.transfer", (STRANGER, "3"))
        assert again.asks  # one yes, one signature


async def test_a_delegate_spends_no_more_than_was_given(tmp_path: Path) -> None:
    async with two(tmp_path) as nodes:
        await nodes.give()
        assert await nodes.refusal("token.transfer", STRANGER, "6") == "wallet-limit-task"
        assert await actions.wallet_pending(nodes.alice) == ()


async def test_a_delegate_cannot_heap_up_what_the_owner_is_asked(tmp_path: Path) -> None:
    async with two(tmp_path) as nodes:
        await nodes.give()
        asks = nodes.alice.vault.vault.wallet_asks
        for number in range(MOST_WAITING):
            await nodes.alice.blocking(asks.ask, f"{number:064x}", {"key": "", "values": []}, {})
        assert await nodes.refusal("token.transfer", STRANGER, "1") == "wallet-asks-many"


async def test_the_same_note_is_one_transaction(tmp_path: Path) -> None:
    async with two(tmp_path) as nodes:
        await nodes.give()
        alice, bob = nodes.alice.vault.peer_id, nodes.bob
        held = await authority_at(bob, alice)
        request = asking.request_of(asking.method_of("token.approve"), ("kernel", "2"), held, "", 1)
        note = await note_of(bob, request)
        first, second = await signature_at(bob, alice, note), await signature_at(bob, alice, note)
        assert first.sent == second.sent
        assert len(await actions.wallet_history(nodes.alice)) == 1


async def test_a_note_of_somebody_else_is_nobodys(tmp_path: Path) -> None:
    """Alice herself signs a note, and Bob brings it: the identity that asks is the one that the contact proved."""
    async with two(tmp_path) as nodes:
        await nodes.give()
        alice = nodes.alice.vault.peer_id
        held = await authority_at(nodes.bob, alice)
        request = asking.request_of(asking.method_of("token.approve"), ("kernel", "2"), held, "", 1)
        note = await note_of(nodes.alice, request)
        with pytest.raises(WalletRefused) as refused:
            await signature_at(nodes.bob, alice, note)
        assert refused.value.code == "wallet-delegate"


async def test_authority_is_for_one_chain_one_account_and_known_contracts(tmp_path: Path) -> None:
    async with two(tmp_path) as nodes:
        await nodes.give()
        alice = nodes.alice.vault.peer_id
        held = await authority_at(nodes.bob, alice)
        request = asking.request_of(asking.method_of("token.approve"), ("kernel", "2"), held, "", 1)
        for other in (replace(request, chain=31337), replace(request, account=3), replace(request, contract=STRANGER)):
            with pytest.raises(WalletRefused) as refused:
                await signature_at(nodes.bob, alice, await note_of(nodes.bob, other))
            assert refused.value.code == "wallet-delegate-authority"


async def test_a_blocked_contact_is_not_answered(tmp_path: Path) -> None:
    from app.actions.peers import block_peer
    from p2p.host_errors import HostFailed

    async with two(tmp_path) as nodes:
        await nodes.give()
        await block_peer(nodes.alice, "Bob")
        with pytest.raises((HostFailed, CommandFailed)):
            await asking.ask_for(nodes.bob, "Alice", "token.approve", ("kernel", "2"))
        assert await nodes.states() == []


@pytest.mark.parametrize(
    ("call", "args"),
    [("token.mint", ()), ("nothing", ()), ("token.transfer", (STRANGER,)), ("token.transfer", ("Alice", "1")),
     ("evaluator.rule", ("1", "perhaps", "0x" + "00" * 32))],
)  # fmt: skip
def test_what_is_no_call_is_not_asked_for(call: str, args: tuple[str, ...]) -> None:
    contracts = {"token": STRANGER, "evaluator": STRANGER}
    given = {"chain": "1", "account": STRANGER, "contracts": contracts, "token": STRANGER, "symbol": "X"}
    numbers = dict.fromkeys(("decimals", "task", "day", "counterparty", "spent", "until"), "6")
    held = authority_of(json.dumps({"authority": {**given, **numbers}}).encode())
    assert not isinstance(held, Outcome)
    with pytest.raises(CommandFailed) as refused:
        asking.request_of(asking.method_of(call), args, held, "", 1)
    assert refused.value.key == "wallet-call"


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b'{"ask": "money"}', b'{"ask": "sign", "note": 1, "signature": ""}', b"[" * 50_000,
     b'{"ask": "sign", "note": "", "signature": "zz"}', b'{"ask": "authority", "more": 1}', b"x" * 300_000],
)  # fmt: skip
def test_what_is_not_of_the_protocol_is_refused(data: bytes) -> None:
    with pytest.raises(BadDelegated):
        question(data)


@pytest.mark.parametrize(
    "data",
    [b"{}", b'{"authority": {}}', b'{"authority": 1}', b'{"sent": 1, "state": ""}', b'{"refused": "", "values": {}}',
     b'{"asks": "' + b"a" * 100 + b'"}'],
)  # fmt: skip
def test_what_is_no_answer_is_not_believed(data: bytes) -> None:
    with pytest.raises(BadDelegated):
        authority_of(data)
    with pytest.raises(BadDelegated):
        outcome_of(data)


def test_what_another_node_says_of_its_refusal_is_plain() -> None:
    said = _refused(Outcome(refused="wallet-limit-task", values={"left": "\x1b[2J5\u202e", "code": "x", "a b": "y"}))
    assert (said.code, said.values["left"]) == ("wallet-limit-task", "⟦U+001B⟧[2J5⟦U+202E⟧")


def test_an_answer_is_what_it_was() -> None:
    for outcome in (Outcome(sent="0x1", state="sent"), Outcome(asks="ab"), Outcome(refused="x", values={"left": "1"})):
        assert outcome_of(outcome_answer(outcome)) == outcome
