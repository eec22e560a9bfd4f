"""The registration file of ERC-8004: what is written, and what is read of whoever wrote it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.registration import (
    ADDRESS_LIMIT,
    FILE_LIMIT,
    TYPE,
    Entry,
    RegistrationError,
    data_uri,
    did_pkh,
    from_data_uri,
    made,
    read,
)
from tests.unit.agent_fixtures import CHAIN, ENTRY, OURS, file, foreign

# As the ERC prints it (revision 2395308a), comments left out.
PRINTED = """{"type": "https://eips.ethereum.org/EIPS/eip-8004#registration-v1", "name": "myAgentName",
  "description": "A natural language description of the Agent", "image": "https://example.com/agentimage.png",
  "services": [
   {"name": "web", "endpoint": "https://web.agentxyz.com/"},
   {"name": "A2A", "endpoint": "https://agent.example/.well-known/agent-card.json", "version": "0.3.0"},
   {"name": "OASF", "endpoint": "ipfs://{cid}", "version": "0.8", "skills": [], "domains": []},
   {"name": "ENS", "endpoint": "vitalik.eth", "version": "v1"},
   {"name": "DID", "endpoint": "did:method:foobar", "version": "v1"},
   {"name": "email", "endpoint": "mail@myagent.com"}],
  "x402Support": false, "active": true,
  "registrations": [{"agentId": 22, "agentRegistry": "eip155:1:0x7420000000000000000000000000000000000742"}],
  "supportedTrust": ["reputation", "crypto-economic", "tee-attestation"]}"""


def refused(data: bytes) -> str:
    with pytest.raises(RegistrationError) as caught:
        read(data)
    return caught.value.code


def test_it_has_the_structure_that_the_erc_prints() -> None:
    ours, printed = json.loads(file()), json.loads(PRINTED)
    assert printed.keys() <= ours.keys()
    assert ours["type"] == printed["type"] == TYPE
    assert ours["registrations"][0].keys() == printed["registrations"][0].keys()


def test_what_the_erc_prints_is_read() -> None:
    found = read(PRINTED.encode())
    assert [one.name for one in found.services] == ["web", "A2A", "OASF", "ENS", "DID", "email"]
    assert found.registrations == (Entry(1, "0x7420000000000000000000000000000000000742", 22),)
    assert found.trust == ("reputation", "crypto-economic", "tee-attestation")


def test_it_names_node_identity_and_account() -> None:
    found = read(file())
    assert found.peer_ids == (OURS.peer_id,)
    assert found.dids == (OURS.identity, did_pkh(CHAIN, OURS.address))
    assert found.dids[1].startswith("did:pkh:eip155:31337:0x")


def test_it_carries_the_signatures_that_bind_the_keys() -> None:
    assert read(file()).binding == OURS


def test_skills_and_addresses_are_said_only_where_they_are_given() -> None:
    skills, addresses = ("inference", "skill:translate"), ("/ip4/203.0.113.5/tcp/4001",)
    whole = made("Ada", "", OURS, CHAIN, skills=skills, addresses=addresses)
    (libp2p, *_) = read(whole).services
    assert (libp2p.skills, libp2p.addresses) == (skills, addresses)
    assert b"addresses" not in file()


def test_the_same_agent_has_the_same_bytes() -> None:
    assert made("Adé", "x", OURS, CHAIN) == made("Adé", "x", OURS, CHAIN)
    assert "Adé".encode() in made("Adé", "x", OURS, CHAIN)


def test_the_address_on_the_chain_is_the_whole_file() -> None:
    uri = data_uri(file())
    assert uri.startswith("data:application/json;base64,eyJ")
    assert from_data_uri(uri) == file()


def test_a_file_that_the_registry_would_not_take_is_not_put_into_an_address() -> None:
    whole = made("Ada", "é" * 1900, OURS, CHAIN, skills=tuple(f"skill:{number:040}" for number in range(60)))
    with pytest.raises(RegistrationError) as caught:
        data_uri(whole)
    assert caught.value.code == "registration-too-large"
    assert len(data_uri(file())) < ADDRESS_LIMIT


@pytest.mark.parametrize(
    "uri",
    [
        "data:application/json,%7B%7D",
        "data:application/json;charset=utf-8,%7B%7D",
        "data:application/json;base64,e30=",
        "data:application/json;charset=utf-8;base64,e30=",
    ],
)
def test_every_way_to_write_json_into_an_address_is_read(uri: str) -> None:
    assert from_data_uri(uri) == b"{}"


@pytest.mark.parametrize(
    "uri", ["data:text/html;base64,e30=", "data:application/json;base64,e3!0=", "data:application/json;base64,e3", ""]
)
def test_an_address_that_holds_no_json_is_refused(uri: str) -> None:
    with pytest.raises(RegistrationError):
        from_data_uri(uri)


def test_a_name_that_would_be_cut_is_not_written() -> None:
    for name in ("", " ", "x" * 121, "\ud800"):
        with pytest.raises(RegistrationError):
            made(name, "", OURS, CHAIN)


def test_members_of_other_programs_are_kept_to_be_shown() -> None:
    found = read(foreign(owners=["0x12"], updatedAt=1_700_000_000))
    assert found.others == (("owners", '["0x12"]'), ("updatedAt", "1700000000"))


def test_services_under_the_name_that_drafts_gave_them_are_read() -> None:
    found = read(foreign(endpoints=[{"name": "A2A", "endpoint": "https://a.example/"}], x402support=True))
    assert (found.services[0].endpoint, found.x402) == ("https://a.example/", True)


def test_a_binding_of_false_signatures_is_none() -> None:
    forged = {**OURS.to_map(), "created": 1}
    found = read(file(nuee={"binding": forged}))
    assert (found.binding, found.forged) == (None, True)


@pytest.mark.parametrize("binding", [7, [], "x", {}, {"identity": 7}, {**OURS.to_map(), "created": True}])
def test_a_binding_of_any_form_is_forged_and_no_more(binding: object) -> None:
    assert read(file(nuee={"binding": binding})).forged


@pytest.mark.parametrize(
    "registration",
    [
        {"agentId": -1, "agentRegistry": ENTRY.where},
        {"agentId": 2**256, "agentRegistry": ENTRY.where},
        {"agentId": True, "agentRegistry": ENTRY.where},
        {"agentId": 7.0, "agentRegistry": ENTRY.where},
        {"agentId": 7, "agentRegistry": "solana:1:abc"},
        {"agentId": 7, "agentRegistry": ENTRY.where + "\n"},
        {},
    ],
)
def test_a_registration_elsewhere_is_none_of_ours(registration: dict[str, Any]) -> None:
    assert read(foreign(registrations=[registration])).registrations == ()


def test_the_number_of_an_agent_may_be_written_as_text() -> None:
    assert read(foreign(registrations=[{"agentId": "7", "agentRegistry": ENTRY.where}])).registrations == (ENTRY,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"not json",
        b"[" * 100_000,
        b'{"a":' * 17 + b"1" + b"}" * 17,
        b'{"type":"' + TYPE.encode() + b'","name":"a","name":"b"}',
        b'{"type":NaN}',
        b'{"type":' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_json_or_means_two_things_is_refused(data: bytes) -> None:
    assert refused(data) == "registration-encoding"


def test_brackets_in_a_text_are_no_depth() -> None:
    assert read(foreign(name='[[[[[[[[[[[[[[[[[[[[["\\')).name.startswith("[[")


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "https://example.com/"},
        {"name": None},
        {"name": 7},
        {"services": {}},
        {"services": [7]},
        {"services": [{"name": "x"}]},
        {"services": [{"name": "x", "endpoint": "y"}] * 65},
        {"registrations": [7]},
        {"supportedTrust": [{}]},
    ],
)
def test_another_form_is_refused(changed: dict[str, Any]) -> None:
    assert refused(foreign(**changed)) == "registration-form"


def test_a_file_without_bounds_is_refused_before_it_is_read() -> None:
    assert refused(b" " * (FILE_LIMIT + 1)) == "registration-too-large"
    with pytest.raises(RegistrationError):
        from_data_uri("data:application/json," + "x" * (3 * FILE_LIMIT))


def test_texts_are_cut_and_can_be_printed() -> None:
    found = read(foreign(name="\ud800" + "n" * 9000, description="d" * 9000))
    assert (len(found.name), len(found.description)) == (120, 2000)
    found.name.encode()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["name", "endpoint", "agentId", "agentRegistry", "binding", "x"]), inner),
                    max_leaves=8),
       st.sampled_from(["name", "services", "registrations", "nuee", "supportedTrust", "image", "x"]))  # fmt: skip
def test_any_value_in_any_member_is_read_or_refused(value: object, member: str) -> None:
    try:
        read(foreign(**{member: value}))
    except RegistrationError:
        return


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(RegistrationError):
        read(data)
    assert from_data_uri("data:application/json;base64," + base64.b64encode(data).decode()) == data
