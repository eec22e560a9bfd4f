"""Reconcilers of all sides on the real contracts: the chain they see over the test's EVM, and their nodes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from p2p import jobs
from p2p.chain import Block, ChainError, Log, Mined, calldata
from p2p.contract_code import codes
from p2p.contracts.transcribed import signature
from p2p.job_seen import JobSeen
from p2p.methods import METHODS, call_data
from p2p.settlement_terms import BidTerms, CallTerms, Dialect, bid_of
from p2p.settling import Do, Next, Plan, begun, bidder, ended, noted, step
from p2p.typed_data import bid_message
from p2p.wallet_requests import NOBODY
from tests.contracts.evm import GAS, Contract, Event, Reverted
from tests.contracts.world import ARBITER, CFP, CLIENT, DEPLOYER, PROVIDER, RIVAL, World, sign

GENESIS = keccak(text="genesis")
AMOUNT = 100
WINDOW, RULING, LASTS = 3600, 1800, 20_000


@dataclass
class EvmChain:
    """What p2p.chain.Chain is to the reconciler (p2p.jobs.Reader), and the sender of transactions besides.

    Each transaction has a block.  The same key twice is one transaction, as app.chain.port promises.  `lazy`: there are
    blocks for transactions only, so that the newest may be old.
    """

    world: World
    number: int = 1
    kept: list[Log] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    sent: dict[str, Mined] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    lazy: bool = False

    def __post_init__(self) -> None:
        self.times = [self.world.evm.now] * 2

    def head(self) -> Block:
        return Block(self.number, hex(self.number), self.times[-1] if self.lazy else self.world.evm.now)

    def block(self, which: int | str) -> Block:
        number = self.number if isinstance(which, str) else which
        return Block(number, hex(number), self.times[number])

    def code(self, address: str) -> bytes:
        return self.world.evm.code(address)

    def storage(self, address: str, slot: int) -> bytes:
        return self.world.evm.storage(address, slot)

    def read(
        self, contract: str, wanted: str, returns: Sequence[str], *args: Any, gas: int | None = None
    ) -> tuple[Any, ...]:
        try:
            answer = self.world.evm.look(contract, calldata(wanted, args), by=NOBODY, gas=gas or GAS)
        except Reverted as error:
            raise ChainError("chain-reverted", error.reason) from error
        try:
            return tuple(decode(list(returns), answer))
        except DecodingError as error:
            raise ChainError("chain-nonsense", "another type") from error

    def logs(self, contract: str, topics: Sequence[bytes | None], first: int, last: int) -> tuple[Log, ...]:
        def fits(log: Log) -> bool:
            wanted = [has for has, topic in zip(log.topics, topics, strict=False) if topic in (None, has)]
            return len(wanted) == len(topics) and log.address == contract and first <= log.block <= last

        return tuple(log for log in self.kept if fits(log))

    def send(self, key: str, call: jobs.ContractCall, terms: CallTerms, by: str) -> Mined:
        if key in self.sent:
            return self.sent[key]
        at = {**terms.contracts, "token": terms.token}[call.role]
        data = call_data(METHODS[call.role, call.signature], call.args)
        try:
            self.world.evm.send(at, data, by=by)
        except Reverted as error:  # an estimate says so before anything is sent
            self.refusals.append(f"{call.signature.partition('(')[0]}: {error.reason}")
            raise ChainError("chain-reverted", error.reason) from error
        return self.mine(key)

    def mine(self, key: str) -> Mined:
        """The events of what was sent last, in a block of its own."""
        self.number += 1
        self.times.append(self.world.evm.now)
        logs = tuple(self._log(event, key) for event in self.world.evm.events)
        self.kept.extend(logs)
        self.sent[key] = Mined(key, self.number, hex(self.number), True, 0, logs)
        return self.sent[key]

    def _log(self, event: Event, key: str) -> Log:
        entries = self.world.evm._abis[event.address]
        entry = next(one for one in entries if one["type"] == "event" and one["name"] == event.name)
        topics, plain = [keccak(text=signature(entry))], []
        for parameter in entry["inputs"]:
            value = event.args[parameter["name"]]
            if parameter["indexed"]:
                topics.append(encode([parameter["type"]], [value]))
            else:
                plain.append((parameter["type"], value))
        data = encode([kind for kind, _ in plain], [value for _, value in plain])
        return Log(event.address.lower(), tuple(topics), data, self.number, key)


class Cut(Enum):
    """Where a passage of the shell's loop ends early, or goes wrong."""

    BEFORE_ALL = "nothing was stored"
    BEFORE_THE_CALL = "stored that it begins, and nothing was sent"
    AFTER_THE_CALL = "sent, and not stored that it was"
    NOT_TAKEN = "no block took it"


@dataclass
class Party:
    """A node with a plan: `turn` is one passage of the shell's loop."""

    chain: EvmChain
    by: str
    plan: Plan
    last: Next | None = None
    skew: int = 0  # its clock is ahead by so many seconds

    @property
    def now(self) -> int:
        return self.chain.world.evm.now + self.skew

    def seen(self) -> JobSeen | None:
        plan = self.plan
        return jobs.seen(self.chain, plan.call, plan.call.job, bidder(plan), plan.since) if plan.call.job else None

    def turn(self, seen: JobSeen | None = None, cut: Cut | None = None) -> Next:
        """One step, and what it asks for.  `seen`: something older than what stands; `cut`: where a crash comes."""
        before = self.plan
        seen = self.seen() if seen is None else seen
        self.plan = noted(self.plan, seen)
        self.last = step(self.plan, seen, self.now)
        if isinstance(self.last, Do):
            self.plan = begun(self.plan, self.last.key)
            if cut is None:
                self.call(self.last)
            elif cut is Cut.AFTER_THE_CALL:
                with suppress(ChainError):
                    self.chain.send(self.last.key, self.last.call, self.plan.call, self.by)
            elif cut is Cut.NOT_TAKEN:
                self.plan = ended(self.plan, self.last.key, self.now, ok=False)
        if cut is Cut.BEFORE_ALL:
            self.plan = before
        return self.last

    def call(self, do: Do) -> None:
        try:
            mined = self.chain.send(do.key, do.call, self.plan.call, self.by)
        except ChainError:
            self.plan = ended(self.plan, do.key, self.now, ok=False)
            return
        number = jobs.created(self.plan.call, mined)
        self.plan = ended(self.plan, do.key, self.now, ok=mined.ok, block=mined.block, job=number)

    def run(self) -> Next:
        """Until there is nothing to be done at this second."""
        while isinstance(self.turn(), Do):
            pass
        assert self.last is not None
        return self.last

    def say(self, **what: Any) -> None:
        """What a message or a person says."""
        self.plan = replace(self.plan, **what)


def printed_kernel(world: World) -> Contract:
    made = world.hostile("printed_kernel")
    made.initialize(world.token.address, RIVAL, by=DEPLOYER)
    return made


def terms(
    chain: EvmChain, dialect: Dialect = "prose", *, alone: bool = False, hooked: bool = True, lasts: int = LASTS
) -> CallTerms:
    """Of a call by the client.  `alone`: it judges itself, as it must where there is no hook or a printed kernel."""
    world = chain.world
    kernel = printed_kernel(world) if dialect == "printed" else world.kernel
    alone = alone or dialect == "printed" or not hooked
    contracts = {"kernel": kernel.address.lower(), "token": world.token.address.lower()}
    if dialect == "prose" and hooked:
        contracts["hook"] = world.hook.address.lower()
    if not alone:
        contracts["evaluator"] = world.evaluator.address.lower()
    return CallTerms(
        chain_id=world.evm.chain_id,
        genesis=GENESIS,
        dialect=dialect,
        kernel=contracts["kernel"],
        token=contracts["token"],
        hook=contracts.get("hook", NOBODY),
        evaluator=contracts.get("evaluator", CLIENT.lower()),
        code=codes(chain, contracts),
        client=CLIENT.lower(),
        expires=world.evm.now + lasts,
        arbiter=NOBODY if alone else ARBITER.lower(),
        dispute_window=0 if alone else WINDOW,
        arbitration_window=0 if alone else RULING,
    )


def signed_bid(call: CallTerms, now: int, amount: int = AMOUNT, nonce: int = 0, lasts: int = 2000) -> BidTerms:
    bid = BidTerms(PROVIDER.lower(), now + lasts, nonce)
    if call.hook == NOBODY:
        return bid
    return replace(bid, signature=sign("provider", bid_message(bid_of(call, bid, amount, CFP), PROVIDER)))


@dataclass
class Deal:
    """A client and a provider over one job, from its creation on."""

    world: World
    dialect: Dialect = "prose"
    alone: bool = False
    hooked: bool = True
    lasts: int = LASTS

    def __post_init__(self) -> None:
        self.chain = EvmChain(self.world)
        self.world.token.approve(self.world.kernel.address, 0, by=CLIENT)
        call = terms(self.chain, self.dialect, alone=self.alone, hooked=self.hooked, lasts=self.lasts)
        self.client = Party(self.chain, CLIENT, Plan("t", "client", call, "a brief"))

    @property
    def call(self) -> CallTerms:
        return self.client.plan.call

    def bids(self) -> None:
        """The client creates the job and calls, the provider answers with a bid."""
        self.client.run()
        bid = signed_bid(self.call, self.world.evm.now)
        plan = Plan("t", "provider", self.call, amount=AMOUNT, cfp=CFP, bid=bid)
        self.provider = Party(self.chain, PROVIDER, plan)
        arbiter = Plan("t", "arbiter", self.call)
        self.arbiter = Party(self.chain, ARBITER, arbiter)

    def awards(self) -> None:
        assert self.provider.plan.bid is not None
        plan = self.provider.plan
        self.client.say(bid=plan.bid, amount=plan.amount, cfp=plan.cfp)

    def funds(self) -> None:
        """As far as the money."""
        self.bids()
        self.awards()
        self.client.run()
        if self.dialect == "printed":
            self.provider.run()
            self.client.run()

    def delivers(self, work: bytes) -> None:
        self.funds()
        self.provider.say(result=work)
        self.provider.run()

    def wait(self, seconds: int) -> None:
        """Time goes by, and blocks with it."""
        self.world.wait(seconds)
        self.world.evm.events = []
        self.chain.mine(f"nothing {self.chain.number}")
