"""What the wallet signs is what the contracts take: the same bytes, on a real EVM."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from p2p.bids import hook_params, made_by
from p2p.chain import calldata
from p2p.contracts.artefacts import contract, interface
from p2p.contracts.transcribed import signature
from p2p.methods import METHODS
from p2p.networks import EMBEDDED
from p2p.spending import Limits
from p2p.wallet import Wallet
from p2p.wallet_requests import AgentWallet, Bid, Transaction, digest
from p2p.wallet_state import Network, WalletState
from tests.contracts.evm import Evm, Reverted
from tests.contracts.world import ARBITER, CFP, CLIENT, VALIDATOR, World

CHAIN = EMBEDDED.start
CONTRACT = {
    "kernel": "JobEscrow",
    "hook": "BiddingHook",
    "evaluator": "WindowEvaluator",
    "token": "RehearsalToken",
    "identity": "IdentityRegistry",
    "reputation": "ReputationRegistry",
    "validation": "ValidationRegistry",
}


@pytest.fixture
def world() -> World:
    return World(evm=Evm(chain_id=CHAIN))


def wallet(world: World) -> Wallet:
    contracts = {getattr(world, role).address.lower(): role for role in CONTRACT}
    network = Network(CHAIN, on=True, contracts=contracts, limits={"*": Limits(1000, 1000, 1000, 1000)}, fee=10**18)
    state = WalletState().with_network(network)
    return Wallet(bytearray(range(32)), state, lambda _state: None, lambda: float(world.evm.now))


def bid(world: World, job: int) -> Bid:
    return Bid(
        account=0,
        chain=CHAIN,
        hook=world.hook.address,
        job=job,
        client=CLIENT,
        evaluator=world.evaluator.address,
        token=world.token.address,
        amount=100,
        job_expires=world.kernel.getJob(job)[6],
        cfp=CFP,
        arbiter=ARBITER,
        validator=VALIDATOR,
        dispute_window=3600,
        arbitration_window=1800,
        expires=world.evm.now + 500,
    )


def test_a_bid_of_the_wallet_is_taken_by_the_hook(world: World) -> None:
    provider, job = wallet(world), world.called()
    made = bid(world, job)
    params = hook_params(made, provider.sign(made).raw)
    world.kernel.setProvider(job, provider.address(0), params, by=CLIENT)
    assert world.kernel.getJob(job)[2].lower() == provider.address(0)


@pytest.mark.parametrize("change", [{"amount": 99}, {"cfp": bytes(32)}, {"expires": 1_999_999_999}, {"nonce": 1}])
def test_a_bid_of_other_terms_is_not(world: World, change: dict[str, object]) -> None:
    provider, job = wallet(world), world.called()
    made = bid(world, job)
    params = hook_params(replace(made, **change), provider.sign(made).raw)  # type: ignore[arg-type]
    with pytest.raises(Reverted):
        world.kernel.setProvider(job, provider.address(0), params, by=CLIENT)


def test_a_client_knows_beforehand_whether_a_bid_will_be_taken(world: World) -> None:
    provider, job = wallet(world), world.called()
    made = bid(world, job)
    raw = provider.sign(made).raw
    assert made_by(made, provider.address(0), raw)
    assert not made_by(replace(made, amount=99), provider.address(0), raw)


def test_an_account_becomes_the_wallet_of_an_agent(world: World) -> None:
    holder, agent = wallet(world), world.identity.register("data:,", by=CLIENT)
    deadline = world.evm.now + 100
    request = AgentWallet(0, CHAIN, world.identity.address, agent, CLIENT, deadline)
    signed = holder.sign(request, digest(request))
    world.identity.setAgentWallet(agent, holder.address(0), deadline, signed.raw, by=CLIENT)
    assert world.identity.getAgentWallet(agent).lower() == holder.address(0)


def test_a_call_of_the_wallet_is_the_call_of_the_contract(world: World) -> None:
    holder = wallet(world)
    register = "register(string)"
    request = Transaction(0, CHAIN, 0, world.identity.address, "identity", register, ("data:,x",), 500_000, 10, 1)
    sent = TypedTransaction.from_bytes(HexBytes(holder.sign(request).raw)).as_dict()
    world.evm.send("0x" + bytes(sent["to"]).hex(), bytes(sent["data"]), by=holder.address(0))
    assert world.identity.tokenURI(0) == "data:,x"


@pytest.mark.parametrize("key", sorted(METHODS), ids=lambda key: f"{key[0]}.{key[1].partition('(')[0]}")
def test_every_method_of_the_wallet_is_one_of_its_contract(key: tuple[str, str]) -> None:
    role, wanted = key
    printed = METHODS[key].kind == "printed"
    entries = interface("IErc8183Printed") if printed else contract(CONTRACT[role]).abi
    assert wanted in [signature(entry) for entry in entries if entry["type"] == "function"]


def test_what_is_read_is_asked_for_as_the_contract_has_it(world: World) -> None:
    assert calldata("getAgentWallet(uint256)", [3]) == world.identity.data("getAgentWallet", 3)
