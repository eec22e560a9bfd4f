"""The identity registry of ERC-8004, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.contracts.world import (
    CLIENT,
    NOBODY,
    PROVIDER,
    RIVAL,
    STRANGER,
    World,
    all_refused,
    refused,
    sign,
    typed,
)

URI = "data:application/json;base64,e30="
WALLET_FIELDS = [("agentId", "uint256"), ("newWallet", "address"), ("owner", "address"), ("deadline", "uint256")]


def registered(world: World, owner: str = PROVIDER) -> int:
    agent: int = world.identity.register(URI, by=owner)
    return agent


def consent(world: World, agent: int, wallet: str, *, signer: str, until: int, **other: object) -> bytes:
    """The signature with which a wallet agrees to be an agent's."""
    domain = {
        "name": "ERC8004IdentityRegistry",
        "version": "1",
        "chainId": world.evm.chain_id,
        "verifyingContract": world.identity.address,
    }
    message = {"agentId": agent, "newWallet": wallet, "owner": world.identity.ownerOf(agent), "deadline": until}
    in_message = {name: value for name, value in other.items() if name in message}
    in_domain = {name: value for name, value in other.items() if name in domain}
    return sign(signer, typed("AgentWalletSet", WALLET_FIELDS, domain | in_domain, message | in_message))


# Registering


def test_the_first_agent_is_number_zero(world: World) -> None:
    assert [world.identity.register(by=PROVIDER), world.identity.register(by=RIVAL)] == [0, 1]


def test_registering_makes_a_token_of_the_caller(world: World) -> None:
    agent = registered(world)
    assert world.identity.ownerOf(agent) == PROVIDER.lower()
    assert world.identity.balanceOf(PROVIDER) == 1
    assert world.identity.tokenURI(agent) == URI


def test_registering_tells_transfer_wallet_metadata_and_registration_in_this_order(world: World) -> None:
    agent = world.identity.register(URI, [("agentName", b"nuee"), ("note", b"")], by=PROVIDER)
    assert [event.name for event in world.evm.events] == ["Transfer", "MetadataSet", "MetadataSet", "MetadataSet",
                                                          "Registered"]  # fmt: skip
    transfer, wallet, name, _, told = (event.args for event in world.evm.events)
    assert transfer == {"_from": NOBODY, "_to": PROVIDER.lower(), "_tokenId": agent}
    assert wallet == {
        "agentId": agent,
        "indexedMetadataKey": keccak(text="agentWallet"),
        "metadataKey": "agentWallet",
        "metadataValue": bytes.fromhex(PROVIDER[2:]),
    }
    assert (name["metadataKey"], name["metadataValue"]) == ("agentName", b"nuee")
    assert name["indexedMetadataKey"] == keccak(text="agentName")
    assert told == {"agentId": agent, "agentURI": URI, "owner": PROVIDER.lower()}


def test_an_agent_may_have_no_file_yet(world: World) -> None:
    agent = world.identity.register(by=PROVIDER)
    assert world.identity.tokenURI(agent) == ""


def test_metadata_given_at_the_registration_is_read_back(world: World) -> None:
    agent = world.identity.register(URI, [("agentName", b"nuee")], by=PROVIDER)
    assert world.identity.getMetadata(agent, "agentName") == b"nuee"
    assert world.identity.getMetadata(agent, "other") == b""


def test_the_wallet_is_not_set_as_metadata(world: World) -> None:
    with refused("reserved key"):
        world.identity.register(URI, [("agentWallet", b"\x01" * 20)], by=PROVIDER)
    agent = registered(world)
    with refused("reserved key"):
        world.identity.setMetadata(agent, "agentWallet", b"\x01" * 20, by=PROVIDER)


def test_a_whole_registration_file_fits(world: World) -> None:
    uri = "data:application/json;base64," + "e" * 8000
    agent = world.identity.register(uri, by=PROVIDER)
    assert world.identity.tokenURI(agent) == uri


def test_what_does_not_fit_is_refused_and_not_cut(world: World) -> None:
    with refused():
        world.identity.register("x" * 8193, by=PROVIDER)


# File and metadata


def test_the_file_is_replaced_and_that_is_told(world: World) -> None:
    agent = registered(world)
    world.identity.setAgentURI(agent, "ipfs://cid", by=PROVIDER)
    assert world.identity.tokenURI(agent) == "ipfs://cid"
    assert world.event("URIUpdated").args == {
        "agentId": agent,
        "newURI": "ipfs://cid",
        "updatedBy": PROVIDER.lower(),
    }


def by_owner(world: World, agent: int) -> str:
    return PROVIDER


def by_operator(world: World, agent: int) -> str:
    world.identity.setApprovalForAll(STRANGER, True, by=PROVIDER)
    return STRANGER


def by_approved(world: World, agent: int) -> str:
    world.identity.approve(STRANGER, agent, by=PROVIDER)
    return STRANGER


@pytest.mark.parametrize("somebody", [by_owner, by_operator, by_approved])
def test_owner_and_operators_manage_an_agent(world: World, somebody: object) -> None:
    agent = registered(world)
    manager = somebody(world, agent)  # type: ignore[operator]
    world.identity.setAgentURI(agent, "ipfs://cid", by=manager)
    world.identity.setMetadata(agent, "agentName", b"nuee", by=manager)
    assert world.event("MetadataSet").args["metadataValue"] == b"nuee"
    world.identity.unsetAgentWallet(agent, by=manager)
    deadline = world.evm.now + 100
    signature = consent(world, agent, CLIENT, signer="client", until=deadline)
    world.identity.setAgentWallet(agent, CLIENT, deadline, signature, by=manager)


def test_nobody_else_manages_an_agent(world: World) -> None:
    agent = registered(world)
    deadline = world.evm.now + 100
    signature = consent(world, agent, STRANGER, signer="stranger", until=deadline)
    all_refused(
        "not allowed",
        lambda: world.identity.setAgentURI(agent, "", by=STRANGER),
        lambda: world.identity.setMetadata(agent, "a", b"", by=STRANGER),
        lambda: world.identity.unsetAgentWallet(agent, by=STRANGER),
        lambda: world.identity.setAgentWallet(agent, STRANGER, deadline, signature, by=STRANGER),
    )


def test_what_was_never_registered_is_not_found(world: World) -> None:
    for call in (
        world.identity.ownerOf,
        world.identity.tokenURI,
        world.identity.getApproved,
        world.identity.getAgentWallet,
    ):
        with refused("no such agent"):
            call(0)


# The wallet


def test_the_wallet_is_the_owner_at_first(world: World) -> None:
    agent = registered(world)
    assert world.identity.getAgentWallet(agent) == PROVIDER.lower()
    assert world.identity.getMetadata(agent, "agentWallet") == bytes.fromhex(PROVIDER[2:])


def test_a_wallet_that_agrees_becomes_the_agents(world: World) -> None:
    agent = registered(world)
    deadline = world.evm.now + 300
    signature = consent(world, agent, CLIENT, signer="client", until=deadline)
    world.identity.setAgentWallet(agent, CLIENT, deadline, signature, by=PROVIDER)
    assert world.identity.getAgentWallet(agent) == CLIENT.lower()
    assert world.event("MetadataSet").args["metadataValue"] == bytes.fromhex(CLIENT[2:])


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("agentId", 7), ("newWallet", RIVAL), ("owner", RIVAL), ("deadline", 7),
        ("chainId", 1), ("verifyingContract", RIVAL), ("name", "x"), ("version", "2"),
    ],
)  # fmt: skip
def test_a_consent_to_anything_else_is_refused(world: World, part: str, other: Any) -> None:
    agent = registered(world)
    deadline = world.evm.now + 100
    signature = consent(world, agent, CLIENT, signer="client", until=deadline, **{part: other})
    with refused("not signed"):
        world.identity.setAgentWallet(agent, CLIENT, deadline, signature, by=PROVIDER)


def test_an_owner_does_not_agree_in_the_wallets_place(world: World) -> None:
    agent = registered(world)
    deadline = world.evm.now + 100
    signature = consent(world, agent, CLIENT, signer="provider", until=deadline)
    with refused("not signed"):
        world.identity.setAgentWallet(agent, CLIENT, deadline, signature, by=PROVIDER)


@pytest.mark.parametrize(("left", "says"), [(-1, "expired"), (0, ""), (300, ""), (301, "deadline too far")])
def test_a_consent_is_for_five_minutes_at_most(world: World, left: int, says: str) -> None:
    agent = registered(world)
    deadline = world.evm.now + left
    signature = consent(world, agent, CLIENT, signer="client", until=deadline)
    if says:
        with refused(says):
            world.identity.setAgentWallet(agent, CLIENT, deadline, signature, by=PROVIDER)
    else:
        world.identity.setAgentWallet(agent, CLIENT, deadline, signature, by=PROVIDER)


def test_a_wallet_may_be_a_contract(world: World) -> None:
    agent = registered(world)
    wallet = world.hostile("wallet", CLIENT)
    deadline = world.evm.now + 100
    signature = consent(world, agent, wallet.address, signer="client", until=deadline)
    world.identity.setAgentWallet(agent, wallet.address, deadline, signature, by=PROVIDER)
    assert world.identity.getAgentWallet(agent) == wallet.address.lower()


def test_nobody_is_no_wallet(world: World) -> None:
    agent = registered(world)
    with refused("no wallet"):
        world.identity.setAgentWallet(agent, NOBODY, world.evm.now + 9, b"\x00" * 65, by=PROVIDER)


def test_a_wallet_is_taken_away(world: World) -> None:
    agent = registered(world)
    world.identity.unsetAgentWallet(agent, by=PROVIDER)
    assert world.identity.getAgentWallet(agent) == NOBODY
    assert world.identity.getMetadata(agent, "agentWallet") == b""
    assert world.event("MetadataSet").args["metadataValue"] == b""


# ERC-721


def test_a_transfer_takes_the_wallet_and_the_approval_away(world: World) -> None:
    agent = registered(world)
    world.identity.approve(STRANGER, agent, by=PROVIDER)
    world.identity.transferFrom(PROVIDER, RIVAL, agent, by=STRANGER)
    assert world.identity.ownerOf(agent) == RIVAL.lower()
    assert (world.identity.balanceOf(PROVIDER), world.identity.balanceOf(RIVAL)) == (0, 1)
    assert (world.identity.getAgentWallet(agent), world.identity.getApproved(agent)) == (NOBODY, NOBODY)
    assert [event.name for event in world.evm.events] == ["Transfer", "MetadataSet"]


@pytest.mark.parametrize(("sender", "receiver", "caller", "says"), [
    (PROVIDER, RIVAL, STRANGER, "not allowed"),
    (CLIENT, RIVAL, PROVIDER, "not the owner"),
    (PROVIDER, NOBODY, PROVIDER, "to nobody"),
])  # fmt: skip
def test_a_transfer_that_is_none_is_refused(world: World, sender: str, receiver: str, caller: str, says: str) -> None:
    agent = registered(world)
    with refused(says):
        world.identity.transferFrom(sender, receiver, agent, by=caller)


def test_a_contract_that_cannot_receive_is_sent_nothing_safely(world: World) -> None:
    agent = registered(world)
    with refused():
        world.identity.safeTransferFrom(PROVIDER, world.token.address, agent, by=PROVIDER)
    wallet = world.hostile("wallet", CLIENT)
    world.identity.safeTransferFrom(PROVIDER, wallet.address, agent, b"with data", by=PROVIDER)
    assert world.identity.ownerOf(agent) == wallet.address.lower()


def test_approval_is_given_by_owner_and_operators_only(world: World) -> None:
    agent = registered(world)
    with refused("not allowed"):
        world.identity.approve(STRANGER, agent, by=STRANGER)
    world.identity.setApprovalForAll(STRANGER, True, by=PROVIDER)
    assert world.event("ApprovalForAll").args == {
        "_owner": PROVIDER.lower(),
        "_operator": STRANGER.lower(),
        "_approved": True,
    }
    world.identity.approve(RIVAL, agent, by=STRANGER)
    assert world.event("Approval").args == {
        "_owner": PROVIDER.lower(),
        "_approved": RIVAL.lower(),
        "_tokenId": agent,
    }
    world.identity.setApprovalForAll(STRANGER, False, by=PROVIDER)
    assert not world.identity.isApprovedForAll(PROVIDER, STRANGER)
    with refused("not allowed"):
        world.identity.approve(STRANGER, agent, by=STRANGER)


def test_nobody_has_no_balance(world: World) -> None:
    with refused("nobody"):
        world.identity.balanceOf(NOBODY)


@pytest.mark.parametrize(
    ("interface", "spoken"), [("01ffc9a7", True), ("80ac58cd", True), ("5b5e139f", True), ("ffffffff", False)]
)
def test_the_registry_says_which_interfaces_it_has(world: World, interface: str, spoken: bool) -> None:
    assert world.identity.supportsInterface(bytes.fromhex(interface)) is spoken


def test_an_operator_of_one_owner_is_none_of_the_next(world: World) -> None:
    agent = registered(world)
    world.identity.setApprovalForAll(STRANGER, True, by=PROVIDER)
    world.identity.transferFrom(PROVIDER, RIVAL, agent, by=PROVIDER)
    with refused("not allowed"):
        world.identity.setAgentURI(agent, "", by=STRANGER)
