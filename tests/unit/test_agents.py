"""Registering this node's agent, and looking at others', on a chain with this release's registry."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.actions.offers import set_offer
from app.chain import agents, registering
from app.chain.port import Connected
from app.chain.registering import Wish, drafted, register
from app.node import Node
from app.results import CommandFailed
from p2p.chain import ChainError, Mined
from p2p.registration import Entry, data_uri, read
from storage.agents import AgentRow
from tests.unit.agent_fixtures import THEIRS, Somebody
from tests.unit.agents_at_work import USUAL, count, node_fixture, refused, registered  # noqa: F401
from tests.unit.chains_fixtures import profile, rehearsing
from tests.unit.test_functions_fetch import Site, authority_fixture, site_fixture  # noqa: F401

JSON: dict[str, Any] = {"Content_Type": "application/json"}


async def test_the_file_that_was_shown_is_on_the_chain_and_believed(node: Node) -> None:
    wish = Wish(name="Ada", description="Reads mail.")
    draft = await drafted(node, wish)
    row, whole = await register(node, wish, draft.digest)
    assert (row.agent, row.verified, row.mine, row.peer) == (0, True, True, node.vault.peer_id)
    assert row.uri == data_uri(whole)
    shown, public = json.loads(draft.file), json.loads(whole)
    assert {**public, "registrations": []} == shown
    assert read(whole).registrations == (Entry(row.registry.chain, row.registry.address, 0),)


async def test_what_was_not_shown_is_not_registered(node: Node) -> None:
    draft = await drafted(node, Wish(name="Ada"))
    with pytest.raises(CommandFailed) as failed:
        await register(node, Wish(name="Eve"), draft.digest)
    assert failed.value.key == "agent-agreed"
    assert await count(node) == 0


async def test_registering_again_changes_nothing_and_costs_nothing(node: Node) -> None:
    first = await registered(node, Wish(name="Ada"))
    at = await node.chains.connected()
    before = await node.chains.ask(at.chain.nonce, at.address)
    assert not (await drafted(node, Wish())).changes
    assert replace(await registered(node), looked=first.looked) == first
    assert await node.chains.ask(at.chain.nonce, at.address) == before


async def test_a_file_that_leaves_for_a_chain_elsewhere_is_in_the_ledger_once(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = replace(await node.chains.connected(), kind="rpc")

    async def elsewhere() -> Connected:
        return at

    monkeypatch.setattr(node.chains, "connected", elsewhere)
    row, whole = await register(node, USUAL, (await drafted(node, USUAL)).digest)
    await registered(node)
    (line,) = node.vault.vault.disclosures.list()
    assert (line.peer, line.kind) == (f"eip155:{at.identity.chain_id}:{row.registry.address}/0", "registration")
    assert line.digest == hashlib.sha256(whole).hexdigest()


async def test_what_stays_on_a_chain_of_ones_own_did_not_leave(node: Node) -> None:
    await registered(node)
    assert node.vault.vault.disclosures.list() == []


async def test_after_a_restart_the_same_agent_has_the_same_file(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        before = await registered(node, Wish(name="Ada"))
    async with profile(tmp_path) as node:
        assert not (await drafted(node, Wish())).changes
        assert (await registered(node)).file == before.file


async def test_a_chain_that_keeps_no_old_events_still_takes_a_first_agent(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_args: object) -> Any:
        raise ChainError("chain-refused", "The chain refuses this.")

    with monkeypatch.context() as patch:
        patch.setattr(agents, "_owned", refuses)
        assert (await registered(node)).verified


async def test_what_is_offered_to_strangers_comes_into_the_file_of_the_same_agent(node: Node) -> None:
    await registered(node)
    await set_offer(node, "inference", audience="open")
    assert (await drafted(node, Wish())).changes
    row = await registered(node)
    assert (row.agent, row.verified) == (0, True)
    assert read(row.file or b"").services[0].skills == ("inference",)


async def test_what_is_offered_to_contacts_alone_is_not_made_public(node: Node) -> None:
    await set_offer(node, "inference", audience="contacts")
    assert read((await drafted(node, Wish())).file).services[0].skills == ()


async def test_another_node_of_the_same_person_comes_into_the_file_of_the_same_agent(node: Node) -> None:
    await registered(node)
    node.vault.peer_id = THEIRS.peer_id
    assert (await drafted(node, USUAL)).changes
    row = await registered(node)
    assert (row.agent, row.peer, row.verified) == (0, THEIRS.peer_id, True)


async def test_the_file_can_go_back_to_what_it_was(node: Node) -> None:
    for name in ("one", "two", "one"):
        row = await registered(node, Wish(name=name))
        assert read(row.file or b"").name == name
    assert row.turn == 3


async def test_a_crash_after_the_number_was_given_registers_no_second_agent(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(node.vault.vault.agents, "registered", _crash)
        with pytest.raises(RuntimeError):
            await registered(node)
    row = await registered(node)
    assert (row.agent, row.verified, await count(node)) == (0, True, 1)


async def test_a_crash_before_the_file_was_set_is_made_good(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(registering, "_said", _crash)
        with pytest.raises(RuntimeError):
            await registered(node)
    assert (await drafted(node, Wish())).changes
    assert (await registered(node)).verified
    assert await count(node) == 1


def _crash(*_args: object) -> Any:
    raise RuntimeError("killed here")


async def test_a_transaction_that_failed_is_another_one_the_next_time(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []

    async def reverted(key: str, _call: object) -> Mined:
        keys.append(key)
        raise ChainError("chain-reverted", "The contract refuses this call.")

    with monkeypatch.context() as patch:
        patch.setattr(node.chains, "call", reverted)
        for _ in range(2):
            with pytest.raises(ChainError):
                await registered(node)
    assert len(set(keys)) == 2
    assert (await registered(node)).verified


async def test_an_agent_that_the_vault_forgot_is_taken_up_again(node: Node) -> None:
    before = await registered(node)
    with node.vault.vault._database.write() as connection:
        connection.execute("DELETE FROM agent")
        connection.execute("DELETE FROM wallet_transaction")
    assert not (await drafted(node, Wish())).changes
    assert (await registered(node)).agent == before.agent
    assert await count(node) == 1


async def test_an_agent_that_was_given_away_is_not_ours_any_more(node: Node) -> None:
    theirs = await Somebody(node).registers()
    await node.blocking(
        node.vault.vault.agents.registered, agents.registry_of(await node.chains.connected()), theirs, ""
    )
    row = await registered(node)
    assert row.agent == theirs + 1


async def test_somebodys_agent_is_believed_when_everything_agrees(node: Node) -> None:
    number = await Somebody(node).registers()
    looked = await agents.look(node, number)
    assert (looked.problem, looked.row.verified, looked.row.peer) == ("", True, THEIRS.peer_id)


async def test_a_copied_file_is_not_believed_of_who_copied_it(node: Node) -> None:
    whole = (await registered(node)).file
    assert await refused(node, await Somebody(node).registers(whole)) == "agent-not-listed"


async def test_a_copied_binding_is_not_believed_of_who_copied_it(node: Node) -> None:
    own = read((await registered(node)).file or b"").binding
    assert own is not None
    number = await Somebody(node).registers(nuee={"binding": own.to_map()})
    assert await refused(node, number) == "agent-owner"
    assert await agents.verified(node, node.vault.peer_id) is not None
    assert (await agents.look(node, 0)).problem == ""


async def test_an_agent_that_was_sold_is_not_believed_any_more(node: Node) -> None:
    somebody = Somebody(node)
    number = await somebody.registers()
    await somebody.gives(number, (await node.chains.connected()).address)
    assert await refused(node, number) == "agent-owner"


async def test_a_contact_cannot_take_anothers_agent_and_cannot_spoil_it(node: Node) -> None:
    number = await Somebody(node).registers()
    assert await refused(node, number, peer=node.vault.peer_id, told=True) == "agent-other-peer"
    believed = await agents.verified(node, THEIRS.peer_id)
    assert believed is not None
    assert (believed.agent, believed.told) == (number, False)
    assert await agents.verified(node, node.vault.peer_id) is None


async def test_of_two_agents_the_one_that_the_peer_named_counts(node: Node) -> None:
    somebody = Somebody(node)
    first, second = await somebody.registers(), await somebody.registers()
    for number in (second, first):
        await agents.look(node, number)
    assert _number(await agents.verified(node, THEIRS.peer_id)) == first
    await agents.look(node, second, peer=THEIRS.peer_id, told=True)
    assert _number(await agents.verified(node, THEIRS.peer_id)) == second


def _number(row: AgentRow | None) -> int:
    assert row is not None
    return row.agent


async def test_a_contact_whose_identity_is_another_is_told(node: Node) -> None:
    number = await Somebody(node).registers()
    await node.blocking(lambda: node.vault.vault.peers.add(THEIRS.peer_id, "Bob", identity="did:key:zOther"))
    assert await refused(node, number) == "agent-identity"


async def test_what_was_believed_is_looked_at_again_after_a_day(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody = Somebody(node)
    number = await somebody.registers()
    await agents.look(node, number)
    await somebody.gives(number, (await node.chains.connected()).address)
    assert await agents.verified(node, THEIRS.peer_id) is not None
    monkeypatch.setattr(agents, "FRESH", -1.0)
    assert await agents.verified(node, THEIRS.peer_id) is None


async def test_an_agent_that_there_is_not_is_said_so(node: Node) -> None:
    for number in (99, 2**255, -1):
        with pytest.raises(CommandFailed) as failed:
            await agents.look(node, number)
        assert failed.value.key == "agent-unknown"


async def test_agents_are_found_by_their_owner(node: Node) -> None:
    somebody = Somebody(node)
    numbers = [await somebody.registers() for _ in range(2)]
    await somebody.gives(numbers[0], (await node.chains.connected()).address)
    assert await agents.owned(node, somebody.binding.address) == (numbers[1],)
    assert await agents.owned(node, (await node.chains.connected()).address) == (numbers[0],)
    assert await agents.owned(node, "0x" + "77" * 20) == ()
