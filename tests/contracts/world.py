"""Everything deployed, everybody with an account and tokens, and the steps that tests begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from p2p.contracts.artefacts import contract
from p2p.contracts.compile import CONTRACTS, compiled
from p2p.contracts.transcribed import Entry
from tests.contracts.evm import NOBODY as NOBODY
from tests.contracts.evm import Contract, Event, Evm, Reverted, encoded

HOSTILE = Path(__file__).parent / "vy"
PLENTY = 1_000_000
CFP = keccak(text="a call for proposals")
WORK = keccak(text="a deliverable")
WHY = keccak(text="a reason")
OPEN, FUNDED, SUBMITTED, COMPLETED, REJECTED, EXPIRED = range(6)
Made = tuple[bytes, list[Entry]]

_WORD = ("uint256", "bytes32", "address", "address", "uint64", "uint64", "uint256", "uint256")
_OFFER: Entry = {"type": "tuple", "name": "", "components": [{"type": kind, "name": ""} for kind in _WORD]}
_BYTES: Entry = {"type": "bytes", "name": ""}
BID_FIELDS = [
    ("jobId", "uint256"), ("client", "address"), ("provider", "address"), ("evaluator", "address"),
    ("token", "address"), ("amount", "uint256"), ("jobExpiredAt", "uint256"), ("cfpHash", "bytes32"),
    ("arbiter", "address"), ("validator", "address"), ("disputeWindow", "uint64"), ("arbitrationWindow", "uint64"),
    ("expiry", "uint256"), ("nonce", "uint256"),
]  # fmt: skip


def key(name: str) -> bytes:
    """The private key of somebody by this name."""
    return keccak(text=f"the key of {name}")


@cache
def address(name: str) -> str:
    found: str = Account.from_key(key(name)).address
    return found


CLIENT, PROVIDER, ARBITER, STRANGER, RIVAL, VALIDATOR = map(
    address, ("client", "provider", "arbiter", "stranger", "rival", "validator")
)
NAMES = {address(name): name for name in ("client", "provider", "arbiter", "stranger", "rival", "validator")}
DEPLOYER = address("deployer")


def in_tree() -> dict[str, Made]:
    """The contracts as they are committed."""
    return {name: (contract(name).bytecode, contract(name).abi) for name in CONTRACTS}


@cache
def hostile(name: str) -> Made:
    """One of the sources under `vy/`, compiled once per session."""
    made = compiled(HOSTILE / f"{name}.vy")
    return bytes.fromhex(made["bytecode"].removeprefix("0x")), made["abi"]


@dataclass(frozen=True)
class Offer:
    """What a provider offers; `signed` by whoever has the key."""

    amount: int = 100
    cfp_hash: bytes = CFP
    arbiter: str = ARBITER
    validator: str = VALIDATOR
    dispute_window: int = 3600
    arbitration_window: int = 1800
    expiry: int = 2_000_000_500
    nonce: int = 0

    def words(self) -> tuple[Any, ...]:
        return (
            self.amount, self.cfp_hash, self.arbiter, self.validator,
            self.dispute_window, self.arbitration_window, self.expiry, self.nonce,
        )  # fmt: skip


@dataclass
class World:
    """`token`, `kernel`, `evaluator`, `hook` and the registries on one EVM."""

    made: Mapping[str, Made] = field(default_factory=in_tree, repr=False)
    evm: Evm = field(default_factory=Evm)

    def __post_init__(self) -> None:
        self.token = self.deploy("RehearsalToken")
        self.kernel = self.deploy("JobEscrow", self.token.address)
        self.evaluator = self.deploy("WindowEvaluator", self.kernel.address)
        self.hook = self.deploy("BiddingHook", self.kernel.address, self.evaluator.address)
        self.identity = self.deploy("IdentityRegistry")
        self.reputation = self.deploy("ReputationRegistry")
        self.validation = self.deploy("ValidationRegistry")
        self.reputation.initialize(self.identity.address, by=DEPLOYER)
        self.validation.initialize(self.identity.address, by=DEPLOYER)
        for somebody in (CLIENT, PROVIDER, RIVAL, STRANGER):
            self.token.mint(somebody, PLENTY, by=DEPLOYER)
            self.token.approve(self.kernel.address, PLENTY, by=somebody)

    def deploy(self, name: str, *args: Any) -> Contract:
        bytecode, abi = self.made[name]
        return self.evm.create(bytecode, abi, *args, by=DEPLOYER)

    def hostile(self, name: str, *args: Any) -> Contract:
        bytecode, abi = hostile(name)
        return self.evm.create(bytecode, abi, *args, by=DEPLOYER)

    # The steps of a job without a hook, which the client evaluates.

    def created(self, provider: str = PROVIDER, evaluator: str = CLIENT, hook: str = NOBODY, lasts: int = 1000) -> int:
        made: int = self.kernel.createJob(provider, evaluator, self.evm.now + lasts, "a brief", hook, by=CLIENT)
        return made

    def funded(self, amount: int = 100, **created: Any) -> int:
        job = self.created(**created)
        self.kernel.setBudget(job, amount, by=CLIENT)
        self.kernel.fund(job, amount, by=CLIENT)
        return job

    def submitted(self, amount: int = 100, **created: Any) -> int:
        job = self.funded(amount, **created)
        self.kernel.submit(job, WORK, by=PROVIDER)
        return job

    # The steps of a job with bids, which our evaluator completes.

    def called(self, lasts: int = 100_000, evaluator: str | None = None, provider: str = NOBODY) -> int:
        return self.created(provider, evaluator or self.evaluator.address, self.hook.address, lasts)

    def bid(self, job: int, offer: Offer, *, signer: str = "provider", provider: str = PROVIDER, **other: Any) -> bytes:
        """The parameters that carry the offer and its signature; `other` signs something else instead."""
        return params(offer, self.signature(job, offer, signer=signer, provider=provider, **other))

    def signature(
        self, job: int, offer: Offer, *, signer: str = "provider", provider: str = PROVIDER, **other: Any
    ) -> bytes:
        return sign(signer, self.typed(job, offer, provider, **other))

    def typed(self, job: int, offer: Offer, provider: str = PROVIDER, **other: Any) -> dict[str, Any]:
        """The EIP-712 message of a bid; `other` replaces fields of the message or of the domain."""
        _, client, _, evaluator, _, _, expired_at, _, _ = self.kernel.getJob(job)
        words = (job, client, provider, evaluator, self.token.address, offer.amount, expired_at, *offer.words()[1:])
        message = dict(zip((name for name, _ in BID_FIELDS), words, strict=True))
        domain = {
            "name": "Nuee Bidding Hook",
            "version": "1",
            "chainId": self.evm.chain_id,
            "verifyingContract": self.hook.address,
        }
        replaced = {name: other.pop(name) for name in list(other) if name in message}
        return typed("Bid", BID_FIELDS, domain | other, message | replaced)

    def awarded(self, offer: Offer | None = None, **called: Any) -> int:
        job = self.called(**called)
        self.kernel.setProvider(job, PROVIDER, self.bid(job, offer or Offer()), by=CLIENT)
        return job

    def paid_in(self, offer: Offer | None = None, **called: Any) -> int:
        offer = offer or Offer()
        job = self.awarded(offer, **called)
        self.kernel.setBudget(job, offer.amount, by=CLIENT)
        self.kernel.fund(job, offer.amount, by=CLIENT)
        return job

    def delivered(self, offer: Offer | None = None, **called: Any) -> int:
        job = self.paid_in(offer, **called)
        self.kernel.submit(job, WORK, by=PROVIDER)
        return job

    def disputed(self, offer: Offer | None = None, **called: Any) -> int:
        job = self.delivered(offer, **called)
        self.evaluator.dispute(job, WHY, by=CLIENT)
        return job

    # What tests look at.

    def status(self, job: int) -> int:
        found: int = self.kernel.getJob(job)[7]
        return found

    def has(self, somebody: str) -> int:
        """What they have more than they began with."""
        found: int = self.token.balanceOf(somebody)
        return found - (PLENTY if somebody in (CLIENT, PROVIDER, RIVAL, STRANGER) else 0)

    @property
    def told(self) -> list[str]:
        """The names of the last transaction's events, the token's left out."""
        return [event.name for event in self.evm.events if event.address != self.token.address]

    def event(self, name: str) -> Event:
        """The one event of this name in the last transaction."""
        [found] = [event for event in self.evm.events if event.name == name]
        return found

    def wait(self, seconds: int) -> None:
        self.evm.now += seconds


def params(offer: Offer, signature: bytes) -> bytes:
    return encoded([_OFFER, _BYTES], [offer.words(), signature])


def typed(
    primary: str, fields: list[tuple[str, str]], domain: dict[str, Any], message: dict[str, Any]
) -> dict[str, Any]:
    of_domain = [
        ("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"),
    ]  # fmt: skip
    return {
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in of_domain],
            primary: [{"name": name, "type": kind} for name, kind in fields],
        },
        "primaryType": primary,
        "domain": domain,
        "message": message,
    }


def sign(name: str, message: dict[str, Any]) -> bytes:
    signed = Account.sign_message(encode_typed_data(full_message=message), key(name))
    return bytes(signed.signature)


@contextmanager
def refused(reason: str | None = None) -> Iterator[None]:
    """The call inside reverts, for this reason where one is given. An AssertionError otherwise."""
    said = None
    try:
        yield
    except Reverted as error:
        said = error.reason
    assert said is not None, "not refused"
    assert reason is None or said == reason, f"refused for another reason: {said!r}"


def all_refused(reason: str | None, *calls: Callable[[], object]) -> None:
    """Each of the calls reverts, for this reason where one is given."""
    for call in calls:
        with refused(reason):
            call()
