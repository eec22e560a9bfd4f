"""ERC-20 and the permits of EIP-2612."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.world import (
    CLIENT,
    DEPLOYER,
    NOBODY,
    PLENTY,
    PROVIDER,
    RIVAL,
    STRANGER,
    World,
    refused,
    sign,
    typed,
)

PERMIT = [("owner", "address"), ("spender", "address"), ("value", "uint256"), ("nonce", "uint256"),
          ("deadline", "uint256")]  # fmt: skip
FOREVER = 2**256 - 1


def permit(world: World, *, signer: str = "client", **other: object) -> tuple[int, bytes, bytes]:
    domain = {
        "name": "Nuee Rehearsal",
        "version": "1",
        "chainId": world.evm.chain_id,
        "verifyingContract": world.token.address,
    }
    message = {"owner": CLIENT, "spender": STRANGER, "value": 70, "nonce": 0, "deadline": world.evm.now}
    in_message = {name: value for name, value in other.items() if name in message}
    in_domain = {name: value for name, value in other.items() if name in domain}
    signature = sign(signer, typed("Permit", PERMIT, domain | in_domain, message | in_message))
    return signature[64], signature[:32], signature[32:64]


def test_the_supply_is_what_was_minted(world: World) -> None:
    assert world.token.totalSupply() == 4 * PLENTY
    assert (world.token.name(), world.token.symbol(), world.token.decimals()) == ("Nuee Rehearsal", "NREH", 6)


def test_the_deployer_alone_mints(world: World) -> None:
    with refused("not the minter"):
        world.token.mint(CLIENT, 1, by=CLIENT)
    with refused("to nobody"):
        world.token.mint(NOBODY, 1, by=DEPLOYER)
    world.token.mint(CLIENT, 1, by=DEPLOYER)
    assert world.event("Transfer").args == {"_from": NOBODY, "_to": CLIENT.lower(), "_value": 1}


def test_a_transfer_moves_and_is_told(world: World) -> None:
    assert world.token.transfer(PROVIDER, 70, by=CLIENT) is True
    assert (world.has(CLIENT), world.has(PROVIDER)) == (-70, 70)
    assert world.event("Transfer").args == {"_from": CLIENT.lower(), "_to": PROVIDER.lower(), "_value": 70}


def test_a_transfer_to_oneself_makes_nothing(world: World) -> None:
    world.token.transfer(CLIENT, 70, by=CLIENT)
    assert world.has(CLIENT) == 0


def test_nobody_moves_more_than_they_have(world: World) -> None:
    with refused("too little"):
        world.token.transfer(PROVIDER, PLENTY + 1, by=CLIENT)
    with refused("to nobody"):
        world.token.transfer(NOBODY, 1, by=CLIENT)


def test_an_allowance_is_used_up(world: World) -> None:
    world.token.approve(STRANGER, 70, by=CLIENT)
    assert world.event("Approval").args == {"_owner": CLIENT.lower(), "_spender": STRANGER.lower(), "_value": 70}
    world.token.transferFrom(CLIENT, RIVAL, 50, by=STRANGER)
    assert world.token.allowance(CLIENT, STRANGER) == 20
    with refused("not allowed"):
        world.token.transferFrom(CLIENT, RIVAL, 21, by=STRANGER)


def test_an_endless_allowance_is_not_used_up(world: World) -> None:
    world.token.approve(STRANGER, FOREVER, by=CLIENT)
    world.token.transferFrom(CLIENT, RIVAL, 50, by=STRANGER)
    assert world.token.allowance(CLIENT, STRANGER) == FOREVER


def test_a_permit_is_an_allowance_by_signature_once(world: World) -> None:
    signed = permit(world)
    world.token.permit(CLIENT, STRANGER, 70, world.evm.now, *signed, by=RIVAL)
    assert (world.token.allowance(CLIENT, STRANGER), world.token.nonces(CLIENT)) == (70, 1)
    with refused("not signed"):
        world.token.permit(CLIENT, STRANGER, 70, world.evm.now, *signed, by=RIVAL)


@pytest.mark.parametrize(("late", "counts"), [(0, True), (1, False)])
def test_a_permit_counts_up_to_its_deadline(world: World, late: int, counts: bool) -> None:
    signed, deadline = permit(world), world.evm.now
    world.wait(late)
    if counts:
        world.token.permit(CLIENT, STRANGER, 70, deadline, *signed, by=RIVAL)
    else:
        with refused("expired"):
            world.token.permit(CLIENT, STRANGER, 70, deadline, *signed, by=RIVAL)


@pytest.mark.parametrize(
    ("part", "other"),
    [("owner", RIVAL), ("spender", RIVAL), ("value", 71), ("nonce", 1), ("deadline", 1), ("chainId", 1),
     ("verifyingContract", RIVAL)],
)  # fmt: skip
def test_a_permit_for_anything_else_is_refused(world: World, part: str, other: Any) -> None:
    signed = permit(world, **{part: other})
    with refused("not signed"):
        world.token.permit(CLIENT, STRANGER, 70, world.evm.now, *signed, by=STRANGER)


def test_nobody_permits_for_another(world: World) -> None:
    signed = permit(world, signer="rival")
    with refused("not signed"):
        world.token.permit(CLIENT, STRANGER, 70, world.evm.now, *signed, by=STRANGER)


def test_the_zero_address_permits_nothing(world: World) -> None:
    with refused("not signed"):
        world.token.permit(NOBODY, STRANGER, 70, world.evm.now, 27, b"\x00" * 32, b"\x00" * 32, by=STRANGER)
