"""Where the file of an agent is hosted: what is asked for, and what is believed of it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from app.chain import agent_files, agents
from app.chain.registering import Wish, drafted, register
from app.functions.fetching import Reach
from app.node import Node
from app.results import CommandFailed
from p2p.cid import name_of
from p2p.registration import Entry, read
from tests.unit.agent_fixtures import Somebody, file, foreign
from tests.unit.agents_at_work import USUAL, count, node_fixture, refused, registered  # noqa: F401
from tests.unit.test_functions_fetch import Site, authority_fixture, site_fixture  # noqa: F401

JSON: dict[str, Any] = {"Content_Type": "application/json"}
RAW: dict[str, Any] = {"Content_Type": "application/vnd.ipld.raw"}


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("ipfs://cid", "agent-file-ipfs"),
        ("http://example.com/", "agent-file-scheme"),
        ("file:///etc/passwd", "agent-file-scheme"),
        ("javascript:alert(1)", "agent-file-scheme"),
        ("https://example.com/agent.json", "agent-file-remote"),
        ("data:text/html,x", "registration-address"),
        ("data:application/json,[]", "registration-form"),
    ],
)
async def test_a_file_that_is_not_to_be_had_here_is_not_asked_for(node: Node, uri: str, why: str) -> None:
    assert await refused(node, await Somebody(node).registers(uri=uri)) == why


async def test_an_address_that_is_no_text_is_no_address(node: Node) -> None:
    somebody = Somebody(node)
    number = await somebody.registers()
    await somebody.says_bytes(number, b"https://\xff\xfe\x80")
    assert await refused(node, number) == "agent-file-remote"
    assert await refused(node, number, fetch=True) == "agent-uri"


async def test_a_stranger_who_names_a_machine_of_this_network_has_nothing_asked_of_it(node: Node, site: Site) -> None:
    number = await Somebody(node).registers(uri=site.at("/agent.json"))
    reach = Reach(resolve=site.reach.resolve, tls=site.reach.tls)
    assert await refused(node, number, fetch=True, reach=reach) == "source-refused"
    assert site.web.asked == []


async def test_a_hosted_file_is_fetched_when_a_person_asks_and_kept_for_later(node: Node, site: Site) -> None:
    somebody = Somebody(node)
    number = await somebody.registers(uri=site.at("/agent.json"))
    registry = agents.registry_of(await node.chains.connected())
    site.web.serve(file(somebody.binding, Entry(registry.chain, registry.address, number)), "/agent.json", **JSON)
    assert await refused(node, number, reach=site.reach) == "agent-file-remote"
    assert site.web.asked == []
    assert await refused(node, number, fetch=True, reach=site.reach) == ""
    assert await refused(node, number) == ""
    assert len(site.web.asked) == 1


async def test_a_hosted_file_without_end_is_left_where_it_is(node: Node, site: Site) -> None:
    number = await Somebody(node).registers(uri=site.at("/agent.json"))
    site.web.serve(b" " * 300_000, "/agent.json", **JSON)
    assert await refused(node, number, fetch=True, reach=site.reach) == "source-broken"


async def test_a_file_on_ipfs_is_read_through_the_gateway_that_the_person_chose_when_they_ask(
    node: Node, site: Site
) -> None:
    somebody = Somebody(node)
    registry = agents.registry_of(await node.chains.connected())
    whole = file(somebody.binding, Entry(registry.chain, registry.address, 0))
    cid = name_of(hashlib.sha256(whole).digest())
    number = await somebody.registers(uri=f"ipfs://{cid}")
    assert number == 0
    site.web.serve(whole, f"/ipfs/{cid}?format=raw", **RAW)
    assert await refused(node, number, fetch=True, reach=site.reach) == "agent-file-ipfs"
    await node.blocking(node.vault.vault.settings.set, agent_files.GATEWAY, site.at("").rstrip("/"))
    assert await refused(node, number, reach=site.reach) == "agent-file-remote"
    assert site.web.asked == []
    assert await refused(node, number, fetch=True, reach=site.reach) == ""
    assert await refused(node, number) == ""  # as it was seen
    assert len(site.web.asked) == 1


async def test_a_gateway_is_not_believed(node: Node, site: Site) -> None:
    somebody = Somebody(node)
    registry = agents.registry_of(await node.chains.connected())
    whole = file(somebody.binding, Entry(registry.chain, registry.address, 0))
    cid = name_of(hashlib.sha256(whole).digest())
    number = await somebody.registers(uri=f"ipfs://{cid}")
    site.web.serve(whole + b" ", f"/ipfs/{cid}?format=raw", **RAW)
    await node.blocking(node.vault.vault.settings.set, agent_files.GATEWAY, site.at("").rstrip("/"))
    assert await refused(node, number, fetch=True, reach=site.reach) == "agent-file-forged"


async def test_a_name_on_ipfs_that_proves_nothing_is_not_asked_for(node: Node, site: Site) -> None:
    number = await Somebody(node).registers(uri="ipfs://QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG")
    await node.blocking(node.vault.vault.settings.set, agent_files.GATEWAY, site.at("").rstrip("/"))
    assert await refused(node, number, fetch=True, reach=site.reach) == "agent-file-cid"
    assert site.web.asked == []


async def test_nothing_is_fetched_in_airplane_mode(node: Node, site: Site) -> None:
    number = await Somebody(node).registers(uri=site.at("/agent.json"))
    node.airplane = True
    assert await refused(node, number, fetch=True, reach=site.reach) == "airplane"
    assert site.web.asked == []


async def test_a_person_who_hosts_the_file_gets_it_with_its_number_and_registers_its_address(
    node: Node, site: Site
) -> None:
    held = Wish(name="Ada", held=True)
    row, whole = await register(node, held, (await drafted(node, held)).digest)
    assert read(whole).registrations[0].agent == row.agent
    there = Wish(uri=site.at("/agent.json"))
    site.web.serve(foreign(), "/agent.json", **JSON)
    with pytest.raises(CommandFailed) as failed:
        await registered(node, there, site.reach)
    assert failed.value.key == "agent-hosted"
    site.web.serve(whole + b"\n", "/agent.json", **JSON)
    found = await registered(node, there, site.reach)
    assert (found.agent, found.uri, found.verified) == (row.agent, site.at("/agent.json"), True)


@pytest.mark.parametrize(
    "uri", ["http://example.com/a", "file:///a", "ipfs://a", "https://", "https://u:p@example.com/"]
)
async def test_an_address_that_nobody_could_read_is_not_registered(node: Node, uri: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        await drafted(node, Wish(uri=uri))
    assert failed.value.key == "agent-uri"
