"""The embedded chain as the program runs it: eth-tester over py-evm, spoken to through web3, blocks and all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_tester import EthereumTester, PyEVMBackend
from web3 import EthereumTesterProvider, Web3
from web3.contract import Contract

from p2p.contracts.artefacts import contract
from tests.contracts.world import BID_FIELDS, Offer, params, typed

ROLES = ("deployer", "client", "provider", "arbiter", "validator")


@dataclass
class OnChain:
    """Every contract deployed on a chain of its own; `gas` is what each kind of call took, by name."""

    gas: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        backend = PyEVMBackend()
        self.tester = EthereumTester(backend)
        self.web3 = Web3(EthereumTesterProvider(self.tester))
        self.keys = dict(zip(ROLES, (key.to_bytes() for key in backend.account_keys), strict=False))
        self.of = {role: Account.from_key(key).address for role, key in self.keys.items()}
        self.token = self.deploy("RehearsalToken")
        self.kernel = self.deploy("JobEscrow", self.token.address)
        self.evaluator = self.deploy("WindowEvaluator", self.kernel.address)
        self.hook = self.deploy("BiddingHook", self.kernel.address, self.evaluator.address)
        self.identity = self.deploy("IdentityRegistry")
        self.reputation = self.deploy("ReputationRegistry")
        self.validation = self.deploy("ValidationRegistry")
        for registry in (self.reputation, self.validation):
            self.send(registry.functions.initialize(self.identity.address), by="deployer")
        self.send(self.token.functions.mint(self.of["client"], 10_000_000), by="deployer")

    def deploy(self, name: str, *args: Any) -> Contract:
        made = contract(name)
        factory = self.web3.eth.contract(abi=made.abi, bytecode=made.bytecode)
        sent = factory.constructor(*args).transact({"from": self.of["deployer"]})
        receipt = self.web3.eth.get_transaction_receipt(sent)
        self.gas[f"deploy {name}"] = receipt["gasUsed"]
        return cast(Contract, self.web3.eth.contract(address=receipt["contractAddress"], abi=made.abi))

    def send(self, call: Any, *, by: str, name: str = "") -> Any:
        """The receipt of a call; its gas is kept under `name`."""
        receipt = self.web3.eth.get_transaction_receipt(call.transact({"from": self.of[by]}))
        assert receipt["status"] == 1
        if name:
            self.gas[name] = receipt["gasUsed"]
        return receipt

    @property
    def now(self) -> int:
        stamp: int = self.web3.eth.get_block("latest")["timestamp"]
        return stamp

    def travel(self, moment: int) -> None:
        """The next block is not older than this."""
        self.tester.time_travel(moment)

    def job(self, lasts: int = 100_000) -> int:
        call = self.kernel.functions.createJob(
            "0x" + "00" * 20, self.evaluator.address, self.now + lasts, "a brief", self.hook.address
        )
        self.send(call, by="client", name="createJob")
        number: int = self.kernel.functions.jobCounter().call()
        return number

    def bid(self, job: int, offer: Offer) -> bytes:
        found = self.kernel.functions.getJob(job).call()
        words = (
            job, found[1], self.of["provider"], found[3], self.token.address, offer.amount, found[6],
            *offer.words()[1:],
        )  # fmt: skip
        message = dict(zip((name for name, _ in BID_FIELDS), words, strict=True))
        domain = {
            "name": "Nuee Bidding Hook",
            "version": "1",
            "chainId": self.web3.eth.chain_id,
            "verifyingContract": self.hook.address,
        }
        signable = encode_typed_data(full_message=typed("Bid", BID_FIELDS, domain, message))
        return params(offer, bytes(Account.sign_message(signable, self.keys["provider"]).signature))

    def delivered(self, amount: int = 1_500_000) -> int:
        """A job as far as the submission, every call of it sent and measured."""
        job = self.job()
        offer = Offer(amount=amount, arbiter=self.of["arbiter"], validator=self.of["validator"], expiry=self.now + 600)
        kernel = self.kernel.functions
        bid = self.bid(job, offer)
        self.send(kernel.setProvider(job, self.of["provider"], bid), by="client", name="setProvider with a bid")
        self.send(kernel.setBudget(job, amount), by="client", name="setBudget")
        self.send(self.token.functions.approve(self.kernel.address, amount), by="client", name="approve")
        self.send(kernel.fund(job, amount), by="client", name="fund")
        self.send(kernel.submit(job, b"\x42" * 32), by="provider", name="submit")
        return job


def figures() -> dict[str, int]:
    """What each call takes, in gas, on a fresh chain."""
    chain = OnChain()
    job, why = chain.delivered(), b"\x07" * 32
    chain.send(chain.evaluator.functions.accept(job, why), by="client", name="accept")
    job = chain.delivered()
    chain.send(chain.evaluator.functions.dispute(job, why), by="client", name="dispute")
    chain.send(chain.evaluator.functions.rule(job, False, why), by="arbiter", name="rule")
    job = chain.delivered()
    chain.send(chain.evaluator.functions.decline(job, why), by="provider", name="decline")
    job = chain.delivered()
    chain.travel(chain.now + 3600)
    chain.send(chain.evaluator.functions.settle(job), by="provider", name="settle")
    job = chain.delivered()
    chain.travel(chain.now + 100_000)
    chain.send(chain.kernel.functions.claimRefund(job), by="provider", name="claimRefund")
    chain.send(chain.kernel.functions.reject(chain.job()), by="client", name="reject while open")
    chain.send(chain.hook.functions.revokeBids(job, 1), by="provider", name="revokeBids")
    agent = chain.identity.functions
    chain.send(agent.register("ipfs://" + "x" * 59), by="provider", name="register")
    chain.send(agent.setAgentURI(0, "ipfs://" + "y" * 59), by="provider", name="setAgentURI")
    feedback = chain.reputation.functions.giveFeedback(0, 90, 0, "starred", "", "", "ipfs://" + "x" * 59, why)
    chain.send(feedback, by="client", name="giveFeedback")
    chain.send(chain.reputation.functions.revokeFeedback(0, 1), by="client", name="revokeFeedback")
    request = chain.validation.functions.validationRequest(chain.of["validator"], 0, "ipfs://" + "x" * 59, why)
    chain.send(request, by="provider", name="validationRequest")
    response = chain.validation.functions.validationResponse(why, 100, "", why, "bits")
    chain.send(response, by="validator", name="validationResponse")
    return chain.gas


def table(gas: dict[str, int]) -> str:
    """The figures as the documentation prints them, to the nearest thousand."""
    rows = "".join(f"| {name} | {round(used, -3):,} |\n" for name, used in gas.items())
    return f"| call | gas |\n| --- | ---: |\n{rows}"


if __name__ == "__main__":
    print(table(figures()))
