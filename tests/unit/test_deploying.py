"""Putting the contracts on a chain: in order, at addresses known beforehand, and once."""

from __future__ import annotations

import pytest

from p2p.chain import Chain, ChainError, calldata, topic
from p2p.contracts import artefacts
from p2p.deploying import CONTRACTS, STEPS, address_of, deploy, gift
from p2p.embedded import Genesis, opened
from p2p.methods import ROLES
from p2p.networks import EMBEDDED

KEY = bytes(31) + b"\7"
SOMEBODY = "0x" + "11" * 20
GENESIS = Genesis(EMBEDDED.start + 5, (address_of(KEY),), 1_800_000_000)


def fresh() -> Chain:
    return Chain([opened(GENESIS, {}, lambda _written: None).endpoint])


def word(address: str) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")


@pytest.fixture(scope="module")
def deployed() -> tuple[Chain, dict[str, str]]:
    chain = fresh()
    return chain, deploy(chain, KEY)


def test_every_role_has_its_contract_of_this_release(deployed: tuple[Chain, dict[str, str]]) -> None:
    chain, made = deployed
    assert set(made) == set(ROLES)
    assert all(artefacts.contract(CONTRACTS[role]).fixed_in(chain.code(at)) is not None for role, at in made.items())


def test_each_knows_those_before_it(deployed: tuple[Chain, dict[str, str]]) -> None:
    chain, made = deployed
    fixed = artefacts.contract("BiddingHook").fixed_in(chain.code(made["hook"])) or ()
    assert {word(made["kernel"]), word(made["evaluator"])} <= set(fixed)


@pytest.mark.parametrize("role", ["reputation", "validation"])
def test_the_registries_know_whom_they_are_about(deployed: tuple[Chain, dict[str, str]], role: str) -> None:
    chain, made = deployed
    assert chain.read(made[role], "getIdentityRegistry()", ["address"]) == (made["identity"],)


def test_deploying_again_changes_nothing(deployed: tuple[Chain, dict[str, str]]) -> None:
    chain, made = deployed
    assert deploy(chain, KEY) == made
    assert chain.nonce(address_of(KEY)) == STEPS


def test_what_was_interrupted_goes_on_where_it_stood() -> None:
    chain, stopped = fresh(), 3

    def stop(done: int, _of: int) -> None:
        if done == stopped:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deploy(chain, KEY, stop)
    made = deploy(chain, KEY)

    assert chain.nonce(address_of(KEY)) == STEPS
    assert artefacts.contract("BiddingHook").fixed_in(chain.code(made["hook"])) is not None


def test_a_gift_is_coins_and_tokens() -> None:
    chain = fresh()
    made = deploy(chain, KEY)
    gift(chain, KEY, made, SOMEBODY, 5, 7)
    assert chain.balance(SOMEBODY) == 5
    assert chain.read(made["token"], "balanceOf(address)", ["uint256"], SOMEBODY) == (7,)


def test_a_key_without_coins_is_told() -> None:
    with pytest.raises(ChainError):
        deploy(fresh(), bytes(31) + b"\x08")


def test_the_chain_in_the_process_shows_what_happened(deployed: tuple[Chain, dict[str, str]]) -> None:
    chain, made = deployed
    gift(chain, KEY, made, SOMEBODY, 0, 7)
    found = chain.logs(made["token"], [topic("Transfer(address,address,uint256)")], 0, chain.head().number)
    assert [int.from_bytes(log.data, "big") for log in found] == [7]


def test_the_chain_in_the_process_says_no_as_others_do(deployed: tuple[Chain, dict[str, str]]) -> None:
    chain, made = deployed
    with pytest.raises(ChainError) as refused:
        chain.read(made["kernel"], "getJob(uint256)", ["uint256"], 77)
    assert refused.value.code == "chain-reverted"


def test_a_call_that_would_fail_is_known_before_it_is_sent(deployed: tuple[Chain, dict[str, str]]) -> None:
    chain, made = deployed
    with pytest.raises(ChainError) as refused:
        chain.gas(address_of(KEY), made["kernel"], calldata("claimRefund(uint256)", [77]))
    assert refused.value.code == "chain-reverted"


def test_what_is_passed_on_for_others_is_as_json_rpc_has_it(deployed: tuple[Chain, dict[str, str]]) -> None:
    chain, made = deployed
    block = chain.passed_on("eth_getBlockByNumber", ["latest", False])["result"]
    assert (block["number"], block["timestamp"][:2], len(block["logsBloom"])) == (hex(chain.head().number), "0x", 514)
    assert chain.passed_on("eth_getBalance", [SOMEBODY, "latest"]) == {"result": hex(chain.balance(SOMEBODY))}
    refused = chain.passed_on("eth_call", [{"to": made["kernel"], "data": "0x" + "00" * 4}, "latest"])
    assert refused["error"]["message"].startswith("execution reverted")
