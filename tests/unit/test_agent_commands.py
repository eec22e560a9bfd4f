"""What a person asks of agents: who am I, register, show; and what contacts' nodes tell each other."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.actions import agents_cli
from app.actions.agents import draft_registration, identity, peer_agent, register_agent, show_agent
from app.agent_results import AgentView
from app.chain import agents
from app.errors import sentence
from app.node import Node
from app.results import CommandFailed
from app.swarm import agents as told
from p2p.canonical import Value, encode
from p2p.registration import read
from p2p.wallet_requests import NOBODY
from storage.database import VaultError
from tests.unit.agent_fixtures import THEIRS, Somebody
from tests.unit.chains_fixtures import PASSPHRASE, profile, rehearsing
from tests.unit.swarm_fixtures import CUT_OFF, contacts, until

FORGED = "Bob\u202e <b>x</b>"


@pytest.fixture(name="node")
async def node_fixture(tmp_path: Path) -> AsyncIterator[Node]:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        yield node


async def published(node: Node, **said: Any) -> AgentView:
    draft = await draft_registration(node, **said)
    return (await register_agent(node, draft.digest, **said)).agent


async def failure(node: Node, words: str) -> str:
    with pytest.raises(CommandFailed) as failed:
        await show_agent(node, words)
    return failed.value.key


async def test_without_a_chain_a_person_is_told_who_they_are_all_the_same(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        found = await identity(node)
    assert found.did.startswith("did:key:z6Mk")
    assert (found.peer_id, found.chain, found.account, found.agent) == (found.peer_id, "", "", None)
    assert (found.phrase, found.backup, found.problem) == ("", "", "")


async def test_on_a_chain_the_account_is_a_did_and_the_agent_stands_there(node: Node) -> None:
    await published(node, name="Ada")
    found = await identity(node)
    assert found.account.lower().endswith(found.address)
    assert found.agent is not None
    assert (found.agent.agent, found.agent.name, found.agent.verified) == (0, "Ada", True)


async def test_who_one_is_does_not_hang_on_a_chain_that_may_not_be_asked(node: Node) -> None:
    await published(node, name="Ada")
    row = replace(node.vault.vault.chains.list()[0], name="elsewhere", kind="rpc", endpoints=("https://rpc.example/",))
    node.vault.vault.chains.add(row)
    node.vault.vault.chains.use("elsewhere")
    node.airplane = True
    found = await identity(node)
    assert (found.chain, found.problem) == ("elsewhere", "")
    assert found.agent is not None
    assert found.agent.verified


async def test_the_draft_is_what_is_published_but_for_its_number(node: Node) -> None:
    draft = await draft_registration(node, name="Ada")
    assert (draft.agent, draft.changes, draft.real_value) == (None, True, False)
    whole = (await register_agent(node, draft.digest, name="Ada")).agent.file
    assert {**json.loads(whole or ""), "registrations": []} == json.loads(draft.file)


async def test_a_draft_publishes_nothing(node: Node) -> None:
    await draft_registration(node, name="Ada")
    assert await failure(node, "0") == "agent-unknown"


async def test_a_file_to_host_is_written_once_and_not_over_another(node: Node, tmp_path: Path) -> None:
    path = str(tmp_path / "agent.json")
    draft = await draft_registration(node, held=True)
    await register_agent(node, draft.digest, path=path)
    assert read(Path(path).read_bytes()).registrations[0].agent == 0
    with pytest.raises(CommandFailed) as failed:
        await register_agent(node, draft.digest, path=path)
    assert failed.value.key == "agent-file-there"


async def test_an_agent_is_found_by_number_place_owner_and_contact(node: Node) -> None:
    somebody = Somebody(node)
    number = await somebody.registers()
    await node.blocking(lambda: node.vault.vault.peers.add(THEIRS.peer_id, "Bob", standing="known"))
    by_number = await show_agent(node, str(number))
    where = f"{by_number.registry}/{number}"
    for words in (where, somebody.binding.address.upper().replace("0X", "0x"), f"did:pkh:eip155:1:{by_number.owner}",
                  "bob", THEIRS.peer_id):  # fmt: skip
        assert replace(await show_agent(node, words), looked="") == replace(by_number, looked="", contact="Bob")
    assert (by_number.verified, by_number.contact) == (True, "Bob")


async def test_what_is_not_there_is_said_in_its_own_words(node: Node) -> None:
    assert await failure(node, "5") == "agent-unknown"
    assert await failure(node, f"eip155:1:{NOBODY}/0") == "agent-other-registry"
    assert await failure(node, NOBODY[:-1] + "1") == "agent-none"
    assert await failure(node, THEIRS.peer_id) == "agent-none"
    with pytest.raises(VaultError):
        await show_agent(node, "nobody")


async def test_an_agent_that_is_older_than_what_is_searched_is_asked_for_by_its_number(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = Somebody(node)
    number = await somebody.registers()
    await Somebody(node).registers()  # blocks after it
    monkeypatch.setattr(agents, "WINDOW", 1)
    monkeypatch.setattr(agents, "WINDOWS", 1)
    owner = (await show_agent(node, str(number))).owner
    with pytest.raises(CommandFailed) as failed:
        await show_agent(node, owner)
    assert failed.value.key == "agent-older"
    assert "the last 1 blocks" in sentence(failed.value, "en")


async def test_of_an_owner_of_several_one_has_to_be_named(node: Node) -> None:
    somebody = Somebody(node)
    for _ in range(2):
        await somebody.registers()
    assert await failure(node, somebody.binding.address) == "agent-several"


async def test_a_stranger_who_is_called_like_a_contact_is_marked(node: Node) -> None:
    await node.blocking(lambda: node.vault.vault.peers.add(node.vault.peer_id, "Bob"))
    number = await Somebody(node).registers(name="Воb")  # Cyrillic В, о
    assert (await show_agent(node, str(number))).alike == "Bob"


async def test_the_contact_itself_is_not_marked(node: Node) -> None:
    await node.blocking(lambda: node.vault.vault.peers.add(THEIRS.peer_id, "Bob"))
    number = await Somebody(node).registers(name="Bob")
    assert (await show_agent(node, str(number))).alike == ""


async def test_what_a_stranger_wrote_is_printed_as_text_that_hides_nothing(node: Node) -> None:
    number = await Somebody(node).registers(
        name=FORGED,
        description="\x1b[2Jtrust me",
        services=[{"name": "web", "endpoint": "javascript:alert(1)"}],
        extra={"\u202e": "\x1b]0;x"},
    )
    out = io.StringIO()
    agents_cli.PRINTERS["agent-show"](asdict(await show_agent(node, str(number))), "en", out, "")
    said = out.getvalue()
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "Bob⟦U+202E⟧" in said
    assert "not an address that Nuée would open" in said
    assert "NOT believed" in said


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_draft_says_that_it_is_for_good(node: Node, language: str) -> None:
    out = io.StringIO()
    agents_cli.show_draft(asdict(await draft_registration(node, name="Ada")), language, out, "")
    assert {"en": "for good", "fr": "pour toujours"}[language] in out.getvalue()
    assert '"name": "Ada"' in out.getvalue()


@CUT_OFF
async def test_a_contact_says_which_agent_it_is_and_the_chain_confirms_it(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (ours, theirs):
        await rehearsing(ours)
        registry = agents.registry_of(await ours.chains.connected())
        somebody = Somebody(ours, peer_id=theirs.vault.peer_id)
        await ours.blocking(
            lambda: ours.vault.vault.peers.add(theirs.vault.peer_id, "x", identity=somebody.binding.identity)
        )
        with pytest.raises(CommandFailed) as failed:
            await peer_agent(ours, "peer1")
        assert failed.value.key == "agent-none"
        number = await somebody.registers()
        await theirs.blocking(theirs.vault.vault.agents.registered, registry, number, somebody.binding.address)
        found = await peer_agent(ours, "peer1")
        assert (found.agent, found.verified, found.contact) == (number, True, "peer1")
        row = await agents.verified(ours, theirs.vault.peer_id)
        assert row is not None
        assert row.told


@CUT_OFF
async def test_contacts_learn_each_others_agents_by_themselves(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (ours, theirs):
        await rehearsing(ours)
        registry = agents.registry_of(await ours.chains.connected())
        somebody = Somebody(ours, peer_id=theirs.vault.peer_id)
        await ours.blocking(
            lambda: ours.vault.vault.peers.add(theirs.vault.peer_id, "x", identity=somebody.binding.identity)
        )
        number = await somebody.registers()
        await theirs.blocking(theirs.vault.vault.agents.registered, registry, number, somebody.binding.address)
        ours.swarm.learning.arrived(theirs.vault.peer_id)
        await until(lambda: ours.vault.vault.agents.verified(registry, theirs.vault.peer_id))


@CUT_OFF
async def test_a_contact_that_names_anothers_agent_is_not_believed(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (ours, theirs):
        await rehearsing(ours)
        registry = agents.registry_of(await ours.chains.connected())
        number = await Somebody(ours).registers()
        await theirs.blocking(theirs.vault.vault.agents.registered, registry, number, NOBODY)
        found = await peer_agent(ours, "peer1")
        assert (found.verified, found.checks[-1].code) == (False, "agent-other-peer")
        assert await agents.verified(ours, theirs.vault.peer_id) is None
        assert await agents.verified(ours, THEIRS.peer_id) is not None


@pytest.mark.parametrize(
    "request_bytes",
    [b"", b"\xff", encode([1]), encode([2, {}]), encode([1, {"chain": 1, "genesis": b"", "registry": b""}])],
)
async def test_a_question_of_another_form_is_refused(node: Node, request_bytes: bytes) -> None:
    from p2p.node import Refused

    with pytest.raises(Refused):
        await told.answer(node, "", request_bytes)


async def test_nothing_is_told_of_other_chains(node: Node) -> None:
    await published(node)
    place: dict[str, Value] = {"chain": 1, "genesis": bytes(32), "registry": bytes(20)}
    assert await told.answer(node, "", encode([1, place])) == encode([1])


def test_the_command_registers_what_it_showed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(PASSPHRASE)
    monkeypatch.setenv("NUEE_LANGUAGE", "en")

    def nuee(*words: str) -> int:
        return cli.main([*words, "--home", str(tmp_path / "home"), "--passphrase-file", str(secret)])

    assert nuee("init") == nuee("chain", "use", "rehearsal") == 0
    assert nuee("chain", "register", "--name", "Ada") == cli.EXIT_FAILED  # nobody is there to look at it
    capsys.readouterr()
    assert nuee("chain", "register", "--name", "Ada", "--yes", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["agent"]["agent"], made["agent"]["verified"], made["changed"]) == (0, True, True)
    assert nuee("chain", "show", "0", "--json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == "Ada"
