"""What stands in the tree is what the compiler makes of the sources, and speaks as the standards print it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from p2p.contracts import artefacts
from p2p.contracts.compile import ARTEFACTS, CONTRACTS, INTERFACES, SOURCES, compiled, everything
from p2p.contracts.transcribed import Entry, interface, parsed, signature
from tests.contracts.world import DEPLOYER, World

IMPLEMENTED = [name for name, (_, implements) in CONTRACTS.items() if implements]


@pytest.fixture(scope="module")
def made() -> dict[Path, str]:
    return dict(everything())


def test_every_artefact_is_what_the_compiler_makes_of_its_source(made: dict[Path, str]) -> None:
    assert {file: file.read_text("utf-8") for file in made} == made


def test_nothing_else_lies_beside_the_artefacts(made: dict[Path, str]) -> None:
    assert set(ARTEFACTS.iterdir()) == set(made)


def test_the_bytes_do_not_depend_on_where_the_sources_lie(tmp_path: Path) -> None:
    for source in SOURCES.glob("*.vy"):
        shutil.copy(source, tmp_path)
    elsewhere = compiled(tmp_path / "rehearsal_token.vy")
    assert bytes.fromhex(elsewhere["bytecode"].removeprefix("0x")) == artefacts.contract("RehearsalToken").bytecode


def test_one_changed_number_makes_other_bytes(tmp_path: Path) -> None:
    for source in SOURCES.glob("*.vy"):
        shutil.copy(source, tmp_path)
    changed = tmp_path / "rehearsal_token.vy"
    changed.write_text(changed.read_text("utf-8").replace("(uint8)) = 6", "(uint8)) = 7"), "utf-8")
    assert bytes.fromhex(compiled(changed)["bytecode"].removeprefix("0x")) != (
        artefacts.contract("RehearsalToken").bytecode
    )


@pytest.mark.parametrize("name", CONTRACTS)
def test_what_is_deployed_is_the_runtime_whose_hash_is_kept_and_what_was_fixed(world: World, name: str) -> None:
    made = artefacts.contract(name)
    args = {
        "JobEscrow": [world.token.address],
        "WindowEvaluator": [world.kernel.address],
        "BiddingHook": [world.kernel.address, world.evaluator.address],
    }.get(name, [])
    deployed = world.evm.create(made.bytecode, made.abi, *args, by=DEPLOYER)
    code = world.evm.code(deployed.address)
    assert keccak(code[: made.runtime_length]) == made.runtime_hash
    fixed = {
        "JobEscrow": [world.token.address],
        "WindowEvaluator": [world.kernel.address],
        "BiddingHook": [world.kernel.address, world.evaluator.address, world.token.address],
        "IdentityRegistry": [],
    }.get(name, [DEPLOYER])
    assert made.fixed_in(code) == tuple(bytes.fromhex(one[2:]).rjust(32, b"\x00") for one in fixed)


def test_code_that_is_not_the_contracts_is_told_from_it(world: World) -> None:
    made, code = artefacts.contract("JobEscrow"), world.evm.code(world.kernel.address)
    assert made.fixed_in(code) is not None
    for other in (b"", b"\x00" + code[1:], code[:-33] + bytes([code[-33] ^ 1]) + code[-32:], code + b"\x00", code[:-1]):
        assert made.fixed_in(other) is None


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_fits_into_what_a_chain_accepts(name: str) -> None:
    assert artefacts.contract(name).runtime_length <= 24_576  # EIP-170
    assert len(artefacts.contract(name).bytecode) <= 49_152  # EIP-3860


@pytest.mark.parametrize("name", IMPLEMENTED)
def test_a_contract_has_every_declaration_of_its_standard(name: str) -> None:
    """Arguments, their order and names, results, mutability, events and what of them is indexed."""
    abi = artefacts.contract(name).abi
    missing = [signature(entry) for entry in interface(INTERFACES[CONTRACTS[name][1]]) if entry not in abi]
    assert missing == []


@pytest.mark.parametrize("name", ["IdentityRegistry", "ReputationRegistry", "ValidationRegistry", "JobEscrow"])
def test_a_contract_of_a_standard_has_nothing_beside_it(name: str) -> None:
    meant = interface(INTERFACES[CONTRACTS[name][1]])
    beside = [entry for entry in artefacts.contract(name).abi if entry not in meant]
    assert [entry["type"] for entry in beside] in ([], ["constructor"])


SELECTORS = {
    "IErc8004Identity": {
        "register()": "1aa3a008",
        "register(string)": "f2c298be",
        "register(string,(string,bytes)[])": "8ea42286",
        "setAgentWallet(uint256,address,uint256,bytes)": "2d1ef5ae",
        "safeTransferFrom(address,address,uint256,bytes)": "b88d4fde",
        "ownerOf(uint256)": "6352211e",
        "tokenURI(uint256)": "c87b56dd",
    },
    "IErc8004Reputation": {
        "initialize(address)": "c4d66de8",
        "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)": "3c036a7e",
        "getSummary(uint256,address[],string,string)": "81bbba58",
    },
    "IErc20": {
        "transfer(address,uint256)": "a9059cbb",
        "transferFrom(address,address,uint256)": "23b872dd",
        "approve(address,uint256)": "095ea7b3",
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)": "d505accf",
    },
}
TOPICS = {
    "Transfer(address,address,uint256)": "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
    "Approval(address,address,uint256)": "8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925",
    "Registered(uint256,string,address)": "ca52e62c367d81bb2e328eb795f7c7ba24afb478408a26c0e201d155c449bc4a",
}


@pytest.mark.parametrize("name", SELECTORS)
def test_selectors_are_those_that_others_use(name: str) -> None:
    ours = {signature(one): keccak(text=signature(one))[:4].hex() for one in artefacts.interface(name)}
    assert {one: ours[one] for one in SELECTORS[name]} == SELECTORS[name]


@pytest.mark.parametrize("event", TOPICS)
def test_topics_are_those_that_others_use(event: str) -> None:
    declared = {signature(one) for name in INTERFACES for one in artefacts.interface(name) if one["type"] == "event"}
    assert event in declared
    assert keccak(text=event).hex() == TOPICS[event]


def test_a_declaration_is_read_with_structs_arrays_and_locations() -> None:
    text = """
        // what it says of itself
        struct Pair { string left; uint right; }
        function f(Pair[] calldata pairs, address) external view returns (Pair memory first, bytes32[])
        event E(uint256 indexed id, string text);
    """
    pair: list[Entry] = [{"name": "left", "type": "string"}, {"name": "right", "type": "uint256"}]
    function, event = parsed(text)
    assert function["inputs"] == [
        {"name": "pairs", "type": "tuple[]", "components": pair},
        {"name": "", "type": "address"},
    ]
    assert function["outputs"] == [
        {"name": "first", "type": "tuple", "components": pair},
        {"name": "", "type": "bytes32[]"},
    ]
    assert function["stateMutability"] == "view"
    assert signature(function) == "f((string,uint256)[],address)"
    assert [one["indexed"] for one in event["inputs"]] == [True, False]


def test_a_line_that_declares_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no declaration"):
        parsed("function broken(")
