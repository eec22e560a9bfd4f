"""Which code a contract runs, behind proxies too."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from p2p.contract_code import BEACON, BEFORE, IMPLEMENTATION, codes, digest
from tests.contracts.evm import Contract
from tests.contracts.proxies import proxy
from tests.contracts.settling_world import EvmChain
from tests.contracts.world import CLIENT, DEPLOYER, NOBODY, RIVAL, World

OTHER = "0x" + "ee" * 20  # where no code stands


def stands(world: World, target: str, slot: int = IMPLEMENTATION) -> Contract:
    return world.evm.create(proxy(target, slot), [], by=DEPLOYER)


def becomes(world: World, at: str, slot: int, target: str) -> None:
    world.evm._state.set_storage(bytes.fromhex(at[2:]), slot, int(target, 16))


def test_the_slots_are_those_of_the_standard() -> None:
    assert int.from_bytes(keccak(text="eip1967.proxy.implementation"), "big") - 1 == IMPLEMENTATION
    assert int.from_bytes(keccak(text="eip1967.proxy.beacon"), "big") - 1 == BEACON
    assert int.from_bytes(keccak(text="org.zeppelinos.proxy.implementation"), "big") == BEFORE


def test_of_what_is_no_proxy_the_code_counts(world: World) -> None:
    chain = EvmChain(world)
    named = {"kernel": world.kernel.address, "token": world.token.address}
    assert codes(chain, named) == {role: keccak(world.evm.code(at)) for role, at in named.items()}
    assert digest(chain, OTHER) == keccak(b"")


def test_a_proxy_does_what_its_target_does(world: World) -> None:
    there = stands(world, world.token.address)
    proxied = Contract(world.evm, there.address, world.token.abi)
    assert proxied.balanceOf(CLIENT) == 0
    assert proxied.decimals() == world.token.decimals()


@pytest.mark.parametrize("slot", [IMPLEMENTATION, BEFORE])
def test_a_proxy_that_runs_other_code_is_another(world: World, slot: int) -> None:
    chain, there = EvmChain(world), stands(world, world.kernel.address, slot)
    before = digest(chain, there.address)
    becomes(world, there.address, slot, world.token.address)
    assert world.evm.code(there.address) == world.evm.code(stands(world, RIVAL, slot).address)
    assert digest(chain, there.address) != before
    becomes(world, there.address, slot, world.kernel.address)
    assert digest(chain, there.address) == before


def test_the_same_code_at_another_address_is_another(world: World) -> None:
    """It may have another administrator, or other values that were fixed when it was made."""
    chain, twin = EvmChain(world), world.hostile("printed_kernel")
    there = stands(world, twin.address)
    before = digest(chain, there.address)
    becomes(world, there.address, IMPLEMENTATION, world.hostile("printed_kernel").address)
    assert digest(chain, there.address) != before


def test_a_proxy_of_a_proxy_is_followed(world: World) -> None:
    chain, inner = EvmChain(world), stands(world, world.kernel.address)
    outer = stands(world, inner.address)
    before = digest(chain, outer.address)
    becomes(world, inner.address, IMPLEMENTATION, world.token.address)
    assert digest(chain, outer.address) != before


def test_a_proxy_of_itself_comes_to_an_end(world: World) -> None:
    chain, there = EvmChain(world), stands(world, world.kernel.address)
    becomes(world, there.address, IMPLEMENTATION, there.address)
    assert len(digest(chain, there.address)) == 32


def test_what_a_beacon_names_is_followed(world: World) -> None:
    beacon = world.hostile("beacon")
    beacon.become(world.kernel.address)
    chain, there = EvmChain(world), stands(world, NOBODY)
    becomes(world, there.address, BEACON, beacon.address)
    before = digest(chain, there.address)
    beacon.become(world.token.address)
    assert digest(chain, there.address) != before
