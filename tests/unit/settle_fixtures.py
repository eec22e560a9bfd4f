"""Two people with one chain between them: whole nodes on loopback, contacts of each other, and an anvil."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import trio

from app.actions import chain as chaining
from app.actions import offers, tasks
from app.chain.adding import Wanted
from app.node import Node
from app.swarm import paying_on_chain, settling
from app.swarm.negotiating import Terms
from p2p import deploying
from p2p.contractnet_terms import Bid
from p2p.initiator_state import Initiator
from p2p.stepping import state_of
from storage.settlements import Settlement
from storage.tasks import FINAL
from storage.vault import VaultError
from tests.unit.anvil_fixtures import Anvil
from tests.unit.fault_fixtures import Model, given_model, two_nodes

PATIENCE = 180.0  # seconds: two whole nodes and a chain, on a machine that does much else
DEPLOYER = bytes(31) + b"\x21"
ARBITER = "0x" + "ab" * 20  # who never says anything
TOKEN = 10**6  # the smallest parts of one
WEALTH = 1_000 * TOKEN  # of each, to begin with
COINS = 10 * 10**18  # wei
Deploys = Callable[[Anvil], dict[str, str]]


@dataclass
class Market:
    """Alice asks, Bob works; both on `anvil`, where `contracts` stand.  `model`: what Bob's says."""

    alice: Node
    bob: Node
    anvil: Anvil
    contracts: dict[str, str]
    model: Model
    addresses: dict[str, str] = field(default_factory=dict)

    async def tokens(self, who: Node) -> int:
        at = await who.chains.connected()
        (has,) = await who.chains.ask(
            at.chain.read, at.contracts["token"], "balanceOf(address)", ["uint256"], at.address
        )
        return int(has)

    async def held(self) -> int:
        """What the kernel holds."""
        at = await self.alice.chains.connected()
        kernel = at.contracts["kernel"]
        (has,) = await self.alice.chains.ask(
            at.chain.read, at.contracts["token"], "balanceOf(address)", ["uint256"], kernel
        )
        return int(has)

    async def announce(self, pay: str = "5", **terms: Any) -> str:
        wanted = Terms(seconds=600.0, reply_seconds=20.0, pay=pay, **terms)
        row = await tasks.announce(self.alice, "inference", {"prompt": "Hello?", "max_tokens": 20}, ("Bob",), wanted)
        return row.id


@asynccontextmanager
async def market(
    folder: Path, anvil: Anvil, price: str = "2.5", deploys: Deploys | None = None, dialect: str = "prose"
) -> AsyncIterator[Market]:
    """Bob offers to do `inference` for this price in tokens; `deploys` gives the contracts, else this release's."""
    contracts = await trio.to_thread.run_sync(deploys or deployed, anvil)
    async with two_nodes(folder) as (alice, bob):
        made = Market(alice, bob, anvil, contracts, given_model(bob))
        for name, node in (("alice", alice), ("bob", bob)):
            made.addresses[name] = await joins(node, anvil, contracts, dialect=dialect)
        await offers.set_offer(bob, "inference", settings={"token_price": price})
        yield made


def deployed(anvil: Anvil) -> dict[str, str]:
    """This release's contracts.  Blocking."""
    anvil.give(deploying.address_of(DEPLOYER), 1000 * COINS)
    return deploying.deploy(anvil.chain(), DEPLOYER)


async def joins(
    node: Node, anvil: Anvil, contracts: dict[str, str], name: str = "anvil", dialect: str = "prose"
) -> str:
    """The node uses this chain from now on, with coins and tokens; its address."""
    named = tuple(f"{role}={address}" for role, address in contracts.items())
    await chaining.add_chain(node, Wanted(name, (anvil.url,), named, dialect=dialect))
    assert not (await chaining.use_chain(node, name)).proof
    address = (await node.chains.connected()).address
    give = partial(deploying.gift, anvil.chain(), DEPLOYER, contracts, address, COINS, WEALTH)
    await trio.to_thread.run_sync(give)
    return address


async def settlement(node: Node, task: str) -> Settlement | None:
    found: Settlement | None = await node.blocking(node.vault.vault.settlements.find, task)
    return found


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    with trio.fail_after(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - what is waited for has no event
            await trio.sleep(0.05)


async def ended(node: Node, task: str) -> str:
    """How a task ended."""
    with trio.fail_after(PATIENCE):
        while (state := (await node.blocking(node.vault.vault.tasks.get, task)).state) not in FINAL:  # noqa: ASYNC110
            await trio.sleep(0.05)
    return str(state)


async def bids_of(node: Node, task: str) -> list[Bid]:
    """What waits for the person's choice."""

    async def choosing() -> bool:
        return (await tasks.task(node, task)).row.state == "choosing"

    await until(choosing)
    dialogue = await node.blocking(node.vault.vault.outbox.find, task, "initiator")
    assert dialogue is not None
    state = state_of(dialogue)
    assert isinstance(state, Initiator)
    return [Bid(leg.peer, leg.bid) for leg in state.legs if leg.bid is not None]


async def settled(node: Node, task: str) -> str:
    """How the job of a task ended."""
    with trio.fail_after(PATIENCE):
        while True:
            row = await settlement(node, task)
            if row is not None and row.outcome:
                return row.outcome
            await trio.sleep(0.05)


async def becomes(node: Node, task: str, state: str) -> None:
    """The job's state as a person sees it."""
    with trio.fail_after(PATIENCE):
        while True:
            with suppress(VaultError):  # it has not come yet
                view = (await tasks.task(node, task)).settlement
                if view is not None and view.state == state:
                    return
            await trio.sleep(0.05)


def quick(monkeypatch: Any) -> None:
    """Nobody waits long before looking again."""
    monkeypatch.setattr(settling, "LOOK", 0.3)
    monkeypatch.setattr(paying_on_chain, "LOOK", 0.2)
