"""An agent of the registry is believed when owner, file, keys and node all say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from p2p.registration import Entry, did_pkh, read
from p2p.registration_checks import checked, dubious, problem
from p2p.wallet_requests import NOBODY
from tests.unit.agent_fixtures import CHAIN, ENTRY, OURS, PEER, REGISTRY, THEIRS, file, foreign, on_chain


def found(whole: bytes = file(), **named: Any) -> str:
    """What is wrong with agent 7; `named`: what the chain says instead, or who is expected."""
    expected = {key: named.pop(key) for key in ("peer", "identity") if key in named}
    return problem(checked(on_chain(**named), read(whole), **expected))


def services(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "endpoint": endpoint} for name, endpoint in pairs]


def test_an_agent_whose_parts_agree_is_believed() -> None:
    assert found() == ""
    assert found(peer=PEER, identity=OURS.identity) == ""


def test_every_check_is_told() -> None:
    names = [check.name for check in checked(on_chain(), read(file()))]
    assert names == ["file", "listed", "binding", "owner", "wallet", "peer", "did", "known"]


def test_a_copied_file_does_not_serve_another_owner() -> None:
    assert found(owner=THEIRS.address) == "agent-owner"


def test_a_file_of_another_agent_is_refused() -> None:
    assert found(file(entry=Entry(CHAIN, REGISTRY, 8))) == "agent-not-listed"


def test_the_same_number_at_another_registry_is_another_agent() -> None:
    assert found(file(entry=Entry(CHAIN, "0x" + "5f" * 20, 7))) == "agent-not-listed"


def test_the_same_registry_on_another_chain_is_another_one() -> None:
    assert found(file(entry=Entry(1, REGISTRY, 7))) == "agent-not-listed"


def test_one_of_several_registrations_is_enough() -> None:
    both = [{"agentId": one.agent, "agentRegistry": one.where} for one in (Entry(1, REGISTRY, 3), ENTRY)]
    assert found(file(registrations=both)) == ""


def test_a_file_without_a_binding_proves_nothing() -> None:
    listed = [{"agentId": 7, "agentRegistry": ENTRY.where}]
    assert found(foreign(registrations=listed)) == "agent-no-binding"


def test_a_binding_that_was_changed_proves_nothing() -> None:
    assert found(file(nuee={"binding": {**OURS.to_map(), "peerId": THEIRS.peer_id}})) == "agent-binding"


def test_money_that_would_go_elsewhere_is_told() -> None:
    assert found(wallet=THEIRS.address) == "agent-wallet"
    assert found(wallet=NOBODY) == ""


def test_the_libp2p_service_is_the_node_that_was_bound() -> None:
    assert found(file(services=services(("libp2p", f"/p2p/{THEIRS.peer_id}")))) == "agent-peer"
    assert found(file(services=services(("libp2p", "/p2p/nobody")))) == "agent-peer"
    assert found(file(services=[])) == "agent-peer"


def test_two_nodes_in_one_file_are_one_too_many() -> None:
    both = services(("libp2p", f"/p2p/{PEER}"), ("libp2p", f"/p2p/{THEIRS.peer_id}"))
    assert found(file(services=both)) == "agent-peer"


@pytest.mark.parametrize("did", [THEIRS.identity, did_pkh(CHAIN, THEIRS.address)])
def test_a_did_that_nobody_signed_for_is_told(did: str) -> None:
    named = services(("libp2p", f"/p2p/{PEER}"), ("DID", did))
    assert found(file(services=named)) == "agent-did"


def test_the_same_account_may_be_named_on_another_chain() -> None:
    named = services(("libp2p", f"/p2p/{PEER}"), ("DID", did_pkh(1, OURS.address)))
    assert found(file(services=named)) == ""


def test_dids_of_other_methods_are_nobodys_business() -> None:
    named = services(("libp2p", f"/p2p/{PEER}"), ("DID", "did:web:example.com"), ("DID", OURS.identity))
    assert found(file(services=named)) == ""


def test_a_contact_cannot_name_somebody_elses_agent_as_its_own() -> None:
    assert found(peer=THEIRS.peer_id) == "agent-other-peer"


def test_a_node_whose_identity_is_another_than_before_is_told() -> None:
    assert found(identity=THEIRS.identity) == "agent-identity"


def test_a_file_that_could_not_be_had_says_why() -> None:
    assert problem(checked(on_chain(), None)) == "agent-no-file"
    assert problem(checked(on_chain(), None, "registration-form")) == "registration-form"


def test_the_file_is_read_as_it_was_made() -> None:
    assert json.loads(file())["services"][0]["endpoint"] == f"/p2p/{PEER}"


@pytest.mark.parametrize(
    "endpoint",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "vbscript:x",
        "http://example.com/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://[::1]/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest",
        "https://router/",
        "https://printer.local/",
        "https://a.internal./",
        "https://me:secret@example.com/",
        "https://example.com/\nx",
        "https://[/",
    ],
)
def test_an_address_that_nothing_here_would_open_is_marked(endpoint: str) -> None:
    assert dubious(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    ["https://example.com/a", "ipfs://cid", "vitalik.eth", "did:key:z6Mk", "/ip4/203.0.113.5/tcp/4001", "mail@a.com"],
)
def test_an_address_of_the_web_or_a_name_is_not_marked(endpoint: str) -> None:
    assert not dubious(endpoint)
